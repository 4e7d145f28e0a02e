"""What comes in: STOP at once and as a clinical event (P8), words read by a person (P6), codes."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from integrations.twilio.callbacks import TwilioCallbacks
from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.events import note
from rsm.alerts.packs import parse_pack
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.flow import free_text, inbound, patient_texts, senders
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Audience, Channel, Level
from rsm.messaging import optouts
from rsm.messaging.model import MessageState
from rsm.messaging.red_flags import is_emergency
from rsm.patients import service as patients
from rsm.security import staff
from rsm.sites.model import Address
from rsm.tasks.model import TaskKind
from tests.clinic import (
    NURSE_PHONE,
    PATIENT_PHONE,
    PATIENT_SENDER,
    SAFETY_PHONE,
    SECOND_PHONE,
    STAFF_SENDER,
    build_clinic,
)
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.packs import FIRST

STRANGER = "+12025550177"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient()


def is_stopped(post: Post, number: str, sender: str = PATIENT_SENDER) -> bool:
    with post.clinic.begin() as tx:
        return optouts.is_stopped(tx, optouts.hash_of(tx, number), sender)


def worklist(post: Post) -> list[tuple[AlertKind, Level]]:
    with post.clinic.begin() as tx:
        return [(alert.kind, alert.level) for alert in handling.worklist(tx, post.clinic.site)]


def readings(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT reading FROM inbound_message ORDER BY received_at"))
        return list(rows.scalars())


# --- STOP, START, HELP ----------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["STOP", "Stop. Thank you", "arrêt", "BAJA", "s.t.o.p."])
def test_stop_is_obeyed_at_once_and_tells_staff(post: Post, maria: UUID, body: str) -> None:
    queued = post.survey_text(maria)
    phone = Phone(post, PATIENT_PHONE)
    phone.says(body)
    assert is_stopped(post, PATIENT_PHONE)
    assert post.look(queued).state is MessageState.CANCELLED
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]
    (confirmation,) = phone.gets()
    assert "no more texts will come" in confirmation


def test_stop_is_confirmed_once_and_asked_of_staff_once(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    for _ in range(3):
        phone.says("STOP")
    assert (len(phone.gets()), post.tasks()) == (1, [TaskKind.REACH_ANOTHER_WAY])


def test_after_stop_nothing_is_sent_until_start(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    post.survey_text(maria, "survey:2")
    assert len(phone.gets()) == 1
    phone.says("START")
    post.survey_text(maria, "survey:3")
    assert len(phone.gets()) == 3
    assert not is_stopped(post, PATIENT_PHONE)


def test_a_stop_that_the_provider_answered_is_not_answered_twice(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("stop it now", Keyword.STOP)
    assert (phone.gets(), is_stopped(post, PATIENT_PHONE)) == ([], True)


def test_a_yes_that_the_provider_takes_for_start_starts_nothing(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    phone.says("yes", Keyword.START)
    assert is_stopped(post, PATIENT_PHONE)


def test_an_answer_is_never_taken_for_stop(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    for body in ["no", "No.", "2", "can't stop vomiting"]:
        phone.says(body)
    assert not is_stopped(post, PATIENT_PHONE)
    assert len(worklist(post)) == 4


def test_a_longer_wish_to_end_the_texts_asks_staff_and_stops_nothing(
    post: Post, maria: UUID
) -> None:
    Phone(post, PATIENT_PHONE).says("please don't text me any more about this")
    assert not is_stopped(post, PATIENT_PHONE)
    assert post.tasks() == [TaskKind.UNCLEAR_STOP]


def test_help_is_answered_once_an_hour(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("HELP")
    phone.says("ayuda")
    assert len(phone.gets()) == 1
    post.later(minutes=61)
    phone.says("help")
    assert len(phone.gets()) == 2


def test_stop_on_a_shared_phone_stops_the_phone_and_asks_for_each_patient(
    post: Post, maria: UUID
) -> None:
    post.clinic.enrol_patient("Jorge Alvarez")
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY] * 2
    (confirmation,) = phone.gets()
    assert "Alvarez" not in confirmation


def test_stop_from_a_number_that_we_do_not_know_is_obeyed_too(post: Post) -> None:
    phone = Phone(post, STRANGER)
    phone.says("STOP")
    assert (is_stopped(post, STRANGER), len(phone.gets()), post.tasks()) == (True, 1, [])


def test_the_answer_comes_in_the_patients_language(post: Post) -> None:
    post.clinic.enrol_patient(language="es")
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    (confirmation,) = phone.gets()
    assert "no le enviaremos mensajes" in confirmation


# --- words ----------------------------------------------------------------------------------------


def test_words_open_an_alert_and_are_answered_at_most_once_an_hour(post: Post, maria: UUID) -> None:
    publish_pack(post)
    phone = Phone(post, PATIENT_PHONE)
    phone.says("I feel a bit worse today")
    phone.says("and tired")
    assert worklist(post) == [(AlertKind.TEXT, Level.SOON)] * 2
    (answer,) = phone.gets()
    assert "nobody reads texts at once" in answer


def test_an_alarming_word_makes_the_alert_urgent(post: Post, maria: UUID) -> None:
    pack = publish_pack(post)
    Phone(post, PATIENT_PHONE).says(f"I have {pack}")
    assert worklist(post) == [(AlertKind.TEXT, Level.URGENT)]


def test_words_that_cannot_be_judged_are_urgent(
    post: Post, maria: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(free_text, "red_flag", broken)
    publish_pack(post)
    Phone(post, PATIENT_PHONE).says("hello")
    assert worklist(post) == [(AlertKind.TEXT, Level.URGENT)]


def test_a_picture_without_words_is_looked_at(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("")
    assert len(worklist(post)) == 1


def test_words_from_a_stranger_are_read_by_a_person(post: Post, maria: UUID) -> None:
    Phone(post, STRANGER).says("hello?")
    assert (worklist(post), post.tasks()) == ([], [TaskKind.READ_TEXT])


@pytest.mark.parametrize("number", ["22000", STAFF_SENDER, "LAKESIDE"])
def test_short_codes_and_our_own_numbers_are_never_answered(post: Post, number: str) -> None:
    phone = Phone(post, number)
    for body in ["Your code is 1", "HELP", "STOP"]:
        phone.says(body)
    assert phone.gets() == []


def test_wrong_number_ends_the_texts_and_sets_answers_aside(post: Post, maria: UUID) -> None:
    queued = post.survey_text(maria)
    phone = Phone(post, PATIENT_PHONE)
    phone.says("wrong number")
    phone.says("you have the wrong number")
    assert post.look(queued).state is MessageState.CANCELLED
    with post.clinic.begin() as tx:
        assert patients.address(tx, maria, Channel.SMS) is None
    assert set(post.tasks()) == {TaskKind.CHECK_CONTACT}
    assert len(phone.gets()) == 1


# --- staff ----------------------------------------------------------------------------------------


def code_of(post: Post, alert: UUID) -> str:
    with post.clinic.begin() as tx:
        return alerts.get(tx, alert).code


def state_of(post: Post, alert: UUID) -> AlertState:
    with post.clinic.begin() as tx:
        return alerts.get(tx, alert).state


def test_a_nurse_takes_an_alert_by_its_code(post: Post) -> None:
    alert = post.alert(climbing=True)
    nurse = Phone(post, NURSE_PHONE, STAFF_SENDER)
    nurse.gets()
    nurse.says(f"ack {code_of(post, alert).lower()}")
    assert state_of(post, alert) is AlertState.ACKNOWLEDGED
    assert "is yours until" in nurse.gets()[-1]


def test_a_code_that_is_not_known_is_answered_with_why(post: Post) -> None:
    nurse = Phone(post, NURSE_PHONE, STAFF_SENDER)
    nurse.says("ACK 9999")
    assert "you have no alert with this code" in nurse.gets()[-1]


def test_the_second_to_answer_hears_that_it_is_taken(post: Post) -> None:
    alert = post.alert(climbing=True)
    Phone(post, NURSE_PHONE, STAFF_SENDER).says(code_of(post, alert))
    second = Phone(post, SECOND_PHONE, STAFF_SENDER)
    second.says(code_of(post, alert))
    assert "Dana Reyes has had it since" in second.gets()[-1]


def test_the_safety_contact_takes_an_alert_without_an_account(post: Post) -> None:
    alert = post.alert(climbing=True)
    Phone(post, SAFETY_PHONE, STAFF_SENDER).says(f"ACK {code_of(post, alert)}")
    assert state_of(post, alert) is AlertState.ACKNOWLEDGED


def test_of_two_with_one_phone_the_one_who_was_told_has_taken_the_alert(post: Post) -> None:
    with post.clinic.begin() as tx:
        staff.rename(tx, post.clinic.charge, "Sam Ito", SECOND_PHONE)
    for number, told in enumerate((post.clinic.second, post.clinic.charge)):
        alert = post.alert(f"review:{number}", climbing=True)  # the ladder tells the nurse only
        with post.clinic.begin() as tx:
            note(tx, alerts.get(tx, alert), NewEvent(AlertEventKind.TOLD, told, Channel.SMS))
        said = f"ACK {code_of(post, alert)}"
        Phone(post, SECOND_PHONE, STAFF_SENDER).says(said, id_=f"a{number}")
        with post.clinic.begin() as tx:
            assert alerts.get(tx, alert).owner_id == told


def test_of_two_with_one_phone_and_neither_told_the_first_has_taken_the_alert(post: Post) -> None:
    with post.clinic.begin() as tx:
        staff.rename(tx, post.clinic.charge, "Sam Ito", SECOND_PHONE)
    alert = post.alert(climbing=True)
    Phone(post, SECOND_PHONE, STAFF_SENDER).says(f"ACK {code_of(post, alert)}")
    with post.clinic.begin() as tx:
        first = min(post.clinic.second, post.clinic.charge)
        assert alerts.get(tx, alert).owner_id == first


def test_a_nurses_ok_shows_that_her_number_works(post: Post) -> None:
    with post.clinic.begin() as tx:
        staff.rename(tx, post.clinic.nurse, "Dana Reyes", "+12025550118")
        assert not staff.get(tx, post.clinic.nurse).phone_verified
    nurse = Phone(post, "+12025550118", STAFF_SENDER)
    nurse.says("OK")
    with post.clinic.begin() as tx:
        assert staff.get(tx, post.clinic.nurse).phone_verified
    assert "This number works" in nurse.gets()[-1]


def test_an_ok_to_an_alert_that_nobody_has_is_not_thanked_as_if_it_had_been_taken(
    post: Post,
) -> None:
    alert = post.alert(climbing=True)
    nurse = Phone(post, NURSE_PHONE, STAFF_SENDER)
    nurse.says("OK")
    assert "Reply ACK and its code" in nurse.gets()[-1]
    nurse.says(f"ACK {code_of(post, alert)}", id_="taken")
    nurse.says("OK", id_="thanks")
    assert "This number works" in nurse.gets()[-1]


def test_a_nurses_stop_silences_one_number_and_the_alert_goes_on_at_once(post: Post) -> None:
    nurse = Phone(post, NURSE_PHONE, STAFF_SENDER)
    post.alert(climbing=True)
    nurse.says("STOP")
    assert is_stopped(post, NURSE_PHONE, STAFF_SENDER)
    assert not is_stopped(post, NURSE_PHONE, PATIENT_SENDER)
    assert nurse.gets() == []


# --- stored first, handled once -------------------------------------------------------------------


def test_a_text_that_is_handed_in_twice_is_handled_once(
    post: Post, maria: UUID, owner: Engine
) -> None:
    phone = Phone(post, PATIENT_PHONE)
    said = phone.says("hello")
    assert inbound.receive_text(post.clinic.db, said) is False
    assert (len(readings(owner)), len(worklist(post))) == (1, 1)


def test_a_text_that_cannot_be_handled_is_kept_tried_again_and_then_read_by_a_person(
    post: Post, maria: UUID, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(patient_texts, "handle", broken)
    Phone(post, PATIENT_PHONE).says("hello")
    for _ in range(8):
        post.later(minutes=10)
        inbound.handle_due(post.db)
    assert (readings(owner), post.tasks()) == (["set_aside"], [TaskKind.READ_TEXT])


def test_what_was_left_behind_is_handled_in_the_order_in_which_it_came(
    post: Post, maria: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = Phone(post, PATIENT_PHONE)
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "_handle_in_order", lambda *_: None)
        phone.says("STOP")
    post.later(seconds=2)
    phone.says("START")
    assert not is_stopped(post, PATIENT_PHONE)
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]


def test_a_text_to_a_number_that_is_not_ours_is_nobodys(post: Post, owner: Engine) -> None:
    Phone(post, STRANGER, "+12025550178").says("hello")
    assert readings(owner) == []


def test_texts_are_kept_sealed(post: Post, maria: UUID, owner: Engine) -> None:
    Phone(post, PATIENT_PHONE).says("my heart races")
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT inbound_message::text FROM inbound_message"))
        row = rows.scalar_one()
    assert PATIENT_PHONE not in row
    assert "heart" not in row


# --- reports on what we sent ----------------------------------------------------------------------


def flush(post: Post) -> None:
    """The provider calls back about everything that it took."""
    for call in post.fake.flush_callbacks():
        report = TwilioCallbacks().status(
            {
                "MessageSid": call.callback.provider_id,
                "MessageStatus": call.callback.status,
                "AccountSid": call.callback.account_sid,
                "ErrorCode": call.callback.error_code or "",
            }
        )
        site, message = call.url.rsplit("/", 2)[-2:]
        inbound.receive_status(post.clinic.db, report, UUID(site), UUID(message))


def test_a_survey_text_that_did_not_arrive_becomes_a_task(post: Post, maria: UUID) -> None:
    row = post.survey_text(maria)
    post.fake.faults.unreachable.add(PATIENT_PHONE)
    post.deliver()
    flush(post)
    assert post.look(row).state is MessageState.UNDELIVERED
    assert post.tasks() == [TaskKind.NOT_DELIVERED]


def test_an_alert_that_did_not_reach_the_nurse_goes_on_at_once(post: Post) -> None:
    alert = post.alert(climbing=True)
    post.fake.faults.unreachable.add(NURSE_PHONE)
    post.deliver()
    before = due_at(post, alert)
    flush(post)
    after = due_at(post, alert)
    assert before - post.clock.now() > timedelta(minutes=1)
    assert after <= post.clock.now()


def test_a_failure_of_a_step_long_past_takes_no_time_from_the_present_one(post: Post) -> None:
    alert = post.alert(climbing=True)
    post.fake.faults.unreachable.add(NURSE_PHONE)
    post.deliver()
    while not escalate_due(post.db):
        post.later(minutes=1)
    before = due_at(post, alert)
    flush(post)
    assert due_at(post, alert) == before > post.clock.now()


def test_a_report_on_no_message_of_ours_changes_nothing(post: Post) -> None:
    report = TwilioCallbacks().status(
        {"MessageSid": "SM1", "MessageStatus": "sent", "AccountSid": "AC1"}
    )
    assert not inbound.receive_status(post.clinic.db, report, post.clinic.site, UUID(int=7))


def due_at(post: Post, alert: UUID) -> datetime:
    with post.clinic.begin() as tx:
        at = escalation.standing(tx, [alert])[alert].next_at
    assert at is not None
    return at


def publish_pack(post: Post) -> str:
    """Publish the clinic's pack; returns one of its alarming words that is no emergency."""
    pack, _ = parse_pack(FIRST, "first")
    with post.clinic.begin() as tx:
        alerts.publish(tx, pack, FIRST)
    return next(word for word in pack.red_flags["en"].words if not is_emergency(word))


