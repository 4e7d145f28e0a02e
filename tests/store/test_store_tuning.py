"""The tuning table read from real rows: each alert once for a rule, repeats within 14 days."""

from datetime import timedelta

import pytest

from rsm.db.work import Database
from rsm.flow.tuning import tuned
from rsm.kernel.clock import VirtualClock
from rsm.metrics import tuning_store
from rsm.metrics.model import Period
from tests.alert_world import Ward, build_ward
from tests.conftest import MONDAY_NINE

SEVERE = {"pain.frequency": 3, "pain.severity": 3}
ALWAYS = Period(MONDAY_NINE - timedelta(days=1), MONDAY_NINE + timedelta(days=365))


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def repeats(ward: Ward, period: Period = ALWAYS) -> list[bool]:
    with ward.clinic.begin() as tx:
        found = tuning_store.fired(tx, ward.clinic.site, period)
    return [one.repeat for one in found if one.rule == "severe"]


def test_two_items_of_one_alert_are_one_firing(ward: Ward) -> None:
    ward.report(SEVERE)
    assert repeats(ward) == [False]


def test_the_same_within_fourteen_days_is_a_repeat_and_later_it_is_not(
    ward: Ward, clock: VirtualClock
) -> None:
    for days in (0, 7, 14):
        clock.advance(timedelta(days=days))
        ward.report(SEVERE)
    assert repeats(ward) == [False, True, False]


def test_an_alert_before_the_period_still_makes_a_repeat(ward: Ward, clock: VirtualClock) -> None:
    ward.report(SEVERE)
    clock.advance(timedelta(days=7))
    ward.report(SEVERE)
    after = Period(MONDAY_NINE + timedelta(days=1), ALWAYS.until)
    assert repeats(ward, after) == [True]


def test_another_patients_alert_is_no_repeat(ward: Ward) -> None:
    ward.report(SEVERE)
    ward.report(SEVERE, ward.clinic.enrol_patient(name="Ruth Okafor", phone="+12025550132"))
    assert repeats(ward) == [False, False]


def test_test_patients_are_left_out(ward: Ward) -> None:
    tester = ward.clinic.enrol_patient(name="Test One", phone="+12025550133", is_test=True)
    ward.report(SEVERE, tester)
    with ward.clinic.begin() as tx:
        found = tuned(tx, ward.clinic.site, ALWAYS)
    assert found.surveys == 0
    assert sum(line.fired for line in found.rules) == 0
