"""Places in a sender's time, so that no more goes out than its carrier lets through.

A sender's next free moment is one row, moved on by one statement (a generic cell rate algorithm):
no counting on the way out, and any number of workers take places from the same row. After a rest
as much as one second's worth may leave at once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant
from rsm.sites import store
from rsm.sites.senders import SenderView, Taken

BURST = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Places:
    """When each of the wanted messages may leave, the earliest first.

    There may be fewer than were wanted: the rest waits for `again_at`, when the sender's next day
    begins.
    """

    leave_at: tuple[datetime, ...]
    again_at: datetime


def reserve(
    tx: Tx, sender: SenderView, zone: ZoneInfo, wanted: int, *, overtakes: bool = False
) -> Places:
    """Take that many places in the sender's time; call it last, for it holds the sender's row.

    Whoever `overtakes` (emergencies, staff, answers) leaves now and is never stopped by the daily
    cap, but takes its share: what is planned after it comes so much later.
    """
    settings = sender.settings
    every = timedelta(seconds=1 / settings.per_second)
    cap = None if overtakes else settings.daily_cap
    taken = store.take_places(tx, sender, zone.key, every, (wanted, cap))
    again_at = start_instant(datetime.combine(taken.day + _DAY, time()), zone)
    if overtakes:
        return Places((tx.now,) * wanted, again_at)
    return Places(leaving(taken, every, tx.now), again_at)


def leaving(taken: Taken, every: timedelta, now: datetime) -> tuple[datetime, ...]:
    """When each place's message may leave: up to a burst earlier than its even place, not before
    now."""
    early = max(BURST - every, timedelta())
    return tuple(
        max(now, (taken.first + number * every - early).astimezone(UTC))
        for number in range(taken.count)
    )
