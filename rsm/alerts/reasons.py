"""A finding in plain words: which rule fired, on which values, with first, previous, current."""

from dataclasses import dataclass

from rsm.alerts.conditions import (
    Condition,
    InARow,
    NotReported,
    NotThat,
    OutOfRange,
    OwnUrgency,
    RedFlag,
    Symptoms,
    Total,
    WorseBy,
    named_codes,
    parts,
)
from rsm.alerts.evaluate import measure, reference
from rsm.alerts.model import Finding, InstrumentSpec
from rsm.alerts.schema import Rule
from rsm.alerts.sheet import Point, Sheet
from rsm.alerts.states import Worse
from rsm.alerts.templates import fill
from rsm.alerts.wording import Target, ago, label, shown, since_text, targets_of

# Conditions about the report as a whole whose value grows with what is wrong.
_COUNTED = (Symptoms, Total, OwnUrgency, NotReported)


class Narrator:
    """Makes the findings of one pack with one instrument. `maker`: `pack star 1.2.0`."""

    def __init__(self, instrument: InstrumentSpec, maker: str) -> None:
        self._instrument = instrument
        self._maker = maker
        self._targets = targets_of(instrument)
        self._falling = {score.name for score in instrument.scores if score.falling_is_worse}
        self._graded = {item.code for item in instrument.items if item.is_graded}
        self._graded |= {score.name for score in instrument.scores if score.is_composite}

    def of_value(self, rule: Rule, code: str, now: float, sheet: Sheet) -> Finding:
        """The finding of a rule that looked at one value."""
        values = _Values(now, sheet.previous(code), sheet.first(code))
        target = self._targets[code]
        if rule.reason:
            reason = _from_template(rule, target, values, sheet)
        else:
            said = _sentence(target, values, sheet) + _beyond(rule.when, target, values, sheet)
            reason = f"{said}; rule {rule.id} of {self._maker}"
        return Finding(
            rule=rule.id,
            symptom=target.symptom,
            item=code,
            level=rule.level,
            first=values.first[1] if values.first else None,
            previous=values.previous[1] if values.previous else None,
            current=now,
            reason=reason,
            own_alert=rule.crisis,
            red=rule.keeps_loud,
            worse=_worse_of_value(rule.when, now, falling=code in self._falling),
            counted=code not in self._graded,
        )

    def of_whole(self, rule: Rule, sheet: Sheet) -> Finding:
        """The finding of a rule about the report as a whole."""
        about = rule.about or rule.id
        value = measure(rule.when, self._instrument, sheet)
        reason = f"{rule.title}{self._named(rule, sheet)}; rule {rule.id} of {self._maker}"
        if rule.reason:
            reason = _from_template(rule, Target(about, about), _Values(value), sheet)
        return Finding(
            rule=rule.id,
            symptom=about,
            item=about,
            level=rule.level,
            first=None,
            previous=None,
            current=value,
            reason=reason,
            own_alert=rule.crisis,
            red=rule.keeps_loud,
            worse=Worse.HIGHER if isinstance(rule.when, _COUNTED) else Worse.UNKNOWN,
            counted=True,
        )

    def _named(self, rule: Rule, sheet: Sheet) -> str:
        """The values of what the condition names, if it names any."""
        said = []
        for code in dict.fromkeys(named_codes(rule.when)):
            value, target = sheet.now(code), self._targets.get(code)
            if value is not None and target is not None:
                said.append(f"{target.name().lower()} {target.words(value)}")
        return f": {', '.join(said)}" if said else ""


def _worse_of_value(condition: Condition, now: float, *, falling: bool) -> Worse:
    """Which values of this one are worse: the other way round for what is below its range."""
    if isinstance(condition, OutOfRange):
        high = condition.at_least is not None and now >= condition.at_least
        return Worse.HIGHER if high else Worse.LOWER
    if isinstance(condition, NotThat) or any(isinstance(p, RedFlag) for p in parts(condition)):
        return Worse.UNKNOWN
    return Worse.LOWER if falling else Worse.HIGHER


@dataclass(frozen=True, slots=True)
class _Values:
    now: float
    previous: Point | None = None
    first: Point | None = None


def _sentence(target: Target, values: _Values, sheet: Sheet) -> str:
    """`Pain: severe (3), was mild (1) a week ago: worse by 2`"""
    text = f"{target.name()}: {target.words(values.now)}"
    if values.previous is None:
        text += ", no report to compare with in the last 28 days"
    else:
        at, before = values.previous
        change = _change(values.now - before)
        text += f", was {target.words(before)} {ago(sheet.facts.at - at)}: {change}"
    if values.first is not None and values.first != values.previous:
        at, value = values.first
        text += f"; first {target.words(value)} {ago(sheet.facts.at - at)}"
    return text


def _beyond(condition: Condition, target: Target, values: _Values, sheet: Sheet) -> str:
    """What a rule compared with besides the previous report."""
    if isinstance(condition, InARow):
        return f"; {condition.value:g} or more in {condition.reports} reports in a row"
    if not isinstance(condition, WorseBy) or condition.since == "previous":
        return ""
    before = reference(condition, sheet, target.code)
    if before is None:
        return ""
    change = _change(values.now - before)
    return f"; {since_text(condition)} {target.words(before)}: {change}"


def _change(rise: float) -> str:
    if rise == 0:
        return "unchanged"
    return f"worse by {rise:g}" if rise > 0 else f"better by {-rise:g}"


def _from_template(rule: Rule, target: Target, values: _Values, sheet: Sheet) -> str:
    before = values.previous[1] if values.previous else None
    if isinstance(rule.when, WorseBy) and rule.when.since != "previous":
        before = reference(rule.when, sheet, target.code)
    return fill(
        rule.reason,
        symptom=label(target.symptom),
        item=label(target.attribute).lower(),
        now=shown(values.now),
        previous=shown(before),
        first=shown(values.first[1] if values.first else None),
        maximum=shown(target.maximum),
        rise=shown(None if before is None else values.now - before),
    )
