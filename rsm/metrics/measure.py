"""The words in which a measure is defined: what is counted, of whom, and on which day."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TEST_PATIENTS: Final = "test patients, their surveys, alerts and messages"
NOT_AT_RISK: Final = (
    "surveys cancelled by a pause, an end of enrolment or death, or before the clinic was live"
)
STILL_OPEN: Final = "surveys whose window is still open"
OF_SURVEYS: Final = (TEST_PATIENTS, NOT_AT_RISK, STILL_OPEN)
ONLY_TESTS: Final = (TEST_PATIENTS,)


class Kind(StrEnum):
    """What sort of figure it is."""

    RATE = "rate"  # a part of a whole, with an interval
    COUNT = "count"
    MINUTES = "minutes"  # a duration, or time spent


class Basis(StrEnum):
    """The day by which something belongs to a period."""

    WINDOW = "window"  # the local date of the survey's window
    OPENING = "opening"  # the day of the site's clock on which the alert was opened
    WEEK = "week"  # weeks that begin in the period
    MONTH = "month"  # calendar months that begin in the period
    WRITING = "writing"  # the day of the site's clock on which the message was written
    ENTRY = "entry"  # the day on which the patient was entered
    ENROLMENT = "enrolment"  # the day on which the patient was enrolled
    EVENT = "event"  # the day of the event
    NOW = "now"  # as it stands, whatever the period


@dataclass(frozen=True)
class Measure:
    """One figure. `denominator` is empty for what is no rate.

    `part` and `whole` name what is summed up for it: columns of roll-ups (`tables`), or what
    `durations` and `standing` derive. Nobody else knows how a measure is put together.
    """

    id: str
    words: str
    numerator: str
    denominator: str = ""
    excluded: tuple[str, ...] = ONLY_TESTS
    source: str = ""
    kind: Kind = Kind.RATE
    basis: Basis = Basis.WINDOW
    part: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it is as it stands now, and belongs to no days."""
        return self.basis is Basis.NOW
