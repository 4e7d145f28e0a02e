"""What can be known of a pack before it judges anybody: every problem, with its line.

A problem refuses the pack; a warning does not, and whoever signs the pack should have read it.
"""

from collections.abc import Collection, Iterator, Mapping

from rsm.alerts import scan
from rsm.alerts.cases import never_triggered, run_cases
from rsm.alerts.check_cases import case_problems
from rsm.alerts.check_rules import rule_problems
from rsm.alerts.conditions import named_codes
from rsm.alerts.model import InstrumentSpec, ItemSpec, NumberSpec
from rsm.alerts.packs import FindInstrument
from rsm.alerts.plan import is_for, selected, unknown_targets
from rsm.alerts.red_set import red_set_problems
from rsm.alerts.schema import Advice, Crisis, RedFlags, RulePack
from rsm.alerts.specs import nearest_shipped, with_needs
from rsm.kernel.documents import Loc, Source
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
        *case_problems(pack, with_needs(instrument, pack), source),
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
    questions that are not asked, rules that hide behind others, and where worse raises less. Of a
    pack that may not judge patients as it is: what its red set lacks."""
    source = source or Source(pack.key)
    return [
        *red_set_problems(pack, instrument, source),
        *_unwatched(pack, instrument, source),
        *_not_asked(pack, instrument, source),
        *_shadows(pack, instrument, source),
        *_dips(pack, instrument, source),
    ]


def whole(
    pack: RulePack, instrument: InstrumentSpec | None, source: Source | None = None
) -> list[Problem]:
    """As `check`, of a pack that is to judge patients: its red set has to be whole as well.

    A pack that lacks it may be asked and tried (`rules eval`, `rules test`, replay), not published.
    """
    problems = check(pack, instrument, source)
    if problems or instrument is None:
        return problems
    return [*red_set_problems(pack, instrument, source)]


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


def _at(source: Source, loc: Loc, what: str, mend: str = "") -> Problem:
    return Problem(source.place(loc), what, mend)


def _repeated(pack: RulePack, source: Source) -> Iterator[Problem]:
    named = [*((("rules", n, "id"), rule.id) for n, rule in enumerate(pack.rules))]
    named += [*((("cases", n, "name"), case.name) for n, case in enumerate(pack.cases))]
    seen: dict[tuple[object, str], str] = {}
    for loc, name in named:
        if first := seen.get((loc[0], name)):
            what = f"`{name}` is there twice, first at {first}"
            yield _at(source, loc, what, "give each a name of its own")
        seen.setdefault((loc[0], name), source.place(loc))


def _empty_flags(pack: RulePack, source: Source) -> Iterator[Problem]:
    for tongue, flags in pack.red_flags.items():
        for word in flags.words:
            if not any(letter.isalnum() for letter in word):
                yield _at(source, ("red_flags", tongue, "words"), f"`{word}` has no letter")


# --- cases ---------------------------------------------------------------------------------


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


def watched(pack: RulePack, instrument: InstrumentSpec) -> set[str]:
    """The questions, numbers among them, that a rule looks at by itself or through a score."""
    seen = {item.code for rule in pack.rules for item in selected(rule, instrument.items)}
    for rule in pack.rules:
        seen |= {*rule.numbers, *rule.scores, *named_codes(rule.when)}
    items_of = {score.name: score.items for score in instrument.scores}
    for name in tuple(seen & items_of.keys()):
        seen |= set(items_of[name])
    return seen


def _unwatched(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
    seen = watched(pack, instrument)
    asked: tuple[ItemSpec | NumberSpec, ...] = (*instrument.items, *instrument.numbers)
    symptoms = {each.symptom for each in asked if each.code in seen}
    for symptom in dict.fromkeys(each.symptom for each in asked):
        if symptom not in symptoms:
            what = f"no rule watches `{symptom}`, which is asked"
            yield _at(source, ("rules",), what, "add a rule, or sign that nobody is told of it")


def _not_asked(pack: RulePack, instrument: InstrumentSpec, source: Source) -> Iterator[Problem]:
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
