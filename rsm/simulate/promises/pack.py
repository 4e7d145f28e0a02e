"""What a pack asks of an answer by itself, read plainly: so much, or worse by so much.

A second look, deliberately simpler than the rules' own: what it names must be known to somebody.
Conditions that depend on more than the answer and the one before it are left to the rules' tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rsm.alerts.conditions import AtLeast, WorseBy
from rsm.alerts.schema import RulePack

_NO_BOUND = 1e9


@dataclass(frozen=True)
class Named:
    """Items (as in SQL's LIKE) with the value, or the rise, from which somebody must hear.
    `told_at_once`: whether urgent alerts are told to somebody the moment that they open. `weekly`:
    the hash of the plan, if it asks once a week."""

    severe: tuple[tuple[str, float], ...] = ()
    worse: tuple[tuple[str, float, float], ...] = ()  # item, rise, below
    told_at_once: bool = True
    weekly: str = ""

    @property
    def values(self) -> Mapping[str, object]:
        """As parameters of the questions."""
        return {
            "severe_items": [item for item, _ in self.severe],
            "severe_values": [least for _, least in self.severe],
            "worse_items": [item for item, _, _ in self.worse],
            "worse_by": [rise for _, rise, _ in self.worse],
            "worse_below": [below for _, _, below in self.worse],
            "told_at_once": self.told_at_once,
            "weekly": self.weekly,
        }


def named_by(pack: RulePack) -> Named:
    """Of each rule about items that asks everybody."""
    severe: list[tuple[str, float]] = []
    worse: list[tuple[str, float, float]] = []
    for rule in pack.rules:
        if not rule.items or rule.subgroup is not None:
            continue
        for item in map(_like, rule.items):
            match rule.when:
                case AtLeast(item=None, value=value):
                    severe.append((item, value))
                case WorseBy(item=None, since="previous", by=by, below=below):
                    worse.append((item, by, below if below is not None else _NO_BOUND))
    return Named(tuple(severe), tuple(worse))


def _like(selector: str) -> str:
    """`*` is every graded item, `*.severity` every one that ends so."""
    return "%.%" if selector == "*" else selector.replace("*", "%")
