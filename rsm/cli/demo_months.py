"""The demo's history: made at the first start, in a fresh database, whole or not at all."""

import gc
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, make_url, text

from rsm.bootstrap import Addresses, bring_up_to_date, open_database
from rsm.db.work import NOWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import SeededIds
from rsm.simulate import demo
from rsm.simulate.demo import Doors, LogBook, Made, Size
from rsm.simulate.post import PastText
from rsm.simulate.progress import Bar

if TYPE_CHECKING:
    from psycopg import Connection

Seed = Callable[[Sequence[PastText]], None]


def make_months(
    addresses: Addresses, keys: Mapping[str, bytes], data_dir: Path, public_url: str, seed: Seed
) -> LogBook:
    """Make the months, put their texts on the phones (`seed`), and say in writing that it is done.

    Until that is written they count as not made.
    """
    print("First start: making three months of a synthetic clinic.", flush=True)
    _empty(addresses, keys)
    gc.set_threshold(100_000)  # many short transactions: an eighth of the time, a little memory
    logging.getLogger("rsm").setLevel(logging.ERROR)  # numbers that nobody can reach are planned
    made = _make(addresses, keys, public_url)
    seed(made.texts)
    demo.write_log_book(data_dir, made.log_book)
    return made.log_book


def _empty(addresses: Addresses, keys: Mapping[str, bytes]) -> None:
    """A fresh database: what an interrupted start has left is no history."""
    if addresses.owner is None:
        raise Invalid(Problem("RSM_MIGRATE_DATABASE_URL", "is not set"))
    owner = make_url(addresses.owner)
    engine = create_engine(owner.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in ("DROP DATABASE {} WITH (FORCE)", "CREATE DATABASE {}"):
            connection.execute(text(statement.format(owner.database)))
    engine.dispose()
    bring_up_to_date(addresses, keys)


def _make(addresses: Addresses, keys: Mapping[str, bytes], public_url: str) -> Made:
    end, size = _now(addresses, keys), Size()
    with doors(addresses, keys, VirtualClock(demo.begin_of(end, size))) as opened:
        return demo.make(opened, end, size, public_url, Bar())


def _now(addresses: Addresses, keys: Mapping[str, bytes]) -> datetime:
    """The database's clock, as in production."""
    db = open_database(addresses.web, keys, "rsm demo")
    with db.begin(NOWHERE) as tx:
        now = tx.now
    db.close()
    return now


@contextmanager
def doors(addresses: Addresses, keys: Mapping[str, bytes], clock: VirtualClock) -> Iterator[Doors]:
    """The two doors on a virtual clock, which do not wait for the disk at each commit."""
    ids = SeededIds("demo")
    web = open_database(addresses.web, keys, "rsm demo web", clock, ids)
    worker = open_database(addresses.worker, keys, "rsm demo worker", clock, ids)
    for db in (web, worker):
        _do_not_wait(db)
    try:
        yield Doors(web, worker, clock, ids)
    finally:
        web.close()
        worker.close()


def _do_not_wait(db: Database) -> None:
    """What is lost with the machine is made anew: no log book says that it is whole."""
    db.engine.dispose()

    @event.listens_for(db.engine, "connect")
    def _set(connection: "Connection[object]", _record: object) -> None:
        connection.autocommit = True
        connection.execute("SET synchronous_commit = off")
        connection.autocommit = False
