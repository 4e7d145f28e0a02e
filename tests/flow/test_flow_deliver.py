"""Delivery: at most once to patients (P2), at least once to staff (P5), whatever happens."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from integrations.twilio.faults import CallbackFault, CreateFault
from rsm.db.work import Database
from rsm.flow import enrol
from rsm.flow.deliver import deliver_due
from rsm.flow.escalate import escalate_due
from rsm.flow.outbound import open_due
from rsm.flow.reconcile import recheck_silent
from rsm.invitations import service as invitations
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, SurveyState
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateReason
from rsm.messaging.ledger import OptAction, OptLine
from rsm.messaging.model import Accepted, Lane, MessageState, Outgoing
from rsm.patients import service as patients
from rsm.patients.model import PauseReason
from rsm.schedules import service as schedules
from rsm.tasks.model import TaskKind
from tests.clinic import (
    CLINIC_PHONE,
    NURSE_PHONE,
    PATIENT_PHONE,
    PATIENT_SENDER,
    STAFF_SENDER,
    build_clinic,
)
from tests.flow.post import CONFIG, Post


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


# --- what goes out --------------------------------------------------------------------------------


def test_a_survey_text_goes_out_once_with_our_id_in_its_callback(post: Post) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    assert post.deliver() == 1
    assert post.deliver() == 0
    (sent,) = post.fake.accepted
    assert (sent.to, sent.sender) == (PATIENT_PHONE, PATIENT_SENDER)
    assert sent.callback_url.endswith(f"/hooks/twilio/status/{post.clinic.site}/{row}")
    assert sent.body.startswith("Lakeside: your check-in is ready.")
    assert "202-555-0140" in sent.body
    assert post.look(row).state is MessageState.ACCEPTED


def test_staff_are_told_from_another_number_and_led_to_the_alert(post: Post) -> None:
    alert = post.alert()
    post.staff_text(alert)
    post.deliver()
    (sent,) = post.fake.accepted
    assert (sent.to, sent.sender) == (NURSE_PHONE, STAFF_SENDER)
    assert "urgent" in sent.body
    assert f"/alerts/{alert}" in sent.body


def test_the_provider_may_try_no_longer_than_the_sending_hours(post: Post) -> None:
    post.survey_text(post.clinic.enrol_patient())
    post.deliver()  # 9:00 in New York; texts until 20:00
    assert post.fake.accepted[0].valid_seconds == 11 * 3600


def test_the_provider_may_try_no_longer_than_the_window(post: Post) -> None:
    until = post.clock.now() + timedelta(minutes=40)
    post.survey_text(post.clinic.enrol_patient(), not_after=until)
    post.deliver()
    assert post.fake.accepted[0].valid_seconds == 40 * 60


def test_a_surveys_link_is_derived_when_it_is_sent_and_kept_nowhere(
    post: Post, owner: Engine
) -> None:
    post.clinic.enrol_patient()
    while not open_due(post.db):
        post.later(hours=6)
    post.deliver()
    (sent,) = post.fake.accepted
    link = re.search(r"https://rsm\.example\.org/s/([a-z2-7]{32})", sent.body)
    assert link is not None
    assert invitations.resolve(post.clinic.db, link[1]) is not None
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT message::text FROM message")).scalars()
        assert not any(link[1] in row for row in rows)


def test_a_finished_survey_is_not_reminded_of(post: Post) -> None:
    post.clinic.enrol_patient()
    while not open_due(post.db):
        post.later(hours=6)
    with post.clinic.begin() as tx:
        (due,) = messaging.due(tx, [Lane.SURVEY], 5)
        message = messaging.lock_due(tx, due.message_id)
        assert message is not None
        assert message.occurrence_id is not None
        schedules.mark(tx, message.occurrence_id, SurveyState.COMPLETED)
    post.deliver()
    assert (post.look(due.message_id).state, post.fake.accepted) == (MessageState.CANCELLED, [])


# --- what is held, cancelled, suppressed ----------------------------------------------------------


def test_quiet_hours_defer_and_never_drop(post: Post) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    post.later(hours=12)  # 21:00 in New York
    post.deliver()
    assert (post.fake.accepted, post.look(row).state) == ([], MessageState.QUEUED)
    post.later(hours=11)  # 8:00
    post.deliver()
    assert post.look(row).state is MessageState.ACCEPTED


def test_quiet_hours_are_those_of_the_patients_own_zone(post: Post) -> None:
    post.survey_text(post.clinic.enrol_patient(zone="America/Los_Angeles"))  # 6:00 there
    post.deliver()
    assert post.fake.accepted == []
    post.later(hours=2)
    post.deliver()
    assert len(post.fake.accepted) == 1


def test_an_alert_is_told_in_the_middle_of_the_night(post: Post) -> None:
    post.later(hours=12)
    post.staff_text(post.alert())
    post.deliver()
    assert len(post.fake.accepted) == 1


def test_a_text_that_would_come_after_its_window_becomes_a_task(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    row = post.survey_text(patient, not_after=post.clock.now() + timedelta(hours=20))
    post.later(hours=12)
    post.deliver()
    assert post.look(row).state is MessageState.SUPPRESSED
    assert (post.fake.accepted, post.tasks()) == ([], [TaskKind.NOT_DELIVERED])


def test_whoever_said_stop_gets_nothing_and_one_task_however_many_texts(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    rows = [post.survey_text(patient, f"survey:{n}") for n in range(3)]
    with post.clinic.begin() as tx:
        line = OptLine(
            post.clinic.site,
            optouts.hash_of(tx, PATIENT_PHONE),
            PATIENT_SENDER,
            OptAction.STOP,
            "text",
        )
        assert optouts.note(tx, line) is not None
    post.deliver()
    assert {post.look(row).state for row in rows} == {MessageState.SUPPRESSED}
    assert (post.fake.accepted, post.tasks()) == ([], [TaskKind.REACH_ANOTHER_WAY])


def test_without_a_number_that_may_be_used_staff_get_a_task(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    row = post.survey_text(patient)
    with post.clinic.begin() as tx:
        patients.suspend_contact(tx, patient, Channel.SMS, "wrong_number")
    post.deliver()
    assert (post.look(row).state, post.tasks()) == (
        MessageState.SUPPRESSED,
        [TaskKind.NOT_DELIVERED],
    )


def test_whoever_was_paused_after_the_text_was_written_does_not_get_it(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    with post.clinic.begin() as tx:
        enrol.pause(tx, patient, PauseReason.INPATIENT)
    row = post.survey_text(patient)
    post.deliver()
    assert (post.look(row).state, post.tasks()) == (MessageState.CANCELLED, [])


def test_a_day_has_a_most_of_texts_to_one_patient_and_the_rest_is_held_not_dropped(
    post: Post,
) -> None:
    patient = post.clinic.enrol_patient()
    rows = [post.survey_text(patient, f"survey:{n}") for n in range(8)]
    post.deliver()
    assert len(post.fake.accepted) == CONFIG.daily_cap == 6
    held = [post.look(row) for row in rows if post.look(row).state is MessageState.QUEUED]
    assert [one.reason for one in held] == [GateReason.BREAKER] * 2
    assert post.tasks() == [TaskKind.RELEASE_TEXTS]


def test_a_row_that_cannot_be_made_into_a_text_is_set_aside_and_holds_up_no_other(
    post: Post,
) -> None:
    patient = post.clinic.enrol_patient()
    broken = post.survey_text(patient, "broken", purpose="no_such_purpose")
    good = post.survey_text(patient, "good")
    for _ in range(6):
        post.deliver()
        post.later(minutes=30)
    assert post.look(good).state is MessageState.ACCEPTED
    assert (post.look(broken).state, post.tasks()) == (MessageState.FAILED, [TaskKind.CHECK_ROW])
    assert len(post.fake.accepted) == 1


# --- what the provider answers --------------------------------------------------------------------


@pytest.mark.parametrize("fault", [CreateFault.TOO_MANY, CreateFault.UNAVAILABLE])
def test_what_was_surely_not_taken_is_tried_again(post: Post, fault: CreateFault) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    post.fake.fault(fault, times=2)
    for _ in range(3):
        post.deliver()
        post.later(minutes=2)
    assert (post.look(row).state, len(post.fake.accepted)) == (MessageState.ACCEPTED, 1)


def test_what_is_put_off_until_the_window_closes_becomes_a_task(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    row = post.survey_text(patient, not_after=post.clock.now() + timedelta(minutes=30))
    post.fake.fault(CreateFault.UNAVAILABLE, times=None)
    for _ in range(10):
        post.deliver()
        post.later(minutes=5)
    assert post.look(row).state in {MessageState.FAILED, MessageState.SUPPRESSED}
    assert post.tasks() == [TaskKind.NOT_DELIVERED]


def test_a_refusal_for_good_becomes_a_task_and_is_not_tried_again(post: Post) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    post.fake.faults.refused[PATIENT_PHONE] = 21614
    post.deliver()
    post.fake.faults.clear()
    post.later(hours=1)
    post.deliver()
    assert (post.look(row).state, post.tasks()) == (MessageState.FAILED, [TaskKind.NOT_DELIVERED])
    assert post.fake.accepted == []


def test_a_stop_that_only_the_provider_knows_is_written_into_our_ledger(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    post.survey_text(patient)
    post.fake.faults.refused[PATIENT_PHONE] = 21610
    post.deliver()
    with post.clinic.begin() as tx:
        assert optouts.is_stopped(tx, optouts.hash_of(tx, PATIENT_PHONE), PATIENT_SENDER)
        assert not optouts.is_stopped(tx, optouts.hash_of(tx, PATIENT_PHONE), STAFF_SENDER)
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]


def test_a_nurse_who_cannot_be_reached_costs_the_alert_no_time(post: Post) -> None:
    post.alert(climbing=True)
    post.fake.faults.refused[NURSE_PHONE] = 21614
    post.deliver()
    escalate_due(post.db)
    post.deliver()
    assert [sent.to for sent in post.fake.accepted][:1] != []
    assert NURSE_PHONE not in [sent.to for sent in post.fake.accepted]


# --- when nobody knows ----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [CreateFault.DROP_AFTER_ACCEPT, CreateFault.TIMEOUT_AFTER_ACCEPT])
def test_an_answer_that_was_lost_is_found_in_the_providers_list(
    post: Post, fault: CreateFault
) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    post.fake.fault(fault)
    post.deliver()
    assert post.look(row).state is MessageState.SENDING
    post.later(seconds=31)
    assert post.deliver() == 0
    post.reconcile()
    after = post.look(row)
    assert (after.state, after.provider_id is not None) == (MessageState.ACCEPTED, True)
    assert len(post.fake.accepted) == 1


def test_a_patients_text_of_which_nobody_knows_is_never_sent_again(post: Post) -> None:
    row = post.survey_text(post.clinic.enrol_patient())
    post.fake.fault(CreateFault.DROP_BEFORE_ACCEPT)
    post.deliver()
    for _ in range(15):
        post.later(minutes=1)
        assert post.deliver() == 0
        post.reconcile()
    assert post.look(row).state is MessageState.UNCONFIRMED
    assert (post.fake.accepted, post.tasks()) == ([], [TaskKind.NOT_DELIVERED])


def test_a_nurses_text_of_which_nobody_knows_is_sent_again(post: Post) -> None:
    row = post.staff_text(post.alert())
    post.fake.fault(CreateFault.DROP_BEFORE_ACCEPT)
    post.deliver()
    post.later(seconds=31)
    post.reconcile()
    post.deliver()
    assert (post.look(row).state, len(post.fake.accepted)) == (MessageState.ACCEPTED, 1)


def test_two_equal_texts_of_which_nobody_knows_are_not_taken_for_one_another(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    rows = [post.survey_text(patient, f"survey:{n}") for n in range(2)]
    post.fake.fault(CreateFault.DROP_AFTER_ACCEPT, times=1)
    post.fake.fault(CreateFault.DROP_BEFORE_ACCEPT, times=1)
    post.deliver()
    for _ in range(15):
        post.later(minutes=1)
        post.reconcile()
    states = sorted(post.look(row).state for row in rows)
    assert states == [MessageState.ACCEPTED, MessageState.UNCONFIRMED]


def test_of_two_that_look_at_once_for_the_same_text_the_second_waits_for_the_first(
    post: Post,
) -> None:
    """Equal texts to one phone about nobody in common: an entry of the list is one's only (P2)."""
    with post.clinic.begin() as first:
        assert messaging.strangers(first, ["SM1", "SM2"]) == {"SM1", "SM2"}
        with post.clinic.begin() as second:
            second.session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            assert messaging.strangers(second, ["SM3"]) == {"SM3"}
            with pytest.raises(OperationalError, match="lock timeout"), second.savepoint():
                messaging.strangers(second, ["SM3", "SM2"])


