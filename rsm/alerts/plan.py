"""A pack made ready to judge by: once per pack and instrument, for each value of each item the
rules that it can still meet. A quiet survey then costs one look-up an item. Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from rsm.alerts.alarming import red_flag
from rsm.alerts.conditions import Subgroup, named_codes
from rsm.alerts.evaluate import Compiler, Test, Verdict, reach
from rsm.alerts.model import InstrumentSpec, ItemSpec, ReviewKind, ReviewReason
from rsm.alerts.reasons import Narrator
from rsm.alerts.schema import EVERY_GRADED_ITEM, EVERY_OF, Rule, RulePack
from rsm.alerts.sheet import Sheet
from rsm.alerts.wording import targets_of
from rsm.kernel.words import Level

EVERY_LEVEL = frozenset(Level)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that a value can meet; no test: the value alone meets it."""

    rule: Rule
    test: Test | None = None


# For each value of one item, None among them, the checks that are left to make.
Table = dict[int | None, tuple[Check, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that judging needs besides the facts."""

    tables: dict[str, Table]  # by item
    every: dict[str, tuple[Check, ...]]  # by item, for a value off its scale
    if_absent: tuple[str, ...]  # items that a rule wants a person for when they have no value
    loose: tuple[tuple[str, tuple[Check, ...]], ...]  # scores and numbers
    whole: tuple[Check, ...]
    spans: dict[str, tuple[float, float | None]]  # of everything that has a scale
    crisis_codes: tuple[str, ...]
    gaps: tuple[ReviewReason, ...]
    narrator: Narrator


_KEPT = 512  # a patient with an override of her own has a pack of her own
_plans: dict[tuple[int, int, frozenset[Level]], tuple[RulePack, InstrumentSpec, Plan]] = {}


def plan_of(
    pack: RulePack, instrument: InstrumentSpec, levels: frozenset[Level] = EVERY_LEVEL
) -> Plan:
    """The plan of a pack; the last ones are kept, by the identity of pack and instrument, which
    are frozen (and held, so that no other object can have the same identity)."""
    key = (id(pack), id(instrument), levels)
    kept = _plans.get(key)
    if kept is not None:
        return kept[2]
    plan = _plan(pack, instrument, levels)
    if len(_plans) >= _KEPT:
        _plans.clear()
    _plans[key] = (pack, instrument, plan)
    return plan


def _plan(pack: RulePack, instrument: InstrumentSpec, levels: frozenset[Level]) -> Plan:
    rules = [rule for rule in pack.rules if rule.level in levels]
    tests, faults = _tests(pack, instrument, rules)
    usable = [rule for rule in rules if rule.id in tests]
    targets = targets_of(instrument)
    tables = {item.code: _table(item, usable, tests) for item in instrument.items}
    loose = [code for code in targets if code not in tables]
    return Plan(
        tables=tables,
        every={item.code: _every(item, usable, tests) for item in instrument.items},
        if_absent=tuple(code for code, table in tables.items() if table[None]),
        loose=tuple((code, _checks_of(code, usable, tests)) for code in loose),
        whole=tuple(Check(rule, tests[rule.id]) for rule in usable if rule.about),
        spans={code: (target.minimum, target.maximum) for code, target in targets.items()},
        crisis_codes=_crisis_codes(rules, instrument),
        gaps=(*_gaps(pack, instrument), *_absent(rules, instrument), *faults),
        narrator=Narrator(instrument, f"pack {pack.key} {pack.version}"),
    )


def _tests(
    pack: RulePack, instrument: InstrumentSpec, rules: Iterable[Rule]
) -> tuple[dict[str, Test], list[ReviewReason]]:
    """The test of each rule; one that cannot be made is a reason for a person to look (P6)."""
    compiler = Compiler(instrument, lambda text, tongue: red_flag(pack, text, tongue) is not None)
    tests: dict[str, Test] = {}
    faults = []
    for rule in rules:
        try:
            test = compiler.test(rule.when)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, a person looks
            faults.append(ReviewReason(ReviewKind.ERROR, rule.id, type(error).__name__))
        else:
            tests[rule.id] = test if rule.subgroup is None else partial(_both, rule.subgroup, test)
    return tests, faults


def _both(group: Subgroup, test: Test, sheet: Sheet, code: str, now: float) -> Verdict:
    """Whether the patient is of the subgroup and the condition holds."""
    verdicts = (belongs(group, sheet, code), test(sheet, code, now))
    return False if False in verdicts else None if None in verdicts else True


def belongs(group: Subgroup, sheet: Sheet, code: str) -> Verdict:
    """Whether the patient is of the subgroup; None when a fact is not known."""
    subject = sheet.facts.subject
    verdicts: list[Verdict] = []
    if group.regimens:
        known = subject.regimen.casefold() if subject.regimen else None
        wanted = {regimen.casefold() for regimen in group.regimens}
        verdicts.append(None if known is None else known in wanted)
    for span, value in (
        (group.days_since_treatment, subject.days_since_treatment),
        (group.days_since_cycle, subject.days_since_cycle),
        (group.age, subject.age),
    ):
        if span is not None:
            verdicts.append(span.holds(value))
    if group.baseline is not None:
        verdicts.append(group.baseline.holds(sheet.baseline(code)))
    return False if False in verdicts else None if None in verdicts else True


# --- tables --------------------------------------------------------------------------------


def _table(item: ItemSpec, rules: Iterable[Rule], tests: dict[str, Test]) -> Table:
    every = _every(item, rules, tests)
    looking = [check.rule for check in every]
    scale = range(item.minimum, item.maximum + 1)  # what is off it is told as such
    table: Table = {value: tuple(_left(looking, tests, value)) for value in scale}
    table[None] = tuple(check for check in every if check.rule.if_missing != "false")
    return table


def _every(item: ItemSpec, rules: Iterable[Rule], tests: dict[str, Test]) -> tuple[Check, ...]:
    looking = (rule for rule in rules if any(True for _ in selected(rule, (item,))))
    return tuple(Check(rule, tests[rule.id]) for rule in looking)


def _left(rules: Iterable[Rule], tests: dict[str, Test], value: int) -> Iterator[Check]:
    """The rules that a grade of `value` meets, or may meet, depending on the rest."""
    for rule in rules:
        verdict = reach(rule.when, value)
        if verdict and rule.subgroup is None:
            yield Check(rule)
        elif verdict is not False:
            yield Check(rule, tests[rule.id])


def _crisis_codes(rules: Iterable[Rule], instrument: InstrumentSpec) -> tuple[str, ...]:
    """What a crisis rule looks at, by its choice of questions or in its condition."""
    found: dict[str, None] = {}
    for rule in rules:
        if rule.crisis:
            found |= dict.fromkeys(item.code for item in selected(rule, instrument.items))
            found |= dict.fromkeys((*rule.numbers, *named_codes(rule.when)))
    return tuple(found)


def _checks_of(code: str, rules: Iterable[Rule], tests: dict[str, Test]) -> tuple[Check, ...]:
    looking = (rule for rule in rules if code in rule.scores or code in rule.numbers)
    return tuple(Check(rule, tests[rule.id]) for rule in looking)


def selected(rule: Rule, items: Iterable[ItemSpec]) -> Iterator[ItemSpec]:
    """The items that a rule looks at."""
    for item in items:
        if item.symptom in rule.symptoms or any(_names(one, item) for one in rule.items):
            yield item


def _names(selector: str, item: ItemSpec) -> bool:
    if selector == EVERY_GRADED_ITEM:
        return item.is_graded
    if selector.startswith(EVERY_OF):
        return item.is_graded and item.code.endswith(selector[1:])
    return item.code == selector


# --- gaps that every survey with this instrument has ---------------------------------------


def is_for(pack: RulePack, instrument: InstrumentSpec) -> bool:
    """Whether the pack is for this instrument, or for one that was merged into it."""
    versions = ((instrument.key, instrument.version), *instrument.parts)
    return any(pack.covers(key, version) for key, version in versions)


def _gaps(pack: RulePack, instrument: InstrumentSpec) -> Iterator[ReviewReason]:
    if not is_for(pack, instrument):
        what = f"pack {pack.key} {pack.version} is not for {instrument.key} {instrument.version}"
        yield ReviewReason(ReviewKind.WRONG_INSTRUMENT, instrument.key, what)


def _absent(rules: Iterable[Rule], instrument: InstrumentSpec) -> Iterator[ReviewReason]:
    for rule in rules:
        for where in () if rule.if_item_absent == "skip" else unknown_targets(rule, instrument):
            what = f"rule {rule.id} looks at it, but the instrument does not ask it"
            yield ReviewReason(ReviewKind.RULE_WITHOUT_ITEM, where, what)


def unknown_targets(rule: Rule, instrument: InstrumentSpec) -> list[str]:
    """Items, symptoms, scores and numbers that a rule names and the instrument does not have."""
    codes = {item.code for item in instrument.items}
    numbers = {number.code for number in instrument.numbers}
    scores = {score.name for score in instrument.scores}
    symptoms = {item.symptom for item in instrument.items}
    unknown = [code for code in rule.items if not _is_known(code, codes)]
    unknown += [key for key in rule.symptoms if key not in symptoms]
    unknown += [name for name in rule.scores if name not in scores]
    unknown += [code for code in rule.numbers if code not in numbers]
    named = named_codes(rule.when) if rule.when is not None else ()
    return unknown + [code for code in named if code not in codes | numbers | scores]


def _is_known(selector: str, codes: set[str]) -> bool:
    if selector == EVERY_GRADED_ITEM:
        return True
    if selector.startswith(EVERY_OF):
        return any(code.endswith(selector[1:]) for code in codes)
    return selector in codes
