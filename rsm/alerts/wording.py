"""Values, conditions and findings in plain words."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import assert_never

from rsm.alerts.conditions import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    ImportantChange,
    InARow,
    NewlyPresent,
    NotReported,
    NotThat,
    OutOfRange,
    OwnUrgency,
    RedFlag,
    Span,
    Subgroup,
    Symptoms,
    Total,
    WorseBy,
)
from rsm.alerts.model import InstrumentSpec

# What people read on PRO-CTCAE's scales, where the instrument has no words of its own.
_LABELS = {
    "severity": ("none", "mild", "moderate", "severe", "very severe"),
    "frequency": ("never", "rarely", "occasionally", "frequently", "almost constantly"),
    "interference": ("not at all", "a little bit", "somewhat", "quite a bit", "very much"),
    "amount": ("not at all", "a little bit", "somewhat", "quite a bit", "very much"),
    "presence": ("no", "yes"),
}
_UNNAMED = frozenset({"severity", "presence"})  # "Pain: severe" needs no more


@dataclass(frozen=True, slots=True)
class Target:
    """Something that a rule looks at: an item, a score or a number, and how it is said."""

    code: str
    symptom: str
    minimum: float = 0
    maximum: float | None = None
    labels: tuple[str, ...] = ()
    unit: str = ""

    @property
    def attribute(self) -> str:
        return self.code.removeprefix(f"{self.symptom}.")

    def name(self) -> str:
        """`Pain`, or `Pain, interference`."""
        return _name(self.symptom, self.attribute, self.code)

    def words(self, value: float) -> str:
        """`severe (3)`, `38.4 °C`, `12`."""
        return _words(self.labels or _LABELS.get(self.attribute, ()), self.unit, value)


@lru_cache(maxsize=1024)
def _name(symptom: str, attribute: str, code: str) -> str:
    if attribute in _UNNAMED or attribute == code:
        return label(symptom)
    return f"{label(symptom)}, {label(attribute).lower()}"


@lru_cache(maxsize=1024)
def _words(labels: tuple[str, ...], unit: str, value: float) -> str:
    if value in range(len(labels)):
        return f"{labels[int(value)]} ({value:g})"
    return f"{value:g} {unit}".rstrip()


def targets_of(instrument: InstrumentSpec) -> dict[str, Target]:
    """Everything that rules may look at in this instrument, by code."""
    found = {
        each.name: Target(each.name, each.symptom, each.minimum, each.maximum)
        for each in instrument.scores
    }
    for number in instrument.numbers:
        span = (float(number.minimum), float(number.maximum))
        found[number.code] = Target(number.code, number.symptom, *span, unit=number.unit)
    for item in instrument.items:
        found[item.code] = Target(item.code, item.symptom, item.minimum, item.maximum, item.labels)
    return found


@lru_cache(maxsize=1024)
def label(key: str) -> str:
    """`shortness-of-breath` as a word to read: `Shortness of breath`."""
    return key.replace("-", " ").capitalize()


def shown(value: float | None) -> str:
    """A number as short as it can be."""
    return "not known" if value is None else f"{value:g}"


@lru_cache(maxsize=1024)
def ago(age: timedelta) -> str:
    """`a week ago`, from the time between two reports."""
    days = round(age / timedelta(days=1))
    match days:
        case 0:
            return "earlier that day"
        case 1:
            return "a day ago"
        case 7:
            return "a week ago"
        case _:
            return f"{days // 7} weeks ago" if days % 7 == 0 else f"{days} days ago"


# --- conditions as the end of a sentence that begins with the item --------------------------


def condition_text(condition: Condition) -> str:
    """One condition as the end of a sentence: `is 3 or more`."""
    match condition:
        case AllOf():
            return " and ".join(_inner(each) for each in condition.conditions)
        case AnyOf():
            return " or ".join(_inner(each) for each in condition.conditions)
        case NotThat():
            return f"it is known not to be so that it {_inner(condition.condition)}"
        case AtLeast() | WorseBy() | InARow() | NewlyPresent() | OutOfRange() | ImportantChange():
            named = f"`{condition.item}` " if condition.item else ""
            return named + _of_one(condition)
        case _:
            return _of_whole(condition)


def _inner(condition: Condition) -> str:
    text = condition_text(condition)
    return f"({text})" if isinstance(condition, AllOf | AnyOf) else text


def _of_one(
    condition: AtLeast | WorseBy | InARow | NewlyPresent | OutOfRange | ImportantChange,
) -> str:
    match condition:
        case AtLeast():
            return f"is {condition.value} or more"
        case WorseBy():
            worse = f"is worse by {condition.by} or more than {since_text(condition)}"
            return worse if condition.below is None else f"{worse} and is below {condition.below}"
        case InARow():
            return f"is {condition.value} or more in {condition.reports} reports in a row"
        case NewlyPresent():
            return f"is {condition.value} or more and was less in the previous report"
        case OutOfRange():
            high = "" if condition.at_least is None else f"is {condition.at_least} or more"
            low = "" if condition.below is None else f"is below {condition.below}"
            return " or ".join(filter(None, (high, low)))
        case ImportantChange():
            since = "the previous report" if condition.since == "previous" else "the baseline"
            return f"got worse by its minimum important change or more since {since}"
        case _:
            assert_never(condition)


def since_text(condition: WorseBy) -> str:
    """What a change is measured from."""
    weeks = f"of the last {condition.weeks} weeks"
    return {
        "previous": "the previous report",
        "baseline": "the baseline",
        "best": f"the best report {weeks}",
        "median": f"the median {weeks}",
    }[condition.since]


def _of_whole(condition: Symptoms | Total | RedFlag | OwnUrgency | NotReported) -> str:
    match condition:
        case Symptoms():
            among = ", ".join(label(key).lower() for key in condition.symptoms) or "all symptoms"
            return f"shows {condition.count} or more of {among} at {condition.value} or more"
        case Total():
            codes = ", ".join(f"`{code}`" for code in condition.items)
            return f"adds up to {condition.value} or more over {codes}"
        case RedFlag():
            return "holds, in the patient's own words, one of the words that alarm (below)"
        case OwnUrgency():
            return f"is called urgent by the patient (`{condition.item}` {condition.value} or more)"
        case NotReported():
            return f"comes after {condition.windows} or more windows without a report"
        case _:
            assert_never(condition)


def subgroup_text(group: Subgroup) -> str:
    """For whom a rule is."""
    spans = {
        "days since treatment began": group.days_since_treatment,
        "days since the cycle began": group.days_since_cycle,
        "age": group.age,
        "own baseline": group.baseline,
    }
    named = [f"{name} {_span(span)}" for name, span in spans.items() if span is not None]
    if group.regimens:
        named.insert(0, f"regimen {' or '.join(group.regimens)}")
    return ", ".join(named)


def _span(span: Span) -> str:
    low = "" if span.at_least is None else f"from {span.at_least}"
    high = "" if span.below is None else f"below {span.below}"
    return " and ".join(filter(None, (low, high)))