def test_what_no_callback_told_is_asked_of_the_providers_list_a_day_later(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    row = post.survey_text(patient)
    post.fake.faults.callbacks = CallbackFault.LOST
    post.fake.faults.unreachable.add(PATIENT_PHONE)
    post.deliver()
    post.fake.flush_callbacks()
    assert recheck_silent(post.db, post.fake) == 0
    post.later(hours=3)
    assert recheck_silent(post.db, post.fake) == 1
    assert (post.look(row).state, post.tasks()) == (
        MessageState.UNDELIVERED,
        [TaskKind.NOT_DELIVERED],
    )
    assert recheck_silent(post.db, post.fake) == 0


def test_an_adapter_that_breaks_leaves_the_outcome_unknown(post: Post) -> None:
    class Broken:
        def send(self, message: Outgoing) -> Accepted:
            raise RuntimeError(message.body)

    row = post.survey_text(post.clinic.enrol_patient())
    assert deliver_due(post.db, Broken(), [Lane.SURVEY], CONFIG) == 1
    assert post.look(row).state is MessageState.SENDING


def test_the_outbox_keeps_neither_body_nor_number_in_the_clear(post: Post, owner: Engine) -> None:
    post.survey_text(post.clinic.enrol_patient(), address=PATIENT_PHONE)
    post.deliver()
    with owner.connect() as connection:
        row = connection.execute(text("SELECT message::text FROM message")).scalar_one()
    assert PATIENT_PHONE not in row
    assert CLINIC_PHONE not in row
    assert "check-in" not in row


def test_whoever_finishes_between_claim_and_hand_over_is_not_asked(
    post: Post, worker_db: Database
) -> None:
    patient = post.clinic.enrol_patient()
    assert open_due(worker_db) == 1
    with post.clinic.begin() as tx:
        (survey,) = schedules.recent(tx, patient)

    def finishes(point: str) -> None:
        if point == "deliver.claimed":
            with post.clinic.begin() as tx:
                schedules.mark(tx, survey.id, SurveyState.COMPLETED)

    faults.install(finishes)
    try:
        post.deliver()
    finally:
        faults.install(None)
    assert post.fake.accepted == []
    with post.clinic.begin() as tx:
        states = tx.session.execute(text("SELECT state, reason FROM message")).all()
    assert states == [("cancelled", "survey_over")]
