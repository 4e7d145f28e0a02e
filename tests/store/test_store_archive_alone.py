"""One run of the archive at a time, and none that only believes so."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.reports import archive_parquet, archive_store
from tests.archive_world import MARCH, Archived, build_archived

STORED = "SELECT count(*) FROM audit_event WHERE action = 'archive.stored'"


@pytest.fixture
def world(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine, tmp_path: Path
) -> Archived:
    return build_archived(web_db, worker_db, clock, owner, tmp_path)


def test_one_run_at_a_time(world: Archived) -> None:
    world.happened(MARCH)
    with archive_store.alone(world.post.db), pytest.raises(Conflict, match="is at work"):
        world.run()
    assert world.counts() == [("2024-03", 1, 1)]


def test_a_run_that_lost_its_lock_lets_nothing_go(
    world: Archived, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is lost while the file is written: somebody else may be at work by then."""
    made, real = world.happened(MARCH, 3), archive_parquet.write

    def lost(*told: object) -> None:
        real(*told)  # type: ignore[arg-type]  # as it was called
        # Until it has ended: it lets go of its lock after it has said good-bye.
        found = "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'"
        with owner.connect() as connection:
            database = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            assert len(connection.execute(text(f"{found} AND {database}")).all()) == 1

    with monkeypatch.context() as patch:
        patch.setattr(archive_parquet, "write", lost)
        with pytest.raises(Conflict, match="was lost: run it again"):
            world.run()
    assert (world.left(), world.rows(STORED)) == (made, [(0,)])
    assert world.counts() == [("2024-03", 0, 3)]


def test_a_lock_that_another_connection_took_over_is_no_lock(world: Archived) -> None:
    with archive_store.alone(world.post.db) as still:
        still()
        assert isinstance(still, partial)
        still.args[0].execute(text("SELECT pg_advisory_unlock_all()"))  # as behind a pooler
        with pytest.raises(Conflict, match="was lost"):
            still()
