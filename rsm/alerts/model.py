"""The words of the alert room: what judging needs and gives; one alert as it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rsm.alerts.states import Worse
from rsm.kernel.answers import Answers
from rsm.kernel.words import AlertKind, AlertState, Channel, Level, Pin, Reporter
from rsm.responses.model import Report as Report  # noqa: PLC0414  # a word of this room as well

PREVIOUS_AT_MOST = timedelta(days=28)  # an older one says nothing of change (decision 11)
GRADES_UP_TO = 4  # PRO-CTCAE's scales and ours: 0 to 4


@dataclass(frozen=True)
class ItemSpec:
    """One item of an instrument: its code, its symptom, and the ends of its scale."""

    code: str
    symptom: str
    maximum: int
    labels: tuple[str, ...] = ()  # what people read for 0, 1, 2 …; empty: the attribute's own
    minimum: int = 0

    @property
    def is_graded(self) -> bool:
        """On the scale of grades 0 to 4: what a rule on every item (`items = "*"`) looks at."""
        return self.minimum == 0 and self.maximum == GRADES_UP_TO


@dataclass(frozen=True)
class NumberSpec:
    """Something asked as a number, such as a temperature, and what can be believed of it."""

    code: str
    symptom: str
    minimum: float
    maximum: float
    unit: str = ""


@dataclass(frozen=True)
class ScoreSpec:
    """A score of the instrument, of these items; `important` is its minimum important change."""

    name: str
    symptom: str
    items: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float | None = None
    important: float | None = None
    falling_is_worse: bool = False
    is_composite: bool = False  # PRO-CTCAE's grade of a symptom: never alone (domain.md)
    is_profile: bool = False  # names a state (EQ-5D: 21143) and is no quantity


@dataclass(frozen=True)
class InstrumentSpec:
    """The exact instrument that asked; `parts` (key, version) went into it if it was merged."""

    key: str
    version: str
    items: Sequence[ItemSpec]
    numbers: Sequence[NumberSpec] = ()
    scores: Sequence[ScoreSpec] = ()
    parts: Sequence[tuple[str, str]] = ()


class ReviewKind(StrEnum):
    """Why a person must look although no rule said so (P6)."""

    WRONG_INSTRUMENT = "wrong_instrument"
    UNKNOWN_ITEM = "unknown_item"
    RULE_WITHOUT_ITEM = "rule_without_item"
    OFF_SCALE = "off_scale"
    MISSING = "missing"  # a rule that could not be decided, and that asks for a person then
    ASKED_WRONGLY = "asked_wrongly"  # of a proxy, what must never be asked of one
    ERROR = "error"


class QuietReason(StrEnum):
    """Why a finding is not told to a nurse anew: stored, counted, shown (P15)."""

    ALREADY_OPEN = "already_open"  # added to the open alert; its owner is told of the repeat
    EXPECTED = "expected"  # within the level that a nurse expects of this symptom
    DIGEST = "digest"  # the lowest level waits for the digest


@dataclass(frozen=True)
class Subject:
    """What subgroups ask of the patient; None: not known."""

    regimen: str | None = None
    days_since_treatment: int | None = None
    days_since_cycle: int | None = None
    age: int | None = None


@dataclass(frozen=True)
class Facts:
    """All that judging one survey needs. `at` is the time of the answers, not of the judging.

    `text` is what the patient wrote; a score that could not be computed is left out of `scores`.
    """

    now: Answers
    at: datetime
    history: Sequence[Report] = ()
    reporter: Reporter = Reporter.SELF
    baseline: Answers | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    baseline_values: Mapping[str, float] = field(default_factory=dict)  # its numbers and scores
    text: str = ""
    language: str = "en"
    windows_missed: int | None = None  # without a report, directly before this one
    subject: Subject = Subject()


@dataclass(frozen=True)
class Finding:
    """One rule met by one item, with the values that met it (None: there was no such value).

    `current` is the value, count or total that met it; of a combination without an item of its
    own, how many of its parts hold. `own_alert`: an alert of its own, never grouped with others.
    """

    rule: str
    symptom: str
    item: str
    level: Level
    first: float | None
    previous: float | None
    current: float
    reason: str
    own_alert: bool = False
    red: bool = False  # of the red set: no expected level and no digest applies
    worse: Worse = Worse.HIGHER
    counted: bool = False  # a number, or of the report as a whole: no grade that could be expected


@dataclass(frozen=True)
class ReviewReason:
    """A gap or an error that a person must look at."""

    kind: ReviewKind
    where: str
    what: str


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one survey.

    `findings` holds, for each symptom, those of its highest level; `covered` the lesser ones of
    the same symptoms, kept for the record. `level` is the highest, or None. Anything in `review`
    needs a person whatever the level is: a survey with a review is never routine (P6).
    """

    findings: tuple[Finding, ...] = ()
    covered: tuple[Finding, ...] = ()
    level: Level | None = None
    review: tuple[ReviewReason, ...] = ()


