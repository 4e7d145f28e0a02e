"""P12: nothing in the audit trail is changed, removed or put in without being found."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.ids import SeededIds, new_id
from rsm.security import audit
from rsm.security.audit import Subject, Verdict
from tests.conftest import MONDAY_NINE
from tests.security_world import Sites, make_sites


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


def write(db: Database, sites: Sites, count: int = 3) -> None:
    for number in range(count):
        with db.begin(Scope.site(sites.lakeside)) as tx:
            audit.record(tx, "patient.read", Subject("patient"), sites.lakeside, number=number)
    with db.begin(NOWHERE) as tx:
        audit.record(tx, "session.refused", Subject("staff"), reason="unknown")


def seal(db: Database) -> int:
    with db.begin(EVERYWHERE) as tx:
        return audit.seal(tx)


def verify(db: Database) -> Verdict:
    with db.begin(EVERYWHERE) as tx:
        return audit.verify(tx)


def tamper(owner: Engine, statement: str, **values: object) -> None:
    """As a superuser, past every constraint."""
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(statement), values)


def test_a_sealed_trail_is_sound(web_db: Database, worker_db: Database, sites: Sites) -> None:
    write(web_db, sites)
    assert verify(worker_db) == Verdict(0, 4, ())
    assert seal(worker_db) == 4
    assert seal(worker_db) == 0
    write(web_db, sites, 1)
    assert verify(worker_db) == Verdict(4, 2, ())


def test_each_site_has_a_chain_of_its_own(
    web_db: Database, worker_db: Database, sites: Sites
) -> None:
    write(web_db, sites)
    seal(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        lengths = {chain: position for chain, (position, _) in audit.heads(tx).items()}
    assert lengths == {sites.lakeside: 3, audit.NO_SITE: 1}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET facts = '{}' WHERE facts->>'number' = '1'",
        "UPDATE audit_event SET at = at + interval '1 microsecond' WHERE facts->>'number' = '1'",
        "UPDATE audit_event SET actor_kind = 'staff' WHERE facts->>'number' = '1'",
        "UPDATE audit_event SET patient_id = id WHERE facts->>'number' = '1'",
        "UPDATE audit_event SET action = 'patient.seen' WHERE facts->>'number' = '1'",
        "UPDATE audit_event SET site_id = NULL WHERE facts->>'number' = '1'",
        "DELETE FROM audit_event WHERE facts->>'number' = '1'",
        "DELETE FROM audit_event WHERE facts->>'number' = '2'",
        "DELETE FROM audit_seal WHERE position = 2",
        "UPDATE audit_seal SET hash = sha256(hash) WHERE position = 2",
    ],
)
def test_a_changed_or_removed_row_is_found(
    web_db: Database, worker_db: Database, owner: Engine, sites: Sites, change: str
) -> None:
    write(web_db, sites)
    seal(worker_db)
    tamper(owner, change)
    assert not verify(worker_db).is_sound


def test_a_row_put_in_without_a_seal_is_found(
    web_db: Database, worker_db: Database, owner: Engine, sites: Sites
) -> None:
    write(web_db, sites)
    seal(worker_db)
    stray = new_id(SeededIds("stray"), MONDAY_NINE)
    tamper(
        owner,
        "INSERT INTO audit_event (id, at, site_id, actor_kind, action, subject_kind)"
        " VALUES (:id, :at, :site, 'staff', 'alert.closed', 'alert')",
        id=stray,
        at=MONDAY_NINE,
        site=sites.lakeside,
    )
    assert verify(worker_db).faults == (f"event {stray}: not in any chain",)


def test_removing_the_end_of_a_chain_is_found_against_the_heads_that_left_the_house(
    web_db: Database, worker_db: Database, owner: Engine, sites: Sites
) -> None:
    write(web_db, sites)
    seal(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        known = audit.heads(tx)
    tamper(owner, "DELETE FROM audit_event WHERE facts->>'number' = '2'")
    tamper(owner, "DELETE FROM audit_seal WHERE position = 3")
    with worker_db.begin(EVERYWHERE) as tx:
        assert audit.verify(tx).is_sound  # nothing here shows it
        assert not audit.verify(tx, known).is_sound


def test_a_rewritten_chain_is_found_against_the_heads_that_left_the_house(
    web_db: Database, worker_db: Database, owner: Engine, sites: Sites
) -> None:
    write(web_db, sites)
    seal(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        known = audit.heads(tx)
    tamper(owner, "UPDATE audit_event SET facts = '{}' WHERE facts->>'number' = '1'")
    tamper(owner, "INSERT INTO audit_pending SELECT event_id FROM audit_seal")
    tamper(owner, "DELETE FROM audit_seal")
    seal(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        assert audit.verify(tx).is_sound
        assert not audit.verify(tx, known).is_sound


def test_two_sealers_at_once_seal_each_event_once(
    web_db: Database, worker_db: Database, owner: Engine, sites: Sites
) -> None:
    write(web_db, sites, 20)
    barrier, sealed = Barrier(2), list[int]()

    def work() -> None:
        barrier.wait()
        sealed.append(seal(worker_db))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sealed) == 21
    assert verify(worker_db) == Verdict(21, 0, ())


def test_what_is_not_committed_is_not_sealed_and_what_rolls_back_is_not_written(
    web_db: Database, worker_db: Database, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as open_tx:
        audit.record(open_tx, "patient.read", Subject("patient"), sites.lakeside)
        write(web_db, sites, 1)
        assert seal(worker_db) == 2
    assert seal(worker_db) == 1
    assert verify(worker_db) == Verdict(3, 0, ())

    def fail() -> None:
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            audit.record(tx, "patient.read", Subject("patient"), sites.lakeside)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    assert seal(worker_db) == 0


@pytest.mark.parametrize("role", ["web_db", "worker_db"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event CASCADE",
        "UPDATE audit_seal SET position = 9",
        "DELETE FROM audit_seal",
        "UPDATE audit_pending SET event_id = event_id",
    ],
)
def test_no_role_of_ours_may_change_or_remove_audit_rows(
    request: pytest.FixtureRequest, role: str, statement: str
) -> None:
    db: Database = request.getfixturevalue(role)
    with pytest.raises(ProgrammingError, match="permission denied"), db.begin(EVERYWHERE) as tx:
        tx.session.execute(text(statement))


def test_web_may_not_write_seals_nor_take_events_from_the_sealer(web_db: Database) -> None:
    for statement in ("INSERT INTO audit_seal DEFAULT VALUES", "DELETE FROM audit_pending"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            web_db.begin(NOWHERE) as tx,
        ):
            tx.session.execute(text(statement))
