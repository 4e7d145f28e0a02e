"""The look-up key, and rotation: nothing is lost, no hash changes."""

from collections.abc import Mapping
from dataclasses import replace
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text

from rsm.db.roles import WORKER, url_as
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope, make_engine
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import Role
from rsm.security import patient_keys, ring, sessions, staff
from rsm.security.keyring import CannotOpen, KeyRing
from rsm.security.model import FactorEnrolment
from tests.conftest import KEYS, MONDAY_NINE
from tests.security_world import PASSWORD, Person, Sites, hire, make_sites

NEW = {"fresh": bytes(range(101, 133))}
BOTH = NEW | KEYS
PATIENT = new_id(SeededIds("patient"), MONDAY_NINE)


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


def open_ring(owner: Engine, keys: Mapping[str, bytes], seed: str = "ring") -> KeyRing:
    with owner.begin() as connection:
        return ring.open_ring(connection, keys, SeededIds(seed))


def ensure(owner: Engine, keys: Mapping[str, bytes], seed: str = "draw") -> None:
    with owner.begin() as connection:
        ring.ensure_secret(connection, keys, SeededIds(seed))


def test_the_look_up_key_is_drawn_once(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM ring_secret"))
    with pytest.raises(Invalid, match="rsm migrate"):
        open_ring(owner, KEYS)
    ensure(owner, KEYS, "first")
    before = open_ring(owner, KEYS).lookup("purpose", "text")
    ensure(owner, KEYS, "second")
    assert open_ring(owner, KEYS).lookup("purpose", "text") == before


def test_two_migrations_at_once_keep_one_look_up_key(owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM ring_secret"))
    barrier = Barrier(2)

    def draw(seed: str) -> None:
        barrier.wait()
        ensure(owner, KEYS, seed)

    threads = [Thread(target=draw, args=(seed,)) for seed in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM ring_secret")).scalar_one() == 1
    open_ring(owner, KEYS)


def test_anothers_keys_do_not_open_the_ring(owner: Engine) -> None:
    ensure(owner, KEYS)
    with pytest.raises(CannotOpen):
        open_ring(owner, {"test": NEW["fresh"]})


class Rotation:
    """An installation before, during and after a rotation."""

    def __init__(self, owner: Engine, owner_url: str, clock: VirtualClock) -> None:
        self.owner, self.url, self.clock = owner, owner_url, clock
        self.ids = SeededIds("rotation")

    def worker(self, keys: Mapping[str, bytes]) -> Database:
        with self.owner.begin() as connection:
            ring.ensure_secret(connection, keys, self.ids)
            vault = ring.open_ring(connection, keys, self.ids)
        engine = make_engine(url_as(self.url, WORKER, KEYS))
        return Database(engine, self.ids, vault, self.clock)


@pytest.fixture
def rotation(owner: Engine, owner_url: str, clock: VirtualClock) -> Rotation:
    return Rotation(owner, owner_url, clock)


def nurse_and_patient(db: Database, clock: VirtualClock, sites: Sites) -> tuple[Person, bytes]:
    nurse = hire(db, clock, sites, Role.NURSE)
    with db.begin(Scope.site(sites.lakeside)) as tx:
        staff.rename(tx, nurse.id, "Dana Reyes", "+12025550142")
        box = patient_keys.create(tx, sites.lakeside, PATIENT)
        return nurse, box.seal("Maria Lopez", "patient.name")


def rotate_all(db: Database) -> int:
    batches = 0
    while True:
        with db.begin(EVERYWHERE) as tx:
            if not ring.rotate(tx, limit=1):
                return batches
        batches += 1


def test_rotation_opens_everything_and_keeps_every_hash(
    rotation: Rotation, clock: VirtualClock, sites: Sites
) -> None:
    before = rotation.worker(KEYS)
    nurse, sealed = nurse_and_patient(before, clock, sites)
    hash_before = before.vault.lookup("contact.address", "+12025550150")
    during = rotation.worker(BOTH)
    assert rotate_all(during) == 1
    after = rotation.worker(NEW)
    assert after.vault.lookup("contact.address", "+12025550150") == hash_before
    with after.begin(Scope.site(sites.lakeside)) as tx:
        assert patient_keys.box(tx, PATIENT).open(sealed, "patient.name") == "Maria Lopez"
        assert staff.get(tx, nurse.id).phone == "+12025550142"
        assert staff.by_phone(tx, "+12025550142") == [nurse.id]
    assert replace(nurse, db=after).log_in()
    for db in (before, during, after):
        db.close()


def test_without_rotation_the_old_key_may_not_be_taken_away(
    rotation: Rotation, clock: VirtualClock, sites: Sites
) -> None:
    before = rotation.worker(KEYS)
    nurse_and_patient(before, clock, sites)
    rotation.worker(BOTH).close()
    after = rotation.worker(NEW)
    with after.begin(Scope.site(sites.lakeside)) as tx, pytest.raises(CannotOpen, match="test"):
        patient_keys.box(tx, PATIENT)
    before.close()
    after.close()


def test_rotation_goes_on_batch_by_batch(rotation: Rotation, sites: Sites) -> None:
    before = rotation.worker(KEYS)
    patients = [new_id(rotation.ids, MONDAY_NINE) for _ in range(5)]
    with before.begin(Scope.site(sites.lakeside)) as tx:
        for patient in patients:
            patient_keys.create(tx, sites.lakeside, patient)
    during = rotation.worker(BOTH)
    with during.begin(EVERYWHERE) as tx:
        assert [ring.rotate(tx, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    before.close()
    during.close()


def test_erasure_destroys_what_was_sealed_with_the_patients_key(
    rotation: Rotation, clock: VirtualClock, sites: Sites
) -> None:
    db = rotation.worker(KEYS)
    nurse_and_patient(db, clock, sites)
    with db.begin(Scope.site(sites.lakeside)) as tx:
        patient_keys.destroy(tx, PATIENT)
    with db.begin(Scope.site(sites.lakeside)) as tx, pytest.raises(NotFound):
        patient_keys.box(tx, PATIENT)
    db.close()


def test_another_sites_scope_gets_no_box(
    rotation: Rotation, clock: VirtualClock, sites: Sites
) -> None:
    db = rotation.worker(KEYS)
    nurse_and_patient(db, clock, sites)
    with db.begin(Scope.site(sites.hillside)) as tx, pytest.raises(NotFound):
        patient_keys.box(tx, PATIENT)
    db.close()


def test_a_second_factor_moved_to_another_account_does_not_open(
    web_db: Database, clock: VirtualClock, sites: Sites, owner_url: str
) -> None:
    nurse = hire(web_db, clock, sites, Role.NURSE)
    other = hire(web_db, clock, sites, Role.NURSE, email="other@example.org")
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE staff_account SET totp_sealed ="
                " (SELECT totp_sealed FROM staff_account WHERE id = :mine) WHERE id = :hers"
            ),
            {"mine": nurse.id, "hers": other.id},
        )
    engine.dispose()
    token = sessions.log_in(web_db, other.email, PASSWORD).token
    assert token is not None
    with web_db.begin(NOWHERE) as tx, pytest.raises(CannotOpen):
        sessions.confirm(tx, token, nurse.code())


def test_a_data_key_moved_to_another_patient_does_not_open(
    worker_db: Database, sites: Sites, owner: Engine
) -> None:
    other: UUID = new_id(SeededIds("other"), MONDAY_NINE)
    with worker_db.begin(Scope.site(sites.lakeside)) as tx:
        patient_keys.create(tx, sites.lakeside, PATIENT)
        patient_keys.create(tx, sites.lakeside, other)
    with owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE data_key SET wrapped ="
                " (SELECT wrapped FROM data_key WHERE patient_id = :mine) WHERE patient_id = :hers"
            ),
            {"mine": PATIENT, "hers": other},
        )
    with worker_db.begin(Scope.site(sites.lakeside)) as tx, pytest.raises(CannotOpen):
        patient_keys.box(tx, other)


def test_nothing_secret_is_in_a_repr(owner: Engine, clock: VirtualClock, sites: Sites) -> None:
    ensure(owner, KEYS)
    vault = open_ring(owner, KEYS)
    assert repr(vault).startswith("<rsm.security.keyring.KeyRing object")
    assert "secret" not in repr(FactorEnrolment("secret", "otpauth://secret"))
