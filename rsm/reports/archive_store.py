"""All SQL of the archive. It takes the tables that the policy names from the metadata of all rooms.

Nothing is deleted here but by functions of revisions 0014 and 0015, which know themselves what is
too young.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Table,
    TextClause,
    Uuid,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from rsm.db.base import Base
from rsm.db.work import Database, Tx
from rsm.kernel.errors import Conflict
from rsm.reports.archive_model import Content, Month, Row, Told, file_name
from rsm.reports.archive_policy import Dropped, Shelved
from rsm.reports.archive_rows import row_of
from rsm.reports.archive_tables import ArchivedFile

STORED = "archive.stored"
_KEY = {"key": 0x52534D02}  # advisory lock: one run at a time
_TRY = text("SELECT pg_try_advisory_lock(:key)")
_UNLOCK = text("SELECT pg_advisory_unlock(:key)")
_HELD = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    " AND CAST(objid AS bigint) = :key AND classid = 0 AND objsubid = 1)"
)
_AT_ONCE = 1000
_FILE = ArchivedFile
# A month of a large site is read in one statement, and the trail in another.
_LONG = text("SET LOCAL statement_timeout = '1h'")


def table_of(name: str) -> Table:
    """A table of whichever room."""
    return Base.metadata.tables[name]


@contextmanager
def alone(db: Database) -> Iterator[Callable[[], None]]:
    """One run at a time, on whatever host; a run that dies gives way. Raises `Conflict`.

    What it yields does so too, once the connection that holds the lock is lost, and the lock with
    it: to be asked before anything that two runs must not do at once.
    """
    with db.engine.connect() as connection:
        quiet = connection.execution_options(isolation_level="AUTOCOMMIT")
        if not quiet.execute(_TRY, _KEY).scalar_one():
            raise Conflict("another run of the archive is at work: wait for its end")
        try:
            yield partial(_still, quiet)
        finally:
            if not quiet.invalidated:
                with suppress(DBAPIError):  # lost, and nobody had noticed: so is the lock
                    quiet.execute(_UNLOCK, _KEY)


def _still(quiet: Connection) -> None:
    held = False
    if not quiet.invalidated:
        with suppress(DBAPIError):
            held = quiet.execute(_HELD, _KEY).scalar_one()
    if not held:
        raise Conflict("the connection that keeps other runs away was lost: run it again")


# --- what is to go ---------------------------------------------------------------------------


def oldest(tx: Tx, shelved: Shelved, after: UUID, before: UUID) -> UUID | None:
    """The oldest row between these ids that is to go, at whichever site."""
    tx.session.execute(_LONG)
    table = table_of(shelved.table)
    query = select(table.c.id).where(*_old(shelved, (after, before)))
    return tx.session.scalar(query.order_by(table.c.id).limit(1))


def sites(tx: Tx, shelved: Shelved, span: tuple[UUID, UUID]) -> list[UUID]:
    """The sites that have such rows between these ids."""
    tx.session.execute(_LONG)
    table = table_of(shelved.table)
    query = select(table.c.site_id).distinct().where(*_old(shelved, span))
    return sorted(tx.session.scalars(query))


@contextmanager
def rows(tx: Tx, month: Month) -> Iterator[Iterator[Row]]:
    """The rows of a month that are to go, in the order of their ids, in a stream.

    Whoever reads them writes a file meanwhile, and reads it back: that may take minutes.
    """
    tx.session.execute(_LONG)
    tx.allow_pauses()
    table = table_of(month.table)
    query = select(*table.c).where(*_of(month)).order_by(table.c.id)
    with tx.session.execute(query, execution_options={"yield_per": _AT_ONCE}) as found:
        yield (row_of(dict(values)) for values in found.mappings())


def count(tx: Tx, month: Month) -> int:
    """How many rows of a month are to go."""
    tx.session.execute(_LONG)
    query = select(func.count()).select_from(table_of(month.table)).where(*_of(month))
    return tx.session.scalar(query) or 0


def _of(month: Month) -> tuple[ColumnElement[bool] | TextClause, ...]:
    of_site = table_of(month.table).c.site_id == month.site_id
    return of_site, *_old(month.shelved, month.span)


def _old(shelved: Shelved, span: tuple[UUID, UUID]) -> tuple[ColumnElement[bool] | TextClause, ...]:
    row_id = table_of(shelved.table).c.id
    return row_id >= span[0], row_id < span[1], text(shelved.where)


def let_go(tx: Tx, table: str, ids: Sequence[UUID]) -> int:
    """Delete these rows; how many the database let go."""
    function = getattr(func, f"rsm_let_go_{table}")
    named = literal(list(ids), ARRAY(Uuid()))
    return int(tx.session.execute(select(function(named))).scalar_one())


def drop(tx: Tx, dropped: Dropped, before: datetime, most: int) -> int:
    """Delete up to so many rows whose time was over `before`; how many they were."""
    table = table_of(dropped.table)
    key = table.c[dropped.key]
    over = select(key).where(text(dropped.where)).limit(most).with_for_update(skip_locked=True)
    gone = table.delete().where(key.in_(over)).returning(key)
    return len(tx.session.execute(gone, {"before": before}).all())


# --- which files there are ---------------------------------------------------------------------


def noted(tx: Tx, month: Month) -> dict[int, Content]:
    """The files of a month, by number, as they were when they were stored."""
    query = select(_FILE.part, _FILE.row_count, _FILE.digest, _FILE.sha256).where(
        _FILE.site_id == month.site_id, _FILE.of_table == month.table, _FILE.month == month.first
    )
    return {row[0]: Content(*row[1:]) for row in tx.session.execute(query)}


def note(tx: Tx, month: Month, part: int, content: Content) -> UUID:
    """A file is there: its place in the register."""
    made = tx.new_id()
    values = {
        "id": made,
        "site_id": month.site_id,
        "of_table": month.table,
        "month": month.first,
        "part": part,
        "row_count": content.rows,
        "digest": content.digest,
        "sha256": content.sha256,
        "stored_at": tx.now,
    }
    tx.session.execute(insert(_FILE).values(values))
    return made


def told(tx: Tx) -> Iterator[Told]:
    """Every file that the audit trail tells of. It reads the whole trail."""
    tx.session.execute(_LONG)
    event = table_of("audit_event").c
    query = select(event.subject_id, event.site_id, event.facts).where(event.action == STORED)
    for row_id, site_id, facts in tx.session.execute(query.order_by(event.seq)):
        name = file_name(site_id, facts["table"], facts["month"], facts["part"])
        yield Told(row_id, name, facts["rows"], facts["sha256"])


def every_noted(tx: Tx) -> dict[UUID, str]:
    """Every file of the register, and the hash of its bytes."""
    rows = tx.session.execute(select(_FILE.id, _FILE.sha256))
    return {row.id: row.sha256 for row in rows}
