"""Old rows leave for files: none is lost and none is twice there, wherever a run is killed."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.reports import archive_files, archive_parquet, archive_service, archive_store
from tests.archive_world import APRIL, MARCH, Archived, build_archived
from tests.clinic import build_clinic

STORED = "SELECT facts->>'month', facts->>'part', facts->>'rows' FROM audit_event"
STORED += " WHERE action = 'archive.stored' ORDER BY seq"


class Killed(BaseException):
    """The process is gone: nothing that handles errors has its say."""


@pytest.fixture
def world(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine, tmp_path: Path
) -> Archived:
    return build_archived(web_db, worker_db, clock, owner, tmp_path)


def ids_in(path: Path) -> list[UUID]:
    return [UUID(row.id) for row in archive_parquet.read(path)]


def test_whole_months_that_are_old_enough_leave_and_younger_rows_stay(
    world: Archived, clock: VirtualClock
) -> None:
    march, april = world.happened(MARCH, 3), world.happened(APRIL, 2)
    young = world.happened(clock.now() - timedelta(days=399))
    (before,) = world.rows("SELECT provider_id FROM delivery_event ORDER BY id LIMIT 1")
    assert world.counts() == [("2024-03", 3, 3), ("2024-04", 2, 2)]
    assert world.left() == young
    assert ids_in(world.file("2024-03.parquet")) == march
    assert ids_in(world.file("2024-04.parquet")) == april
    first = next(archive_parquet.read(world.file("2024-03.parquet")))
    told = (first.cells["provider_id"], first.cells["received_at"], first.cells["state"])
    assert told == (before[0], MARCH, "delivered")
    assert world.counts() == []


def test_a_month_may_be_written_and_read_back_for_minutes(world: Archived) -> None:
    world.happened(MARCH)
    db = world.post.db
    (month,) = archive_service.due(db)
    with (
        db.begin(Scope.site(month.site_id)) as tx,
        archive_store.rows(tx, month) as stored,
    ):
        assert next(stored)
        allowed = tx.session.execute(text("SHOW idle_in_transaction_session_timeout"))
        assert allowed.scalar_one() == "15min"


def test_a_month_waits_until_all_of_it_is_old_enough(world: Archived, clock: VirtualClock) -> None:
    world.happened(MARCH)
    clock.set(MARCH + timedelta(days=401))  # the end of March is not 400 days ago
    assert world.counts() == []
    clock.set(MARCH + timedelta(days=401 + 28))
    assert world.counts() == [("2024-03", 1, 1)]


def test_the_audit_trail_has_each_file_with_its_hash(world: Archived) -> None:
    world.happened(MARCH, 3)
    world.run()
    assert world.rows(STORED) == [("2024-03", "1", "3")]
    ((sha, site),) = world.rows(
        "SELECT facts->>'sha256', site_id FROM audit_event WHERE action = 'archive.stored'"
    )
    assert (sha, site) == (archive_files.sha256(world.file("2024-03.parquet")), world.site)
    found = world.verify()
    assert (found.files, found.rows, found.faults) == (1, 3, ())


def test_each_site_has_files_of_its_own(world: Archived, web_db: Database) -> None:
    world.happened(MARCH, 2)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    world.happened(MARCH, 3)
    moved = world.left()[:2]
    world.execute(
        "UPDATE delivery_event SET site_id = :s WHERE id = ANY(:i)", s=other.site, i=moved
    )
    done = {each.month.site_id: (each.stored, each.let_go) for each in world.run()}
    assert done == {world.site: (3, 3), other.site: (2, 2)}
    assert {path.name for path in world.folder.iterdir()} == {str(site) for site in done}


def test_a_dry_run_counts_and_changes_nothing(world: Archived) -> None:
    made = world.happened(MARCH, 3)
    told = list(archive_service.dry_run(world.post.db, world.folder, world.data_dir))
    assert [(str(each.month), each.stored, each.let_go) for each in told] == [
        (f"{world.site}/delivery_event/2024-03", 3, 0)
    ]
    assert (world.left(), world.files(), world.rows(STORED)) == (made, [], [])


# --- killed on the way ----------------------------------------------------------------------------


def dies(*_anything: object) -> object:
    raise Killed


def at_the_second_batch() -> Callable[..., int]:
    real, called = archive_store.let_go, []

    def let_go(*told: object) -> int:
        called.append(told)
        if len(called) > 1:
            raise Killed
        return real(*told)  # type: ignore[arg-type]  # as it was called

    return let_go


@pytest.mark.parametrize(
    ("where", "what", "files"),
    [
        (os, "link", []),  # written and not there yet
        (archive_files, "_sync", None),
        (archive_service, "_note", ["2024-03.parquet"]),  # there, and nobody noted it
        (archive_service, "_let_go", ["2024-03.parquet"]),  # noted, and nothing deleted
    ],
)
def test_a_run_that_is_killed_loses_nothing_and_the_next_goes_on(
    world: Archived,
    where: object,
    what: str,
    files: list[str] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = world.happened(MARCH, 5)
    with monkeypatch.context() as patch:
        patch.setattr(where, what, dies)
        with pytest.raises(Killed):
            world.run()
    assert world.left() == made
    assert files is None or world.files() == files
    ((_, _, gone),) = world.counts()
    assert (gone, world.left(), world.files()) == (5, [], ["2024-03.parquet"])
    assert ids_in(world.file("2024-03.parquet")) == made
    assert world.rows(STORED) == [("2024-03", "1", "5")]
    assert world.verify().faults == ()


def test_what_a_killed_process_had_begun_to_write_is_written_anew(world: Archived) -> None:
    made = world.happened(MARCH, 2)
    begun = world.file(".2024-03.parquet.part")
    begun.parent.mkdir(parents=True)
    begun.write_bytes(b"half a file")
    assert world.counts() == [("2024-03", 2, 2)]
    assert (world.files(), ids_in(world.file("2024-03.parquet"))) == (["2024-03.parquet"], made)


def test_a_run_that_is_killed_between_two_deletes_is_gone_on_with(
    world: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.happened(MARCH, 5)
    monkeypatch.setattr(archive_service, "_AT_ONCE", 2)
    with monkeypatch.context() as patch:
        patch.setattr(archive_store, "let_go", at_the_second_batch())
        with pytest.raises(Killed):
            world.run()
    assert world.left() == made[2:]
    assert world.counts() == [("2024-03", 0, 3)]
    assert (world.left(), ids_in(world.file("2024-03.parquet"))) == ([], made)


def test_rows_that_came_to_light_later_have_a_file_of_their_own(world: Archived) -> None:
    world.happened(MARCH, 2)
    world.run()
    late = world.happened(MARCH + timedelta(days=3), 2)
    assert world.counts() == [("2024-03", 2, 2)]
    assert ids_in(world.file("2024-03.2.parquet")) == late
    assert world.rows(STORED) == [("2024-03", "1", "2"), ("2024-03", "2", "2")]
    assert world.verify().faults == ()


def test_rows_that_a_restore_brought_back_go_again_and_are_not_twice_in_the_archive(
    world: Archived,
) -> None:
    made = world.happened(MARCH, 3)
    world.execute("CREATE TABLE backup AS SELECT * FROM delivery_event")
    world.run()
    world.execute("INSERT INTO delivery_event SELECT * FROM backup")
    late = world.happened(MARCH + timedelta(days=1))
    assert world.counts() == [("2024-03", 1, 4)]
    parts = [ids_in(world.file(name)) for name in ("2024-03.parquet", "2024-03.2.parquet")]
    assert parts == [made, late]


def test_of_a_restored_database_that_never_heard_of_the_file_it_is_noted_again(
    world: Archived,
) -> None:
    world.happened(MARCH, 3)
    world.execute("CREATE TABLE backup AS SELECT * FROM delivery_event")
    world.run()
    world.execute("INSERT INTO delivery_event SELECT * FROM backup")
    world.execute("DELETE FROM archived_file")
    assert world.counts() == [("2024-03", 0, 3)]
    assert world.files() == ["2024-03.parquet"]


# --- what is refused ------------------------------------------------------------------------


def another_file(world: Archived) -> None:
    """A file of other rows lies where the month's is to be."""
    world.happened(MARCH, 2)
    world.run()
    world.execute("DELETE FROM archived_file")


