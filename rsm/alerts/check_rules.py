"""What can be known of a rule before it judges anybody: what it looks at, and its thresholds."""

from collections.abc import Iterator, Mapping
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
    Symptoms,
    Total,
    WorseBy,
    named_codes,
)
from rsm.alerts.evaluate import reach
from rsm.alerts.model import InstrumentSpec, ScoreSpec
from rsm.alerts.plan import selected, unknown_targets
from rsm.alerts.schema import EVERY_OF, Rule, RulePack
from rsm.alerts.specs import with_needs
from rsm.alerts.wording import Target, targets_of
from rsm.kernel.documents import Loc, Source, nearest
from rsm.kernel.errors import Problem

_PLACES = ("items", "symptoms", "scores", "numbers")


def rule_problems(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    """Every problem of every rule."""
    whole = with_needs(instrument, pack)
    for place, rule in enumerate(pack.rules):
        asked = whole if rule.if_item_absent == "skip" else instrument
        loc: Loc = ("rules", place)
        unknown = unknown_targets(rule, asked)
        for name in unknown:
            yield _unknown(rule, name, (source, loc), (asked, whole))
        if not unknown:
            yield from _Thresholds(pack, rule, asked, source, loc).problems()
            yield from _scores(pack, rule, asked, (source, loc))


def _unknown(
    rule: Rule, name: str, at: tuple[Source, Loc], specs: tuple[InstrumentSpec, InstrumentSpec]
) -> Problem:
    """What the rule names and the instrument (with the pack's needs: the second) has not."""
    source, loc = at
    asked, whole = specs
    part = next((each for each in _PLACES if name in getattr(rule, each)), "when")
    what = f"{asked.key} {asked.version} has no `{name}`"
    mend = _nearest(name, whole)
    if asked is not whole and name in targets_of(whole):
        mend = 'for questionnaires that ask it: if_item_absent = "skip"'
    return Problem(source.place((*loc, part)), what, mend)


def _nearest(name: str, instrument: InstrumentSpec) -> str:
    """The nearest valid name; of `*.severty` the nearest ending that questions have."""
    if name.startswith(EVERY_OF):
        endings = {EVERY_OF + item.code.rpartition(".")[2] for item in instrument.items}
        return nearest(name, endings)
    return nearest(name, {*targets_of(instrument), *(item.symptom for item in instrument.items)})


def _scores(
    pack: RulePack, rule: Rule, instrument: InstrumentSpec, at: tuple[Source, Loc]
) -> Iterator[Problem]:
    """What must not be asked of a score."""
    source, loc = at
    for score in instrument.scores:
        if score.name not in {*rule.scores, *named_codes(rule.when)}:
            continue
        where = source.place((*loc, "scores" if score.name in rule.scores else "when"))
        if score.is_profile:
            what = f"`{score.name}` names a state and is no quantity: it has no threshold"
            yield Problem(where, what, f"look at its answers, such as `{score.items[0]}`")
        if score.is_composite:
            yield from _alone(pack, score, instrument, where)


def _alone(
    pack: RulePack, score: ScoreSpec, instrument: InstrumentSpec, where: str
) -> Iterator[Problem]:
    """A composite can be low although an answer is severe: never one alone."""
    raw = {
        item.code
        for other in pack.rules
        if other.subgroup is None and isinstance(other.when, AtLeast)
        for item in selected(other, instrument.items)
    }
    if missing := [code for code in score.items if code not in raw]:
        what = f"`{score.name}` stands alone: no `at_least` rule looks at {', '.join(missing)}"
        mend = "a score can be low although an answer is severe: add a rule on the answers"
        yield Problem(where, what, mend)


class _Thresholds:
    """The thresholds of one rule against the scales of what it looks at."""

    def __init__(
        self, pack: RulePack, rule: Rule, instrument: InstrumentSpec, source: Source, loc: Loc
    ) -> None:
        self._pack, self._rule, self._source = pack, rule, source
        self._instrument = instrument
        self._when: Loc = (*loc, "when")
        self._targets = targets_of(instrument)
        self._falling = {score.name for score in instrument.scores if score.falling_is_worse}
        codes = [item.code for item in selected(rule, instrument.items)]
        self._own = [self._targets[code] for code in (*codes, *rule.scores, *rule.numbers)]

    def problems(self) -> Iterator[Problem]:
        if not self._own and self._rule.about is None:
            yield self._at(self._when, "kind", "the rule looks at no item of the instrument")
            return
        found = [*self._of(self._rule.when, self._when), *self._subgroup()]
        yield from found or self._whole_verdict()

    def _at(self, loc: Loc, part: str, what: str, mend: str = "") -> Problem:
        return Problem(self._source.place((*loc, part)), what, mend)

    def _of(self, condition: Condition, loc: Loc) -> Iterator[Problem]:
        match condition:
            case AllOf() | AnyOf():
                for number, inner in enumerate(condition.conditions):
                    yield from self._of(inner, (*loc, "conditions", number))
            case NotThat():
                yield from self._of(condition.condition, (*loc, "condition"))
            case Symptoms():
                yield from self._symptoms(condition, loc)
            case Total():
                yield from self._total(condition, loc)
            case RedFlag() | NotReported():
                yield from self._no_red_flags(condition, loc)
            case _:
                yield from self._of_one(condition, loc)

    def _no_red_flags(self, condition: RedFlag | NotReported, loc: Loc) -> Iterator[Problem]:
        if isinstance(condition, RedFlag) and not self._pack.red_flags:
            yield self._at(loc, "kind", "can never be met: the pack has no red_flags")

    def _of_one(
        self,
        condition: AtLeast
        | WorseBy
        | InARow
        | NewlyPresent
        | OutOfRange
        | ImportantChange
        | OwnUrgency,
        loc: Loc,
    ) -> Iterator[Problem]:
        if condition.item is None and self._rule.about is not None:
            yield self._at(loc, "kind", "which item? A rule `about` the report names it here")
            return
        targets = [self._targets[condition.item]] if condition.item else self._own
        for part, value in _scale_values(condition).items():
            yield from self._off_scale(loc, part, value, targets)
        if isinstance(condition, WorseBy):
            yield from self._change(condition, targets, loc)
        if isinstance(condition, AtLeast | InARow | NewlyPresent):
            yield from self._well(targets, loc)
        if isinstance(condition, OutOfRange):
            low, high = condition.at_least, condition.below
            if low is not None and high is not None and low <= high:
                yield self._at(loc, "below", f"is always met: {low} or more, or below {high}")
        if isinstance(condition, ImportantChange):
            yield from self._no_important_change(targets, loc)

    def _change(self, condition: WorseBy, targets: list[Target], loc: Loc) -> Iterator[Problem]:
        """A change that the scale has no room for, or that ends where it may not."""
        by, below = condition.by, condition.below
        for target in targets:
            low, high = target.minimum, target.maximum
            if high is not None and high - low < by <= high:
                what = f"can never be met: {target.code} goes from {low:g} to {high:g}"
                yield self._at(loc, "by", what)
            if below is not None and below <= low + by and target.code not in self._falling:
                what = f"can never be met: a rise of {by} ends at or above it"
                yield self._at(loc, "below", what)
                return

    def _well(self, targets: list[Target], loc: Loc) -> Iterator[Problem]:
        """Where less is worse, a threshold from below would tell of those who are well."""
        for target in targets:
            if target.code in self._falling:
                what = f"is met by whoever is well: of `{target.code}` less is worse"
                yield self._at(loc, "kind", what, "use out_of_range with `below`")

    def _off_scale(
        self, loc: Loc, part: str, value: float, targets: list[Target]
    ) -> Iterator[Problem]:
        ends = [target for target in targets if target.maximum is not None]
        lowest = min(ends, key=lambda target: target.maximum or 0, default=None)
        if lowest is not None and lowest.maximum is not None and value > lowest.maximum:
            scale = f"{lowest.minimum:g} to {lowest.maximum:g}"
            yield self._at(loc, part, f"{value} is off the scale of {lowest.code}, {scale}")
        for target in targets:
            if part != "by" and value <= target.minimum and target.minimum > 0:
                verb = "never" if part == "below" else "always"
                what = f"is {verb} met: {target.code} begins at {target.minimum:g}"
                yield self._at(loc, part, what)

    def _no_important_change(self, targets: list[Target], loc: Loc) -> Iterator[Problem]:
        known = {score.name for score in self._instrument.scores if score.important is not None}
        for target in targets:
            if target.code not in known:
                what = f"the instrument states no minimum important change of `{target.code}`"
                yield self._at(loc, "kind", f"can never be met: {what}", "use worse_by")

    def _symptoms(self, condition: Symptoms, loc: Loc) -> Iterator[Problem]:
        graded = {item.symptom for item in self._instrument.items if item.is_graded}
        for name in condition.symptoms:
            if name not in graded:
                what = f"no graded question of {self._instrument.key} asks about `{name}`"
                yield self._at(loc, "symptoms", what, nearest(name, graded))
        among = len(set(condition.symptoms) or graded)
        if condition.count > among:
            what = f"can never be met: {condition.count} of {among} symptoms"
            yield self._at(loc, "count", what)
        if condition.value > 4:
            yield self._at(loc, "value", f"{condition.value} is off the scale of grades, 0 to 4")

    def _total(self, condition: Total, loc: Loc) -> Iterator[Problem]:
        highest = sum(self._targets[code].maximum or 0 for code in condition.items)
        if condition.value > highest:
            what = f"can never be met: these items add up to {highest:g} at most"
            yield self._at(loc, "value", what)
        lowest = sum(self._targets[code].minimum for code in condition.items)
        if condition.value <= lowest and lowest > 0:
            yield self._at(loc, "value", f"is always met: they add up to {lowest:g} at least")

    def _subgroup(self) -> Iterator[Problem]:
        group = self._rule.subgroup
        if group is None:
            return
        loc = (*self._when[:-1], "subgroup")
        for name in type(group).model_fields:
            span = getattr(group, name)
            if not isinstance(span, Span) or None in (span.at_least, span.below):
                continue
            if (span.at_least or 0) >= (span.below or 0):
                yield self._at(loc, name, "holds for nobody: it ends before it begins")

    def _whole_verdict(self) -> Iterator[Problem]:
        """A combination that its items can never, or will always, meet."""
        for item in selected(self._rule, self._instrument.items):
            verdicts = {
                reach(self._rule.when, now) for now in range(item.minimum, item.maximum + 1)
            }
            for verdict, word in ((False, "never"), (True, "always")):
                if verdicts == {verdict}:
                    yield self._at(self._when, "kind", f"can {word} be met by {item.code}")
                    return


def _scale_values(
    condition: AtLeast
    | WorseBy
    | InARow
    | NewlyPresent
    | OutOfRange
    | ImportantChange
    | OwnUrgency,
) -> Mapping[str, float]:
    """The parts of a condition that are values of the scale."""
    match condition:
        case AtLeast() | InARow() | NewlyPresent() | OwnUrgency():
            return {"value": condition.value}
        case WorseBy():
            below = {} if condition.below is None else {"below": condition.below}
            return {"by": condition.by, **below}
        case OutOfRange():
            ends = {"at_least": condition.at_least, "below": condition.below}
            return {part: value for part, value in ends.items() if value is not None}
        case ImportantChange():
            return {}
        case _:
            assert_never(condition)
