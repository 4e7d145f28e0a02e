"""Senders' rates in the flow: what has no place waits for its own, and what is urgent does not."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.messaging.gate import GateReason
from rsm.messaging.model import Lane, MessageState
from rsm.sites import service as sites
from rsm.sites.senders import SenderSettings
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_SENDER, build_clinic
from tests.flow.post import Post

SECOND = timedelta(seconds=1)


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def agree(post: Post, audience: Audience = Audience.PATIENT, **settings: object) -> None:
    agreed = SenderSettings.model_validate(settings)
    with post.clinic.begin() as tx:
        number = sites.sender(tx, post.clinic.site, audience, Channel.SMS)
        assert number is not None
        sites.set_sender(tx, post.clinic.site, audience, Channel.SMS, number, agreed)


def enrol(post: Post, count: int) -> list[str]:
    """So many patients with a survey text each; their numbers."""
    phones = [f"+120255501{60 + number}" for number in range(count)]
    for number, phone in enumerate(phones):
        post.survey_text(post.clinic.enrol_patient(phone=phone), f"survey:{number}")
    return phones


def rows(owner: Engine) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        query = "SELECT state, reason, next_at FROM message ORDER BY next_at NULLS FIRST"
        return [tuple(row) for row in connection.execute(text(query))]


def test_ten_texts_at_one_a_second_leave_one_by_one_each_at_its_own_second(
    post: Post, owner: Engine
) -> None:
    enrol(post, 10)
    agree(post, per_second=1)
    start = post.clock.now()
    post.deliver()
    assert len(post.fake.accepted) == 1
    waiting = rows(owner)[1:]
    assert [row[:2] for row in waiting] == [("queued", GateReason.PACE)] * 9
    assert [row[2] for row in waiting] == [start + n * SECOND for n in range(1, 10)]
    for sent in range(2, 11):
        post.later(seconds=1)
        post.deliver()
        assert len(post.fake.accepted) == sent


def test_a_place_that_was_missed_is_asked_for_again_so_that_an_outage_ends_in_no_burst(
    post: Post,
) -> None:
    enrol(post, 6)
    agree(post, per_second=1)
    post.deliver()
    post.later(minutes=30)
    post.deliver()
    assert len(post.fake.accepted) == 2


def test_an_answer_overtakes_the_surveys_that_wait_for_their_places(post: Post) -> None:
    phones = enrol(post, 5)
    agree(post, per_second=0.1)
    post.deliver()
    asks = post.clinic.enrol_patient(phone="+12025550190")
    post.survey_text(asks, "reply:1", lane=Lane.REPLY, purpose="help", fields={})
    post.deliver()
    assert [sent.to for sent in post.fake.accepted] == [post.fake.accepted[0].to, "+12025550190"]
    assert post.fake.accepted[0].to in phones


def test_no_rate_or_cap_of_a_sender_holds_back_what_staff_are_told(post: Post) -> None:
    agree(post, Audience.STAFF, per_second=0.1, daily_cap=1)
    alert = post.alert()
    for number in range(4):
        post.staff_text(alert, f"alert:{number}")
    post.deliver()
    assert len(post.fake.accepted) == 4


def test_a_sender_that_has_reached_its_days_cap_goes_on_in_the_morning(
    post: Post, owner: Engine
) -> None:
    enrol(post, 5)
    agree(post, per_second=100, daily_cap=3)
    post.deliver()
    post.deliver()
    assert len(post.fake.accepted) == 3
    midnight = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)  # in New York
    assert [row[1:] for row in rows(owner)[3:]] == [(GateReason.SENDER_CAP, midnight)] * 2
    post.clock.set(midnight)
    post.deliver()
    assert len(post.fake.accepted) == 3  # the night is quiet
    post.later(hours=8)
    post.deliver()
    assert len(post.fake.accepted) == 5


def test_severe_advice_goes_out_whatever_the_cap(post: Post) -> None:
    agree(post, per_second=100, daily_cap=1)
    enrol(post, 2)
    post.deliver()
    advised = post.clinic.enrol_patient(phone="+12025550190")
    post.survey_text(advised, "advice:1", lane=Lane.EMERGENCY)
    post.deliver()
    assert "+12025550190" in [sent.to for sent in post.fake.accepted]


def test_a_text_whose_place_would_come_after_its_window_becomes_a_task_at_once(post: Post) -> None:
    agree(post, per_second=0.01)
    enrol(post, 1)
    post.deliver()
    patient = post.clinic.enrol_patient(phone="+12025550190")
    row = post.survey_text(patient, "late", not_after=post.clock.now() + timedelta(seconds=50))
    post.deliver()
    assert post.look(row).state is MessageState.SUPPRESSED
    assert post.tasks() == [TaskKind.NOT_DELIVERED]


def test_the_segments_and_the_sender_of_what_was_sent_are_kept(post: Post, owner: Engine) -> None:
    enrol(post, 1)
    post.deliver()
    with owner.connect() as connection:
        query = "SELECT sender, segments, redact_at - handed_over_at FROM message"
        found = connection.execute(text(query)).one()
    assert tuple(found) == (PATIENT_SENDER, 1, timedelta(days=7))