def torn_file(world: Archived) -> None:
    path = world.file("2024-03.parquet")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1 and no more")


def changed_file(world: Archived) -> None:
    world.happened(MARCH, 2)
    world.run()
    with world.file("2024-03.parquet").open("ab") as file:
        file.write(b"x")


def missing_file(world: Archived) -> None:
    world.happened(MARCH, 2)
    world.run()
    world.file("2024-03.parquet").unlink()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (another_file, "nobody noted it, and it has rows that are not in the database"),
        (torn_file, "cannot be read"),
        (changed_file, "is not the file that was stored"),
        (missing_file, "is not there any more"),
    ],
)
def test_a_month_with_something_wrong_is_refused_and_the_others_go_on(
    world: Archived, spoil: Callable[[Archived], None], why: str
) -> None:
    spoil(world)
    there, noted = world.files(), world.rows(STORED)
    made = world.happened(MARCH + timedelta(days=2), 3)
    world.happened(APRIL)
    refused = world.refused()
    assert why in refused
    assert f"{world.site}/delivery_event/2024-03.parquet" in refused
    assert world.left() == made
    assert world.files() == sorted([*there, "2024-04.parquet"])
    assert world.rows(STORED) == [*noted, ("2024-04", "1", "1")]


def test_a_row_that_the_archive_has_otherwise_is_refused(world: Archived) -> None:
    world.happened(MARCH, 2)
    world.execute("CREATE TABLE backup AS SELECT * FROM delivery_event")
    world.run()
    world.execute("INSERT INTO delivery_event SELECT * FROM backup")
    world.execute("UPDATE delivery_event SET state = 'failed'")
    assert "the database has a row otherwise" in world.refused()
    assert len(world.left()) == 2


def test_a_full_disk_ends_the_run_and_deletes_nothing(
    world: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.happened(MARCH, 2)

    def full(*_anything: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive_parquet, "write", full)
    with pytest.raises(Invalid, match="No space left on device"):
        world.run()
    assert (world.left(), world.files(), world.rows(STORED)) == (made, [], [])
