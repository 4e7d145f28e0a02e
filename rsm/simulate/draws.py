"""Chance from a seed: numbers drawn from the bytes of an `Ids` that was handed in."""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

from rsm.kernel.ids import Ids, SeededIds

_NORMAL = NormalDist()
_BYTES = 7
_FAR_OUT = 1000.0  # times the median: further would leave the calendar
T = TypeVar("T")


class Draws:
    """A seeded generator. Give each person one of her own: then nobody changes another's luck."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    @classmethod
    def of(cls, *seed: object) -> "Draws":
        """The generator of this seed, such as `Draws.of("demo", "patient", 7)`."""
        return cls(SeededIds(":".join(map(str, seed))))

    def fraction(self) -> float:
        """A number above 0 and below 1."""
        drawn = int.from_bytes(self._ids.bytes(_BYTES), "big")
        return (drawn + 0.5) / (1 << 8 * _BYTES)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens to this share of people."""
        return self.fraction() < share

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.fraction()

    def whole(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.fraction() * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.fraction() * len(choices))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as often as its weight says."""
        left = self.fraction() * sum(weights.values())
        chosen = None
        for choice, weight in weights.items():
            chosen = choice
            left -= weight
            if left < 0:
                break
        if chosen is None:
            raise ValueError("nothing to choose from")
        return chosen

    def normal(self) -> float:
        """Mean 0, standard deviation 1."""
        return _NORMAL.inv_cdf(self.fraction())

    def around(self, median: float, spread: float) -> float:
        """Log-normal: half are below the median; `spread` is the deviation of the logarithm."""
        return median * min(_FAR_OUT, math.exp(spread * self.normal()))
