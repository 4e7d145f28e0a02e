"""A STOP of which only the provider's list tells, said to a number that calls staff."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rsm.kernel.clock import VirtualClock
from rsm.kernel.vault import Vault
from rsm.kernel.words import Audience, Channel
from rsm.sites import service as sites
from tests.clinic import NURSE_PHONE, STAFF_SENDER, Clinic, build_clinic
from tests.conftest import KEYS
from tests.flow.callers import CALLS_TOO, VOICE_SENDER
from tests.flow.restore import World

ENDED = "SELECT DISTINCT channel, sender FROM opt_event ORDER BY channel"


@pytest.fixture
def world(owner_url: str, vault: Vault, clock: VirtualClock, tmp_path: Path) -> Iterator[World]:
    world = World(owner_url, tmp_path, vault, clock, KEYS)
    yield world
    world.close()


@pytest.fixture
def clinic(world: World) -> Clinic:
    return build_clinic(world.web)


def calls_from(clinic: Clinic, number: str) -> None:
    """A number of its own, or that of the texts."""
    channel, settings = Channel.VOICE, None
    if number == STAFF_SENDER:
        channel, settings = Channel.SMS, CALLS_TOO
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.STAFF, channel, number, settings)


def reads_the_list(world: World) -> None:
    """A day goes by, in which workers beat; then the list is read."""
    for _ in range(24 * 6):
        world.clock.advance(timedelta(minutes=10))
        world.start_worker()
    world.compare()


def test_said_to_a_number_that_only_calls_it_ends_the_calls(world: World, clinic: Clinic) -> None:
    calls_from(clinic, VOICE_SENDER)
    world.start_worker()
    world.fake.text(NURSE_PHONE, "STOP", VOICE_SENDER)
    reads_the_list(world)
    assert world.rows(ENDED) == [("voice", VOICE_SENDER)]


def test_said_to_the_number_that_texts_and_calls_it_ends_both(world: World, clinic: Clinic) -> None:
    calls_from(clinic, STAFF_SENDER)
    world.start_worker()
    world.fake.text(NURSE_PHONE, "STOP", STAFF_SENDER)
    reads_the_list(world)
    assert world.rows(ENDED) == [("sms", STAFF_SENDER), ("voice", STAFF_SENDER)]


def test_a_refusal_of_a_text_from_that_number_that_only_the_list_shows_ends_both(
    world: World, clinic: Clinic
) -> None:
    calls_from(clinic, STAFF_SENDER)
    world.start_worker()
    world.enqueue_to_staff(clinic, "staff")
    world.deliver()
    world.fail_at_the_provider(21610)
    reads_the_list(world)
    assert world.rows(ENDED) == [("sms", STAFF_SENDER), ("voice", STAFF_SENDER)]
