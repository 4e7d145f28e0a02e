"""What can be known of a pack before it judges anybody: every problem, with its line.

A problem refuses the pack; a warning does not, and whoever signs the pack should have read it.
"""

from collections.abc import Collection, Iterator, Mapping

from rsm.alerts import scan
from rsm.alerts.cases import never_triggered, run_cases
from rsm.alerts.check_rules import rule_problems
from rsm.alerts.conditions import named_codes
from rsm.alerts.model import InstrumentSpec, ReviewKind
from rsm.alerts.packs import FindInstrument
from rsm.alerts.plan import is_for, selected, unknown_targets
from rsm.alerts.schema import Advice, Crisis, RedFlags, RulePack
from rsm.alerts.specs import nearest_shipped, with_needs
from rsm.alerts.wording import targets_of
from rsm.alerts.worked import Case, RawAnswer
from rsm.kernel.documents import Loc, Source, nearest
from rsm.kernel.errors import Invalid, Problem


def check(
    pack: RulePack, instrument: InstrumentSpec | None, source: Source | None = None
) -> list[Problem]:
    """Every problem of a pack with its instrument; none means that it may be used.

    Cases are run only when nothing else is wrong, since a typo would fail them all.
    """
    source = source or Source(pack.key)
    if instrument is None or not is_for(pack, instrument):
        wanted = f"{pack.instrument.key} {pack.instrument.at_least} to {pack.instrument.below}"
        there = f"there is {instrument.key} {instrument.version}" if instrument else "not found"
        mend = nearest_shipped(pack.instrument)
        return [_at(source, ("instrument",), f"no instrument {wanted}: {there}", mend)]
    return [
        *_repeated(pack, source),
        *_empty_flags(pack, source),
        *rule_problems(pack, instrument, source),
        *_cases(pack, with_needs(instrument, pack), source),
    ] or [*_outcomes(pack, instrument, source)]


def checked(pack: RulePack, find: FindInstrument, source: Source) -> InstrumentSpec:
    """The instrument of a pack that has no problem; raises `Invalid` with all that it has."""
    instrument = find(pack.instrument)
    problems = check(pack, instrument, source)
    if problems or instrument is None:
        raise Invalid(problems)
    return instrument


def warnings(
    pack: RulePack, instrument: InstrumentSpec, source: Source | None = None
) -> list[Problem]:
    """What a pack that may be used leaves unsaid: symptoms that no rule watches, optional
    questions that are not asked, rules that hide behind others, and where worse raises less."""
    source = source or Source(pack.key)
    return [
        *_unwatched(pack, instrument, source),
        *_not_asked(pack, instrument, source),
        *_shadows(pack, instrument, source),
        *_dips(pack, instrument, source),
    ]


def publish_problems(pack: RulePack, languages: Collection[str]) -> list[Problem]:
    """What stands against publishing for patients who read `languages`: nobody reviewed a text."""
    problems = []
    tables: dict[str, Mapping[str, Advice | RedFlags | Crisis]]
    tables = {"advice": pack.advice, "red_flags": pack.red_flags}
    if any(rule.crisis for rule in pack.rules):
        tables["crisis"] = pack.crisis
    for tongue in sorted({*languages, *pack.advice, *pack.red_flags}):
        for table, texts in tables.items():
            where = f"{pack.key} {pack.version}: {table}.{tongue}"
            text = texts.get(tongue)
            if text is None:
                problems.append(Problem(where, f"no {table} in this language"))
            elif not text.reviewed_by:
                problems.append(Problem(where, "nobody reviewed it", "name the `reviewed_by`"))
    return problems


def crisis_items(pack: RulePack, instrument: InstrumentSpec) -> tuple[str, ...]:
    """What the instrument asks that must never be asked by text message or of a relative, and
    whose emergency rung must be staffed around the clock: `flow.publish` sees to that."""
    rules = [rule for rule in pack.rules if rule.crisis]
    return tuple(
        item.code
        for item in instrument.items
        if any(True for rule in rules for _ in selected(rule, (item,)))
    )


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


# --- cases ---------------------------------------------------------------------------------


def _cases(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    rules = {rule.id for rule in pack.rules}
    symptoms = {target.symptom for target in targets_of(instrument).values()}
    symptoms |= {rule.about for rule in pack.rules if rule.about}
    for place, case in enumerate(pack.cases):
        for part in ("expect", "hushed"):
            for n, expected in enumerate(getattr(case, part)):
                loc: Loc = ("cases", place, part, n)
                if expected.rule not in rules:
                    what = f"no rule `{expected.rule}`"
                    yield _at(source, (*loc, "rule"), what, nearest(expected.rule, rules))
                if expected.symptom not in symptoms:
                    what = f"{instrument.key} has no symptom `{expected.symptom}`"
                    mend = nearest(expected.symptom, symptoms)
                    yield _at(source, (*loc, "symptom"), what, mend)
        for path, answers in _answers(case):
            for code, what, mend in _answer_flaws(case, answers, instrument):
                yield _at(source, ("cases", place, *path, code), what, mend)


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


# --- warnings ------------------------------------------------------------------------------


def _unwatched(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    watched = {i.symptom for rule in pack.rules for i in selected(rule, instrument.items)}
    named = {code for rule in pack.rules for code in named_codes(rule.when)}
    watched |= {item.symptom for item in instrument.items if item.code in named}
    for symptom in dict.fromkeys(item.symptom for item in instrument.items):
        if symptom not in watched:
            yield _at(source, ("rules",), f"no rule watches `{symptom}`, which is asked")


def _not_asked(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    if not any(rule.red for rule in pack.rules):
        what = f"pack {pack.key} has no red set: chest pain, severe breathlessness, bleeding, fever"
        yield _at(source, ("rules",), what, 'add include = ["red-set"]')
    for place, rule in enumerate(pack.rules):
        for code in unknown_targets(rule, instrument):
            what = f"{instrument.key} {instrument.version} does not ask `{code}`"
            name = f"`{rule.id}` of the red set" if rule.red else f"`{rule.id}`"
            what += f": rule {name} of pack {pack.key} sees nothing"
            yield _at(source, ("rules", place, "id"), what)


def _shadows(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    places = {rule.id: place for place, rule in enumerate(pack.rules)}
    for shadow in scan.shadows(pack, instrument):
        what = f"rule `{shadow.rule}` is in the shadow of `{shadow.by}`: it decides nothing alone"
        yield _at(source, ("rules", places[shadow.rule], "id"), what)


def _dips(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    for dip in scan.dips(pack, instrument):
        what = f"{dip.item}: a rise from {dip.low} to {dip.high} can lower the level"
        yield _at(source, ("rules",), what, "add a rule for the higher answer")
