"""The unit of work: commit and rollback, one `now`, scope per transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError

from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Tx
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


def limit(tx: Tx) -> object:
    return tx.session.scalar(text("SHOW idle_in_transaction_session_timeout"))


def test_no_transaction_of_web_or_worker_may_stand_still_for_long(
    web_db: Database, worker_db: Database
) -> None:
    for db in (web_db, worker_db):
        with db.begin(NOWHERE) as tx:
            assert limit(tx) == "1min"
            tx.allow_pauses()
            assert limit(tx) == "15min"
        with db.begin(NOWHERE) as tx:
            assert limit(tx) == "1min"


def test_whoever_is_frozen_within_a_transaction_loses_it_with_its_rows(
    worker_db: Database,
) -> None:
    with worker_db.begin(NOWHERE) as tx:
        leases.take(tx, "metrics", "a", MINUTE)

    def is_frozen() -> None:
        with worker_db.begin(NOWHERE) as tx:
            leases.take(tx, "metrics", "a", 2 * MINUTE)
            tx.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
            with worker_db.begin(NOWHERE) as other:  # waits for the row until the first is ended
                assert not leases.take(other, "metrics", "b", MINUTE)
            limit(tx)

    with pytest.raises(DBAPIError):
        is_frozen()
    with worker_db.begin(NOWHERE) as tx:
        assert leases.take(tx, "metrics", "a", MINUTE)


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_stored(
    worker_db: Database,
) -> None:
    """Whoever prints or logs it prints no answer and no number (P10)."""
    query, given = text("SELECT CAST(:one AS text), 1 / :zero"), {"one": "s3cret", "zero": 0}
    with pytest.raises(DataError) as caught, worker_db.begin(NOWHERE) as tx:
        tx.session.execute(query, given)
    assert "s3cret" not in str(caught.value)


# --- what is nearly always well ------------------------------------------------------------------


def fail_after(*steps: Callable[[], object]) -> None:
    for step in steps:
        step()
    raise ZeroDivisionError


def beats(tx: Tx) -> list[str]:
    return list(tx.session.execute(text("SELECT process FROM heartbeat ORDER BY 1")).scalars())


@contextmanager
def swallowed(tx: Tx, who: str, *, fails: bool) -> Iterator[None]:
    """Beats under a savepoint of its own; an error in there is not its caller's."""
    try:
        with tx.savepoint():
            leases.beat(tx, who, "0.1.0")
            if fails:
                tx.session.execute(text("SELECT 1 / 0"))
    except DataError:
        leases.beat(tx, f"{who} mended", "0.1.0")
    yield


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("optimistic", [False, True])
def test_an_optimist_and_a_pessimist_come_to_the_same(
    worker_db: Database, *, fails: bool, optimistic: bool
) -> None:
    def work() -> list[str]:
        with swallowed(tx, "inner", fails=fails):
            leases.beat(tx, "outer", "0.1.0")
        return beats(tx)

    with worker_db.begin(NOWHERE) as tx:
        leases.beat(tx, "before", "0.1.0")
        seen = tx.optimistically(work) if optimistic else work()
        leases.beat(tx, "after", "0.1.0")
    with worker_db.begin(NOWHERE) as later:
        kept = beats(later)
    inner = "inner mended" if fails else "inner"
    assert seen == ["before", inner, "outer"]
    assert kept == ["after", "before", inner, "outer"]


def test_an_error_that_nobody_handles_undoes_the_work_and_is_not_hidden(
    worker_db: Database,
) -> None:
    def work() -> None:
        leases.beat(tx, "in vain", "0.1.0")
        raise KeyError("not handled")

    with worker_db.begin(NOWHERE) as tx:
        with pytest.raises(KeyError, match="not handled"):
            tx.optimistically(work)
        assert beats(tx) == []
        with pytest.raises(ZeroDivisionError), tx.savepoint():  # it holds again
            fail_after(lambda: leases.beat(tx, "undone", "0.1.0"))
        assert beats(tx) == []


def test_what_waits_for_the_end_is_undone_and_kept_as_everything_else(worker_db: Database) -> None:
    written: list[list[str]] = []

    def write(_tx: Tx, rows: list[str]) -> None:
        written.append(rows)

    with worker_db.begin(NOWHERE) as tx:
        tx.at_end(write, "kept")
        with pytest.raises(ZeroDivisionError), tx.savepoint():
            fail_after(lambda: tx.at_end(write, "undone"), tx.settle)  # read and undone inside
        tx.at_end(write, "kept too")
        assert written == [["kept", "undone"]]
    assert written == [["kept", "undone"], ["kept", "kept too"]]


def test_nothing_that_waits_is_written_when_the_block_fails(worker_db: Database) -> None:
    def unwelcome(_tx: Tx, rows: list[str]) -> None:
        raise AssertionError(rows)

    with pytest.raises(ZeroDivisionError), worker_db.begin(NOWHERE) as tx:
        fail_after(lambda: tx.at_end(unwelcome, "row"))
