"""P1 for every plan, in turns: whatever the size, a round of the auditor fits its minute.

Reading all plans grows with the enrolled and not with what is due. Up to `SHARE` plans are read in
each round; of more, each round reads one share, and what the others came to when they were read
last goes on counting. Nothing is believed that was never read: who begins to audit reads all.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

from rsm.db.work import Tx
from rsm.metrics import promises
from rsm.metrics.promises import PlanFacts, Share
from rsm.schedules import planning

SHARE = 50_000  # plans that are read and derived in some ten seconds
_WINDOW_LATE = timedelta(minutes=5)
_LOOK_BACK = timedelta(days=60)  # a gap is reported for so long, if nobody mends it


@dataclass
class Turns:
    """Which share is read next, and how many windows each had lost when it was read last.

    It belongs to one process while that audits; another one begins with its own.
    """

    at_once: int = SHARE
    _found: list[int] = field(default_factory=list)
    _next: int = 0

    def lost(self, tx: Tx) -> int:
        """How many windows are lost or late, of all plans."""
        shares = max(1, ceil(promises.active_plans(tx) / self.at_once))
        if not shares <= len(self._found) <= shares + 1:  # one to spare: it may go up and down
            self._found = [_lost_in(tx, Share(number, shares)) for number in range(shares)]
            return sum(self._found)
        self._next = (self._next + 1) % len(self._found)
        self._found[self._next] = _lost_in(tx, Share(self._next, len(self._found)))
        return sum(self._found)

    def forget(self) -> None:
        """Another process audits now: what was found here is of no use any more."""
        self._found = []


def _lost_in(tx: Tx, share: Share) -> int:
    since = (tx.now - _LOOK_BACK).date()
    return sum(
        _lost(tx, plan, since) + _is_late(tx, plan) for plan in promises.plans(tx, since, share)
    )


def _lost(tx: Tx, plan: PlanFacts, since: date) -> int:
    """Windows between the first that was made and the next to come that were never made."""
    if not plan.keys:
        return 0
    first = max(date.fromisoformat(min(plan.keys)), since)
    return len(planning.passed(tx, plan.following, first) - plan.keys)


def _is_late(tx: Tx, plan: PlanFacts) -> int:
    next_at = plan.following.next_at
    return int(next_at is None or next_at < tx.now - _WINDOW_LATE)
