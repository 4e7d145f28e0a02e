"""What the forecast is made from: patients by week as they were enrolled, tests left out."""

from datetime import date, timedelta

from sqlalchemy import Engine, update

from rsm.db.work import Database
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Level
from rsm.metrics import forecast_store, rollup
from rsm.metrics.tables import PatientCourse
from tests.clinic import build_clinic
from tests.hand_clinic import C, Rows

ZONE = "America/New_York"
BEFORE = date(2026, 10, 19)
HOUR = timedelta(hours=1)


def test_patients_who_are_asked_each_month_are_expected_each_month(
    web_db: Database, worker_db: Database, owner: Engine
) -> None:
    """Four patients, one asked in each of four weeks, two alerts for each survey: in the next four
    weeks four surveys, and the eight alerts again."""
    clinic = build_clinic(web_db)
    rows = Rows(owner, clinic.site, SeededIds("forecast"))
    for place, name in enumerate(("Ann", "Bea", "Cora", "Dot")):
        patient = clinic.enrol_patient(name)
        rows.survey(patient, place - 1, C, started_at=None)
    for _ in range(8):
        rows.alert(Level.SOON, HOUR, HOUR)
    test = clinic.enrol_patient("Test", is_test=True)
    rows.survey(test, 0, C)
    rollup.roll_up_all(worker_db)
    with owner.begin() as connection:
        connection.execute(update(PatientCourse).values(enrolled_on=date(2026, 7, 1)))
    with clinic.begin() as tx:
        found = forecast_store.of_site(tx, clinic.site, BEFORE, ZONE)
    assert found is not None
    assert (found.patients, found.surveys, found.alerts) == (4, 4.0, 8.0)
    assert found.minutes_assumed
