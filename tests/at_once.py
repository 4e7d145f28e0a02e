"""Two at once, in an order that the test decides: the second begins before the first has committed.

with ThreadPoolExecutor(1) as pool:
    with clinic.begin() as tx:
        …                                   # the first
        second = begun(pool, owner, work)   # is over, or waits for the first
    second.result()
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TypeVar

from sqlalchemy import Engine, text

from tests.processes import wait_for

_Result = TypeVar("_Result")
_WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


def begun(pool: Executor, owner: Engine, work: Callable[[], _Result]) -> Future[_Result]:
    """`work`, which goes on until it waits for a lock that another transaction has."""
    going = pool.submit(work)
    wait_for(lambda: going.done() or _somebody_waits(owner), "the second one")
    return going


def _somebody_waits(owner: Engine) -> bool:
    with owner.connect() as connection:
        return bool(connection.execute(_WAITS).scalar_one())
