"""One row that cannot be worked holds up no other, and a person hears of it (decision 3, P6)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database, Tx
from rsm.flow import deliver, inbound
from rsm.flow import envelope as envelopes
from rsm.flow.envelope import Envelope
from rsm.flow.undelivered import follow_up
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import SendReason
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.model import IncomingText, Lane, MessageState, MessageView
from rsm.security import patient_keys
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, build_clinic
from tests.flow.post import Post

OTHER_PHONE = "+12025550132"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def text_from(phone: str, body: str, number: int = 1) -> IncomingText:
    return IncomingText("twilio", f"SM{phone[-4:]}{number}", phone, PATIENT_SENDER, body)


def open_nothing(message_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses of this message cannot be looked up, whoever asks."""
    look_up = envelopes.address_all

    def broken(tx: Tx, messages: Sequence[MessageView], *held: Any) -> list[Envelope]:
        if message_id in {message.id for message in messages}:
            raise RuntimeError(PATIENT_PHONE)
        return look_up(tx, messages, *held)

    monkeypatch.setattr(envelopes, "address_all", broken)


def test_a_text_that_never_can_be_addressed_keeps_none_behind_it_from_going_out(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = post.survey_text(post.clinic.enrol_patient(), "survey:bad")
    open_nothing(bad, monkeypatch)
    for _ in range(deliver.MOST_BROKEN):
        post.deliver()
        post.later(hours=1)
    good = post.survey_text(post.clinic.enrol_patient("Ana Ruiz", OTHER_PHONE), "survey:good")
    post.deliver()
    assert post.look(good).state is MessageState.ACCEPTED
    assert post.look(bad).state is MessageState.FAILED
    assert post.tasks() == [TaskKind.CHECK_ROW]


def test_a_row_that_cannot_even_be_set_back_keeps_none_behind_it_from_going_out(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = post.survey_text(post.clinic.enrol_patient(), "survey:bad")
    good = post.survey_text(post.clinic.enrol_patient("Ana Ruiz", OTHER_PHONE), "survey:good")
    lock_due, lock_all_due = messaging.lock_due, messaging.lock_all_due

    def broken(tx: Tx, message_id: UUID) -> MessageView | None:
        if message_id == bad:
            raise RuntimeError
        return lock_due(tx, message_id)

    def broken_together(tx: Tx, message_ids: Collection[UUID]) -> list[MessageView]:
        if bad in message_ids:
            raise RuntimeError
        return lock_all_due(tx, message_ids)

    monkeypatch.setattr(messaging, "lock_due", broken)
    monkeypatch.setattr(messaging, "lock_all_due", broken_together)
    post.deliver()
    assert post.look(good).state is MessageState.ACCEPTED


def test_a_text_that_cannot_be_opened_any_more_keeps_no_other_from_being_handled(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased = post.clinic.enrol_patient()
    post.clinic.enrol_patient("Ana Ruiz", OTHER_PHONE)
    with monkeypatch.context() as killed:  # the process dies between storing and handling
        killed.setattr(inbound, "_handle_in_order", lambda *_: None)
        inbound.receive_text(post.clinic.db, text_from(PATIENT_PHONE, "is this normal?"))
        inbound.receive_text(post.clinic.db, text_from(OTHER_PHONE, "STOP"))
    with post.clinic.begin() as tx:
        patient_keys.destroy(tx, erased)
    post.later(minutes=1)
    inbound.handle_due(post.db)
    with post.clinic.begin() as tx:
        assert optouts.is_stopped(tx, optouts.hash_of(tx, OTHER_PHONE), PATIENT_SENDER)
    assert TaskKind.REACH_ANOTHER_WAY in post.tasks()


def test_a_text_that_can_never_be_opened_becomes_a_task_and_is_tried_no_more(
    post: Post, monkeypatch: pytest.MonkeyPatch, owner: Engine
) -> None:
    erased = post.clinic.enrol_patient()
    with monkeypatch.context() as killed:
        killed.setattr(inbound, "_handle_in_order", lambda *_: None)
        inbound.receive_text(post.clinic.db, text_from(PATIENT_PHONE, "is this normal?"))
    with post.clinic.begin() as tx:
        patient_keys.destroy(tx, erased)
    for _ in range(inbound.MOST_ATTEMPTS):
        post.later(hours=1)
        inbound.handle_due(post.db)
    assert post.tasks() == [TaskKind.READ_TEXT]
    with owner.connect() as connection:
        row = connection.execute(text("SELECT state, reading FROM inbound_message")).one()
    assert tuple(row) == ("handled", "set_aside")


def test_a_link_that_somebody_asked_for_and_that_did_not_arrive_becomes_a_task(post: Post) -> None:
    """It goes in the lane of answers, and is a survey's text all the same (P2)."""
    patient = post.clinic.enrol_patient()
    survey = UUID(int=7)
    row = post.survey_text(patient, "survey:7:link:2", lane=Lane.REPLY, purpose="new_link")
    message = replace(post.look(row), occurrence_id=survey)
    with post.clinic.begin() as tx:
        follow_up(tx, envelopes.address(tx, message), SendReason.UNREACHABLE)
    assert post.tasks() == [TaskKind.NOT_DELIVERED]


def test_an_answer_that_did_not_arrive_is_no_task(post: Post) -> None:
    post.clinic.enrol_patient()
    post.fake.faults.unreachable.add(PATIENT_PHONE)
    inbound.receive_text(post.clinic.db, text_from(PATIENT_PHONE, "HELP"))
    post.deliver()
    post.fake.flush_callbacks()
    assert post.tasks() == []


def test_a_text_of_somebody_who_was_erased_is_stored_and_stop_is_obeyed(post: Post) -> None:
    erased = post.clinic.enrol_patient()
    with post.clinic.begin() as tx:
        patient_keys.destroy(tx, erased)
    assert inbound.receive_text(post.clinic.db, text_from(PATIENT_PHONE, "STOP"))
    with post.clinic.begin() as tx:
        assert optouts.is_stopped(tx, optouts.hash_of(tx, PATIENT_PHONE), PATIENT_SENDER)
