"""How many messages are claimed at once: about as many as are handed over in half a second.

What a worker that dies had claimed lies until its lease is over and the provider's list is read.
So a batch grows with what the provider takes, at most to twice the one before, and shrinks at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from rsm.db.work import Tx
from rsm.messaging import batch_store, store
from rsm.messaging.model import Due, Lane

WORTH = timedelta(seconds=0.5)
_STALE = timedelta(seconds=10)  # what a provider took so long ago says nothing of today


def next_size(size: int, taken: int, took: timedelta, bounds: tuple[int, int]) -> int:
    """After a batch for `size` messages of which `taken` were handed over in `took`.

    `bounds`: the least and the most. Where no time passes (a virtual clock) nothing is learned.
    """
    least, most = bounds
    if took <= timedelta():
        return least
    worth = int(taken * (WORTH / took))
    return max(least, min(worth, 2 * size, most))


class BatchSize:
    """What the threads of one lane claim at once: all of them have the same provider."""

    def __init__(self, least: int, most: int) -> None:
        self._bounds = (least, most)
        self._known: tuple[int, datetime | None] = (least, None)

    def at(self, now: datetime) -> int:
        """How many to claim now."""
        size, learned_at = self._known
        fresh = learned_at is not None and now - learned_at <= _STALE
        return size if fresh else self._bounds[0]

    def learn(self, taken: int, begun: datetime, now: datetime) -> None:
        """A batch that was begun then is recorded, and the provider took so many of it."""
        self._known = next_size(self.at(begun), taken, now - begun, self._bounds), now


def any_due(tx: Tx, lanes: Sequence[Lane]) -> bool:
    """A cheap look, at every site at once: False when surely nothing is due in these lanes."""
    return store.any_due(tx, lanes)


def left(tx: Tx, batch: Sequence[Due]) -> list[Due]:
    """What nobody has claimed since it was looked up; nothing is held yet."""
    still = batch_store.still_due(tx, [each.message_id for each in batch])
    return [each for each in batch if each.message_id in still]


def apart(batch: Sequence[Due], error: Exception) -> list[Sequence[Due]]:
    """What broke together, in the parts in which it is tried again: halves, so that one bad row of
    many is soon found. After a wait in vain, for a row or for the database, one by one: each half
    with that row in it would wait as long again, and all others behind it."""
    size = 1 if isinstance(error, OperationalError | PoolTimeout) else (len(batch) + 1) // 2
    return [batch[first : first + size] for first in range(0, len(batch), size)]
