"""Readiness: a manager hears of a roster that would fail while there is time to mend it (P4).

Somebody who is on duty within a day and could not be told, and service hours within a week with
nobody on duty: each is one task for the manager, which ends by itself when it is mended. When the
time has come and nobody has mended it, an overdue task is told as an alert is.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.escalation import rosters
from rsm.escalation.rosters import GAPS_AHEAD, TeamGap
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Role
from rsm.sites import service as sites
from rsm.sites.rota.readiness import Unready, UnreadyReason
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_LOG = logging.getLogger(__name__)
_AT_LEAST = timedelta(hours=1)  # to mend what is amiss now
_WHY = {
    UnreadyReason.NOT_HERE: "has no account at this site",
    UnreadyReason.NO_CONTACT: "has neither number nor address",
    UnreadyReason.UNVERIFIED: "is not verified",
    UnreadyReason.UNREACHABLE: "did not get what was sent lately",
    UnreadyReason.OPTED_OUT: "said STOP",
}


def readiness_due(db: Database) -> int:
    """Look at every site's roster; returns how many tasks were opened or ended."""
    with db.begin(EVERYWHERE) as tx:
        known = sites.ids(tx)
    return sum(_at_site(db, site_id, look) for site_id in known for look in (_people, _gaps))


def _at_site(db: Database, site_id: UUID, look: Callable[[Tx, UUID], int]) -> int:
    try:
        with db.begin(Scope.site(site_id)) as tx:
            return look(tx, site_id)
    except Exception as error:  # noqa: BLE001  # one site never keeps the others from being looked at
        extra = {"action": "readiness.failed", "site": str(site_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)
        return 0


def _people(tx: Tx, site_id: UUID) -> int:
    found = rosters.not_ready(tx, site_id)
    return _settle(
        tx, site_id, TaskKind.NOT_READY, [_of_person(tx, site_id, each) for each in found]
    )


def _gaps(tx: Tx, site_id: UUID) -> int:
    """One task for a team and a day: its first gap says when it must be filled."""
    first: dict[tuple[UUID, date], TeamGap] = {}
    for each in rosters.gaps(tx, site_id, tx.now + GAPS_AHEAD):
        first.setdefault((each.team.id, _day(tx, site_id, each.gap.since)), each)
    wanted = [_of_gap(tx, site_id, day, each) for (_, day), each in first.items()]
    return _settle(tx, site_id, TaskKind.ROSTER_GAP, wanted)


def _settle(tx: Tx, site_id: UUID, kind: TaskKind, wanted: Iterable[NewTask]) -> int:
    """Ask for what is amiss, and for nothing else."""
    new = list(wanted)
    ended = tasks.mended(tx, site_id, kind, {task.business_key for task in new})
    return ended + sum(tasks.open_task(tx, task) is not None for task in new)


def _of_person(tx: Tx, site_id: UUID, each: Unready) -> NewTask:
    day = _day(tx, site_id, each.since)
    return NewTask(
        business_key=f"not_ready:{site_id}:{each.staff_id}:{day.isoformat()}",
        kind=TaskKind.NOT_READY,
        site_id=site_id,
        reason=f"On duty on {day.isoformat()} and could not be told: {why(each)}. See the roster.",
        role=Role.MANAGER,
        due_at=_in_time(tx, each.since),
    )


def why(each: Unready) -> str:
    """What stands in the way, in words: `is not verified, said STOP`."""
    return ", ".join(_WHY[reason] for reason in each.reasons)


def _of_gap(tx: Tx, site_id: UUID, day: date, each: TeamGap) -> NewTask:
    zone = zone_named(sites.get(tx, site_id).zone)
    begins, ends = (local_of(at, zone) for at in (each.gap.since, each.gap.until))
    return NewTask(
        business_key=f"roster_gap:{site_id}:{each.team.id}:{day.isoformat()}",
        kind=TaskKind.ROSTER_GAP,
        site_id=site_id,
        reason=f"Nobody is on duty on {day.isoformat()} from {begins:%H:%M} to {ends:%H:%M}.",
        role=Role.MANAGER,
        due_at=_in_time(tx, each.gap.since),
    )


def _in_time(tx: Tx, since: datetime) -> datetime:
    return max(since, tx.now + _AT_LEAST)


def _day(tx: Tx, site_id: UUID, at: datetime) -> date:
    return local_of(at, zone_named(sites.get(tx, site_id).zone)).date()
