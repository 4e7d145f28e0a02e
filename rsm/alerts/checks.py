"""What can be known of a pack before it judges anybody: every problem, with its line."""

from collections.abc import Collection, Iterator, Mapping
from typing import assert_never

from rsm.alerts.cases import never_triggered, run_cases
from rsm.alerts.decide import selected, unknown_targets
from rsm.alerts.model import InstrumentSpec, ReviewKind
from rsm.alerts.packs import FindInstrument, known_items
from rsm.alerts.schema import (
    Advice,
    AtLeast,
    Case,
    Condition,
    RawAnswer,
    RedFlags,
    Rule,
    RulePack,
    WorseBy,
)
from rsm.kernel.documents import Loc, Source, nearest
from rsm.kernel.errors import Invalid, Problem


def check(
    pack: RulePack, instrument: InstrumentSpec | None, source: Source | None = None
) -> list[Problem]:
    """Every problem of a pack with its instrument; none means that it may be used.

    Cases are run only when nothing else is wrong, since a typo would fail them all.
    """
    source = source or Source(pack.key)
    if instrument is None or not pack.instrument.covers(instrument.key, instrument.version):
        wanted = f"{pack.instrument.key} {pack.instrument.at_least} to {pack.instrument.below}"
        there = f"there is {instrument.key} {instrument.version}" if instrument else "not found"
        return [_at(source, ("instrument",), f"no instrument {wanted}: {there}")]
    return [
        *_repeated(pack, source),
        *_empty_flags(pack, source),
        *_rules(pack, instrument, source),
        *_cases(pack, instrument, source),
    ] or [*_outcomes(pack, instrument, source)]


def checked(pack: RulePack, find: FindInstrument, source: Source) -> InstrumentSpec:
    """The instrument of a pack that has no problem; raises `Invalid` with all that it has."""
    instrument = find(pack.instrument)
    problems = check(pack, instrument, source)
    if problems or instrument is None:
        raise Invalid(problems)
    return instrument


def publish_problems(pack: RulePack, languages: Collection[str]) -> list[Problem]:
    """What stands against publishing for patients who read `languages`: nobody reviewed a text."""
    problems = []
    tables: dict[str, Mapping[str, Advice | RedFlags]]
    tables = {"advice": pack.advice, "red_flags": pack.red_flags}
    for tongue in sorted({*languages, *pack.advice, *pack.red_flags}):
        for table, texts in tables.items():
            where = f"{pack.key} {pack.version}: {table}.{tongue}"
            text = texts.get(tongue)
            if text is None:
                problems.append(Problem(where, f"no {table} in this language"))
            elif not text.reviewed_by:
                problems.append(Problem(where, "nobody reviewed it", "name the `reviewed_by`"))
    return problems


def _at(source: Source, loc: Loc, what: str, mend: str = "") -> Problem:
    return Problem(source.place(loc), what, mend)


def _repeated(pack: RulePack, source: Source) -> Iterator[Problem]:
    named = [*((("rules", n, "id"), rule.id) for n, rule in enumerate(pack.rules))]
    named += [*((("cases", n, "name"), case.name) for n, case in enumerate(pack.cases))]
    seen: set[tuple[object, str]] = set()
    for loc, name in named:
        if (loc[0], name) in seen:
            yield _at(source, loc, f"`{name}` is there twice", "give it a name of its own")
        seen.add((loc[0], name))


def _empty_flags(pack: RulePack, source: Source) -> Iterator[Problem]:
    for tongue, flags in pack.red_flags.items():
        for word in flags.words:
            if not any(letter.isalnum() for letter in word):
                yield _at(source, ("red_flags", tongue, "words"), f"`{word}` has no letter")


# --- rules ---------------------------------------------------------------------------------


