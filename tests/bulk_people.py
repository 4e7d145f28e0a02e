"""Whom a bulk year is about, and what they do: patients and their surveys, drawn from a seed.

Patients and nurses behave as in the simulator's programme `star` (by link, nobody is called):
`test_bulk_habits` holds the one against the other. What is rare there is here as well, so that a
year has some of everything; and over the years people tire, which nobody in the simulator does.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import log

BEGINS = date(2025, 9, 1)  # a Monday
DAYS = 364
SYMPTOMS = ("pain", "nausea", "fatigue", "fever")
_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_LATEST = 4 * 24 * 60  # minutes until the report: the window is still open


@dataclass(slots=True)
class AlertFact:
    """An alert that a survey opened; minutes are None where it is not yet."""

    level: str
    symptom: str
    opened_at: datetime
    acknowledged: int | None
    closed: int | None
    code: str | None


@dataclass(slots=True)
class SurveyFact:
    """One survey that is over."""

    on: date
    state: str
    never_asked: bool
    texts: tuple[tuple[str, int], ...]  # state, segments
    reporter: str
    by_staff: bool
    items: int
    alert: AlertFact | None
    delay: int = 0  # minutes from the opening to the report

    @property
    def channel(self) -> str:
        return "staff" if self.by_staff else "web"

    @property
    def sent(self) -> datetime:
        """When the report came."""
        return nine(self.on) + self.delay * _MINUTE


@dataclass(slots=True)
class PatientFact:
    """One patient; `ended` is when and why."""

    number: int
    sex: str | None
    enrolled: date | None
    declined: bool
    ended: tuple[date, str] | None
    surveys: list[SurveyFact] = field(default_factory=list)


def draw(seed: int, patients: int, days: int = DAYS, first: int = 0) -> list[PatientFact]:
    """Whoever is drawn from the same seed is the same. `first` numbers them, beside others."""
    dice = random.Random(seed)
    return [_patient(dice, number, days) for number in range(first, first + patients)]


def _patient(dice: random.Random, number: int, days: int) -> PatientFact:
    sex, fate = dice.choice(("female", "male", None)), dice.random()
    begin = DAYS - days  # of whatever length, a period ends on the same day
    start = begin + dice.randrange(days * 4 // 5)
    enrolled = BEGINS + start * _DAY if fate < 0.85 else None
    made = PatientFact(number, sex, enrolled, declined=0.85 <= fate < 0.92, ended=None)
    if enrolled is None:
        return made
    last = DAYS
    if dice.random() < 0.25:
        last = dice.randrange(start, DAYS)
        made.ended = (BEGINS + last * _DAY, dice.choice(("death", "withdrawal", "moved_away")))
    willing, reached = dice.betavariate(4, 1.5), dice.random() < 0.98
    for day in range(start, last, 7):
        made.surveys.append(_survey(dice, BEGINS + day * _DAY, willing, reached))
        willing *= dice.uniform(0.96, 1.01)
    return made


def _survey(dice: random.Random, on: date, willing: float, reached: bool) -> SurveyFact:
    if not reached or dice.random() < 0.02:
        return SurveyFact(on, "missed", True, (), "self", False, 0, None)
    names = ("delivered", "undelivered", "sent")
    texts = tuple(
        (dice.choices(names, (95, 3, 2))[0], dice.choice((1, 1, 2)))
        for _ in range(dice.choice((1, 1, 2)))
    )
    fate = dice.random()
    state = "completed" if fate < willing else "partial" if fate < willing + 0.02 else "missed"
    if state == "missed":
        return SurveyFact(on, state, False, texts, "self", False, 0, None)
    reporter, by_staff = dice.choices(
        (("self", False), ("proxy", False), ("self", True)), (93, 4, 3)
    )[0]
    delay = min(_LATEST, _around(dice, 330, 1.3))
    alert = _alert(dice, on, delay) if dice.random() < 0.13 else None
    items = dice.randrange(1, 9)
    return SurveyFact(on, state, False, texts, reporter, by_staff, items, alert, delay)


def _around(dice: random.Random, median: float, spread: float) -> int:
    """Minutes, log-normal: half are below the median."""
    return int(dice.lognormvariate(log(median), spread))


def _alert(dice: random.Random, on: date, delay: int) -> AlertFact:
    """Taken within the hour as a rule, and closed on the same day; some are left lying."""
    opened = nine(on) + delay * _MINUTE
    taken = _around(dice, 28, 1.2) if dice.random() < 0.97 else None
    works = _around(dice, 48, 0.8)
    if dice.random() < 0.08:
        works = int(dice.expovariate(1 / (5 * 24 * 60)))
    closed = None if taken is None else taken + works
    if dice.random() < 0.02:
        closed = None
    codes = ("phone_advice", "admission", "expected", "wrong_threshold", "not_reached")
    code = dice.choices(codes, (52, 3, 30, 5, 10))[0]
    level = dice.choices(("emergency", "urgent", "soon"), (3, 52, 45))[0]
    symptom = dice.choice(SYMPTOMS)
    return AlertFact(level, symptom, opened, taken, closed, None if closed is None else code)


def nine(on: date) -> datetime:
    """14:00 UTC: the same day in New York, all year."""
    return datetime(on.year, on.month, on.day, 14, tzinfo=UTC)
