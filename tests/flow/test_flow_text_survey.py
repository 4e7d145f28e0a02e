"""A survey by text, from the first question to the thanks: question, reply, next question."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, conversation_end, inbound
from rsm.kernel.answers import REFUSED, SKIPPED, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Reporter, SurveyState
from rsm.messaging.incoming import ConversationEnd
from rsm.messaging.model import IncomingText
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER
from tests.flow.post import Post
from tests.flow.talk import Talk, begin, by_text, second_patient
from tests.survey_world import CLOSES, build_world


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    return begin(web_db, worker_db, clock)


# --- from the beginning to the end ----------------------------------------------------------------


def test_the_first_text_says_who_asks_how_to_answer_and_asks_the_first_question(talk: Talk) -> None:
    (first,) = talk.heard()
    assert first.startswith("Lakeside: your check-in.")
    assert "Emergency: 911" in first
    assert "STOP" in first
    assert "In the last 7 days: " in first
    assert "0 " in first
    assert "/s/" not in first


def test_the_next_question_leaves_only_after_an_answer(talk: Talk) -> None:
    talk.works()
    assert len(talk.heard()) == 1
    talk.says("1")
    assert len(talk.heard()) == 2


def test_the_whole_survey_is_answered_by_text(talk: Talk) -> None:
    last = talk.answers_all("0")
    assert "Reply in your own words, or DONE" in last
    assert "thank you" in talk.says("done")
    report = talk.report()
    assert report.is_final
    assert (report.reporter, report.channel) == (Reporter.SELF, Channel.SMS)
    assert talk.survey().state is SurveyState.COMPLETED
    assert talk.ends() == [ConversationEnd.SENT]
    assert not report.has_words
    assert talk.alerts() == []


def test_one_reply_is_one_answer_event(talk: Talk, owner: Engine) -> None:
    talk.says("2", "1")
    with owner.connect() as connection:
        events = connection.execute(text("SELECT channel, reporter FROM answer_event")).all()
    assert [tuple(event) for event in events] == [("sms", "self")] * 2


def test_more_words_than_a_day_allows_are_no_fault_where_she_asks_for_each(talk: Talk) -> None:
    talk.answers_all("1")
    assert len(talk.heard()) > 12
    assert TaskKind.RELEASE_TEXTS not in talk.tasks()


def test_her_own_words_are_kept_and_read_by_a_nurse(talk: Talk) -> None:
    talk.answers_all("0")
    talk.says("My daughter moved in to help me")
    report = talk.report()
    with talk.world.begin() as tx:
        assert responses.words(tx, report.id) == "My daughter moved in to help me"
    (alert,) = talk.alerts()
    assert alert.kind is AlertKind.TEXT


def test_whoever_adds_nothing_is_not_waited_for(talk: Talk) -> None:
    talk.answers_all("0")
    talk.post.later(minutes=29)
    assert conversation_end.finish_silent(talk.post.db) == 0
    talk.post.later(minutes=1)
    assert conversation_end.finish_silent(talk.post.db) == 1
    assert talk.report().is_final
    assert "thank you" in talk.last()
    assert conversation_end.finish_silent(talk.post.db) == 0


def test_severe_answers_are_followed_by_the_numbers_and_name_no_symptom(talk: Talk) -> None:
    talk.says("3", "4")
    talk.answers_all("0")
    said = talk.says("done")
    assert "202-555-0140" in said
    assert "call" in said
    assert "pain" not in said.casefold()
    assert talk.purposes()[-1] == "advice_urgent"


def test_an_emergency_is_answered_with_the_numbers_at_once(talk: Talk) -> None:
    while (item := talk.next_item()) is not None and not item.code.startswith("shortness"):
        talk.says("0")
    talk.says("4")
    assert "advice_emergency" in talk.purposes()
    (alert,) = talk.alerts()
    assert alert.level is Level.EMERGENCY
    assert talk.report().is_final is False
    assert talk.ends() == [None]


# --- what is not understood -----------------------------------------------------------------------


def test_a_slip_is_asked_once_more_then_the_link_is_sent(talk: Talk) -> None:
    assert talk.says("7").startswith("Sorry, we could not read that. ")
    assert talk.alerts() == []
    again = talk.says("77")
    assert "/s/" in again
    assert talk.ends() == [ConversationEnd.LINK]
    assert [alert.kind for alert in talk.alerts()] == [AlertKind.TEXT]


def test_words_are_read_by_a_nurse_and_the_question_is_asked_again(talk: Talk) -> None:
    assert talk.says("about the same I guess").startswith("Sorry, we could not read that. ")
    (alert,) = talk.alerts()
    assert (alert.kind, alert.level) == (AlertKind.TEXT, Level.SOON)
    talk.says("1")
    assert talk.ends() == [None]
    assert len(talk.answers()) == 1


def test_after_an_answer_the_next_question_has_its_own_repeat(talk: Talk) -> None:
    talk.says("7", "1")
    assert talk.says("9").startswith("Sorry, we could not read that. ")


def test_words_of_an_emergency_open_one_and_are_answered_at_once(talk: Talk) -> None:
    said = talk.says("please help I can't breathe")
    assert "911" in said
    (alert,) = talk.alerts()
    assert (alert.kind, alert.level) == (AlertKind.TEXT, Level.EMERGENCY)
    assert talk.ends() == [None]
    talk.says("1")
    assert len(talk.answers()) == 1


def test_vomiting_that_does_not_stop_is_no_stop(talk: Talk) -> None:
    talk.says("I can't stop vomiting")
    assert talk.ends() == [None]
    assert TaskKind.REACH_ANOTHER_WAY not in talk.tasks()
    assert [alert.kind for alert in talk.alerts()] == [AlertKind.TEXT]


# --- in place of an answer ------------------------------------------------------------------------


def test_a_question_is_passed_over_or_refused(talk: Talk) -> None:
    first = talk.next_item()
    talk.says("skip")
    second = talk.next_item()
    talk.says("I'd rather not say")
    assert first is not None
    assert second is not None
    assert talk.answers()[first.code] == SKIPPED
    assert talk.answers()[second.code] == REFUSED


def test_back_asks_the_question_before_again(talk: Talk) -> None:
    first = talk.next_item()
    opening = talk.last()
    talk.says("1")
    again = talk.says("back")
    assert opening.endswith(again)
    talk.says("2")
    assert first is not None
    assert talk.answers()[first.code] == answered(2)


def test_the_link_comes_on_request_and_what_was_answered_stays(talk: Talk) -> None:
    talk.says("1")
    assert "/s/" in talk.says("LINK")
    assert talk.ends() == [ConversationEnd.LINK]
    assert len(talk.answers()) == 1


def test_several_answers_in_one_text_are_taken_where_nothing_is_left_to_guess(talk: Talk) -> None:
    talk.says("2 1 0")
    given = {code: each.value for code, each in talk.answers().items()}
    assert given == {"pain.frequency": 2, "pain.severity": 1, "pain.interference": 0}


def test_more_answers_than_questions_are_guessed_by_nobody(talk: Talk) -> None:
    assert talk.says("2 1 0 1").startswith("Sorry")
    with talk.world.begin() as tx:
        assert responses.of_occurrence(tx, talk.survey().id) is None


# --- stop, start, other doors ---------------------------------------------------------------------


def test_stop_ends_it_and_start_takes_it_up_again(talk: Talk) -> None:
    talk.says("1")
    talk.says("STOP")
    assert talk.ends() == [ConversationEnd.STOPPED]
    before = len(talk.heard())
    talk.says("2")
    assert len(talk.answers()) == 1
    assert len(talk.heard()) == before
    said = talk.says("START")
    assert said.startswith("Lakeside: your check-in.")
    assert talk.ends() == [ConversationEnd.STOPPED, None]
    talk.says("2")
    assert len(talk.answers()) == 2


@pytest.mark.parametrize("body", ["wrong number", "my husband passed away", "I'm in the hospital"])
def test_words_that_pause_end_the_conversation(talk: Talk, body: str) -> None:
    talk.says("1")
    talk.says(body)
    assert talk.ends() == [ConversationEnd.STOPPED]
    assert len(talk.answers()) == 1


def test_sent_by_another_door_nothing_more_is_asked(talk: Talk) -> None:
    talk.says("1")
    asked = len(talk.heard())
    with talk.world.as_patient() as tx:
        answer.submit(tx, talk.survey().id, "", Author())
    talk.works()
    assert len(talk.heard()) == asked
    assert talk.ends() == [ConversationEnd.OTHER_DOOR]


def test_what_the_link_has_answered_is_not_asked_again(talk: Talk) -> None:
    talk.says("0")
    item = talk.next_item()
    assert item is not None
    with talk.world.as_patient() as tx:
        answer.save(tx, talk.survey().id, item.code, answered(0), Author())
    following = talk.next_item()
    assert following is not None
    talk.post.later(days=1)
    talk.works()
    assert following.text["en"] in talk.last()
    assert item.text["en"] not in talk.last()


def test_a_reminder_is_the_same_question_again(talk: Talk) -> None:
    first = talk.next_item()
    talk.post.later(days=1)
    talk.works()
    assert first is not None
    assert first.text["en"] in talk.last()
    assert talk.purposes()[-1] == "survey_ask_remind"
    talk.works()
    assert len(talk.heard()) == 2


def test_after_the_link_she_is_reminded_by_the_link(talk: Talk) -> None:
    talk.says("link")
    talk.post.later(days=1)
    talk.works()
    assert talk.purposes()[-1] == "survey_reminder"


def test_whoever_wants_it_no_more_gets_the_link(talk: Talk) -> None:
    by_text(talk.world, talk.world.patient, wanted=False)
    assert "/s/" in talk.says("1")
    assert talk.ends() == [ConversationEnd.LINK]
    assert len(talk.answers()) == 1


# --- late, twice, at night ------------------------------------------------------------------------


def test_a_late_answer_is_taken_and_marked_late(talk: Talk, clock: VirtualClock) -> None:
    clock.set(CLOSES + timedelta(hours=3))
    talk.works()
    assert talk.ends() == [ConversationEnd.CLOSED]
    assert talk.survey().state is SurveyState.MISSED
    assert "had closed" in talk.says("2")
    assert talk.report().late
    assert talk.survey().state is SurveyState.PARTIAL
    assert talk.answers()["pain.frequency"] == answered(2)


def test_a_late_answer_joins_what_was_answered_in_time(talk: Talk, clock: VirtualClock) -> None:
    talk.says("2")
    clock.set(CLOSES + timedelta(hours=3))
    talk.works()
    assert talk.report().is_final
    talk.says("3")
    assert talk.report().revision == 2
    assert talk.answers()["pain.frequency"] == answered(2)
    assert talk.answers()["pain.severity"] == answered(3)
    talk.says("1")
    assert talk.report().revision == 2


def test_an_answer_in_the_moment_of_the_closing_is_late_and_not_lost(
    talk: Talk, clock: VirtualClock
) -> None:
    talk.says("2")
    clock.set(CLOSES + timedelta(seconds=1))
    assert "had closed" in talk.says("1")
    assert talk.report().late
    assert set(talk.answers()) >= {"pain.frequency", "pain.severity"}
    assert talk.ends() == [ConversationEnd.CLOSED]


def test_a_redelivered_text_changes_nothing(talk: Talk) -> None:
    said = talk.phone.says("2")
    assert not inbound.receive_text(talk.world.clinic.db, said)
    talk.post.deliver()
    assert len(talk.answers()) == 1
    assert len(talk.heard()) == 2


def test_at_night_an_answer_is_followed_by_the_next_question(
    talk: Talk, clock: VirtualClock
) -> None:
    talk.post.later(hours=14)  # 23:00 on her clock
    talk.says("1")
    assert len(talk.heard()) == 2


def test_a_question_that_could_not_leave_for_long_waits_for_the_morning(
    talk: Talk, clock: VirtualClock
) -> None:
    talk.post.later(hours=14)
    talk.phone.says("1")
    talk.post.later(minutes=45)
    talk.post.deliver()
    assert len(talk.heard()) == 1
    talk.post.later(hours=9)
    assert len(talk.heard()) == 2


# --- two patients, one phone ----------------------------------------------------------------------


@pytest.fixture
def shared(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    world = build_world(web_db)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    by_text(world, world.patient)
    second_patient(talk, birth_date=date(1949, 6, 1))
    talk.works()
    return talk


def test_two_patients_on_one_phone_are_asked_one_at_a_time(shared: Talk) -> None:
    asked, link = sorted(shared.heard(), key=lambda said: "/s/" in said)
    assert "Reply with your year of birth" in asked
    assert "/s/" in link
    assert "Alvarez" not in asked + link


def test_whoever_replies_says_first_who_it_is(shared: Talk, owner: Engine) -> None:
    with owner.connect() as connection:
        who = connection.execute(text("SELECT patient_id FROM conversation")).scalar_one()
    year = "1957" if who == shared.world.patient else "1949"
    shared.says("2")
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM answer_event")).scalar_one() == 0
    assert "your check-in" in shared.says(year)
    shared.says("2")
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT patient_id FROM answer_event")).all()
    assert [row[0] for row in rows] == [who]


def test_a_wrong_year_twice_leads_to_the_link_and_tells_nothing(shared: Talk) -> None:
    assert "not what we have" in shared.says("1960")
    assert "/s/" in shared.says("1961")
    shared.says("2")
    with shared.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 0


# --- two texts at once ----------------------------------------------------------------------------


def test_a_second_answer_before_the_next_question_came_is_an_answer_to_nothing(talk: Talk) -> None:
    talk.phone.says("2")
    talk.phone.says("2")
    talk.post.deliver()
    assert list(talk.answers()) == ["pain.frequency"]
    assert talk.alerts() == []
    talk.says("3")
    assert talk.answers()["pain.severity"] == answered(3)


def test_two_replies_at_once_are_one_answer(talk: Talk, owner: Engine) -> None:
    gate = threading.Barrier(2)
    texts = [
        IncomingText("twilio", f"SMrace{n}", PATIENT_PHONE, PATIENT_SENDER, "2") for n in range(2)
    ]

    def hand_in(said: IncomingText) -> None:
        gate.wait()
        inbound.receive_text(talk.world.clinic.db, said)

    threads = [threading.Thread(target=hand_in, args=(said,)) for said in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with owner.connect() as connection:
        events = connection.execute(text("SELECT item FROM answer_event")).scalars().all()
        turn = connection.execute(text("SELECT turn, repeats FROM conversation")).one()
    assert events == ["pain.frequency"]
    assert tuple(turn) == (3, 1)
