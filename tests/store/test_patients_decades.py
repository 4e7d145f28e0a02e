"""Whoever was entered before decades of birth were kept gets hers, and figures by age follow."""

from sqlalchemy import Engine, select, update

from rsm.db.work import EVERYWHERE, Database
from rsm.metrics import rollup
from rsm.patients import ages
from rsm.patients.tables import Patient
from rsm.security import patient_keys
from tests.clinic import build_clinic
from tests.hand_clinic import notes_waiting


def test_decades_are_noted_once_and_not_of_the_erased(
    web_db: Database, worker_db: Database, owner: Engine
) -> None:
    clinic = build_clinic(web_db)
    ann, bea = clinic.enrol_patient("Ann"), clinic.enrol_patient("Bea")
    with owner.begin() as connection:
        kept = dict(iter(connection.execute(select(Patient.id, Patient.born_decade))))
        changes = dict(iter(connection.execute(select(Patient.id, Patient.changes))))
        connection.execute(update(Patient).values(born_decade=None))
    with worker_db.begin(EVERYWHERE) as tx:
        patient_keys.destroy(tx, bea)
    rollup.roll_up_all(worker_db)
    with worker_db.begin(EVERYWHERE) as tx:
        assert ages.note_decades(tx, limit=500) == 1
        assert ages.note_decades(tx, limit=500) == 0
        assert notes_waiting(tx) == 1  # what she counts for is worked out anew
    with owner.begin() as connection:
        now = dict(iter(connection.execute(select(Patient.id, Patient.born_decade))))
        assert now == {ann: kept[ann], bea: None}
        assert (kept[ann] or 1) % 10 == 0
        assert dict(iter(connection.execute(select(Patient.id, Patient.changes)))) == changes
