"""The patient's own phone falls silent; whoever answers for her is asked as before (P8)."""

from collections.abc import Callable

import pytest

from rsm.db.work import Database
from rsm.flow import calls, not_hers, own_settings, voice_calls
from rsm.flow import outbound as rounds
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from tests.clinic import PATIENT_PHONE
from tests.flow.phone import Phone
from tests.flow.post import Post
from tests.flow.survey_callers import SurveyPhone
from tests.proxy_world import DAUGHTER_PHONE, appoint
from tests.survey_world import World, build_world


@pytest.fixture
def world(web_db: Database) -> World:
    world = build_world(web_db)
    appoint(world)
    return world


@pytest.fixture
def post(world: World, worker_db: Database, clock: VirtualClock) -> Post:
    """Her survey is open, both invitations are queued, and none has left."""
    made = Post(world.clinic, worker_db, clock)
    rounds.open_due(made.db)
    return made


def stop_by_text(world: World, post: Post) -> None:
    Phone(post, PATIENT_PHONE).says("STOP")


def stop_on_her_page(world: World, post: Post) -> None:
    with world.begin() as tx:
        own_settings.stop(tx, world.patient)


def wrong_number(world: World, post: Post) -> None:
    with world.begin() as tx:
        not_hers.leave_number(tx, world.facts(tx).id, "wrong_number")


def by_phone_from_now_on(world: World, post: Post) -> None:
    with world.begin() as tx:
        calls.instead(tx, world.facts(tx))


@pytest.mark.parametrize(
    "what", [stop_by_text, stop_on_her_page, wrong_number, by_phone_from_now_on]
)
def test_what_silences_her_phone_leaves_her_proxys_invitation(
    world: World, post: Post, what: Callable[[World, Post], None]
) -> None:
    what(world, post)
    hers = [each for each in Phone(post, PATIENT_PHONE).gets() if "/s/" in each]
    (theirs,) = Phone(post, DAUGHTER_PHONE).gets()
    assert hers == []
    assert "/s/" in theirs


def test_a_pause_holds_both_back(world: World, post: Post) -> None:
    Phone(post, PATIENT_PHONE).says("I am in the hospital")
    assert Phone(post, DAUGHTER_PHONE).gets() == []


def test_calls_that_end_leave_her_proxys_invitation(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_world(web_db, channel=Channel.VOICE)
    appoint(world)
    phone = SurveyPhone(world, worker_db, clock)
    rounds.open_due(worker_db)
    with world.begin() as tx:
        voice_calls.end(tx, phone.survey(), world.facts(tx), "wrong_person")
    assert {state for _, state, _ in phone.calls()} == {"cancelled"}
    post = Post(world.clinic, worker_db, clock)
    assert len(Phone(post, DAUGHTER_PHONE).gets()) == 1


def test_a_proxys_start_brings_her_the_link_of_the_survey_that_is_open_once_more(
    world: World, post: Post
) -> None:
    phone = Phone(post, DAUGHTER_PHONE)
    phone.says("STOP")
    assert [each for each in phone.gets() if "/s/" in each] == []
    phone.says("START")
    assert len([each for each in phone.gets() if "/s/" in each]) == 1
    phone.says("START")
    assert len([each for each in phone.gets() if "/s/" in each]) == 1
    assert len([each for each in Phone(post, PATIENT_PHONE).gets() if "/s/" in each]) == 1
