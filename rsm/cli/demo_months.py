"""The demo's history: made at the first start, in a fresh database, whole or not at all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from rsm.bootstrap import Addresses, bring_up_to_date, open_database
from rsm.cli.demo_sites import doors, side_by_side
from rsm.db.work import NOWHERE
from rsm.kernel.errors import Invalid, Problem
from rsm.simulate import demo
from rsm.simulate.demo import LogBook, Made, Order
from rsm.simulate.months import SEED
from rsm.simulate.post import PastText
from rsm.simulate.progress import Bar

Seed = Callable[[Sequence[PastText]], None]


def make_months(
    addresses: Addresses, keys: Mapping[str, bytes], data_dir: Path, public_url: str, seed: Seed
) -> LogBook:
    """Make the months, put their texts on the phones (`seed`), and say in writing that it is done.

    Until that is written they count as not made.
    """
    print("First start: making three months of a synthetic clinic.", flush=True)
    _empty(addresses, keys)
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
    order = Order(_now(addresses, keys), public_url)
    with doors(addresses, keys, order.begin, SEED) as opened:
        return demo.make(opened, order, side_by_side(addresses, keys), Bar())


def _now(addresses: Addresses, keys: Mapping[str, bytes]) -> datetime:
    """The database's clock, as in production."""
    db = open_database(addresses.web, keys, "rsm demo")
    with db.begin(NOWHERE) as tx:
        now = tx.now
    db.close()
    return now
