"""Minutes of many alerts as bytes: a site has a hundred thousand of them, and as rows of their own
they would take half a second to read. Four bytes each, the lowest first.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rsm.metrics.decide import Ranked

_TYPE = "i"
_LONG = 16_384  # bytes: of so many the ranking is worth keeping, of fewer a count


@dataclass(frozen=True)
class Pack:
    """How long some alerts took. Of `opened` those that are not over have no minutes yet."""

    minutes: bytes
    opened: int

    @property
    def total(self) -> int:
        return self.opened

    def ranked(self) -> Ranked:
        """Put in order, for whoever asks more than one thing."""
        ranking = _kept_ranking if len(self.minutes) >= _LONG else _ranking
        return Ranked(*ranking(self.minutes), self.opened)

    def up_to(self, minutes: int) -> int:
        """How many took no longer: in one pass, for whoever asks nothing else."""
        count = _count if len(self.minutes) >= _LONG else _kept_count
        return count(self.minutes, minutes)


def joined(packs: Iterable[Pack]) -> Pack:
    """All of them as one."""
    known = list(packs)
    return Pack(b"".join(one.minutes for one in known), sum(one.opened for one in known))


def _ranking(minutes: bytes) -> tuple[Sequence[int], Sequence[int]]:
    ranked = Ranked.of(Counter(_unpacked(minutes)))
    return ranked.minutes, ranked.reached


def _count(packed: bytes, minutes: int) -> int:
    return sum(map(minutes.__ge__, _unpacked(packed)))


# Of the same bytes they are the same for ever: an alert that is closed late changes these.
_kept_ranking = lru_cache(maxsize=48)(_ranking)  # five years of two or three sites, 300 KB each
_kept_count = lru_cache(maxsize=1024)(_count)  # months and weeks, a few KB each


def pack(minutes: Iterable[int]) -> bytes:
    """In order, so that the same minutes are always the same bytes."""
    return _turned(array(_TYPE, sorted(minutes))).tobytes()


def _unpacked(minutes: bytes) -> "array[int]":
    unpacked = array(_TYPE)
    unpacked.frombytes(minutes)
    return _turned(unpacked)


def _turned(minutes: "array[int]") -> "array[int]":
    """The least significant byte is the first, whatever the machine does."""
    if sys.byteorder == "big":
        minutes.byteswap()
    return minutes
