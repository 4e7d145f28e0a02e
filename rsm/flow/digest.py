"""The digest: what waits for no nurse in particular is read together, once a day at most.

Findings for information that a pack leaves to the digest (`quiet.digest`) open no alert. On a day
on which the site is at work and something waits, one task asks a nurse to read them; unread, it is
told as overdue tasks are. What a task holds is settled when it is opened: whatever came since the
last one that was read, so that nothing is marked as read that was not on its page.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from rsm.alerts import suppressed
from rsm.alerts.model import QuietReason
from rsm.alerts.quiet_store import SuppressedView
from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.kernel.errors import Conflict
from rsm.kernel.localtime import end_instant, local_of, start_instant, zone_named
from rsm.kernel.words import Role
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.sites import calendar as calendars
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, Hours, SiteView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind, TaskOutcome, TaskView

_LOG = logging.getLogger(__name__)
# A report that is being judged while the task is opened commits well within this time.
_SETTLED = timedelta(minutes=5)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_FORTNIGHT = 14


@dataclass(frozen=True)
class Digest:
    """What one task holds: findings from `since` (None: there was no digest before) to `until`."""

    since: datetime | None
    until: datetime
    findings: tuple[SuppressedView, ...]


def digests_due(db: Database) -> int:
    """Ask for the day's digest at every site where something waits; returns how many were asked."""
    with db.begin(EVERYWHERE) as tx:
        known = sites.ids(tx)
    return sum(_at_site(db, site_id) for site_id in known)


def _at_site(db: Database, site_id: UUID) -> int:
    try:
        with db.begin(Scope.site(site_id)) as tx:
            return int(_ask(tx, sites.get(tx, site_id)))
    except Exception as error:  # noqa: BLE001  # one site never keeps the others from reading
        extra = {"action": "digest.failed", "site": str(site_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)
        return 0


def _ask(tx: Tx, site: SiteView) -> bool:
    """Open the day's task. The one before must have been read: then it holds what this would."""
    today = day_at_work(site, tx.now)
    if today is None or tasks.stands(tx, key := f"digest:{site.id}:{today.isoformat()}"):
        return False
    if tasks.open_tasks(tx, site.id, (TaskKind.READ_DIGEST,)):
        return False
    waiting = _contents(tx, site.id, tx.now).findings
    if not waiting:
        return False
    task = NewTask(
        business_key=key,
        kind=TaskKind.READ_DIGEST,
        site_id=site.id,
        reason=_reason(len(waiting)),
        role=Role.NURSE,
        due_at=due_at(site, today),
        is_test=all(each.is_test for each in waiting),
    )
    return tasks.open_task(tx, task) is not None


def _reason(count: int) -> str:
    waits = "1 finding for information waits" if count == 1 else f"{count} findings for information"
    return f"{waits} to be read." if count == 1 else f"{waits} wait to be read."


# --- when -----------------------------------------------------------------------------------------


def day_at_work(site: SiteView, now: datetime) -> date | None:
    """The day of service that has begun: yesterday's while its hours run past midnight, else
    today's; None before it begins and on a closed day. Without service hours it begins at 8."""
    local = local_of(now, zone_named(site.zone))
    today = local.date()
    yesterday = today - timedelta(days=1)
    late = _hours(site, yesterday)
    if late is not None and now < _ends(site, yesterday, late):
        return yesterday
    hours = _hours(site, today)
    return today if hours is not None and hours[0] <= local.time() else None


def due_at(site: SiteView, today: date) -> datetime:
    """The end of the next day of service after `today`."""
    for ahead in range(1, _FORTNIGHT):
        day = today + timedelta(days=ahead)
        if (hours := _hours(site, day)) is not None:
            return _ends(site, day, hours)
    last = datetime.combine(today + timedelta(days=_FORTNIGHT), time())
    return start_instant(last, zone_named(site.zone))


def _ends(site: SiteView, day: date, hours: Hours) -> datetime:
    """When the hours that begin on that day end: on the next, where they run past midnight."""
    overnight = timedelta(days=hours[1] <= hours[0])
    return end_instant(datetime.combine(day, hours[1]) + overnight, zone_named(site.zone))


def _hours(site: SiteView, day: date) -> Hours | None:
    """None on a day without service: a weekday that has no hours, or one of the closed dates."""
    if day in calendars.closed_dates(site.calendar, (day.year,)):
        return None
    if not site.service_hours:
        return time(8), time(18)
    return site.service_hours.get(WEEKDAYS[day.weekday()])


# --- what ----------------------------------------------------------------------------------------


def digest_of(tx: Tx, task: TaskView) -> Digest:
    """What this task asks to read, the oldest first."""
    return _contents(tx, task.site_id, task.opened_at)


def _contents(tx: Tx, site_id: UUID, opened_at: datetime) -> Digest:
    read = tasks.last_done(tx, site_id, TaskKind.READ_DIGEST, opened_at)
    since = read.opened_at - _SETTLED if read is not None else None
    until = opened_at - _SETTLED
    found = suppressed.of_site(tx, site_id, since or _BEGINNING, until, QuietReason.DIGEST)
    standing = responses.of_occurrences(tx, {each.occurrence_id for each in found})
    return Digest(since, until, tuple(_that_count(found, standing)))


def _that_count(
    found: Iterable[SuppressedView], standing: Mapping[UUID, ResponseView]
) -> Iterable[SuppressedView]:
    """Without what was corrected since, or set aside since somebody else had answered."""
    for each in found:
        report = standing.get(each.occurrence_id)
        if report is not None and report.id == each.response_id and not report.quarantined_at:
            yield each


def read(tx: Tx, task_id: UUID, note: str = "") -> None:
    """A nurse has read it. `Conflict` when somebody had before, or it is no digest."""
    if tasks.get(tx, task_id).kind is not TaskKind.READ_DIGEST:
        raise Conflict("this task is no digest")
    tasks.finish(tx, task_id, TaskOutcome.DONE, note)
