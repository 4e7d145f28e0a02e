"""What of a month may leave the house: nothing in which one of a few people could be recognised."""

from collections.abc import Mapping
from dataclasses import replace

from rsm.improvement.model import Entry
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure
from rsm.reports.model import FEWEST_PATIENTS
from rsm.web.reports_facts import Facts
from rsm.web.reports_funders import leaving as funders_leaving
from rsm.web.texts import texts_in

_AT_LEAST_TWO = 2


def leaving(facts: Facts) -> Facts:
    """The facts of a file that leaves; those of one that stays are as they were."""
    if not facts.wanted.leaves:
        return facts
    weeks = {
        measure: {
            monday: each for monday, each in known.items() if (each.whole or 0) >= FEWEST_PATIENTS
        }
        for measure, known in facts.weeks.items()
    }
    return replace(
        facts,
        weeks=weeks,
        entries=tuple(_entry(each, facts.wanted.language) for each in facts.entries),
        funders=facts.funders and funders_leaving(facts.funders),
    )


def groups_of(facts: Facts, dimension: Dimension) -> Mapping[str, Figure]:
    """A division's groups with surveys due; without those of a few people where it leaves."""
    due = {value: each for value, each in facts.groups[dimension].items() if each.whole}
    if not facts.wanted.leaves:
        return due
    people = facts.people[dimension]
    few = few_people({value: people.get(value, 0) for value in due})
    return {value: each for value, each in due.items() if value not in few}


def few_people(people: Mapping[str, int]) -> frozenset[str]:
    """The groups to leave out: small ones, and what would let one be worked out from the rest."""
    smallest_first = sorted(people, key=lambda value: (people[value], value))
    gone = [value for value in smallest_first if people[value] < FEWEST_PATIENTS]
    for value in smallest_first[len(gone) :]:
        hidden = sum(people[each] for each in gone)
        if not gone or (len(gone) >= _AT_LEAST_TWO and hidden >= FEWEST_PATIENTS):
            break
        gone.append(value)
    return frozenset(gone)


def _entry(entry: Entry, language: str) -> Entry:
    """Without a person's own words, unless she shared them: they may name somebody."""
    if entry.shared or entry.is_noted:
        return entry
    said = texts_in(language).sections()["improvement"]
    return replace(entry, title=str(getattr(said, f"kind_{entry.kind}")), words="")
