"""A call and the end of its survey: keys that come a moment too late, two voices, a silent end."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import answer, outbound
from rsm.flow.ask_now import ask_now
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel, Level, Relation, Reporter, SurveyState
from rsm.responses.model import Author
from rsm.tasks.model import TaskKind
from tests.flow.survey_callers import SurveyPhone
from tests.survey_world import CLOSES, build_world

_A_SECOND = timedelta(seconds=1)
BREATHLESS = "shortness-of-breath.severity"


@pytest.fixture
def phone(web_db: Database, worker_db: Database, clock: VirtualClock) -> SurveyPhone:
    return SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)


def called_before_the_closing(phone: SurveyPhone) -> None:
    """She took the first call of the day on which the window closes, and hears the question."""
    phone.window_opens()
    phone.clock.set(CLOSES - timedelta(minutes=2))
    phone.confirms()


@pytest.mark.parametrize("closed_by_worker", [False, True])
@pytest.mark.parametrize("earlier", [0, 1])
def test_a_key_that_comes_a_second_after_the_closing_is_kept(
    phone: SurveyPhone, earlier: int, closed_by_worker: bool
) -> None:
    called_before_the_closing(phone)
    for _ in range(earlier):
        phone.types("2")
    asked = {0: "pain.frequency", 1: "pain.severity"}[earlier]
    phone.clock.set(CLOSES + _A_SECOND)
    if closed_by_worker:
        outbound.advance_due(phone.worker)
    said = phone.types("3")
    assert phone.stored()[asked] == answered(3)
    assert "We have stored your answers." in said
    report = phone.response()
    assert report is not None
    assert report.is_final
    assert phone.survey().state is SurveyState.PARTIAL
    if not (earlier and closed_by_worker):
        assert report.late


def test_such_a_key_is_counted_once_and_says_the_same_again(phone: SurveyPhone) -> None:
    called_before_the_closing(phone)
    turn = phone.turn("3")
    phone.clock.set(CLOSES + _A_SECOND)
    first = phone.hand_in(turn)
    assert phone.hand_in(turn) == first
    with phone.world.begin() as tx:
        assert tx.session.scalar(text("SELECT count(*) FROM answer_event")) == 1


def test_a_late_key_that_is_an_emergency_is_followed_by_whom_to_call(phone: SurveyPhone) -> None:
    called_before_the_closing(phone)
    while "shortness of breath" not in phone.heard.words:
        phone.types("0")
    phone.clock.set(CLOSES + _A_SECOND)
    said = phone.types("4")
    assert phone.stored()[BREATHLESS] == answered(4)
    assert "9 1 1" in said
    with phone.world.begin() as tx:
        (alert,) = handling.of_patient(tx, phone.world.patient)
    assert alert.level is Level.EMERGENCY


def test_what_she_sent_by_another_door_is_not_changed_by_a_late_key(phone: SurveyPhone) -> None:
    called_before_the_closing(phone)
    survey = phone.survey()
    with phone.world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.frequency", answered(1), Author())
        answer.submit(tx, survey.id, "", Author())
    phone.clock.set(CLOSES + _A_SECOND)
    phone.types("4")
    assert phone.stored() == {"pain.frequency": answered(1)} | {
        code: given for code, given in phone.stored().items() if code != "pain.frequency"
    }


def test_she_goes_on_with_her_own_report_when_the_relative_sends_theirs(phone: SurveyPhone) -> None:
    survey = phone.window_opens()
    proxy = Author(Reporter.PROXY, relation=Relation.CHILD)
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, proxy)
        answer.save(tx, survey.id, "pain.frequency", answered(4), proxy)
    phone.confirms()
    phone.types("1")
    with phone.world.as_patient() as tx:
        answer.submit(tx, survey.id, "", proxy)
    said = phone.types("2")
    assert "How much did pain get in the way of your daily life?" in said
    phone.answers_all("0")
    query = text(
        "SELECT answers -> 'pain.severity' ->> 'value' FROM response WHERE reporter = 'self'"
        " AND state = 'final'"
    )
    with phone.world.begin() as tx:
        assert tx.session.scalars(query).all() == ["2"]


def test_whose_first_question_stands_when_the_relative_sends_theirs_answers_in_her_own(
    phone: SurveyPhone,
) -> None:
    survey = phone.window_opens()
    said = phone.confirms()
    assert "How often were you in pain?" in said
    proxy = Author(Reporter.PROXY, relation=Relation.CHILD)
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, proxy)
        answer.save(tx, survey.id, "pain.frequency", answered(4), proxy)
        answer.submit(tx, survey.id, "", proxy)
    assert "How bad was your pain at its worst?" in phone.types("1")
    query = text("SELECT answers -> 'pain.frequency' ->> 'value' FROM response ORDER BY reporter")
    with phone.world.begin() as tx:
        assert tx.session.scalars(query).all() == ["4", "1"]


# --- the end of a call that nobody tells us of ---------------------------------------------------


def all_calls_are_made(phone: SurveyPhone) -> None:
    """On every day of asking three calls ring, and no word comes of any of them."""
    survey = phone.window_opens()
    for day in (survey.opens_at, *survey.reminders):
        phone.clock.set(max(phone.clock.now(), day))
        for _ in range(3):
            phone.passes(seconds=1)
            assert phone.tasks() == []
            phone.clock.advance(timedelta(hours=2))


def test_she_is_called_by_a_person_when_no_word_comes_of_the_last_call(phone: SurveyPhone) -> None:
    all_calls_are_made(phone)
    assert phone.survey().state is SurveyState.OPEN
    phone.passes(hours=2)
    assert phone.tasks() == [TaskKind.CALL_PATIENT]
    phone.passes(hours=3)
    assert phone.tasks() == [TaskKind.CALL_PATIENT]


def test_she_is_on_the_list_once_also_when_the_last_word_comes_late(phone: SurveyPhone) -> None:
    all_calls_are_made(phone)
    phone.passes(hours=2)
    phone.hangs_up("no-answer")
    phone.passes(hours=2)
    assert phone.tasks() == [TaskKind.CALL_PATIENT]


def test_whoever_answered_meanwhile_is_not_called_by_a_person(phone: SurveyPhone) -> None:
    all_calls_are_made(phone)
    survey = phone.survey()
    with phone.world.as_patient() as tx:
        answer.start(tx, survey.id, Author())
        answer.submit(tx, survey.id, "", Author())
    phone.passes(hours=2)
    assert phone.tasks() == []


def test_a_call_out_of_turn_of_which_no_word_comes_is_followed_by_a_person(
    phone: SurveyPhone,
) -> None:
    phone.clock.set(CLOSES - timedelta(days=7))
    with phone.world.begin() as tx:
        ask_now(tx, phone.world.patient)
    phone.deliver()
    assert (phone.rings(), phone.tasks()) == (1, [])
    phone.passes(hours=13)
    assert phone.tasks() == [TaskKind.CALL_PATIENT]
