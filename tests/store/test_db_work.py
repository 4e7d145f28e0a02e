"""The unit of work: commit and rollback, one `now`, scope per transaction."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database
from rsm.kernel.clock import VirtualClock

MINUTE = timedelta(minutes=1)


def test_a_block_that_fails_leaves_nothing_behind(worker_db: Database) -> None:
    def fail() -> None:
        with worker_db.begin(NOWHERE) as tx:
            leases.beat(tx, "web-1", "0.1.0")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    with worker_db.begin(NOWHERE) as tx:
        assert tx.session.execute(text("SELECT count(*) FROM heartbeat")).scalar_one() == 0


def test_the_scope_ends_with_the_transaction(worker_db: Database) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        seen = tx.session.execute(text("SELECT rsm_everywhere()")).scalar_one()
    with worker_db.begin(NOWHERE) as tx:
        after = tx.session.execute(text("SELECT rsm_everywhere()")).scalar_one()
    assert (seen, after) == (True, False)


def test_a_lease_has_one_holder_until_it_runs_out(worker_db: Database, clock: VirtualClock) -> None:
    with worker_db.begin(NOWHERE) as tx:
        assert leases.take(tx, "metrics", "a", MINUTE)
        assert leases.take(tx, "metrics", "a", MINUTE)
        assert not leases.take(tx, "metrics", "b", MINUTE)
    clock.advance(MINUTE)
    with worker_db.begin(NOWHERE) as tx:
        assert leases.take(tx, "metrics", "b", MINUTE)


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_stored(
    worker_db: Database,
) -> None:
    """Whoever prints or logs it prints no answer and no number (P10)."""
    query, given = text("SELECT CAST(:one AS text), 1 / :zero"), {"one": "s3cret", "zero": 0}
    with pytest.raises(DataError) as caught, worker_db.begin(NOWHERE) as tx:
        tx.session.execute(query, given)
    assert "s3cret" not in str(caught.value)