def test_stop_still_stands_when_the_site_sends_from_another_number(post: Post, maria: UUID) -> None:
    """Whoever said it said it to the clinic, not to one of its numbers (P8)."""
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.PATIENT, Channel.SMS), "+12025550105")
    assert is_stopped(post, PATIENT_PHONE, "+12025550105")
    post.survey_text(maria, "survey:2")
    assert len(phone.gets()) == 1  # the confirmation of the STOP


def test_a_nurses_stop_goes_with_the_number_of_the_staff_only(post: Post, maria: UUID) -> None:
    Phone(post, NURSE_PHONE, STAFF_SENDER).says("STOP")
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.PATIENT, Channel.SMS), "+12025550105")
        senders.change(tx, Address(post.clinic.site, Audience.STAFF, Channel.SMS), "+12025550106")
    assert is_stopped(post, NURSE_PHONE, "+12025550106")
    assert not is_stopped(post, NURSE_PHONE, "+12025550105")


def test_a_stop_in_the_thread_of_a_former_number_is_obeyed(
    post: Post, maria: UUID, owner: Engine
) -> None:
    old_thread = Phone(post, PATIENT_PHONE)
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.PATIENT, Channel.SMS), "+12025550105")
    old_thread.says("STOP")
    assert readings(owner) == ["stop"]
    assert is_stopped(post, PATIENT_PHONE, "+12025550105")
    post.survey_text(maria)
    assert len(old_thread.gets()) == 1  # the confirmation of the STOP
    old_thread.says("START")
    assert not is_stopped(post, PATIENT_PHONE, "+12025550105")


def test_a_nurses_stop_in_the_thread_of_a_former_number_is_obeyed(post: Post) -> None:
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.STAFF, Channel.SMS), "+12025550106")
    Phone(post, NURSE_PHONE, STAFF_SENDER).says("STOP")
    assert is_stopped(post, NURSE_PHONE, "+12025550106")


def test_who_started_again_is_not_stopped_by_a_new_number(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    phone.says("START")
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.PATIENT, Channel.SMS), "+12025550105")
    assert not is_stopped(post, PATIENT_PHONE, "+12025550105")
