"""The door to monthly reports: who gets them, and what was sent."""

from collections.abc import Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.reports import decide, store
from rsm.reports.model import File, Made, Month, Run, Subscription, Wanted, Wish
from rsm.security import staff
from rsm.security.audit import Subject, record


def subscribe(tx: Tx, site_id: UUID, staff_id: UUID, wish: Wish) -> None:
    """She gets the site's reports from the next one on; instead of what she had asked for before,
    but since then: whoever moves it to a day that has passed misses no month.

    The caller has seen that she may see figures there. Raises `Invalid` for what there is not.
    """
    decide.must_be_possible(wish)
    staff.locked(tx, staff_id)  # of two presses of the button the second changes nothing
    standing = of_reader(tx, site_id, staff_id)
    if standing is not None and standing.wish == wish:
        return
    store.end(tx, site_id, staff_id, tx.now)
    store.add(tx, site_id, staff_id, wish, since=standing.since if standing else tx.now)
    _note(tx, "report.subscribed", site_id, staff_id, funders=wish.funders)


def unsubscribe(tx: Tx, site_id: UUID, staff_id: UUID) -> bool:
    """She gets no more of them; False when she got none."""
    ended = store.end(tx, site_id, staff_id, tx.now)
    if ended:
        _note(tx, "report.unsubscribed", site_id, staff_id)
    return ended


def subscriptions(tx: Tx, site_id: UUID) -> Sequence[Subscription]:
    """Who gets the site's reports."""
    return store.subscriptions(tx, site_id)


def of_reader(tx: Tx, site_id: UUID, staff_id: UUID) -> Subscription | None:
    """Hers at this site."""
    every = store.subscriptions(tx, site_id)
    return next((each for each in every if each.staff_id == staff_id), None)


def sites_with_readers(tx: Tx) -> Sequence[UUID]:
    """The sites, in scope, whose reports anybody gets."""
    return store.sites_with_readers(tx)


def keep(tx: Tx, wanted: Wanted, made: Made, file: File) -> Run:
    """Keep a report that is about to be sent; the one that stands, where another worker was first.

    So all readers of it get the same file, whenever their mail leaves.
    """
    is_new = store.keep(tx, wanted, made, file)
    run = store.run_of(tx, wanted)
    if run is None:
        raise NotFound("no such report")
    if is_new:
        subject = Subject("report_run", run.id)
        record(tx, "report.made", subject, wanted.site_id, month=str(run.month))
    return run


def runs(tx: Tx, site_id: UUID, since: Month) -> Sequence[Run]:
    """What was sent of the months since then, the newest first."""
    return store.runs(tx, site_id, since)


def run_of(tx: Tx, wanted: Wanted) -> Run | None:
    """This very report, if it was sent."""
    return store.run_of(tx, wanted)


def run(tx: Tx, run_id: UUID) -> Run:
    """Raises `NotFound` when there is none in this scope."""
    found = store.run(tx, run_id)
    if found is None:
        raise NotFound("no such report")
    return found


def file(tx: Tx, run_id: UUID) -> File:
    """What was attached to it. Raises `NotFound` as `run`."""
    found = store.file(tx, run_id)
    if found is None:
        raise NotFound("no such report")
    return found


def _note(tx: Tx, action: str, site_id: UUID, staff_id: UUID, **facts: object) -> None:
    record(tx, action, Subject("staff", staff_id), site_id, **facts)