# --- an alert as it stands -----------------------------------------------------------------


class AlertAction(StrEnum):
    """What a nurse did about an alert. Closed: figures count by these."""

    PHONE_ADVICE = "phone_advice"
    MEDICINE_CHANGE = "medicine_change"
    VISIT_TODAY = "visit_today"
    EMERGENCY_DEPARTMENT = "emergency_department"
    ADMISSION = "admission"
    NOT_REACHED = "not_reached"
    EXPECTED = "expected"  # no action: it was expected
    KNOWN = "known"  # no action: it was known
    WRONG_THRESHOLD = "wrong_threshold"


@dataclass(frozen=True)
class Opening:
    """What opens an alert. `business_key` makes it one: the same key again adds to it."""

    business_key: str
    site_id: UUID
    kind: AlertKind
    level: Level
    reason: str
    is_test: bool
    patient_id: UUID | None = None
    occurrence_id: UUID | None = None
    response_id: UUID | None = None
    rule_pack: Pin | None = None
    findings: tuple[Finding, ...] = ()
    raised: tuple[Finding, ...] = ()  # of these, what it holds of this report at a lesser value
    known: tuple[Finding, ...] = ()  # and what it holds of it at no lesser value
    changed_at: datetime | None = None  # of what it is about: closed before then, it opens again


@dataclass(frozen=True)
class AlertView:
    """One alert as it stands. `owner_id` is None too when the safety contact has taken it."""

    id: UUID
    site_id: UUID
    business_key: str
    code: str
    kind: AlertKind
    level: Level
    state: AlertState
    epoch: int
    patient_id: UUID | None
    occurrence_id: UUID | None
    response_id: UUID | None
    reason: str
    rule_pack: Pin | None
    team_id: UUID | None
    route_reason: str | None
    opened_at: datetime
    target_at: datetime
    owner_id: UUID | None
    acknowledged_at: datetime | None
    acknowledged_by_channel: Channel | None
    loan_until: datetime | None
    first_viewed_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None
    outcome: str | None
    is_test: bool
    minutes_spent: int | None = None  # as whoever closed it said

    @property
    def is_open(self) -> bool:
        """Whether it still needs somebody."""
        return self.state is not AlertState.CLOSED

    def is_held(self, now: datetime) -> bool:
        """Whether somebody has taken it and the loan has not ended."""
        on_loan = self.state is AlertState.ACKNOWLEDGED
        return on_loan and self.loan_until is not None and now < self.loan_until


class Change(StrEnum):
    """What one more report did to an alert."""

    OPENED = "opened"
    WORSENED = "worsened"  # a higher level, or more findings on a closed alert: told again
    ADDED = "added"  # findings of the same level: on the timeline, nobody is told again
    NOTHING = "nothing"


@dataclass(frozen=True)
class Opened:
    """The alert after an opening, what the opening changed, and its level before."""

    alert: AlertView
    change: Change
    was: Level
