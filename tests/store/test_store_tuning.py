"""The tuning table read from real rows: each alert once for a rule, repeats within 14 days."""

from datetime import timedelta

import pytest

from rsm.alerts.model import AlertAction, AlertView, QuietReason
from rsm.db.work import Database
from rsm.flow import answer, triage
from rsm.flow.tuning import tuned
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.metrics import tuning_store
from rsm.metrics.model import Period
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
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


def close(ward: Ward, alert: AlertView | None) -> None:
    """What is closed opens anew: what stands open is only added to."""
    assert alert is not None
    nurse = ward.clinic.nurse
    ward.take(alert, nurse)
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.PHONE_ADVICE))


def test_two_items_of_one_alert_are_one_firing(ward: Ward) -> None:
    ward.report(SEVERE)
    assert repeats(ward) == [False]


def test_the_same_within_fourteen_days_is_a_repeat_and_later_it_is_not(
    ward: Ward, clock: VirtualClock
) -> None:
    for days in (0, 7, 14):
        clock.advance(timedelta(days=days))
        close(ward, ward.report(SEVERE))
    assert repeats(ward) == [False, True, False]


def test_an_alert_before_the_period_still_makes_a_repeat(ward: Ward, clock: VirtualClock) -> None:
    close(ward, ward.report(SEVERE))
    clock.advance(timedelta(days=7))
    close(ward, ward.report(SEVERE))
    after = Period(MONDAY_NINE + timedelta(days=1), ALWAYS.until)
    assert repeats(ward, after) == [True]


def test_what_is_added_to_an_open_alert_is_a_repeat_and_no_firing_of_its_own(
    ward: Ward, clock: VirtualClock
) -> None:
    for _ in range(3):
        ward.report(SEVERE)
        clock.advance(timedelta(days=7))
    with ward.clinic.begin() as tx:
        (line,) = (
            one for one in tuned(tx, ward.clinic.site, ALWAYS).rules if one.rule.id == "severe"
        )
    assert (line.fired, line.again, line.repeats) == (1, 0, 2)
    assert line.held == {QuietReason.ALREADY_OPEN: 2}


def test_a_survey_that_got_worse_before_it_was_sent_repeats_nothing(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        survey = schedules.report_now(tx, patients.locked(tx, ward.patient), pin).id
    for grade in (3, 4):
        with ward.clinic.begin() as tx:
            answer.save(tx, survey, "shortness-of-breath.severity", answered(grade), Author())
    with ward.clinic.begin() as tx:
        answer.submit(tx, survey, "", Author())
        assert tuning_store.held(tx, ward.clinic.site, ALWAYS) == {}


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
