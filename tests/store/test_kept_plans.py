"""A plan that is kept whatever it is asked finds what is due by the indexes over such rows alone.

Months under a virtual clock ask for it after each event: reading a whole table, they would slow
down with each week.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.metrics import promises
from rsm.metrics.due import next_due
from rsm.schedules import timers
from rsm.tasks import service as tasks

NOW = datetime(2026, 10, 19, tzinfo=UTC)
GIVEN = re.compile(r"%\((\w+)\)s")
ASKS: dict[str, Callable[[Tx], object]] = {
    "when anything is due next": next_due,
    "surveys that are due": timers.due_occurrences,
    "open tasks of a site": lambda tx: tasks.open_tasks(tx, UUID(int=1)),
}


@contextmanager
def heard(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def hear(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        statements.append(sql)

    event.listen(engine, "before_cursor_execute", hear)
    yield statements
    event.remove(engine, "before_cursor_execute", hear)


def kept_plan(owner: Engine, sql: str) -> str:
    """Of which the values are not known; a table is read only where no index will do."""
    names: dict[str, int] = {}
    numbered = GIVEN.sub(lambda found: f"${names.setdefault(found[1], len(names) + 1)}", sql)
    values = f"({', '.join('NULL' for _ in names)})" if names else ""
    with owner.connect() as connection:
        ask = connection.exec_driver_sql
        ask("SET LOCAL plan_cache_mode = force_generic_plan")
        ask("SET LOCAL enable_seqscan = off")
        ask(f"PREPARE asked AS {numbered}")
        lines = connection.execute(text(f"EXPLAIN EXECUTE asked{values}")).scalars().all()
        ask("DEALLOCATE asked")
    return "\n".join(lines)


@pytest.mark.parametrize("what", ASKS)
def test_a_kept_plan_reads_no_whole_table(worker_db: Database, owner: Engine, what: str) -> None:
    with worker_db.begin(EVERYWHERE) as tx, heard(worker_db.engine) as statements:
        ASKS[what](tx)
    (asked,) = statements
    plan = kept_plan(owner, asked)
    assert "Index" in plan
    assert "Seq Scan" not in plan


def test_of_all_alerts_those_alone_are_judged_that_are_not_closed(
    worker_db: Database, owner: Engine
) -> None:
    with worker_db.begin(EVERYWHERE) as tx, heard(worker_db.engine) as statements:
        promises.bad_alerts(tx, NOW)
    (asked,) = statements
    assert "ix_alert_worklist" in kept_plan(owner, asked)
