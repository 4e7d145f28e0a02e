"""Minutes of many alerts as bytes: a site has a hundred thousand of them, and as rows of their own
they would take half a second to read. Four bytes each, the lowest first.
"""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_TYPE = "i"


@dataclass(frozen=True)
class Pack:
    """How long some alerts took. Of `opened` those that are not over have no minutes yet."""

    minutes: bytes
    opened: int

    def counted(self) -> Counter[int | None]:
        """How often each length is there; None is not over."""
        unpacked = array(_TYPE)
        unpacked.frombytes(self.minutes)
        counted: Counter[int | None] = Counter()
        counted.update(_turned(unpacked))
        if self.opened > len(unpacked):
            counted[None] = self.opened - len(unpacked)
        return counted


def joined(packs: Iterable[Pack]) -> Pack:
    """All of them as one."""
    known = list(packs)
    return Pack(b"".join(one.minutes for one in known), sum(one.opened for one in known))


def pack(minutes: Iterable[int]) -> bytes:
    """In order, so that the same minutes are always the same bytes."""
    return _turned(array(_TYPE, sorted(minutes))).tobytes()


def _turned(minutes: "array[int]") -> "array[int]":
    """The least significant byte is the first, whatever the machine does."""
    if sys.byteorder == "big":
        minutes.byteswap()
    return minutes
