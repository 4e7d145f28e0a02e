"""The plan as a document (TOML): what is asked, in which rhythm, and what a window does.

    key = "taper"
    version = "1"
    reminders_after_hours = [24, 48]
    call_after_hours = 72               # may be left out: nobody is called
    closing = { after_hours = 120, at = "21:00" }
    sending_hours = { opens = "08:00", closes = "21:00" }

    [[asks]]                            # left out altogether: the site's instrument, weekly
    instrument = "phq-2@1.0.0"          # left out: the site's own instrument
    [[asks.phases]]
    rhythm = "weekly"
    for_weeks = 12
    [[asks.phases]]
    rhythm = "monthly"

An ask of a single phase may name the rhythm itself: `[[asks]]` with `rhythm = "daily"`. What each
rhythm means is written in `rhythms.py`, how asks become windows in `decide.py`. Whatever is due on
one date is one survey.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rsm.kernel.documents import Strict
from rsm.kernel.words import Pin
from rsm.messaging.hours import SendingHours
from rsm.patients.model import TreatmentEventKind

ClockTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Hours = Annotated[int, Field(ge=1, le=24 * 28)]
Days = Annotated[int, Field(ge=0, le=366)]
WeekdayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
RHYTHMS = (
    "weekly", "daily", "every_days", "times_a_week", "monthly", "cycle", "once", "on_demand",
)  # fmt: skip
SITE = "site"  # how an ask without an instrument is called: the site's own


class Closing(Strict):
    """A window closes `after_hours` after its opening; with `at`, at the first such time then."""

    after_hours: Hours
    at: ClockTime | None = None


class Daytime(Strict):
    """Local times between which reminders may go out."""

    opens: ClockTime
    closes: ClockTime


# --- phases: a rhythm, and how long it lasts -----------------------------------------------------


class Lasting(Strict):
    """How long a phase lasts: one of these, or to the end of its ask."""

    for_weeks: int | None = Field(None, ge=1, le=520)
    for_days: int | None = Field(None, ge=1, le=3650)
    until: TreatmentEventKind | None = None  # the day before it is the last one

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        ends = (self.for_weeks, self.for_days, self.until)
        if sum(end is not None for end in ends) > 1:
            raise ValueError("a phase has one end: `for_weeks`, `for_days` or `until`")
        return self

    @property
    def days(self) -> int | None:
        """Its length, where it is known beforehand."""
        return self.for_weeks * 7 if self.for_weeks is not None else self.for_days

    @property
    def has_end(self) -> bool:
        return self.days is not None or self.until is not None


class Weekly(Lasting):
    """On the patient's weekday, every so many weeks."""

    rhythm: Literal["weekly"]
    every: int = Field(1, ge=1, le=52)


class Daily(Lasting):
    """Every day from the phase's first day on."""

    rhythm: Literal["daily"]

    @property
    def every(self) -> int:
        return 1


class EveryDays(Lasting):
    """Every so many days from the phase's first day on, whatever the weekday."""

    rhythm: Literal["every_days"]
    every: int = Field(ge=1, le=366)


class TimesAWeek(Lasting):
    """So many times a week, spread evenly from the patient's weekday on; or on named weekdays."""

    rhythm: Literal["times_a_week"]
    times: int | None = None
    weekdays: Sequence[WeekdayName] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.times is None) == (not self.weekdays):
            raise ValueError("name either `times` (2 to 6) or `weekdays`")
        if self.times is not None and not 2 <= self.times <= 6:
            mend = (
                "at most 6, or the rhythm `daily`" if self.times > 6 else "at least 2, or `weekly`"
            )
            raise ValueError(f"{self.times} times a week: {mend}")
        if len(set(self.weekdays)) < len(self.weekdays):
            raise ValueError("`weekdays` names a day twice, and asks once a day at most")
        return self


class Monthly(Lasting):
    """Once a month, or every so many months, on the patient's weekday."""

    rhythm: Literal["monthly"]
    every: int = Field(1, ge=1, le=12)


class Cycle(Lasting):
    """So many days after each treatment cycle's first day (0 is that day itself)."""

    rhythm: Literal["cycle"]
    days_after: Sequence[Annotated[int, Field(ge=0, le=90)]] = Field(min_length=1)


class Once(Lasting):
    """A single time, so many days after the phase began."""

    rhythm: Literal["once"]
    after_days: Days = 0


class OnDemand(Lasting):
    """Never by itself: somebody asks for it."""

    rhythm: Literal["on_demand"]


Phase = Annotated[
    Weekly | Daily | EveryDays | TimesAWeek | Monthly | Cycle | Once | OnDemand,
    Field(discriminator="rhythm"),
]


# --- asks and plan -------------------------------------------------------------------------------


class Ask(Strict):
    """One instrument and when it is due: phase after phase, from the plan's first day on.

    `starts_at` counts from an event instead, and `until` ends the ask the day before one.
    """

    instrument: str | None = Field(None, pattern=r"^[a-z][a-z0-9-]*@[^@\s]+$")
    starts_after_days: Days = 0
    starts_at: TreatmentEventKind | None = None
    until: TreatmentEventKind | None = None
    phases: Sequence[Phase] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, given: object) -> object:
        """`rhythm` and its words in the ask itself are its only phase."""
        if not isinstance(given, Mapping):
            return given
        phases = given.get("phases")
        if phases is None:
            own = {key: value for key, value in given.items() if key in cls.model_fields}
            phases = [{key: value for key, value in given.items() if key not in own}]
            given = {**own, "phases": phases}
        listed = phases if isinstance(phases, Sequence) else ()
        if any(isinstance(phase, Mapping) and "rhythm" not in phase for phase in listed):
            raise ValueError(f"`rhythm` is missing: one of {', '.join(RHYTHMS)}")
        return given

    @property
    def ref(self) -> str:
        """What a window says that it asks: `key@version`, or the site's own."""
        return self.instrument or SITE


class Plan(Strict):
    """A plan. All of its times are on the patient's wall clock.

    The pin is a hash of the content without what is left at its default, in the order of the
    fields: a field that is added later has a default, and none changes its place.
    """

    key: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(min_length=1)
    reminders_after_hours: Sequence[Hours] = Field(max_length=3)
    closing: Closing
    sending_hours: Daytime
    title: str = ""
    description: str = ""
    call_after_hours: Hours | None = None  # onto the coordinator's call list
    asks: Sequence[Ask] = Field((Ask(phases=(Weekly(rhythm="weekly"),)),), min_length=1)

    @property
    def is_cyclic(self) -> bool:
        """Whether its dates hang on treatment cycles."""
        return any(isinstance(phase, Cycle) for ask in self.asks for phase in ask.phases)

    @property
    def is_eventful(self) -> bool:
        """Whether its dates hang on events."""
        bounds = {ask.starts_at for ask in self.asks} | {ask.until for ask in self.asks}
        return bool((bounds | {p.until for ask in self.asks for p in ask.phases}) - {None})

    @property
    def follows_treatment(self) -> bool:
        """Whether a cycle or an event may move its dates."""
        return self.is_cyclic or self.is_eventful

    @property
    def pin(self) -> Pin:
        """The exact version, with the hash of its content (P11)."""
        content = self.model_dump_json(by_alias=True, exclude_defaults=True).encode()
        return Pin(self.key, self.version, hashlib.sha256(content).hexdigest())

    @property
    def hours(self) -> SendingHours:
        return SendingHours(
            time.fromisoformat(self.sending_hours.opens),
            time.fromisoformat(self.sending_hours.closes),
        )
