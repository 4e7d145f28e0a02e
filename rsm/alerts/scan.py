"""Every way that one item can stand (now, previous, baseline), tried on every rule. Pure.

So the static checks know, and do not guess, which rules hide behind others and where a worse
answer would lower the level. Rules that look further than one item or further back are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product

from rsm.alerts.conditions import AtLeast, Condition, NewlyPresent, WorseBy, parts
from rsm.alerts.evaluate import Compiler, Test
from rsm.alerts.model import Facts, InstrumentSpec, ItemSpec, Report
from rsm.alerts.plan import selected
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.sheet import Sheet
from rsm.kernel.answers import answered

_AT = datetime(2026, 10, 19, 9, 0, tzinfo=UTC)
_CODE = "item"
# How an item stands: now, in the previous report, at the baseline.
Way = tuple[int, int | None, int | None]


@dataclass(frozen=True)
class Shadow:
    """Whenever `rule` fires, `by` fires as well, at the same level or a higher one."""

    rule: str
    by: str


@dataclass(frozen=True)
class Dip:
    """An item whose level falls when its answer rises from `low` to `high`."""

    item: str
    low: int
    high: int


def shadows(pack: RulePack, instrument: InstrumentSpec) -> list[Shadow]:
    """Rules that decide nothing of their own; of two equal ones the later."""
    scanned = _scan(pack, instrument)
    found = []
    for place, rule in enumerate(pack.rules):
        for other_place, other in enumerate(pack.rules):
            if place != other_place and _hides(scanned, rule, other, place > other_place):
                found.append(Shadow(rule.id, other.id))
                break
    return found


def dips(pack: RulePack, instrument: InstrumentSpec) -> list[Dip]:
    """Where the pack is not monotone: a worse answer raises less (P15); one for each item."""
    scanned = _scan(pack, instrument)
    by_code = {item.code: item for item in instrument.items}
    looking: dict[str, list[Rule]] = {}
    for rule in pack.rules:
        for code in scanned.get(rule.id, {}):
            looking.setdefault(code, []).append(rule)
    found = (_dip(by_code[code], rules, scanned) for code, rules in looking.items())
    return [dip for dip in found if dip is not None]


# Rule → item → the ways in which it fires.
Scanned = dict[str, dict[str, frozenset[Way]]]


def _scan(pack: RulePack, instrument: InstrumentSpec) -> Scanned:
    compiler = Compiler(instrument, lambda _text, _tongue: False)
    found: Scanned = {}
    for rule in pack.rules:
        if rule.subgroup is None and rule.about is None and _is_simple(rule.when):
            items = [*selected(rule, instrument.items)]
            found[rule.id] = _by_item(compiler.test(rule.when), rule, items)
    return found


def _is_simple(condition: Condition) -> bool:
    """About one item, its previous value and its baseline, and nothing else."""
    return all(
        isinstance(leaf, AtLeast | NewlyPresent | WorseBy)
        and leaf.item is None
        and not (isinstance(leaf, WorseBy) and leaf.since in {"best", "median"})
        for leaf in parts(condition)
    )


def _by_item(test: Test, rule: Rule, items: Sequence[ItemSpec]) -> dict[str, frozenset[Way]]:
    by_scale = {top: _fires(test, rule, top) for top in {item.maximum for item in items}}
    return {item.code: by_scale[item.maximum] for item in items}


def _fires(test: Test, rule: Rule, top: int) -> frozenset[Way]:
    unknown_fires = rule.if_missing == "true"
    fired = []
    for way in ways(top):
        verdict = test(Sheet(_facts(way)), _CODE, way[0])
        if verdict or (verdict is None and unknown_fires):
            fired.append(way)
    return frozenset(fired)


def ways(top: int) -> Iterator[Way]:
    """Every way on a scale from 0 to `top`."""
    earlier = (None, *range(top + 1))
    yield from product(range(top + 1), earlier, earlier)


def _facts(way: Way) -> Facts:
    now, previous, baseline = way
    week_ago = _AT - timedelta(weeks=1)
    return Facts(
        {_CODE: answered(now)},
        _AT,
        () if previous is None else (Report(week_ago, {_CODE: answered(previous)}),),
        baseline=None if baseline is None else {_CODE: answered(baseline)},
    )


def _hides(scanned: Scanned, rule: Rule, by: Rule, is_later: bool) -> bool:
    ours, theirs = scanned.get(rule.id), scanned.get(by.id)
    if not ours or not theirs or by.level.rank < rule.level.rank or not any(ours.values()):
        return False
    inside = all(code in theirs and fired <= theirs[code] for code, fired in ours.items())
    return inside and (ours != theirs or by.level.rank > rule.level.rank or is_later)


def _dip(item: ItemSpec, rules: Iterable[Rule], scanned: Scanned) -> Dip | None:
    levels = [(rule.level.rank, scanned[rule.id][item.code]) for rule in rules]
    for now, previous, baseline in ways(item.maximum):
        if now == item.maximum:
            continue
        here = _rank(levels, (now, previous, baseline))
        if _rank(levels, (now + 1, previous, baseline)) < here:
            return Dip(item.code, now, now + 1)
    return None


def _rank(levels: Iterable[tuple[int, frozenset[Way]]], way: Way) -> int:
    return max((rank for rank, fired in levels if way in fired), default=-1)
