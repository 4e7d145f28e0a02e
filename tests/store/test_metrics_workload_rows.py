"""A workload's rows, read from the small clinic that is worked out by hand."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Level
from rsm.metrics import workload, workload_store
from rsm.metrics.model import Period
from rsm.metrics.workload_model import Minutes, SiteRows, WeekRow
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import FIRST, HOUR, Rows, enrol_and_survey, raise_alerts

MONTH = Period(MONDAY_NINE - timedelta(weeks=4), MONDAY_NINE + timedelta(days=2))


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def rows(clinic: Clinic, owner: Engine) -> Rows:
    made = Rows(owner, clinic.site, SeededIds("workload"))
    enrol_and_survey(clinic, made)
    raise_alerts(made)
    return made


def read(db: Database, clinic: Clinic, period: Period = MONTH) -> SiteRows:
    with db.begin(Scope.site(clinic.site)) as tx:
        return workload_store.site_rows(tx, clinic.site, period)


def test_whole_days_on_the_sites_clock_are_read(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    found = read(web_db, clinic)
    assert (found.first, found.last) == (date(2026, 9, 22), date(2026, 10, 21))


def test_surveys_come_out_as_the_sites_page_counts_them(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    weeks = [FIRST + timedelta(weeks=week) for week in range(3)]
    assert read(web_db, clinic).weeks == (
        WeekRow(weeks[0], 3, 2),
        WeekRow(weeks[1], 3, 1),
        WeekRow(weeks[2], 1, 0),
    )


def test_alerts_come_out_as_worked_out_by_hand(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    found = read(web_db, clinic)
    taken = sorted((one.level.rank, one.taken_after or timedelta(days=99)) for one in found.alerts)
    urgent, soon = Level.URGENT.rank, Level.SOON.rank
    assert taken == [
        (soon, 5 * HOUR),
        (urgent, HOUR / 6),
        (urgent, 2 * HOUR),
        (urgent, timedelta(days=99)),
    ]
    assert {one.opened.hour for one in found.alerts} == {9}  # in New York
    assert (found.told, found.nobody) == (2, 1)


def test_who_is_no_patient_of_the_programme_counts_nowhere(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    found = read(web_db, clinic)
    assert len(found.stays) == 3
    texts = sum(one.count for one in found.messages)
    assert texts == 5
    figures = workload.figures([[found]], Minutes(per_alert=10, per_call=9))
    completed = figures.measured("weekly_completion")
    assert completed is not None
    assert (completed.part, completed.whole) == (3, 7)


def test_what_lies_outside_the_days_is_left_out(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    later = Period(MONDAY_NINE + timedelta(days=1), MONDAY_NINE + timedelta(days=9))
    found = read(web_db, clinic, later)
    assert (found.alerts, found.weeks, found.messages, found.told) == ((), (), (), 0)
    backwards = read(web_db, clinic, Period(MONDAY_NINE, MONDAY_NINE - timedelta(days=5)))
    assert backwards.first == backwards.last
    assert workload.days([backwards], Minutes(per_alert=10, per_call=9)) == ()


def test_an_alert_at_night_is_out_of_hours(clinic: Clinic, rows: Rows, web_db: Database) -> None:
    rows.alert(Level.URGENT, None, None, opened_at=MONDAY_NINE - timedelta(hours=6))
    found = read(web_db, clinic)
    at_night = [one for one in found.alerts if one.out_of_hours]
    assert [one.opened.hour for one in at_night] == [3]


def test_how_far_a_site_has_come_is_its_last_event(
    clinic: Clinic, rows: Rows, worker_db: Database
) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        assert workload_store.reached(tx) == {clinic.site: MONDAY_NINE}
