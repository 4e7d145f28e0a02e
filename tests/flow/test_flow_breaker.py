"""The most that a patient may be sent in a day: held until a person has looked, never dropped."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.messaging import breaker
from rsm.messaging.gate import GateReason
from rsm.messaging.model import Lane, MessageState
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.flow.post import CONFIG, Post

OTHER_PHONE = "+12025550132"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def flood(post: Post, patient: UUID, count: int = 8) -> list[UUID]:
    return [post.survey_text(patient, f"survey:{patient}:{n}") for n in range(count)]


def got(post: Post, phone: str = PATIENT_PHONE) -> int:
    return sum(sent.to == phone for sent in post.fake.accepted)


def release(post: Post, patient: UUID) -> int:
    with post.clinic.begin(post.clinic.nurse) as tx:
        return breaker.release(tx, patient)


def test_nothing_more_goes_out_to_her_until_a_person_has_looked(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    flood(post, patient)
    post.deliver()
    post.later(hours=26)
    post.survey_text(patient, "survey:next")
    post.deliver()
    assert got(post) == CONFIG.daily_cap
    assert post.tasks() == [TaskKind.RELEASE_TEXTS]


def test_once_released_what_is_still_wanted_goes_out_and_the_count_begins_anew(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    rows = flood(post, patient)
    post.deliver()
    post.later(minutes=5)
    assert release(post, patient) == 2
    post.deliver()
    assert {post.look(row).state for row in rows} == {MessageState.ACCEPTED}
    assert got(post) == 8
    assert release(post, patient) == 0


def test_what_nobody_wants_any_more_does_not_go_out_when_it_is_released(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    rows = flood(post, patient)
    post.deliver()
    with post.clinic.begin() as tx:
        tx.session.execute(text("UPDATE patient SET status = 'paused'"))
    release(post, patient)
    post.deliver()
    held = [post.look(row).state for row in rows]
    assert held.count(MessageState.CANCELLED) == 2
    assert got(post) == CONFIG.daily_cap


def test_it_stops_one_patient_and_no_other(post: Post) -> None:
    flood(post, post.clinic.enrol_patient())
    other = post.clinic.enrol_patient("Ana Ruiz", OTHER_PHONE)
    flood(post, other, 3)
    post.deliver()
    assert got(post, OTHER_PHONE) == 3


@pytest.mark.parametrize("purpose", ["help", "stop_confirmed"])
def test_what_carriers_demand_is_outside_it_and_does_not_count(post: Post, purpose: str) -> None:
    patient = post.clinic.enrol_patient()
    for number in range(9):
        post.survey_text(patient, f"reply:{number}", lane=Lane.REPLY, purpose=purpose, fields={})
    post.survey_text(patient)
    post.deliver()
    assert got(post) == 10
    assert post.tasks() == []


def test_it_is_stopped_once_however_many_batches_and_rounds(post: Post, owner: Engine) -> None:
    patient = post.clinic.enrol_patient()
    flood(post, patient, 60)
    for _ in range(3):
        post.deliver()
        post.later(minutes=1)
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM breaker")).scalar_one() == 1
    assert post.tasks() == [TaskKind.RELEASE_TEXTS]
    assert got(post) == CONFIG.daily_cap


def test_what_is_held_until_its_window_closes_becomes_a_task(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    rows = flood(post, patient, 7)
    post.deliver()
    held = [row for row in rows if post.look(row).reason == GateReason.BREAKER]
    for _ in range(6):
        post.later(hours=12)
        post.deliver()
    assert [post.look(row).state for row in held] == [MessageState.SUPPRESSED]
    assert TaskKind.NOT_DELIVERED in post.tasks()


def test_a_day_is_any_24_hours(post: Post) -> None:
    patient = post.clinic.enrol_patient()
    flood(post, patient, CONFIG.daily_cap)
    post.deliver()
    post.later(hours=24, seconds=1)
    post.survey_text(patient, "next day", not_after=post.clock.now() + timedelta(days=2))
    post.deliver()
    assert (got(post), post.tasks()) == (CONFIG.daily_cap + 1, [])
