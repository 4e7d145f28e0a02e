"""What must never wait, asked of a pack: does it call each of the red set an emergency? Pure.

A pack is not believed but tried: it judges the worked cases of `alert_rules/parts/red-set.toml`.
So a rule of its own that is stricter will do, and one with a higher threshold will not.
"""

import tomllib
from collections.abc import Iterator
from functools import cache

from rsm.alerts.cases import facts_of
from rsm.alerts.decide import judge
from rsm.alerts.model import Finding, InstrumentSpec
from rsm.alerts.packs import part_text
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.specs import with_needs
from rsm.alerts.worked import Case
from rsm.kernel.documents import Source, validate
from rsm.kernel.errors import Problem
from rsm.kernel.words import Level

PART = "red-set"
# By the symptom that asks it; the order is that in which gaps are told.
_SAID = {
    "chest-pain": "chest pain",
    "shortness-of-breath": "severe breathlessness",
    "bleeding": "bleeding",
    "temperature": "fever",
    "confusion": "confusion",
    "thoughts-of-death-or-self-harm": "thoughts of self-harm",
}


def red_set_gaps(pack: RulePack, instrument: InstrumentSpec) -> tuple[str, ...]:
    """What of the red set the pack does not call an emergency, or not of everybody."""
    wide = with_needs(instrument, pack)
    rules = {rule.id: rule for rule in pack.rules}
    missed: set[str] = set()
    for case, symptoms in _emergencies():
        found = [one for one in judge(pack, wide, facts_of(case)).findings if _is_red(one, rules)]
        missed |= symptoms - {one.symptom for one in found}
    return tuple(said for symptom, said in _SAID.items() if symptom in missed)


def red_set_problems(
    pack: RulePack, instrument: InstrumentSpec, source: Source | None = None
) -> Iterator[Problem]:
    """Why a pack may be asked and tried, but not be published: its red set is not whole."""
    gaps = red_set_gaps(pack, instrument)
    if not gaps:
        return
    source = source or Source(pack.key)
    if any(rule.red for rule in pack.rules):
        what = f"the red set of pack {pack.key} lacks or loosens: {', '.join(gaps)}"
        mend = f'take its rules unchanged: include = ["{PART}"]'
    else:
        what = f"pack {pack.key} has no red set: {', '.join(gaps)}"
        mend = f'add include = ["{PART}"]'
    yield Problem(source.place(("rules",)), what, mend)


def _is_red(finding: Finding, rules: dict[str, Rule]) -> bool:
    """An emergency of the red set, of every patient; thoughts of self-harm are a crisis as well."""
    rule = rules[finding.rule]
    is_crisis = rule.crisis or finding.symptom != "thoughts-of-death-or-self-harm"
    return rule.red and is_crisis and rule.subgroup is None and rule.level is Level.EMERGENCY


@cache
def _emergencies() -> tuple[tuple[Case, frozenset[str]], ...]:
    """The worked cases of the part that are an emergency, and of which symptoms."""
    data = tomllib.loads(part_text(PART) or "")
    found = []
    for each in data["cases"]:
        case = validate(Case, each, Source(PART))
        red = {one.symptom for one in case.expect if one.level is Level.EMERGENCY}
        if red:
            found.append((case, frozenset(red)))
    return tuple(found)
