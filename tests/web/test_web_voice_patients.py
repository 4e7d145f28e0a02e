"""A patient who wants calls, on the staff pages: chosen in the form, told in her story."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from tests.flow.survey_callers import SurveyPhone
from tests.survey_world import World, build_world
from tests.web_desk import at_desk


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db, channel=Channel.VOICE)


@pytest.fixture
def nurse(world: World, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(world.clinic, clock, world.clinic.nurse) as client:
        yield client


def home(world: World) -> str:
    return f"/sites/{world.clinic.site}/patients"


def test_a_phone_call_can_be_chosen_and_is_shown(nurse: TestClient, world: World) -> None:
    assert '<option value="voice">Phone call</option>' in nurse.get(f"{home(world)}/new").text
    assert "Phone call, Mondays 9:00" in nurse.get(f"{home(world)}/{world.patient}").text


def test_every_call_by_machine_and_what_came_of_it_is_in_her_story(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    phone = SurveyPhone(world, worker_db, clock)
    phone.window_opens()
    phone.takes("machine_start")
    phone.hangs_up()
    phone.passes(hours=2)
    phone.confirms()
    phone.types("*")
    with at_desk(world.clinic, clock, world.clinic.nurse) as nurse:
        story = nurse.get(f"{home(world)}/{world.patient}").text
    for told in (
        "A voicemail took the automated call",
        "(voicemail, automated call)",
        "Took the automated call",
        "Connected with the clinic in an automated call",
    ):
        assert told in story
