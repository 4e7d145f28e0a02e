"""The archive: what grows for ever leaves the database for files, in whole months.

Of each month the file is written, read back, compared, and noted in the audit trail, before the
first row is deleted. So a run may be killed anywhere: the next one finds the file, holds each row
of the database against it, and goes on from there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.errors import Problem
from rsm.reports import archive_store as store
from rsm.reports.archive_compare import Comparison
from rsm.reports.archive_files import Archive, archive_in, usable
from rsm.reports.archive_model import (
    Content,
    Done,
    Month,
    Refused,
    Told,
    Verified,
    following,
    ids_from,
    month_of,
)
from rsm.reports.archive_parquet import schema_of
from rsm.reports.archive_policy import DROPPED, SHELVED, Shelved
from rsm.security.audit import Subject, record

_AT_ONCE = 1000  # rows of one transaction
_NIL = UUID(int=0)


def run(db: Database, folder: Path, data_dir: Path) -> Iterator[Done]:
    """Month by month, site by site. Runs as the worker.

    A month with whose files something is wrong is refused, and the others go on. Raises `Invalid`
    for a folder that is none, or is full, and `Conflict` while another run is at work, or may be.
    """
    archive = usable(folder, data_dir)
    with store.alone(db) as alone:
        for month in due(db):
            try:
                yield _shelve(db, archive, month, alone)
            except Refused as error:
                yield Done(month, refused=str(error))


def dry_run(db: Database, folder: Path, data_dir: Path) -> Iterator[Done]:
    """How many rows of which months a run would look at; nothing is written or deleted."""
    usable(folder, data_dir)
    for month in due(db):
        with db.begin(Scope.site(month.site_id)) as tx:
            yield Done(month, stored=store.count(tx, month))


def due(db: Database) -> Iterator[Month]:
    """Every month of a site that is old enough, the oldest first of each table."""
    for shelved in SHELVED:
        after = _NIL
        while (found := _oldest(db, shelved, after)) is not None:
            month = month_of(found)
            after = ids_from(following(month))
            with db.begin(EVERYWHERE) as tx:
                whose = store.sites(tx, shelved, (found, after))
            for site_id in whose:
                yield Month(shelved, site_id, month)


def _oldest(db: Database, shelved: Shelved, after: UUID) -> UUID | None:
    with db.begin(EVERYWHERE) as tx:
        old = tx.now - timedelta(days=shelved.days)
        return store.oldest(tx, shelved, after, ids_from(old.date().replace(day=1)))


# --- one month -----------------------------------------------------------------------------------


def _shelve(db: Database, archive: Archive, month: Month, alone: Callable[[], None]) -> Done:
    """`alone` raises `Conflict` where another run may be at work."""
    there = archive.parts(month)
    with db.begin(Scope.site(month.site_id)) as tx:
        noted = store.noted(tx, month)
    _hold(archive, month, there, noted)
    comparison = Comparison(archive.filed(there, noted))
    part = max((*there, 0)) + 1
    path = archive.path(month, part)
    new = _write(db, archive, (month, path), comparison)
    for number, left in there.items():
        if number not in noted:
            alone()
            _note(db, month, number, archive.content(left))
    gone = _let_go(db, month, comparison.again, alone)
    if new is not None:
        alone()
        _note(db, month, part, new)
        gone += _let_go(db, month, archive.ids(path), alone)
    return Done(month, comparison.new, gone)


def _hold(
    archive: Archive, month: Month, there: Mapping[int, Path], noted: Mapping[int, Content]
) -> None:
    """Every file that was noted is there, and as it was. Raises `Refused`."""
    for part, content in noted.items():
        name = archive.name(archive.path(month, part))
        mend = "nothing of this month was deleted: bring the file back"
        if part not in there:
            raise Refused(Problem(name, "is not there any more", mend))
        if archive.hash(there[part]) != content.sha256:
            raise Refused(Problem(name, "is not the file that was stored", mend))


def _write(
    db: Database, archive: Archive, wanted: tuple[Month, Path], comparison: Comparison
) -> Content | None:
    """A file of what is in none yet; None where there is nothing such, and so no file."""
    month, path = wanted
    with db.begin(Scope.site(month.site_id)) as tx, store.rows(tx, month) as stored:
        fresh = comparison.fresh(stored)
        first = next(fresh, None)
        if first is None:
            return None
        schema = schema_of(store.table_of(month.table))
        return archive.write(path, schema, chain([first], fresh))


def _note(db: Database, month: Month, part: int, content: Content) -> None:
    """From here on the file answers for its rows: the register and the audit trail have it."""
    with db.begin(Scope.site(month.site_id)) as tx:
        made = store.note(tx, month, part, content)
        record(
            tx,
            store.STORED,
            Subject("archived_file", made),
            month.site_id,
            table=month.table,
            month=f"{month.first:%Y-%m}",
            part=part,
            rows=content.rows,
            digest=content.digest,
            sha256=content.sha256,
        )


def _let_go(db: Database, month: Month, ids: Iterable[UUID], alone: Callable[[], None]) -> int:
    """Delete what is in a noted file, a little at a time; how many rows that were."""
    left, gone = iter(ids), 0
    while some := list(islice(left, _AT_ONCE)):
        alone()
        with db.begin(Scope.site(month.site_id)) as tx:
            gone += store.let_go(tx, month.table, some)
    return gone


# --- what needs no file ------------------------------------------------------------------------


def drop_due(db: Database) -> int:
    """Drop what nobody asks for any more, some at a time; how many rows. Runs as the worker."""
    with db.begin(EVERYWHERE) as tx:
        return sum(
            store.drop(tx, each, tx.now - timedelta(days=each.days), _AT_ONCE) for each in DROPPED
        )


# --- afterwards --------------------------------------------------------------------------------


def verify(db: Database, folder: Path) -> Verified:
    """Hold the files against the audit trail: what is missing, was changed, or is nobody's."""
    archive = archive_in(folder)
    there = archive.all()  # listed first: a run may store another file meanwhile
    with db.begin(EVERYWHERE) as tx:
        told, noted = list(store.told(tx)), store.every_noted(tx)
    faults = [fault for each in told for fault in _faults(archive, each, noted)]
    known = {each.name for each in told}
    faults += [f"{name}: the audit trail does not know it" for name in there - known]
    return Verified(len(told), sum(each.rows for each in told), tuple(sorted(faults)))


def _faults(archive: Archive, told: Told, noted: Mapping[UUID, str]) -> Iterator[str]:
    path = archive.folder / told.name
    if noted.get(told.id) != told.sha256:
        yield f"{told.name}: the register has it otherwise than the audit trail"
    if not path.is_file():
        yield f"{told.name}: is not there"
        return
    try:
        if archive.hash(path) != told.sha256:
            yield f"{told.name}: is not the file that was stored"
    except Refused as error:
        yield str(error)
