"""When a shift starts and ends, on nights on which the clock changes as well: no wall time is lost.

A shift takes every instant at which the clock on the wall shows a time in it, and what lies between
such instants. So shifts that meet or overlap on the wall do so in truth: never a gap. (The kernel's
`start_instant` puts 02:30 at 03:30 where the clock goes from 2 to 3: somebody who comes at 02:30
would be missed from 3:00 on by somebody who goes at 3:00.)
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from rsm.kernel.localtime import instants_of, local_of, offset_change


def shift_starts(local: datetime, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) at which the clock shows `local` (naive); if skipped, the jump."""
    return _jump(local, zone) or instants_of(local, zone)[0]


def shift_ends(local: datetime, zone: ZoneInfo) -> datetime:
    """The last instant (UTC) at which the clock shows `local` (naive); if skipped, the jump."""
    return _jump(local, zone) or instants_of(local, zone)[1]


def _jump(local: datetime, zone: ZoneInfo) -> datetime | None:
    """When the clock is put forward over `local`; None if it shows that time."""
    before, after = instants_of(local, zone)
    if local_of(before, zone) == local:
        return None
    return offset_change(before, after, zone)
