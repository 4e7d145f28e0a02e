"""A patient answers her survey by an automated call; read as the requirement."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from integrations.twilio.faults import CreateFault
from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import answer, asking, inbound, outbound, outcome, voice_survey
from rsm.flow.ask_now import ask_now
from rsm.instruments import service as instruments
from rsm.kernel import faults
from rsm.kernel.answers import SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Level, Relation, Reporter, SurveyState
from rsm.messaging.model import CallTurn, IncomingText
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.tasks.model import TaskKind
from tests.clinic import CLINIC_PHONE, PATIENT_PHONE, PATIENT_SENDER
from tests.flow.survey_callers import CALLS_FROM, PUBLIC_URL, SurveyPhone
from tests.safety_world import build_crisis_world, build_safety_world, build_words_world
from tests.survey_world import BORN, World, build_world

SENT = SurveyState.COMPLETED
FIRST_WORDS = "Hello. This is an automated call from Lakeside."
BREATHLESS = "shortness-of-breath.severity"
ABOUT_HEALTH = ("pain", "symptom", "Maria", "Alvarez", "survey", "1957", "medic")


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db, channel=Channel.VOICE)


@pytest.fixture
def phone(world: World, worker_db: Database, clock: VirtualClock) -> SurveyPhone:
    return SurveyPhone(world, worker_db, clock)


@pytest.fixture(autouse=True)
def no_hook_is_left() -> Iterator[None]:
    yield
    faults.install(None)


def alarms(phone: SurveyPhone) -> list[Level]:
    with phone.world.begin() as tx:
        return [each.level for each in handling.of_patient(tx, phone.world.patient)]


def actions(phone: SurveyPhone, like: str) -> list[str]:
    query = text("SELECT action FROM audit_event WHERE action LIKE :like ORDER BY id")
    with phone.world.begin() as tx:
        return list(tx.session.scalars(query, {"like": like}))


# --- the whole of it ----------------------------------------------------------------------------


def test_she_is_called_at_her_hour_and_answers_all_of_it_with_keys(phone: SurveyPhone) -> None:
    survey = phone.window_opens()
    assert phone.rings() == 1
    assert phone.fake.calls[0].message.sender == CALLS_FROM
    assert phone.takes().startswith(FIRST_WORDS)
    assert phone.types("1").endswith("the four digits of the year in which you were born.")
    first = phone.types("1957")
    assert "There are at most 25 questions." in first
    assert "In the last 7 days. How often were you in pain?" in first
    assert "For: Sometimes, press 2." in first
    second = phone.types("2")
    assert second.startswith("Sometimes. In the last 7 days. How bad was your pain at its worst?")
    last = phone.answers_all("1")
    assert last.endswith("Thank you. We have stored your answers. Goodbye.")
    assert phone.heard.keys_url == ""
    report = phone.response()
    assert report is not None
    assert (report.is_final, report.channel, report.reporter) == (
        True,
        Channel.VOICE,
        Reporter.SELF,
    )
    assert report.answers["pain.frequency"] == answered(2)
    assert {
        answer.value for code, answer in report.answers.items() if code != "pain.frequency"
    } == {1}
    assert phone.survey().state is SENT
    phone.hangs_up()
    phone.passes(hours=24)
    assert (phone.rings(), phone.tasks()) == (1, [])
    assert phone.calls()[0][1] == "delivered"
    assert survey.id == phone.survey().id


def test_until_she_has_shown_who_she_is_nothing_is_said_of_health_or_her(
    phone: SurveyPhone,
) -> None:
    phone.window_opens()
    said = [phone.takes(), phone.types("#"), phone.types("7"), phone.types("9"), phone.types("#")]
    phone.takes()
    said += [phone.types("1"), phone.types("1958"), phone.heard.goodbye]
    said += [each.words for each in phone.heard.more]
    said += [phone.fake.calls[0].message.body]
    assert not [word for word in ABOUT_HEALTH for words in said if word in words]


def test_each_answer_says_that_she_gave_it_by_phone_and_when(
    phone: SurveyPhone, clock: VirtualClock
) -> None:
    phone.window_opens()
    phone.confirms()
    phone.types("1")
    clock.advance(timedelta(minutes=1))
    phone.types("2")
    query = text("SELECT item, reporter, channel, at FROM answer_event ORDER BY at")
    with phone.world.begin() as tx:
        rows = list(tx.session.execute(query))
    assert [(item, reporter, channel) for item, reporter, channel, _ in rows] == [
        ("pain.frequency", "self", "voice"),
        ("pain.severity", "self", "voice"),
    ]
    assert rows[1][3] - rows[0][3] == timedelta(minutes=1)


def test_a_question_may_be_left_out(phone: SurveyPhone) -> None:
    phone.window_opens()
    assert "To leave this question out, press 9." in phone.confirms()
    assert phone.types("9").startswith("In the last 7 days. How often did you feel sick")
    assert phone.stored() == {"pain.frequency": SKIPPED}


# --- which way is hers --------------------------------------------------------------------------


def test_her_own_number_for_calls_is_called_before_that_of_her_texts(phone: SurveyPhone) -> None:
    with phone.world.begin() as tx:
        add = text(
            "INSERT INTO contact_point (id, site_id, patient_id, channel, owner, address_sealed,"
            " address_hash, state, since) SELECT gen_random_uuid(), site_id, patient_id,"
            " 'voice', owner, address_sealed, address_hash, state, since FROM contact_point"
        )
        tx.session.execute(add)
        assert patients.address(tx, phone.world.patient, Channel.VOICE) == PATIENT_PHONE
        # The phone that gets her texts is another one now.
        tx.session.execute(text("UPDATE contact_point SET state = 'replaced' WHERE channel='sms'"))
    phone.window_opens()
    assert phone.rings() == 1


def test_without_a_number_to_call_from_a_person_calls(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    phone = SurveyPhone(world, worker_db, clock, calls_from="")
    phone.window_opens()
    assert (phone.rings(), phone.tasks()) == (0, [TaskKind.CALL_PATIENT])


def test_a_stop_to_our_texts_ends_the_calls_as_well_and_a_person_calls(phone: SurveyPhone) -> None:
    stop = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "STOP")
    inbound.receive_text(phone.world.clinic.db, stop)
    phone.window_opens()
    assert phone.rings() == 0
    assert TaskKind.CALL_PATIENT in phone.tasks()


def test_a_stop_between_two_calls_cancels_the_second(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.hangs_up("no-answer")
    stop = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "STOP")
    inbound.receive_text(phone.world.clinic.db, stop)
    phone.passes(hours=2)
    assert phone.rings() == 1


def test_who_wants_texts_is_not_called(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    phone = SurveyPhone(build_world(web_db), worker_db, clock)
    phone.window_opens()
    assert (phone.rings(), phone.calls()) == (0, [])


def test_whoever_wants_texts_from_now_on_gets_no_planned_call(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.hangs_up("no-answer")
    with phone.world.begin() as tx:
        tx.session.execute(text("UPDATE patient SET channel = 'sms'"))
    phone.passes(hours=5)
    assert phone.rings() == 1
    assert {reason for _, state, reason in phone.calls() if state == "cancelled"} == {"another_way"}


def test_a_survey_with_a_question_that_is_a_crisis_is_asked_by_a_person(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_crisis_world(web_db)
    with world.begin() as tx:
        tx.session.execute(text("UPDATE patient SET channel = 'voice'"))
    phone = SurveyPhone(world, worker_db, clock)
    survey = phone.window_opens()
    with world.begin() as tx:
        assert asking.by_keys(tx, survey) is None
    assert (phone.rings(), phone.tasks()) == (0, [TaskKind.CALL_PATIENT])


def test_a_question_for_words_is_left_out_and_she_hears_whom_to_tell(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_words_world(web_db, required=False, channel=Channel.VOICE)
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    phone.confirms()
    said = phone.answers_all("0")
    assert "Some questions need words. You can tell the clinic: 2 0 2," in said
    assert "else" not in phone.stored()
    assert phone.survey().state is SENT


def test_a_survey_that_must_have_words_is_asked_by_a_person(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_words_world(web_db, required=True, channel=Channel.VOICE)
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    assert (phone.rings(), phone.tasks()) == (0, [TaskKind.CALL_PATIENT])


def test_staff_can_have_her_called_now_at_any_hour(phone: SurveyPhone, clock: VirtualClock) -> None:
    clock.set(datetime(2026, 10, 18, 2, 30, tzinfo=UTC))  # Saturday, half past ten at night
    with phone.world.begin() as tx:
        survey = ask_now(tx, phone.world.patient)
        assert ask_now(tx, phone.world.patient).id == survey.id
    phone.deliver()
    assert phone.rings() == 1
    assert "How often were you in pain?" in phone.confirms()


# --- retried by plan ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["busy", "no-answer", "failed"])
def test_whoever_does_not_answer_is_called_three_times_a_day_and_then_by_a_person(
    phone: SurveyPhone, how: str
) -> None:
    survey = phone.window_opens()
    days = [survey.opens_at, *survey.reminders]
    rung = 0
    for day in days:
        for _ in range(3):
            rung += 1
            assert (phone.rings(), phone.tasks()) == (rung, [])
            phone.hangs_up(how)
            phone.passes(hours=1.9)
            assert phone.rings() == rung
            phone.passes(hours=0.1)
        to_reminder = day + timedelta(days=1) - phone.clock.now()
        if day != days[-1]:
            phone.passes(seconds=to_reminder.total_seconds())
    assert phone.tasks() == [TaskKind.CALL_PATIENT]
    numbers = range(1, 3 * len(days) + 1)
    assert [key for key, _, _ in phone.calls()] == [f"call:{number}" for number in numbers]
    assert phone.survey().state is SurveyState.OPEN


def test_a_voicemail_hears_nothing_of_health_and_she_is_called_again(phone: SurveyPhone) -> None:
    phone.window_opens()
    said = phone.takes("machine_start")
    assert "We will call again." in said
    assert not [word for word in ABOUT_HEALTH if word in said]
    assert "2 0 2, 5 5 5, 0 1 4 0" in said
    phone.hangs_up()
    assert phone.calls()[0] == ("call:1", "undelivered", "voicemail")
    assert actions(phone, "call.%") == ["call.voicemail"]
    phone.passes(hours=2)
    assert phone.rings() == 2


def test_a_person_taken_for_a_machine_can_answer_nevertheless(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.takes("machine_start")
    phone.types("1")
    assert "How often were you in pain?" in phone.types("1957")
    phone.hangs_up()
    assert phone.calls()[0][1] == "delivered"


def test_whoever_takes_it_and_says_nothing_is_not_reached(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.takes()
    assert "We will call again." in phone.heard.goodbye
    phone.hangs_up()
    assert phone.calls()[0] == ("call:1", "undelivered", "not_her")
    phone.passes(hours=2)
    assert phone.rings() == 2


def test_a_number_that_does_not_exist_is_for_a_person_at_once(phone: SurveyPhone) -> None:
    phone.fake.faults.refused[PATIENT_PHONE] = 13224
    phone.window_opens()
    assert phone.tasks() == [TaskKind.CALL_PATIENT]
    assert [state for _, state, _ in phone.calls()] == ["failed", "cancelled", "cancelled"]


def test_a_call_of_which_nobody_knows_is_never_made_again_the_next_one_is(
    phone: SurveyPhone,
) -> None:
    phone.fake.fault(CreateFault.DROP_AFTER_ACCEPT)
    phone.window_opens()
    assert phone.calls()[0][1] == "sending"
    assert "How often were you in pain?" in phone.confirms()  # it had rung
    assert phone.calls()[0][1] == "sent"
    phone.passes(minutes=30)
    assert phone.rings() == 1


def test_after_an_outage_not_all_calls_ring_at_once(phone: SurveyPhone) -> None:
    outbound.open_due(phone.worker)
    phone.passes(hours=4.5)
    assert phone.rings() == 1
    assert [state for _, state, _ in phone.calls()] == ["suppressed", "suppressed", "accepted"]


def test_calls_keep_to_the_hours_in_which_she_may_be_reached(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    hours = {"contact_from": time(9), "contact_until": time(12)}
    world = build_world(web_db, channel=Channel.VOICE, **hours)
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    phone.hangs_up("no-answer")
    phone.passes(hours=2)
    phone.hangs_up("no-answer")
    phone.passes(hours=4)
    assert phone.rings() == 2  # at nine and at eleven; one o'clock is not hers
    phone.passes(hours=18)
    assert phone.rings() == 3


def test_a_paused_patient_is_not_called(phone: SurveyPhone) -> None:
    outbound.open_due(phone.worker)
    with phone.world.begin() as tx:
        tx.session.execute(text("UPDATE patient SET status = 'paused'"))
    phone.deliver()
    assert phone.rings() == 0


# --- broken off, and by other doors -------------------------------------------------------------


def test_a_call_broken_off_is_gone_on_with_by_the_next(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    phone.types("1")
    phone.types("2")
    phone.hangs_up()
    phone.passes(hours=2)
    said = phone.confirms()
    assert said.startswith("Welcome back. We go on where you stopped.")
    assert "How much did pain get in the way of your daily life?" in said
    assert phone.survey().state is SurveyState.STARTED
    phone.answers_all("0")
    assert phone.stored()["pain.severity"] == answered(2)


def test_begun_by_link_gone_on_by_phone_finished_with_the_nurse(phone: SurveyPhone) -> None:
    survey = phone.window_opens()
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, Author())
        answer.save(tx, survey.id, "pain.frequency", answered(0), Author())
    said = phone.confirms()
    assert "How often did you feel sick to your stomach?" in said
    phone.types("3")
    by = Author(Reporter.STAFF, Channel.STAFF, recorded_by=phone.world.clinic.nurse)
    with phone.world.begin() as tx:
        answer.save(tx, survey.id, "nausea.severity", answered(1), by)
        answer.submit(tx, survey.id, "", by)
    assert "We have stored your answers." in phone.types("2")
    stored = phone.stored()
    assert stored["nausea.frequency"] == answered(3)
    assert stored["nausea.severity"] == answered(1)  # she was too late: it had been sent


def test_what_a_relative_has_begun_is_not_hers_to_go_on_with(phone: SurveyPhone) -> None:
    survey = phone.window_opens()
    proxy = Author(Reporter.PROXY, relation=Relation.CHILD)
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, proxy)
        answer.save(tx, survey.id, "pain.frequency", answered(4), proxy)
    assert "How often were you in pain?" in phone.confirms()
    turn = phone.turn("0")
    assert "How often did you feel sick to your stomach?" in phone.hand_in(turn)
    phone.hand_in(turn)
    phone.answers_all("0")
    with phone.world.begin() as tx:
        theirs = responses.of_occurrence(tx, survey.id)
        query = text("SELECT reporter, state FROM response ORDER BY reporter")
        assert [tuple(row) for row in tx.session.execute(query)] == [
            ("proxy", "draft"),
            ("self", "final"),
        ]
    assert theirs is not None
    assert theirs.answers == {"pain.frequency": answered(4)}


def test_what_was_answered_by_another_door_meanwhile_is_not_asked_again(
    phone: SurveyPhone,
) -> None:
    survey = phone.window_opens()
    phone.confirms()
    with phone.world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.severity", answered(1), Author())
        answer.save(tx, survey.id, "pain.interference", answered(1), Author())
    assert "How often did you feel sick to your stomach?" in phone.types("2")


def test_a_survey_that_was_sent_is_not_asked(phone: SurveyPhone) -> None:
    survey = phone.window_opens()
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, Author())
        answer.submit(tx, survey.id, "", Author())
    assert phone.confirms() == "We have your answers already. Thank you. Goodbye."
    assert phone.heard.keys_url == ""


def test_a_survey_that_has_closed_is_not_asked(phone: SurveyPhone, clock: VirtualClock) -> None:
    phone.window_opens()
    phone.takes()
    phone.types("1")
    clock.advance(timedelta(days=6))
    assert phone.types("1957").startswith("There is nothing to ask at the moment.")
    assert phone.stored() == {}


# --- redelivered --------------------------------------------------------------------------------


def test_a_turn_that_is_handed_in_again_changes_nothing_and_says_the_same(
    phone: SurveyPhone,
) -> None:
    phone.window_opens()
    phone.confirms()
    for key in ("2", "3", "#", "7", "1"):
        turn = phone.turn(key)
        first = phone.hand_in(turn)
        before = events(phone)
        assert phone.hand_in(turn) == first
        assert events(phone) == before
    assert phone.stored()["pain.interference"] == answered(1)


def events(phone: SurveyPhone) -> int:
    with phone.world.begin() as tx:
        return int(tx.session.scalar(text("SELECT count(*) FROM answer_event")) or 0)


def test_a_turn_that_is_handed_in_by_many_at_once_is_counted_once(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    turn = phone.turn("3")
    token = turn.url.rsplit("/", 1)[1]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: hand_in(phone, turn.turn, token), range(6)))
    assert len(set(said)) == 1
    assert events(phone) == 1
    assert phone.stored() == {"pain.frequency": answered(3)}


def test_a_fault_in_what_follows_loses_no_answer(
    phone: SurveyPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    phone.window_opens()
    phone.confirms()
    monkeypatch.setattr(outcome, "outcome_of", broken)
    assert "How bad was your pain at its worst?" in phone.types("3")
    assert phone.stored() == {"pain.frequency": answered(3)}


def test_an_old_turn_with_another_key_changes_nothing(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    late = phone.turn("4")
    phone.types("1")
    phone.hand_in(late)
    assert phone.stored() == {"pain.frequency": answered(1)}


def test_the_last_turn_handed_in_again_says_that_all_is_stored(phone: SurveyPhone) -> None:
    phone.window_opens()
    said = phone.confirms()
    while "Thank you" not in said:
        turn = phone.turn("0")
        said = phone.hand_in(turn)
    again = phone.hand_in(turn)
    assert "We have stored your answers." in again
    assert phone.survey().state is SENT


def test_a_turn_of_another_call_or_that_is_none_does_nothing(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    url = phone.heard.keys_url
    phone.hangs_up()
    phone.passes(hours=2)
    phone.takes()
    turn = phone.fake.takes(PATIENT_PHONE).turn
    stolen = CallTurn(turn.provider_id, turn.to, "3")
    said = hand_in(phone, stolen, token=url.rsplit("/", 1)[1])
    assert said.startswith("There is nothing to ask at the moment.")
    assert hand_in(phone, stolen, token="x" * 80).startswith("There is nothing to ask")
    assert phone.stored() == {}


def hand_in(phone: SurveyPhone, turn: CallTurn, token: str) -> str:
    site, message = phone.fake.calls[-1].spoken.asked_url.split("/")[-2:]
    where = UUID(site), UUID(message)
    return voice_survey.turn(phone.world.clinic.db, turn, where, token, PUBLIC_URL).words


def test_a_call_to_a_number_that_is_not_hers_any_more_is_over(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    with phone.world.begin() as tx:
        patients.suspend_contact(tx, phone.world.patient, Channel.SMS, "wrong_number")
    assert phone.types("3").startswith("There is nothing to ask at the moment.")
    assert phone.stored() == {}


# --- who is it? ---------------------------------------------------------------------------------


def test_a_wrong_year_of_birth_is_asked_once_more(phone: SurveyPhone) -> None:
    phone.window_opens()
    assert phone.confirms(1958).startswith("That is not the year that we have.")
    assert "How often were you in pain?" in phone.types(str(BORN.year))
    assert phone.tasks() == []


def test_two_wrong_years_end_the_call_politely_and_a_person_looks(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms(1958)
    said = phone.types("1985")
    assert said.startswith("We cannot go on with this call.")
    assert phone.heard.keys_url == ""
    assert sorted(phone.tasks()) == [TaskKind.CALL_PATIENT, TaskKind.CHECK_CONTACT]
    phone.hangs_up()
    phone.passes(hours=4)
    assert (phone.rings(), phone.stored()) == (1, {})
    assert actions(phone, "call.%") == ["call.wrong_year"]


def test_somebody_else_takes_it_and_she_is_called_later(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.takes()
    assert phone.types("9").startswith("Thank you. We will call again another time")
    phone.hangs_up()
    assert phone.tasks() == []
    phone.passes(hours=2)
    assert phone.rings() == 2


def test_whoever_says_that_it_is_a_wrong_number_is_not_called_again(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.takes()
    phone.types("9")
    assert phone.types("9").startswith("Thank you for telling us.")
    assert phone.tasks() == [TaskKind.CHECK_CONTACT]
    with phone.world.begin() as tx:
        assert patients.address(tx, phone.world.patient, Channel.SMS) is None
    phone.passes(hours=24)
    assert phone.rings() == 1


# --- languages ----------------------------------------------------------------------------------


def test_she_may_go_on_in_another_language_of_the_site(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.takes()
    (offer,) = phone.heard.more
    assert (offer.locale, offer.words) == ("es-US", "Para español, oprima el 2.")
    said = phone.types("2")
    assert said.startswith("Hola. Esta es una llamada automática de Lakeside.")
    assert phone.heard.locale == "es-US"
    assert [each.words for each in phone.heard.more] == ["For English, press 2."]
    phone.types("1")
    said = phone.types("1957")
    assert "En los últimos 7 días. ¿Qué tan seguido tuvo dolor?" in said
    assert "Para: A veces, oprima el 2." in said
    phone.types("2")
    report = phone.response()
    assert report is not None
    assert report.language == "es"


def test_a_patient_who_speaks_spanish_is_greeted_in_it(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db, channel=Channel.VOICE, language="es")
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    assert phone.takes().startswith("Hola.")


# --- repeat, slower, to the clinic --------------------------------------------------------------


def test_pound_says_it_again_and_a_second_time_slower(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    question = phone.types("#")
    assert question.startswith("In the last 7 days. How often were you in pain?")
    slow = [phone.heard.slow]
    assert phone.types("#") == question
    slow.append(phone.heard.slow)
    phone.types("1")
    slow.append(phone.heard.slow)
    assert slow == [False, True, True]  # and for the rest of the call
    assert phone.stored() == {"pain.frequency": answered(1)}


def test_a_key_that_is_no_answer_is_said_to_be_none(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    said = phone.types("6")
    assert said.startswith("That is not one of the answers. In the last 7 days.")
    assert phone.stored() == {}


@pytest.mark.parametrize("keys_before", ["", "1", "confirmed"])
def test_star_connects_with_the_clinic_at_any_time_and_is_in_the_trail(
    phone: SurveyPhone, keys_before: str
) -> None:
    phone.window_opens()
    if keys_before == "confirmed":
        phone.confirms()
    else:
        phone.takes()
        for key in keys_before:
            phone.types(key)
    turn = phone.turn("*")
    said = [phone.hand_in(turn), phone.hand_in(turn)]
    assert {each.startswith("We are connecting you to the clinic.") for each in said} == {True}
    assert (phone.heard.dial, phone.heard.dial_from) == (CLINIC_PHONE, CALLS_FROM)
    assert "9 1 1" in phone.heard.goodbye
    assert actions(phone, "call.connected") == ["call.connected"]


# --- advice at once -----------------------------------------------------------------------------


def test_an_emergency_is_answered_at_once_with_whom_to_call_and_the_offer_to_be_connected(
    phone: SurveyPhone,
) -> None:
    breath(phone)
    said = phone.types("4")
    assert "Please hang up and call 9 1 1 now." in said
    assert "2 0 2, 5 5 5, 0 1 4 0" in said
    assert said.endswith("press 1. To go on with the questions, press 2.")
    assert Level.EMERGENCY in alarms(phone)
    assert phone.survey().state is SurveyState.STARTED
    assert phone.types("1").startswith("We are connecting you to the clinic.")
    assert phone.heard.dial == CLINIC_PHONE


def breath(phone: SurveyPhone) -> None:
    """Up to the question how bad her shortness of breath was."""
    phone.window_opens()
    phone.confirms()
    survey = phone.survey()
    with phone.world.begin() as tx:
        items = instruments.load(tx, survey.instrument).items
    codes = [item.code for item in items]
    with phone.world.as_patient() as tx:
        for code in codes[: codes.index(BREATHLESS)]:
            answer.save(tx, survey.id, code, answered(0), Author())
    assert "shortness of breath" in phone.types("#")


def test_after_the_advice_she_may_go_on_and_hears_it_again_at_the_end(phone: SurveyPhone) -> None:
    breath(phone)
    phone.types("4")
    assert phone.types("7").startswith("That key does nothing here.")
    assert "Please hang up and call 9 1 1 now." in phone.types("#")
    said = phone.types("2")
    assert "In the last 7 days." in said
    assert "hang up and call" not in said
    said = phone.answers_all("4")
    assert "We have stored your answers." in said
    assert "Please hang up and call 9 1 1 now." in said
    assert phone.survey().state is SENT
    assert phone.types("5") == "Goodbye."


def test_advice_needs_no_waking_hours(phone: SurveyPhone, clock: VirtualClock) -> None:
    breath(phone)
    clock.set(datetime(2026, 10, 20, 3, 0, tzinfo=UTC))  # eleven at night
    assert "call 9 1 1 now" in phone.types("4")


def test_an_emergency_that_is_handed_in_again_is_advised_again_and_is_one_alert(
    phone: SurveyPhone,
) -> None:
    breath(phone)
    turn = phone.turn("4")
    first = phone.hand_in(turn)
    assert phone.hand_in(turn) == first
    assert alarms(phone).count(Level.EMERGENCY) == 1


def test_nothing_that_is_severe_is_thanked_without_advice(phone: SurveyPhone) -> None:
    phone.window_opens()
    phone.confirms()
    said = phone.answers_all("0")
    assert said.endswith("We have stored your answers. Goodbye.")


# --- numbers ------------------------------------------------------------------------------------


@pytest.fixture
def thermometer(web_db: Database, worker_db: Database, clock: VirtualClock) -> SurveyPhone:
    """Asked for her temperature, all else answered."""
    world = build_safety_world(web_db, channel=Channel.VOICE)
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    said = phone.confirms()
    while "What was your highest temperature?" not in said:
        said = phone.types("0")
    assert phone.heard.keys > 1
    assert "Type all the digits without the point, then press pound." in said
    return phone


@pytest.mark.parametrize(("typed", "value"), [("382", 382), ("1008", 382), ("38", 380)])
def test_a_number_is_typed_said_back_and_stored_once_it_is_right(
    thermometer: SurveyPhone, typed: str, value: int
) -> None:
    said = thermometer.types(typed)
    assert said.startswith("You gave: 38")
    assert "temperature" not in thermometer.stored()
    thermometer.types("1")
    assert thermometer.stored()["temperature"] == answered(value)


def test_a_number_may_be_typed_again(thermometer: SurveyPhone) -> None:
    thermometer.types("402")
    assert "What was your highest temperature?" in thermometer.types("2")
    thermometer.types("372")
    turn = thermometer.turn("1")
    first = thermometer.hand_in(turn)
    assert "stored" in first
    thermometer.hand_in(turn)
    assert thermometer.stored()["temperature"] == answered(372)


def test_a_number_that_cannot_be_is_asked_again(thermometer: SurveyPhone) -> None:
    assert thermometer.types("9").startswith("That is not one of the answers.")
    assert thermometer.types("20000").startswith("That is not one of the answers.")
    assert "temperature" not in thermometer.stored()


def test_zero_says_that_she_has_not_measured_it(thermometer: SurveyPhone) -> None:
    thermometer.types("0")
    assert thermometer.stored()["temperature"] == Answer(AnswerStatus.NOT_APPLICABLE)


def test_no_address_and_no_event_holds_an_answer_or_an_item(thermometer: SurveyPhone) -> None:
    thermometer.types("382")
    urls = [thermometer.heard.keys_url]
    assert not [url for url in urls if "382" in url or "temperature" in url]
    with thermometer.world.begin() as tx:
        kept = " ".join(map(str, tx.session.execute(text("SELECT * FROM delivery_event"))))
    assert "temperature" not in kept
    assert "key_" not in kept
