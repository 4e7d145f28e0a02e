"""Is this still the database that we wrote to last? Pure.

Workers count on in one row, and keep a copy of the count outside the database. Whoever finds the
row behind the copy, in another server, or silent for long, cannot know what was sent meanwhile:
the provider's record has to be read before anything goes out (`rsm.messaging.holds`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Nobody can tell a restore from an outage that was so long, and to read the record is cheap.
LONGEST_SILENCE = timedelta(minutes=15)
# Up to so long before the last beat our own record may lack something: clocks, calls under way.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Beat:
    """How far the count has come, when, and in which server and database."""

    counter: int
    at: datetime
    server: str


class Doubt(StrEnum):
    """Why our own record may not be whole. A metric label."""

    BEHIND = "behind"  # the row has counted less than its copy
    OTHER_SERVER = "other_server"
    SILENT = "silent"
    UNKNOWN_SENT = "unknown_sent"  # the provider's list of a day held what we did not send

    @property
    def is_restore(self) -> bool:
        """Whether it surely is another database than the one that was written to last."""
        return self in {Doubt.BEHIND, Doubt.OTHER_SERVER}


def doubt(kept: Beat | None, row: Beat | None, server: str, now: datetime) -> Doubt | None:
    """What speaks against going on; `kept` is the copy. A first start has neither row nor copy."""
    if row is None:
        return Doubt.BEHIND if kept is not None else None
    if kept is not None and row.counter < kept.counter:
        return Doubt.BEHIND
    if row.server != server:
        return Doubt.OTHER_SERVER
    return Doubt.SILENT if now - row.at > LONGEST_SILENCE else None


def next_beat(kept: Beat | None, row: Beat | None, server: str, now: datetime) -> Beat:
    """One more than the highest count that anybody knows."""
    counters = [beat.counter for beat in (kept, row) if beat is not None]
    return Beat(max(counters, default=0) + 1, now, server)


def whole_until(kept: Beat | None, row: Beat | None, last_sign: datetime | None) -> datetime | None:
    """Up to when our own record is whole, as far as this database knows; None: no idea at all.

    `last_sign` is a worker's last sign of life, for a database that knows no beat.
    """
    if row is not None:
        return row.at - MARGIN
    known = last_sign or (kept.at if kept else None)
    return known - MARGIN if known else None
