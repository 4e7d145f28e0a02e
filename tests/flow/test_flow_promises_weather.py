"""A carrier with weather: promises hold through it, and the same seed brings the same weather."""

from collections.abc import Iterator

import pytest

from rsm.simulate.programme import Programme, programme
from tests.conftest import Server
from tests.databases import fresh_name, waiting
from tests.flow.simulating import eager, order, simulate
from tests.flow.test_flow_simulate import read

STATES = "SELECT state, '', count(*) FROM message GROUP BY 1 ORDER BY 1"


@pytest.fixture
def another_url(server: Server) -> Iterator[str]:
    """A second clone of the template, for the same simulation once more."""
    with waiting(fresh_name(), server.shelf) as place:
        place.make()
        yield server.url_of(place.name)


def stormy() -> Programme:
    weather = programme("rough-weather").carrier
    assert not weather.is_calm
    return eager(forgets=0.4).model_copy(update={"carrier": weather})


def test_the_same_seed_comes_to_the_same_head_whatever_the_weather_and_no_promise_breaks(
    owner_url: str, another_url: str
) -> None:
    one = simulate(owner_url, order(patients=3, weeks=1, habits=stormy()))
    other = simulate(another_url, order(patients=3, weeks=1, habits=stormy()))
    assert one.broken == ()
    assert one.head == other.head
    assert {state for state, _, _ in read(owner_url, STATES)} >= {"delivered"}


def test_a_stop_ends_it_between_two_events_and_says_so(owner_url: str) -> None:
    asked: list[int] = []

    def after_ten() -> bool:
        asked.append(1)
        return len(asked) > 10

    outcome = simulate(owner_url, order(habits=eager()), stop=after_ten)
    assert not outcome.whole
    assert outcome.broken == ()
    assert outcome.ended_at < order().ends_at
