"""Every point at which a process may die between two effects is tried somewhere; here the rest."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsm.db.work import Database
from rsm.kernel import faults
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.vault import Vault
from rsm.kernel.words import Channel
from rsm.messaging.lifeline import LONGEST_SILENCE
from tests.alert_world import build_ward
from tests.campaign.faults_processes import POINTS
from tests.clinic import NURSE_PHONE
from tests.conftest import KEYS
from tests.flow.callers import Callers
from tests.flow.restore import World
from tests.flow.survey_callers import SurveyPhone
from tests.survey_world import build_world

_TESTS = Path(__file__).parents[1]
_POINT = re.compile(r'\bpoint\(\s*"([a-z_]+\.[a-z_]+)"')


class Crash(BaseException):
    """The process is gone: nothing that catches errors may catch this."""


def die_at(point: str) -> None:
    """The first time that it is come to."""

    def die(name: str) -> None:
        if name == point:
            faults.install(None)
            raise Crash

    faults.install(die)


@pytest.fixture(autouse=True)
def no_hook_is_left() -> Iterator[None]:
    yield
    faults.install(None)


def named() -> set[str]:
    files = (_TESTS.parent / "rsm").rglob("*.py")
    return {point for file in files for point in _POINT.findall(file.read_text(encoding="utf-8"))}


def test_every_named_point_is_tried_by_some_test() -> None:
    texts = [file.read_text(encoding="utf-8") for file in _TESTS.rglob("*.py")]
    assert len(named()) >= 25
    assert [one for one in sorted(named()) if not any(f'"{one}"' in text for text in texts)] == []


def test_the_campaign_dies_at_points_that_there_are() -> None:
    assert set(POINTS) <= named()


# --- those that no other test tries ---------------------------------------------------------------


def test_a_key_whose_answer_was_lost_with_the_process_is_done_once(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """The provider asks once more."""
    ward = build_ward(web_db, worker_db, clock)
    callers, alert = Callers(ward), ward.alarm()
    callers.deliver()
    key = callers.voice.press(NURSE_PHONE, "1")
    die_at("voice.pressed")
    with pytest.raises(Crash):
        callers.hand_in(key)
    before = ward.now(alert)
    assert before.owner_id == ward.clinic.nurse
    callers.hand_in(key)
    assert ward.now(alert) == before
    callers.passes(1)
    assert callers.rang() == [NURSE_PHONE]


def test_an_answer_by_key_whose_next_question_was_lost_with_the_process_is_stored_once(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    """The provider asks once more, and she hears what she would have."""
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)
    phone.window_opens()
    phone.confirms()
    turn = phone.turn("3")
    die_at("voice.turned")
    with pytest.raises(Crash):
        phone.hand_in(turn)
    assert phone.stored() == {"pain.frequency": answered(3)}
    assert "How bad was your pain at its worst?" in phone.hand_in(turn)
    assert phone.stored() == {"pain.frequency": answered(3)}


def test_a_hold_outlives_whoever_has_read_the_providers_list_and_died(
    owner_url: str, vault: Vault, clock: VirtualClock, tmp_path: Path
) -> None:
    """It is read again by another, once the lease is over."""
    world = World(owner_url, tmp_path, vault, clock, KEYS)
    world.start_worker()
    clock.advance(2 * LONGEST_SILENCE)
    assert world.start_worker()
    die_at("history.read")
    with pytest.raises(Crash):
        world.read_back()
    assert world.is_held()
    world.pass_time(6)
    assert world.read_back() == 1
    assert not world.is_held()
    world.close()
