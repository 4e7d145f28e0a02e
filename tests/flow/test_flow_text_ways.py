"""When a survey is not asked by text, and what happens when a text of it does not arrive."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import answer, asking, outbound
from rsm.flow.ask_now import ask_now
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Relation, Reporter
from rsm.messaging.incoming import ConversationEnd
from rsm.patients import service as patients
from rsm.patients import texting
from rsm.responses.model import Author
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.talk import Talk, begin, by_text, second_patient
from tests.survey_world import World, build_world

STRANGER = "+12025550177"


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def talk_of(world: World, worker: Database, clock: VirtualClock) -> Talk:
    talk = Talk(world, Post(world.clinic, worker, clock))
    talk.works()
    return talk


# --- the link, as ever ----------------------------------------------------------------------------


def test_without_her_choice_she_gets_the_link(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    talk = talk_of(world, worker_db, clock)
    assert talk.purposes() == ["survey_invite"]
    assert talk.ends() == []


def test_a_survey_with_a_question_that_is_a_crisis_is_never_asked_by_text(
    world: World, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_text(world, world.patient)
    monkeypatch.setattr(asking, "may_be_asked_by_text", lambda *_: False)
    talk = talk_of(world, worker_db, clock)
    assert talk.purposes() == ["survey_invite"]


def test_two_on_one_phone_who_could_not_be_told_apart_get_their_links(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    second_patient(talk, birth_date=date(1957, 11, 30))
    talk.works()
    assert all("/s/" in said for said in talk.heard())
    assert talk.ends() == []


def test_whoever_said_stop_is_asked_nothing_by_text(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    by_text(world, world.patient)
    post = Post(world.clinic, worker_db, clock)
    Phone(post, PATIENT_PHONE).says("STOP")
    talk = Talk(world, post)
    talk.works()
    assert talk.ends() == []
    assert [said for said in talk.heard() if "0 " in said] == []


def test_a_text_that_surely_did_not_arrive_goes_the_next_way_and_ends_the_conversation(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    talk.post.fake.faults.refused[PATIENT_PHONE] = 21211
    talk.works()
    assert talk.ends() == [ConversationEnd.LINK]
    assert TaskKind.CALL_PATIENT in talk.tasks()


def test_a_stop_that_only_the_provider_knew_of_ends_the_questions_and_a_person_is_told(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    """Lessons 45 and 47: no survey is under way for ever with somebody who opted out."""
    by_text(world, world.patient)
    talk = talk_of(world, worker_db, clock)
    talk.post.fake.faults.refused[PATIENT_PHONE] = 21610
    talk.says("1")
    asked = len(talk.heard())
    talk.post.fake.faults.refused.clear()
    clock.advance(timedelta(hours=30))
    talk.works()
    talk.says("2")
    assert len(talk.heard()) == asked
    assert None not in talk.ends()
    assert TaskKind.REACH_ANOTHER_WAY in talk.tasks()


def test_a_phone_that_answers_by_itself_is_not_asked_for_ever(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """Lesson 4: two machines must not talk to one another."""
    talk = begin(web_db, worker_db, clock)
    talk.says(*["I am driving and will get back to you later."] * 12)
    assert len(talk.heard()) <= 4
    assert talk.ends() == [ConversationEnd.LINK]


def test_a_machine_that_speaks_of_emergencies_is_not_answered_without_end(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """Lesson 4: such answers pass every cap; a person has the numbers by then, five times over."""
    talk = begin(web_db, worker_db, clock)
    before = len(talk.heard())
    talk.says(*["I am away. If this is an emergency, call 911."] * 12)
    assert 5 <= len(talk.heard()) - before <= 6
    assert all("911" in said for said in talk.heard()[before : before + 5])


def test_the_link_of_a_page_and_the_thread_are_one_report(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("0", "0")
    with talk.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM response")) == 1


def test_what_whoever_answers_for_her_has_begun_does_not_go_on_in_her_thread(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    item = talk.next_item()
    assert item is not None
    by_daughter = Author(Reporter.PROXY, Channel.WEB, relation=Relation.CHILD)
    with talk.world.begin() as tx:
        answer.save(tx, talk.survey().id, item.code, answered(3), by_daughter)
    said = talk.says("1")
    assert "/s/" in said
    assert talk.ends() == [ConversationEnd.LINK]
    assert talk.answers() == {item.code: answered(3)}


# --- asked now, another number --------------------------------------------------------------------


def test_asked_now_she_is_asked_the_question_that_stands(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("0")
    item = talk.next_item()
    talk.post.later(minutes=20)
    with talk.world.clinic.begin(talk.world.clinic.nurse) as tx:
        ask_now(tx, talk.world.patient)
    assert item is not None
    assert item.text["en"] in talk.last()
    assert talk.ends() == [None]


def test_a_reply_from_a_number_that_is_hers_no_more_counts_for_nothing(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    talk = begin(web_db, worker_db, clock)
    with talk.world.begin() as tx:
        patients.suspend_contact(tx, talk.world.patient, Channel.SMS, "test")
    talk.phone.says("2")
    assert talk.ends() == [ConversationEnd.STOPPED]
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM answer_event")).scalar_one() == 0


def test_when_somebody_else_has_the_phone_by_now_it_is_asked_who_replies(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("2")
    talk.post.later(minutes=5)
    second_patient(talk, birth_date=date(1949, 6, 1))
    assert "/s/" in talk.says("3")  # she was never asked who she is: the page asks it
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM answer_event")).scalar_one() == 1
    assert talk.ends() == [ConversationEnd.LINK]


def test_whoever_says_then_who_it_is_goes_on(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("2")
    talk.post.later(minutes=5)
    second_patient(talk, birth_date=date(1949, 6, 1))
    talk.says("1957", "3", "1")
    assert sorted(each.value or 0 for each in talk.answers().values()) == [1, 2, 3]
    assert talk.ends() == [None]


# --- red flags outside of a conversation ----------------------------------------------------------


@pytest.mark.parametrize("body", ["I can't breathe", "No puedo respirar!"])
def test_words_of_an_emergency_are_answered_at_once_at_any_hour(
    world: World, worker_db: Database, clock: VirtualClock, body: str
) -> None:
    post = Post(world.clinic, worker_db, clock)
    post.later(hours=15)  # midnight on her clock
    phone = Phone(post, PATIENT_PHONE)
    phone.says(body)
    phone.says(body)
    assert ["911" in said for said in phone.gets()] == [True, True]
    talk = Talk(world, post)
    assert {(alert.kind, alert.level) for alert in talk.alerts()} == {
        (AlertKind.TEXT, Level.EMERGENCY)
    }


def test_a_stranger_with_such_words_is_told_whom_to_call(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    phone = Phone(Post(world.clinic, worker_db, clock), STRANGER)
    phone.says("my chest hurts, chest pain")
    (said,) = phone.gets()
    assert "911" in said


def test_an_alarming_word_that_is_no_emergency_is_answered_with_the_numbers(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    post = Post(world.clinic, worker_db, clock)
    phone = Phone(post, PATIENT_PHONE)
    phone.says("I have a fever")
    (said,) = phone.gets()
    assert "202-555-0140" in said
    assert "call" in said


# --- what is kept, and what is not ----------------------------------------------------------------


def test_no_question_and_no_answer_stand_in_outbox_trail_or_log(
    web_db: Database,
    worker_db: Database,
    clock: VirtualClock,
    owner: Engine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("3", "2 - moderate", "my words are zanzibar")
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT fields::text FROM message")).scalars().all()
        trail = connection.execute(text("SELECT facts::text FROM audit_event")).scalars().all()
    kept = " ".join([*rows, *trail, caplog.text]).casefold()
    assert "zanzibar" not in kept
    assert "moderate" not in kept
    assert "how " not in kept


def test_since_when_she_chose_it_is_kept_and_said_once(
    world: World, clock: VirtualClock, owner: Engine
) -> None:
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        assert texting.choose(tx, facts, wanted=True)
        assert not texting.choose(tx, patients.locked(tx, world.patient), wanted=True)
        assert patients.peek(tx, world.patient).answers_by_text_since == clock.now()
    with owner.connect() as connection:
        query = "SELECT count(*) FROM audit_event WHERE action = 'patient.answers_by_text'"
        assert connection.execute(text(query)).scalar_one() == 1


def test_the_closing_of_the_window_ends_the_conversation(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    talk = begin(web_db, worker_db, clock)
    talk.says("1")
    talk.post.later(days=6)
    outbound.advance_due(talk.post.db)
    assert talk.ends() == [ConversationEnd.CLOSED]
    assert timedelta(0) < clock.now() - talk.survey().closes_at
