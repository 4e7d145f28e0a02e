"""Enrolment: plan and patient begin, pause, move and end together, queued messages with them."""

import contextlib
from collections.abc import Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database, Tx
from rsm.flow import enrol
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.patients import service as patients
from rsm.patients.model import (
    ConsentView,
    DeclineReason,
    EndReason,
    PatientStatus,
    PauseReason,
    as_entered,
)
from rsm.schedules import service as schedules
from tests.clinic import Clinic, build_clinic


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def queue_text(tx: Tx, clinic: Clinic, patient_id: UUID, key: str = "survey:1:invite") -> None:
    messaging.enqueue(
        tx,
        Draft(
            business_key=key,
            lane=Lane.SURVEY,
            channel=Channel.SMS,
            audience=Audience.PATIENT,
            site_id=clinic.site,
            purpose="survey_invite",
            language="en",
            fields={},
            patient_id=patient_id,
        ),
    )


def still_queued(tx: Tx) -> int:
    tx_later = tx.now + timedelta(days=7)
    tx.now = tx_later
    return len(messaging.due(tx, list(Lane), 100))


def status(clinic: Clinic, who: UUID) -> PatientStatus:
    with clinic.begin() as tx:
        return patients.peek(tx, who).status


def test_whoever_is_enrolled_has_a_plan_on_her_own_day_and_hour(clinic: Clinic) -> None:
    who = clinic.enrol_patient(weekday=3, local_time=time(18, 30))
    with clinic.begin() as tx:
        plan = schedules.assignment(tx, who)
        facts = patients.peek(tx, who)
    assert plan is not None
    assert (plan.weekday, plan.local_time, plan.zone) == (3, time(18, 30), "America/New_York")
    assert facts.enrolled_at is not None
    assert facts.is_active


def test_nobody_is_enrolled_without_consent_or_number(clinic: Clinic) -> None:
    new = clinic.new_patient(
        phone=None, consent_on=None, consent_by=None, status=PatientStatus.ELIGIBLE
    )
    with clinic.begin() as tx:
        who = patients.register(tx, clinic.site, new)
    with clinic.begin() as tx, pytest.raises(Invalid) as refused:
        enrol.enrol(tx, who)
    assert {problem.where for problem in refused.value.problems} == {"consent_on", "phone"}
    assert status(clinic, who) is PatientStatus.ELIGIBLE


def test_a_withdrawn_consent_is_none(clinic: Clinic) -> None:
    new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
    with clinic.begin() as tx:
        who = patients.register(tx, clinic.site, new)
    with clinic.begin() as tx, pytest.raises(Invalid):
        enrol.enrol(tx, who, ConsentView(False, date(2026, 10, 19), "Maria Alvarez", "1"))


def test_an_enrolment_that_fails_leaves_no_patient(clinic: Clinic) -> None:
    with pytest.raises(Invalid), clinic.begin() as tx:
        enrol.enter(tx, clinic.site, clinic.new_patient(language="pl"))
    with clinic.begin() as tx:
        assert patients.find(tx, clinic.site) == []


def test_whoever_declined_may_think_again(clinic: Clinic) -> None:
    new = clinic.new_patient(status=PatientStatus.ELIGIBLE)
    with clinic.begin() as tx:
        who = patients.register(tx, clinic.site, new)
    with clinic.begin() as tx:
        enrol.decline(tx, who, DeclineReason.BURDEN)
    with clinic.begin() as tx:
        enrol.approach(tx, who)
    with clinic.begin() as tx:
        enrol.enrol(tx, who)
        assert patients.read(tx, who).decline_reason is None
    assert status(clinic, who) is PatientStatus.ENROLLED


def test_a_pause_cancels_what_is_queued_in_the_same_transaction(clinic: Clinic) -> None:
    who, other = clinic.enrol_patient(), clinic.enrol_patient("Clarence Webb", "+12025550132")
    with clinic.begin() as tx:
        queue_text(tx, clinic, who)
        queue_text(tx, clinic, other, "survey:2:invite")
    with clinic.begin() as tx:
        enrol.pause(tx, who, PauseReason.INPATIENT)
        assert still_queued(tx) == 1
        assert patients.paused_since(tx, who) is PauseReason.INPATIENT
    assert status(clinic, who) is PatientStatus.PAUSED


def test_a_pause_that_is_rolled_back_cancels_nothing(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        queue_text(tx, clinic, who)
    with contextlib.suppress(RuntimeError), clinic.begin() as tx:
        enrol.pause(tx, who, PauseReason.TRAVEL)
        raise RuntimeError("the power failed")
    with clinic.begin() as tx:
        assert still_queued(tx) == 1
    assert status(clinic, who) is PatientStatus.ENROLLED


def test_whoever_is_resumed_goes_on_with_the_same_plan(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        before = schedules.assignment(tx, who)
        enrol.pause(tx, who, PauseReason.REQUEST)
    with clinic.begin() as tx:
        enrol.resume(tx, who)
        assert schedules.assignment(tx, who) == before
        assert patients.paused_since(tx, who) is None
    assert status(clinic, who) is PatientStatus.ENROLLED


def test_nobody_is_resumed_whom_no_text_can_reach(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        patients.suspend_contact(tx, who, Channel.SMS, "wrong_number")
        enrol.pause(tx, who, PauseReason.WRONG_NUMBER)
    with clinic.begin() as tx, pytest.raises(Invalid):
        enrol.resume(tx, who)


def test_the_end_stops_plan_and_messages_at_once(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        queue_text(tx, clinic, who)
    with clinic.begin() as tx:
        enrol.end(tx, who, EndReason.HOSPICE)
        assert still_queued(tx) == 0
        assert schedules.assignment(tx, who) is None
        assert patients.read(tx, who).end_reason is EndReason.HOSPICE

    def refused(act: Callable[[Tx], object]) -> None:
        with clinic.begin() as tx, pytest.raises(Conflict):
            act(tx)

    refused(lambda tx: enrol.end(tx, who, EndReason.OTHER))
    refused(lambda tx: enrol.resume(tx, who))
    refused(lambda tx: enrol.enrol(tx, who))
    refused(lambda tx: enrol.pause(tx, who, PauseReason.TRAVEL))
    refused(lambda tx: enrol.decline(tx, who, DeclineReason.OTHER))
    refused(lambda tx: enrol.approach(tx, who))


def test_a_paused_patient_may_end(clinic: Clinic) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        enrol.pause(tx, who, PauseReason.INPATIENT)
    with clinic.begin() as tx:
        enrol.end(tx, who, EndReason.DEATH)
    assert status(clinic, who) is PatientStatus.ENDED


@pytest.mark.parametrize(
    ("changed", "moved"),
    [
        ({"weekday": 2}, True),
        ({"local_time": time(18)}, True),
        ({"zone": "America/Chicago"}, True),
        ({"regimen": "FOLFOX"}, False),
    ],
)
def test_another_day_hour_or_zone_moves_the_plan_and_nothing_else_does(
    clinic: Clinic, changed: dict[str, object], moved: bool
) -> None:
    who = clinic.enrol_patient()
    with clinic.begin() as tx:
        before = schedules.assignment(tx, who)
        record = patients.read(tx, who)
        enrol.change(tx, who, as_entered(record).model_copy(update=changed), record.facts.changes)
        after = schedules.assignment(tx, who)
    assert before is not None
    assert after is not None
    assert (after.id != before.id) is moved
    assert after.next_at is not None