def _rules(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    known = {*known_items(instrument), *(item.symptom for item in instrument.items)}
    for place, rule in enumerate(pack.rules):
        unknown = unknown_targets(rule, instrument)
        for name in unknown:
            loc = ("rules", place, "items" if name in rule.items else "symptoms")
            what = f"{instrument.key} {instrument.version} has no `{name}`"
            yield _at(source, loc, what, nearest(name, known))
        if not unknown:
            for part, what in _thresholds(rule, instrument):
                yield _at(source, ("rules", place, "when", part), what)


def _thresholds(rule: Rule, instrument: InstrumentSpec) -> Iterator[tuple[str, str]]:
    items = [*selected(rule, instrument.items)]
    if not items:
        yield "kind", "the rule looks at no item of the instrument"
        return
    lowest = min(items, key=lambda item: item.maximum)
    for part, value in _scale_values(rule.when).items():
        if value > lowest.maximum:
            yield part, f"{value} is off the scale of {lowest.code}, 0 to {lowest.maximum}"
    below = rule.when.below if isinstance(rule.when, WorseBy) else None
    if isinstance(rule.when, WorseBy) and below is not None and below <= rule.when.by:
        yield "below", f"can never be met: a rise of {rule.when.by} ends at or above it"


def _scale_values(condition: Condition) -> Mapping[str, int]:
    """The parts of a condition that are values of the scale."""
    match condition:
        case AtLeast():
            return {"value": condition.value}
        case WorseBy():
            below = {} if condition.below is None else {"below": condition.below}
            return {"by": condition.by, **below}
        case _:
            assert_never(condition)


# --- cases ---------------------------------------------------------------------------------


def _cases(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    rules = {rule.id for rule in pack.rules}
    symptoms = {item.symptom for item in instrument.items}
    for place, case in enumerate(pack.cases):
        for n, expected in enumerate(case.expect):
            loc: Loc = ("cases", place, "expect", n)
            if expected.rule not in rules:
                what = f"no rule `{expected.rule}`"
                yield _at(source, (*loc, "rule"), what, nearest(expected.rule, rules))
            if expected.symptom not in symptoms:
                what = f"{instrument.key} has no symptom `{expected.symptom}`"
                yield _at(source, (*loc, "symptom"), what, nearest(expected.symptom, symptoms))
        for path, answers in _answers(case):
            for part, what, mend in _answer_flaws(case, answers, instrument):
                yield _at(source, ("cases", place, *path, part), what, mend)


def _answers(case: Case) -> Iterator[tuple[Loc, Mapping[str, RawAnswer]]]:
    yield ("now",), case.now
    for place, report in enumerate(case.history):
        yield ("history", place, "answers"), report.answers
    if case.baseline is not None:
        yield ("baseline",), case.baseline


def _answer_flaws(
    case: Case, answers: Mapping[str, RawAnswer], instrument: InstrumentSpec
) -> Iterator[tuple[str, str, str]]:
    """Unknown items and values off the scale, unless the case is about just that."""
    scales = {item.code: item.maximum for item in instrument.items}
    any_item = ReviewKind.UNKNOWN_ITEM in case.review
    any_value = ReviewKind.OFF_SCALE in case.review
    for code, value in answers.items():
        if code not in scales and not any_item:
            yield code, f"{instrument.key} has no item `{code}`", nearest(code, scales)
        top = scales.get(code)
        on_scale = top is None or not isinstance(value, int) or 0 <= value <= top
        if not on_scale and not any_value:
            yield code, f"{value} is off the scale of {code}, 0 to {top}", ""


def _outcomes(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    for place, result in enumerate(run_cases(pack, instrument)):
        if not result.holds:
            given, expected = _list(result.given), _list(result.expected)
            what = f"`{result.name}` does not hold: expected {expected}; the rules give {given}"
            yield _at(source, ("cases", place, "name"), what)
    for place in never_triggered(pack, instrument):
        what = f"no case triggers rule `{pack.rules[place].id}`"
        yield _at(source, ("rules", place, "id"), what, "add a worked case that it decides")


def _list(raised: tuple[str, ...]) -> str:
    return "; ".join(raised) or "nothing"
