"""What is due in one instant is worked in one order, wherever its rows lie: a seed decides a
simulation, and not when the server tidied its tables."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database
from rsm.flow import outbound
from rsm.kernel.clock import VirtualClock
from rsm.schedules import timers
from tests.clinic import Clinic, build_clinic

PATIENTS = 5


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    clinic = build_clinic(web_db)
    for number in range(PATIENTS):
        clinic.enrol_patient(phone=f"+1202555013{number}")
    return clinic


def shuffled(owner: Engine, table: str) -> list[UUID]:
    """Due in the same instant, and the row with the least id lies last; their ids in order."""
    with owner.begin() as connection:
        known = connection.execute(text(f"SELECT id FROM {table}")).scalars()
        ids = sorted(UUID(str(each)) for each in known)
        for each in reversed(ids):  # a row that is written anew lies behind the others
            change = text(f"UPDATE {table} SET next_at = '2026-10-01Z' WHERE id = :id")
            connection.execute(change, {"id": each})
    return ids


def test_plans_are_due_by_time_then_id(clinic: Clinic, owner: Engine, worker_db: Database) -> None:
    assert clinic.patients_made == PATIENTS
    ids = shuffled(owner, "plan_assignment")
    with worker_db.begin(EVERYWHERE) as tx:
        assert [due.id for due in timers.due_assignments(tx, 100)] == ids


def test_surveys_are_due_by_time_then_id(
    clinic: Clinic, owner: Engine, worker_db: Database, clock: VirtualClock
) -> None:
    assert clinic.patients_made == PATIENTS
    clock.advance(timedelta(hours=6))
    outbound.open_due(worker_db)
    ids = shuffled(owner, "occurrence")
    assert len(ids) == PATIENTS
    with worker_db.begin(EVERYWHERE) as tx:
        assert [due.id for due in timers.due_occurrences(tx, 100)] == ids
