"""A survey by text that breaks off: whoever answered severely is told whom to call (every door)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from rsm.db.work import Database
from rsm.flow import answer, idle, outbound, saying
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.patients.model import PatientStatus
from rsm.responses.model import Author
from rsm.schedules.model import OccurrenceView
from tests.flow.one_rule_more import judged_by
from tests.flow.talk import Talk, begin
from tests.survey_world import CLOSES

ON_A_SUM = """
about = "pain"
when = { kind = "total", items = ["pain.frequency", "pain.severity"], value = 6 }
"""
ON_A_LITTLE = """
items = ["pain.severity"]
when = { kind = "at_least", value = 1 }
"""


@pytest.fixture
def talk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Talk:
    return begin(web_db, worker_db, clock)


def breaks_off(talk: Talk, minutes: int = 30) -> None:
    """Time passes, and the worker goes its round."""
    talk.post.later(minutes=minutes)
    idle.judge_due(talk.post.db)
    talk.post.deliver()


def advice(talk: Talk) -> list[str]:
    return [each for each in talk.purposes() if each.startswith("advice")]


def test_whoever_breaks_off_after_a_severe_answer_is_told_whom_to_call(talk: Talk) -> None:
    talk.says("3", "4")  # very severe pain, and no answer to the next question
    assert advice(talk) == []
    breaks_off(talk, minutes=29)
    assert advice(talk) == []
    breaks_off(talk, minutes=1)
    assert [alert.level for alert in talk.alerts()] == [Level.URGENT]
    assert advice(talk) == ["advice_urgent"]
    assert "202-555-0140" in talk.last()
    assert "911" in talk.last()
    assert "pain" not in talk.last().casefold()


def test_it_is_said_once_however_often_she_breaks_off(talk: Talk) -> None:
    talk.says("3", "4")
    breaks_off(talk)
    talk.says("0")
    breaks_off(talk)
    assert advice(talk) == ["advice_urgent"]
    with talk.world.begin() as tx:
        lanes = tx.session.scalars(
            text("SELECT lane FROM message WHERE purpose = 'advice_urgent'")
        ).all()
    assert lanes == [Lane.EMERGENCY]


def test_a_worse_answer_after_it_is_followed_by_its_own(talk: Talk) -> None:
    talk.says("3", "4")
    breaks_off(talk)
    while (item := talk.next_item()) is not None and not item.code.startswith("shortness"):
        talk.says("0")
    talk.says("4")
    assert sorted(advice(talk)) == ["advice_emergency", "advice_urgent"]
    breaks_off(talk)
    assert sorted(advice(talk)) == ["advice_emergency", "advice_urgent"]


def test_a_closing_before_half_an_hour_tells_her_at_any_hour(
    talk: Talk, clock: VirtualClock
) -> None:
    clock.set(CLOSES - timedelta(minutes=10))
    talk.says("3", "4")
    clock.set(CLOSES)
    outbound.advance_due(talk.post.db)
    talk.post.deliver()
    assert advice(talk) == ["advice_urgent"]


def test_answers_that_need_nobody_are_followed_by_nothing(talk: Talk) -> None:
    talk.says("1", "1")
    heard = len(talk.heard())
    breaks_off(talk)
    assert len(talk.heard()) == heard


def test_whoever_went_on_by_another_door_is_told_there(talk: Talk) -> None:
    talk.says("3")
    survey: OccurrenceView = talk.survey()
    with talk.world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.severity", answered(4), Author())
    breaks_off(talk)
    assert len(talk.alerts()) == 1
    assert advice(talk) == []


def test_whoever_is_not_to_be_written_to_hears_nothing(talk: Talk) -> None:
    talk.says("3", "4")
    with talk.world.begin() as tx:
        patients.locked(tx, talk.world.patient)
        tx.session.execute(text("UPDATE patient SET status = :on"), {"on": PatientStatus.PAUSED})
    breaks_off(talk)
    assert len(talk.alerts()) == 1
    assert advice(talk) == []


def test_a_fault_in_the_advice_takes_no_alert_with_it(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    talk.says("3", "4")
    with monkeypatch.context() as patched:
        patched.setattr(saying, "say_advice", broken)
        breaks_off(talk)
    assert [alert.level for alert in talk.alerts()] == [Level.URGENT]


def test_an_emergency_of_several_answers_is_answered_at_the_one_that_makes_it(talk: Talk) -> None:
    judged_by(talk.world, ON_A_SUM)
    talk.says("3")
    assert advice(talk) == []
    talk.says("3")
    assert advice(talk) == ["advice_emergency"]


def test_a_late_answer_that_is_only_for_information_is_thanked_for(
    talk: Talk, clock: VirtualClock
) -> None:
    judged_by(talk.world, ON_A_LITTLE, "info")
    talk.says("1")
    clock.set(CLOSES)
    outbound.advance_due(talk.post.db)
    talk.says("1")
    assert talk.purposes()[-1] == "survey_late"
