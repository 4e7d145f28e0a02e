"""Words that come as answers are never past a person, and whoever cannot be called is asked."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import text

from rsm.db.work import Database
from rsm.flow import answer, conversation_end, enrol, idle, judge, outcome, voice_calls
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Relation, Reporter, SurveyState
from rsm.patients import service as patients
from rsm.patients.model import EndReason
from rsm.patients.store import details
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.survey_callers import SurveyPhone
from tests.flow.talk import Talk, begin, by_text, second_patient
from tests.proxy_world import DAUGHTER_PHONE, appoint
from tests.safety_world import build_words_world
from tests.survey_world import CLOSES, OPENS, build_world

BY_DAUGHTER = Author(Reporter.PROXY, Channel.WEB, relation=Relation.CHILD)


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    return begin(web_db, worker_db, clock)


@pytest.fixture
def asked(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    """She is asked by text a survey whose last question wants her own words."""
    world = build_words_world(web_db, required=False)
    by_text(world, world.patient)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    talk.works()
    return talk


def to_the_words(talk: Talk, before: int = 0) -> None:
    """She answers until the question for words stands, or so many answers before that."""
    instrument = talk.next_item()
    while instrument is not None and instrument.code != ("mood.low" if before else "else"):
        talk.says("0")
        instrument = talk.next_item()
    assert instrument is not None


def broken(*_: object) -> None:
    raise RuntimeError("a fault")


# --- words in a survey by text --------------------------------------------------------------------


def test_a_wish_to_end_the_texts_among_her_last_words_is_asked_about(talk: Talk) -> None:
    talk.answers_all("0")
    talk.says("please just leave me alone")
    assert TaskKind.UNCLEAR_STOP in talk.tasks()
    report = talk.report()
    with talk.world.begin() as tx:
        assert responses.words(tx, report.id) == "please just leave me alone"


def test_a_wish_to_end_the_texts_in_an_answer_in_words_is_asked_about(asked: Talk) -> None:
    to_the_words(asked)
    asked.says("please just leave me alone")
    assert TaskKind.UNCLEAR_STOP in asked.tasks()


def test_thanks_that_wait_for_the_morning_are_no_failure_for_staff(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    hours = {"contact_from": time(9), "contact_until": time(20)}
    talk = begin(web_db, worker_db, clock, **hours)
    clock.set(OPENS + timedelta(hours=10, minutes=50))
    talk.answers_all("0")
    talk.post.later(minutes=31)
    assert conversation_end.finish_silent(talk.post.db) == 1
    talk.post.deliver()
    assert talk.tasks() == []
    talk.post.later(hours=14)
    assert "thank you" in talk.last()


def test_words_of_an_emergency_that_come_late_are_one(asked: Talk, clock: VirtualClock) -> None:
    to_the_words(asked)
    clock.set(CLOSES + timedelta(hours=3))
    asked.works()
    asked.says("I can't breathe")
    assert any("911" in said for said in asked.heard())
    assert Level.EMERGENCY in {alert.level for alert in asked.alerts()}
    assert asked.report().late or asked.report().revision == 2


def test_words_of_an_emergency_in_the_moment_of_the_closing_are_one(
    asked: Talk, clock: VirtualClock
) -> None:
    to_the_words(asked)
    clock.set(CLOSES + timedelta(seconds=1))
    asked.says("I can't breathe")
    assert Level.EMERGENCY in {alert.level for alert in asked.alerts()}


def test_words_that_came_before_their_question_are_read_by_a_person(asked: Talk) -> None:
    to_the_words(asked, before=1)
    asked.phone.says("0")
    asked.phone.says("my left leg is twice as thick")
    asked.post.deliver()
    assert [alert.kind for alert in asked.alerts()] == [AlertKind.TEXT]


def test_a_fault_in_what_follows_loses_no_answer_by_text(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "outcome_of", broken)
    talk.says("2")
    assert talk.answers() == {"pain.frequency": answered(2)}
    assert "your pain" in talk.last()


def test_a_late_answer_of_hers_is_not_put_into_a_report_that_another_began(
    talk: Talk, clock: VirtualClock
) -> None:
    with talk.world.begin() as tx:
        answer.save(tx, talk.survey().id, "pain.frequency", answered(3), BY_DAUGHTER)
    clock.set(CLOSES + timedelta(hours=3))
    talk.works()
    before = talk.report()
    talk.says("1")
    assert (talk.report().id, talk.answers()) == (before.id, before.answers)
    assert AlertKind.TEXT in {alert.kind for alert in talk.alerts()}


def test_after_the_end_of_participation_nothing_late_is_kept(
    talk: Talk, clock: VirtualClock
) -> None:
    clock.set(CLOSES + timedelta(hours=3))
    talk.works()
    with talk.world.begin() as tx:
        enrol.end(tx, talk.world.patient, EndReason.WITHDRAWAL)
    talk.phone.says("2")
    with talk.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 0


def test_on_a_shared_phone_an_emergency_is_that_of_whoever_replies(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    talk = Talk(world, Post(world.clinic, worker_db, clock))
    pedro = second_patient(talk, birth_date=date(1949, 6, 1))
    by_text(world, pedro, wanted=False)
    last = max(pedro, world.patient)  # the other one is the first of those who have the phone
    by_text(world, last)
    talk.works()
    talk.says("1949" if last == pedro else "1957", "I can't breathe")
    (alert,) = talk.alerts()
    assert (alert.patient_id, alert.level) == (last, Level.EMERGENCY)
    with world.begin() as tx:
        (task,) = [each for each in tasks.open_tasks(tx, world.clinic.site) if each.patient_id]
        assert (task.kind, task.due_at) == (TaskKind.READ_TEXT, tx.now)


def test_whoever_has_her_phone_since_the_first_question_is_not_taken_for_her(
    talk: Talk, clock: VirtualClock
) -> None:
    pedro = second_patient(talk, birth_date=date(1949, 6, 1), phone="+12025550188")
    clock.advance(timedelta(minutes=5))
    with talk.world.begin() as tx:
        facts = patients.locked(tx, pedro)
        details.put_contact(tx, facts, Channel.SMS, Reporter.SELF, PATIENT_PHONE)
    assert "/s/" in talk.says("3")  # the page asks who it is
    with talk.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 0


# --- whoever answers for her ----------------------------------------------------------------------


def test_what_may_be_her_proxys_stop_is_never_taken_for_the_patients(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db)
    post = Post(world.clinic, worker_db, clock)
    appoint(world)
    Phone(post, DAUGHTER_PHONE).says("please just leave me alone")
    assert post.tasks() == [TaskKind.CHECK_CONTACT]
    Phone(post, PATIENT_PHONE).says("please just leave me alone")
    assert TaskKind.UNCLEAR_STOP in post.tasks()


# --- calls that cannot be made --------------------------------------------------------------------


@pytest.fixture
def called(web_db: Database, worker_db: Database, clock: VirtualClock) -> SurveyPhone:
    return SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)


def test_where_no_hour_is_left_for_a_call_a_person_calls(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    hours = {"contact_from": time(9), "contact_until": time(12)}
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE, **hours), worker_db, clock)
    clock.set(CLOSES - timedelta(hours=2))
    phone.window_opens()
    assert phone.survey().state is SurveyState.OPEN
    assert (phone.rings(), phone.tasks()) == (0, [TaskKind.CALL_PATIENT])


def test_whoever_can_be_called_no_more_when_she_is_reminded_is_called_by_a_person(
    called: SurveyPhone, monkeypatch: pytest.MonkeyPatch
) -> None:
    called.window_opens()
    for _ in range(3):
        called.hangs_up("no-answer")
        called.passes(hours=2)
    assert called.tasks() == []
    monkeypatch.setattr(voice_calls, "can_call", lambda *_: False)
    called.passes(hours=18)
    assert called.tasks() == [TaskKind.CALL_PATIENT]


# --- drafts ---------------------------------------------------------------------------------------


def test_a_draft_of_which_nobody_can_even_be_told_waits_and_stops_no_other(
    talk: Talk, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.says("3", "4")
    clock.advance(timedelta(minutes=31))
    with monkeypatch.context() as patched:
        patched.setattr(judge, "judge_idle", broken)
        patched.setattr(judge, "review", broken)
        assert idle.judge_due(talk.post.db) == 0
    assert idle.judge_due(talk.post.db) == 1
