"""What breaks around a ladder: no text arrives, the worker was dead, a hand-over is not told."""

from datetime import timedelta

import pytest

from rsm.db.work import EVERYWHERE, Database
from rsm.escalation import service as escalation
from rsm.flow import passing
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState, Level
from tests.alert_world import SAFETY, Ward, build_ward
from tests.clinic import CHARGE_PHONE, NURSE_PHONE, SAFETY_PHONE, SECOND_PHONE
from tests.flow.post import Post

INVALID_NUMBER = 21211


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def post(ward: Ward) -> Post:
    return Post(ward.clinic, ward.worker, ward.clock)


def test_when_no_text_arrives_at_all_the_ladder_runs_to_its_end_and_begins_anew(
    ward: Ward, post: Post
) -> None:
    for number in (NURSE_PHONE, SECOND_PHONE, CHARGE_PHONE, SAFETY_PHONE):
        post.fake.faults.refused[number] = INVALID_NUMBER
    alert = ward.alarm()
    for _ in range(6):
        post.deliver()
        escalate_due(ward.worker)
    assert ward.told(alert)[:3] == ["nurse", "second", "charge"]
    assert ward.told(alert).count(SAFETY) == 1  # in no time; then its own wait bounds how often
    ward.passes(minutes=15)
    assert ward.told(alert).count(SAFETY) == 2
    with ward.clinic.begin() as tx:
        next_at = escalation.standing(tx, [alert.id])[alert.id].next_at
    assert next_at is not None
    assert next_at > ward.clock.now()


def test_after_a_worker_was_dead_for_forty_minutes_one_step_is_taken_and_then_the_next(
    ward: Ward,
) -> None:
    alert = ward.alarm()
    ward.passes(minutes=40)
    ward.passes(minutes=0)
    assert ward.told(alert) == ["nurse", "second"]
    ward.passes(minutes=15)
    assert ward.told(alert) == ["nurse", "second", "charge"]


def test_a_hand_over_that_cannot_be_delivered_is_told_anew_at_once(ward: Ward, post: Post) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    post.fake.faults.refused[SECOND_PHONE] = INVALID_NUMBER
    with clinic.begin(clinic.nurse) as tx:
        passing.assign(tx, alert.id, clinic.nurse, clinic.second)
    post.deliver()
    ward.clock.advance(timedelta(seconds=1))
    escalate_due(ward.worker)
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.texts(alert)[-1].who == "nurse"


def test_of_all_that_is_due_after_an_outage_emergencies_come_first(ward: Ward) -> None:
    ward.alarm(Level.URGENT, "text:first")
    ward.clock.advance(timedelta(minutes=14))
    pressing = ward.alarm(Level.EMERGENCY, "text:second")
    ward.clock.advance(timedelta(minutes=40))
    with ward.worker.begin(EVERYWHERE) as tx:
        (first,) = escalation.due(tx, 1)
    assert first.alert_id == pressing.id
