"""The words of a replay: reports as they became known, what was raised, what would have been.

A *survey* is one occurrence with all revisions of its report; it belongs to a period by the time
of its answers. Test patients and what was set aside ("not me") are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from rsm.alerts.model import QuietReason
from rsm.kernel.answers import Answer, Answers
from rsm.kernel.words import Level, Pin, Reporter, SurveyState
from rsm.metrics.model import Period


@dataclass(frozen=True, slots=True)
class Saved:
    """One answer as it was saved, before the report was sent."""

    at: datetime
    item: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Version:
    """One revision of a report. `at` is the time of its answers, `known_at` when it was judged.

    `instrument` is the content hash of the version that asked; `is_sent` is False for what was
    begun only; `counted`: it is of the period, and was not set aside. `saved` is read only where
    an answer on the way was another one than in the end.
    """

    id: UUID
    patient_id: UUID
    occurrence_id: UUID
    revision: int
    reporter: Reporter
    instrument: str
    answers: Answers
    at: datetime
    known_at: datetime
    is_sent: bool
    counted: bool
    set_aside_at: datetime | None = None
    saved: tuple[Saved, ...] = ()
    language: str = "en"
    has_words: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """One survey of a patient, as rules about silence see it."""

    id: UUID
    opens_at: datetime
    closes_at: datetime
    state: SurveyState
    scheduled: bool
    reason: str | None
    closed_at: datetime | None


class Verdict(StrEnum):
    """What nurses made of an alert, by the codes that they chose."""

    ACTED = "acted"
    EXPECTED = "expected"  # expected, or known
    NOT_ACTIONABLE = "not_actionable"  # the threshold was wrong
    NOT_REACHED = "not_reached"
    HELD = "held"  # kept quiet on purpose: no alert of its own
    NONE = "none"  # still open


# (report, rule, item): one finding, however often the report was judged.
FindingKey = tuple[UUID, str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """What the rules raise on one survey, before any of it is kept quiet: no `level`, no alert.

    `alerts` counts one for the survey, and one for each rule that has an alert of its own; `at`
    is when the first was found.
    """

    level: Level | None = None
    alerts: int = 0
    at: datetime | None = None
    findings: Mapping[FindingKey, Level] = field(default_factory=dict)
    in_doubt: bool = False  # a person would have been asked to look, since rules and survey differ

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(rule for _, rule, _ in self.findings)


NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Survey:
    """One survey: what it raised, what the nurses made of that, and what the pack makes of it.

    `held`: why something of it was not told anew; `opened`: how many alerts it really opened.
    """

    occurrence_id: UUID
    at: datetime
    raised: Told = NOTHING
    verdict: Verdict = Verdict.NONE
    alert: tuple[UUID, str] | None = None  # the first that it raised: id and code
    replayed: Told = NOTHING
    held: frozenset[QuietReason] = frozenset()
    opened: int = 0


@dataclass(frozen=True)
class Share:
    """`part` of `whole`, with Wilson's 95 % interval."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Load:
    """How much one pack asks of the nurses. `hours_per_week` follow from minutes per alert."""

    alerts: int
    surveys: Share  # with an alert
    per_week: float
    per_100: float
    hours_per_week: float
    levels: Mapping[Level, int]
    hours: tuple[int, ...]  # of the day, on the site's clock
    weeks: Mapping[date, int]  # by the Monday that begins them


@dataclass(frozen=True)
class RuleCount:
    """In how many surveys a rule fired: as it was, and as the pack would have it."""

    rule: str
    raised: int
    replayed: int


@dataclass(frozen=True)
class Kept:
    """Alerts of one verdict: how many there were, how many the pack raises as well."""

    verdict: Verdict
    raised: int
    kept: int


@dataclass(frozen=True)
class Lost:
    """An alert that led to action, and that the pack would not have raised."""

    alert_id: UUID
    code: str
    level: Level
    opened_at: datetime
    rules: tuple[str, ...]


class Limit(StrEnum):
    """What a replay cannot show: each has its words on the page and in the command."""

    GAINED = "gained"  # nobody has judged what was never raised
    BEHAVIOUR = "behaviour"  # with other alerts, people would have done other things
    NEVER_RAISED = "never_raised"  # what all rules missed is not in the sensitivity
    QUIET = "quiet"  # both sides are before quiet: expected levels, digest, repeats
    FEW = "few"  # too few alerts were acted upon
    OPEN = "open"  # some alerts have no outcome yet
    BLIND_RULES = "blind_rules"  # rules that look at what was not asked
    AS_TODAY = "as_today"  # rules that look at facts of the patient, as they stand today
    OVERRIDES = "overrides"  # what was raised, was by changed rules
    OTHER_INSTRUMENT = "other_instrument"  # surveys of an instrument that the pack is not for


@dataclass(frozen=True)
class Replay:
    """What a pack would have raised, beside what was raised. Counts of surveys but for `load`.

    `sensitivity`: of the surveys whose alert was acted upon, those that the pack raises too.
    """

    pack: Pin
    period: Period
    minutes_per_alert: float
    surveys: int
    raised: Load
    replayed: Load
    kept: int
    gained: int
    lost: int
    higher: int
    lower: int
    verdicts: tuple[Kept, ...]
    sensitivity: Share
    rules: tuple[RuleCount, ...]
    lost_acted: tuple[Lost, ...]
    in_doubt: int
    limits: tuple[Limit, ...] = ()
    blind_rules: tuple[str, ...] = ()
    as_today: tuple[str, ...] = ()
    opened: int = 0  # alerts that were really opened
    held: Mapping[QuietReason, int] = field(default_factory=dict)  # surveys, by reason
