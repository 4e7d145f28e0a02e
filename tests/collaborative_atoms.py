"""Surveys, patients and alerts in the finest groups, and what counts are made of: an independent
account of which counts follow from which, for whoever wants to attack small cells.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from itertools import product

_FINISHED = ("by_self", "assisted")
_REPORTED = (*_FINISHED, "partial")
_OUTCOMES = (*_REPORTED, "not_answered", "not_sent")
_COURSES = ("never", "in vain", "one report", "followed", "baseline", "own report", "nothing")

Atom = tuple[str, ...]


def _surveys() -> Iterator[Atom]:
    """Outcome, whether a text was confirmed, whether it is a baseline, whether it alerted."""
    for outcome, *rest in product(_OUTCOMES, ("delivered", ""), ("first", ""), ("alert", "")):
        never = outcome == "not_sent" and rest[0]
        if not never and (outcome in _REPORTED or not rest[2]):
            yield ("survey", outcome, *rest)


ATOMS: tuple[Atom, ...] = (
    *_surveys(),
    *(("patient", course) for course in _COURSES),
    *(("alert", *each) for each in product(("acted", "no action", ""), ("quick", ""))),
    *(("week", how) for how in ("silent", "quiet", "alerting")),
)


def _of(kind: str, holds: Callable[[Atom], bool]) -> frozenset[Atom]:
    return frozenset(atom for atom in ATOMS if atom[0] == kind and holds(atom))


# What is counted, by the names of `rsm.collaborative.shared`.
COUNTED: Mapping[str, frozenset[Atom]] = {
    "due": _of("survey", lambda _: True),
    "completed": _of("survey", lambda it: it[1] in _FINISHED),
    "by_self": _of("survey", lambda it: it[1] == "by_self"),
    "assisted": _of("survey", lambda it: it[1] == "assisted"),
    "not_sent": _of("survey", lambda it: it[1] == "not_sent"),
    "completed+partial": _of("survey", lambda it: it[1] in _REPORTED),
    "delivered": _of("survey", lambda it: it[2] == "delivered"),
    "completed_delivered": _of("survey", lambda it: it[1] in _FINISHED and it[2] == "delivered"),
    "baseline_due": _of("survey", lambda it: it[3] == "first"),
    "baseline_completed": _of("survey", lambda it: it[1] in _FINISHED and it[3] == "first"),
    "alerting": _of("survey", lambda it: it[4] == "alert"),
    "enrolled": _of("patient", lambda _: True),
    "ever_due": _of("patient", lambda it: it[1] not in {"own report", "nothing"}),
    "never_sent": _of("patient", lambda it: it[1] == "never"),
    "activation": _of("patient", lambda it: it[1] not in {"never", "in vain", "nothing"}),
    "with_baseline": _of("patient", lambda it: it[1] in {"followed", "baseline"}),
    "follow_up": _of("patient", lambda it: it[1] == "followed"),
    "opened": _of("alert", lambda _: True),
    "acted": _of("alert", lambda it: it[1] == "acted"),
    "not_actionable+expected": _of("alert", lambda it: it[1] == "no action"),
    "closed_under_48h": _of("alert", lambda it: it[2] == "quick"),
    "weeks_due": _of("week", lambda _: True),
    "weeks_answered": _of("week", lambda it: it[1] != "silent"),
    "weeks_alerting": _of("week", lambda it: it[1] == "alerting"),
}


def worked_out(known: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Every group that somebody gets who adds and subtracts these counts, and how many are in it;
    not those that hold a smaller one."""
    for kind in ("survey", "patient", "alert", "week"):
        names = frozenset(name for name in known if next(iter(COUNTED[name]))[0] == kind)
        for terms in _groups(names):
            how = " ".join(f"{'+' if sign > 0 else '-'} {name}" for name, sign in terms)
            yield how, sum(sign * known[name] for name, sign in terms)


_Terms = tuple[tuple[str, int], ...]


@cache
def _groups(names: frozenset[str]) -> tuple[_Terms, ...]:
    """Which sums and differences come to a group of atoms, each of them counted once."""
    found: dict[frozenset[Atom], _Terms] = {}
    for signs in product((0, 1, -1), repeat=len(names)):
        terms = tuple((name, sign) for name, sign in zip(sorted(names), signs, strict=True) if sign)
        group = _group(terms)
        if group:
            found.setdefault(group, terms)
    smallest: list[frozenset[Atom]] = []
    for group in sorted(found, key=len):
        if not any(other < group for other in smallest):
            smallest.append(group)
    return tuple(found[group] for group in smallest)


def _group(terms: Collection[tuple[str, int]]) -> frozenset[Atom] | None:
    """None for what is no group: somebody would be in it twice, or less than not at all."""
    times: dict[Atom, int] = {}
    for name, sign in terms:
        for atom in COUNTED[name]:
            times[atom] = times.get(atom, 0) + sign
    if set(times.values()) - {0, 1}:
        return None
    return frozenset(atom for atom, count in times.items() if count)
