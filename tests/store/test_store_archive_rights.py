"""What may leave and what stays, who may let it go, and what becomes of it with a patient's key."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import ProgrammingError

from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.improvement.foresight_model import ForesightState
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import new_id
from rsm.reports import archive_parquet, archive_service
from rsm.reports.archive_model import Content, Done
from rsm.reports.archive_policy import SHELVED
from rsm.security import patient_keys
from rsm.security import store as accounts
from rsm.worker.jobs import forget
from rsm.worker.services import WorkerServices
from tests.archive_world import APRIL, MARCH, Archived, build_archived

TABLES = [each.table for each in SHELVED]


@pytest.fixture
def world(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine, tmp_path: Path
) -> Archived:
    return build_archived(web_db, worker_db, clock, owner, tmp_path)


def let_go(db: Database, scope: Scope, table: str, ids: list[UUID]) -> int:
    with db.begin(scope) as tx:
        query = text(f"SELECT rsm_let_go_{table}(CAST(:ids AS uuid[]))")
        return int(tx.session.execute(query, {"ids": ids}).scalar_one())


# --- who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_web_lets_nothing_go(world: Archived, web_db: Database, table: str) -> None:
    for statement in (f"SELECT rsm_let_go_{table}('{{}}')", f"DELETE FROM {table}"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            web_db.begin(Scope.site(world.site)) as tx,
        ):
            tx.session.execute(text(statement))


@pytest.mark.parametrize("table", TABLES)
def test_the_worker_deletes_by_the_function_alone(
    world: Archived, worker_db: Database, table: str
) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        worker_db.begin(EVERYWHERE) as tx,
    ):
        tx.session.execute(text(f"DELETE FROM {table}"))


def test_what_is_young_by_the_databases_clock_stays_whoever_asks(
    world: Archived, worker_db: Database
) -> None:
    with world.owner.connect() as connection:
        now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    young, old = world.happened(now - timedelta(days=394)), world.happened(MARCH)
    assert let_go(worker_db, EVERYWHERE, "delivery_event", [*young, *old]) == 1
    assert world.left() == young


def test_what_is_another_sites_stays(world: Archived, worker_db: Database) -> None:
    made = world.happened(MARCH)
    elsewhere = Scope.site(UUID(int=1))
    assert let_go(worker_db, elsewhere, "delivery_event", made) == 0
    assert let_go(worker_db, NOWHERE, "delivery_event", made) == 0
    assert let_go(worker_db, Scope.site(world.site), "delivery_event", made) == 1


def test_a_text_that_is_not_handled_is_not_let_go_by_name_either(
    world: Archived, worker_db: Database
) -> None:
    world.says("thank you", MARCH)
    ((made,),) = world.rows("SELECT id FROM inbound_message")
    assert isinstance(made, UUID)
    assert let_go(worker_db, EVERYWHERE, "inbound_message", [made]) == 0  # the provider has it
    world.forgotten_by_provider()
    world.execute("UPDATE inbound_message SET state = 'stored', next_at = received_at")
    assert let_go(worker_db, EVERYWHERE, "inbound_message", [made]) == 0
    world.execute("UPDATE inbound_message SET state = 'handled', next_at = NULL")
    assert let_go(worker_db, EVERYWHERE, "inbound_message", [made]) == 1


# --- what stays -----------------------------------------------------------------------------------


def test_texts_leave_but_for_those_that_something_points_to(world: Archived) -> None:
    world.says("my arm hurts", MARCH)
    for number in range(1, 6):
        world.says("HELP", MARCH + timedelta(days=number))
    world.forgotten_by_provider()
    ids = [row[0] for row in world.rows("SELECT id FROM inbound_message ORDER BY id")]
    assert world.rows("SELECT business_key FROM alert") == [(f"text:{ids[0]}",)]
    change = "UPDATE {} WHERE id = :id"
    world.execute(change.format("inbound_message SET redact_at = received_at"), id=ids[1])
    stored = "inbound_message SET state = 'stored', next_at = received_at"
    world.execute(change.format(stored), id=ids[2])
    with world.post.clinic.begin() as tx:
        tx.session.execute(
            text(
                "INSERT INTO pause (id, site_id, patient_id, reason, started_at, ended_at,"
                " inbound_id)"
                " VALUES (:id, :site, :patient, 'inpatient', :at, :at, :inbound)"
            ),
            {
                "id": tx.new_id(),
                "site": world.site,
                "patient": world.patient,
                "at": MARCH,
                "inbound": ids[3],
            },
        )
    assert world.counts() == [("2024-03", 2, 2)]
    left = [row[0] for row in world.rows("SELECT id FROM inbound_message ORDER BY id")]
    assert left == ids[:4]


def test_simulated_months_leave_but_for_the_latest_twenty(world: Archived) -> None:
    with world.owner.begin() as connection:
        for number in range(23):
            at = MARCH + timedelta(hours=number)
            connection.execute(
                text(
                    "INSERT INTO foresight (id, site_id, asked_by, asked_at, programme, patients,"
                    " weeks, minutes_per_alert, state, ended_at, result) VALUES (:id, :site, :by,"
                    " :at, 'demo', 1, 1, 7.5, :state, :at, '{}')"
                ),
                {
                    "id": new_id(world.ids, at),
                    "site": world.site,
                    "by": world.post.clinic.nurse,
                    "at": at,
                    "state": ForesightState.DONE,
                },
            )
    assert world.counts() == [("2024-03", 3, 3)]
    (first, *_) = archive_parquet.read(world.file("2024-03.parquet", "foresight"))
    assert (first.cells["minutes_per_alert"], first.cells["asked_at"]) == (7.5, MARCH)
    assert world.rows("SELECT count(*) FROM foresight") == [(20,)]
    assert world.counts() == []


# --- a patient who was erased ------------------------------------------------------------------


def test_erasure_reaches_the_archive(world: Archived) -> None:
    """Her answer by text is sealed with her key; without the key nobody opens what is kept."""
    world.says("2 and my head aches", MARCH)
    world.says("1 today", APRIL)
    world.forgotten_by_provider()
    world.execute("DELETE FROM alert_event")
    world.execute("DELETE FROM escalation")
    world.execute("DELETE FROM alert")
    assert len(world.counts()) == 2
    (kept,) = archive_parquet.read(world.file("2024-03.parquet", "inbound_message"))
    sealed = kept.cells["body_sealed"]
    assert isinstance(sealed, bytes)
    assert b"head" not in world.file("2024-03.parquet", "inbound_message").read_bytes()
    with world.post.clinic.begin() as tx:
        box = patient_keys.box(tx, world.patient)
        assert box.open(sealed, f"inbound.body:{kept.id}") == "2 and my head aches"
    with world.post.clinic.begin() as tx:
        patient_keys.destroy(tx, world.patient)
    with world.post.clinic.begin() as tx:
        assert patient_keys.boxes(tx, [world.patient]) == {}
        with pytest.raises(Exception, match=r"."):
            tx.vault.open(sealed, f"inbound.body:{kept.id}")


# --- what is kept nowhere ----------------------------------------------------------------------


def session(world: Archived, token: int, ended_days_ago: int, *, whole: bool) -> None:
    seen = world.post.clock.now() - timedelta(days=ended_days_ago)
    world.execute(
        "INSERT INTO staff_session (token_hash, staff_id, created_at, seen_at, expires_at,"
        " second_factor_at) VALUES (:token, :staff, :seen, :seen, :seen, :factor)",
        token=bytes([token]),
        staff=world.post.clinic.nurse,
        seen=seen,
        factor=seen if whole else None,
    )


def test_log_ins_that_are_over_are_dropped_and_who_was_last_there_when_stays(
    world: Archived, worker_db: Database
) -> None:
    for token, (days, whole) in enumerate([(90, True), (60, True), (40, False), (29, False)]):
        session(world, token, days, whole=whole)

    def last_seen() -> object:
        with worker_db.begin(NOWHERE) as tx:
            return accounts.last_seen(tx.session, [world.post.clinic.nurse])

    before = last_seen()
    assert forget(WorkerServices(worker_db, lambda _lane: 0, lambda: 0)) == 2
    assert last_seen() == before
    tokens = world.rows("SELECT token_hash FROM staff_session ORDER BY token_hash")
    assert tokens == [(bytes([1]),), (bytes([3]),)]


def test_processes_that_are_gone_are_dropped_but_for_the_last_sign_of_life(
    world: Archived, worker_db: Database, clock: VirtualClock
) -> None:
    for name in ("first", "second"):
        clock.advance(timedelta(days=1))
        with worker_db.begin(NOWHERE) as tx:
            leases.beat(tx, name, "1")
            last = leases.last_beat(tx)
    clock.advance(timedelta(days=31))
    assert archive_service.drop_due(worker_db) == 1
    with worker_db.begin(NOWHERE) as tx:
        assert leases.last_beat(tx) == last


# --- verify ---------------------------------------------------------------------------------


def test_verify_says_what_is_missing_was_changed_or_is_nobodys(world: Archived) -> None:
    for month in range(3, 7):
        world.happened(MARCH.replace(month=month))
    world.run()
    march, april, may, june = (world.file(f"2024-0{month}.parquet") for month in range(3, 7))
    march.unlink()
    april.write_bytes(may.read_bytes())
    june.with_name("2024-07.parquet").write_bytes(june.read_bytes())
    world.execute("UPDATE archived_file SET sha256 = 'other' WHERE month = '2024-06-01'")
    folder = f"{world.site}/delivery_event"
    assert world.verify().faults == (
        f"{folder}/2024-03.parquet: is not there",
        f"{folder}/2024-04.parquet: is not the file that was stored",
        f"{folder}/2024-06.parquet: the register has it otherwise than the audit trail",
        f"{folder}/2024-07.parquet: the audit trail does not know it",
    )


def test_a_file_that_a_run_stores_while_the_trail_is_read_is_no_fault(
    world: Archived, worker_db: Database
) -> None:
    world.happened(MARCH)
    world.run()
    world.happened(APRIL)
    stored: list[Done] = []

    def meanwhile(_connection: object, _cursor: object, asked: str, *_rest: object) -> None:
        if "FROM audit_event" in asked and "subject_id" in asked and not stored:
            stored.extend(world.run())

    event.listen(worker_db.engine, "after_cursor_execute", meanwhile)
    found = world.verify()
    event.remove(worker_db.engine, "after_cursor_execute", meanwhile)
    assert (len(stored), found.files, found.faults) == (1, 1, ())


def test_a_month_is_noted_once_however_the_register_is_written(world: Archived) -> None:
    world.happened(MARCH)
    (done,) = world.run()
    with pytest.raises(Exception, match="uq_archived_file"):
        archive_service._note(world.post.db, done.month, 1, Content(1, "digest", "hash"))
    with world.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM archived_file")).scalar_one() == 1
