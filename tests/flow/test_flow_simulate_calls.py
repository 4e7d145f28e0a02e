"""Synthetic patients who are asked by automated calls: a week of them, under the virtual clock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from rsm.flow.audit import audit_due
from rsm.simulate import clinic, habits, run
from rsm.simulate.demo import Order, Size
from rsm.simulate.people import Months
from rsm.simulate.post import Post
from rsm.simulate.progress import Silent
from rsm.simulate.world import World
from tests.conftest import Server
from tests.databases import fresh_name, waiting
from tests.flow.test_flow_simulate import END, PUBLIC, doors, read

REPORTS = "SELECT channel, answers::text, 1 FROM response WHERE state = 'final' ORDER BY 2"
CALLS = "SELECT channel, state, count(*) FROM message WHERE purpose = 'survey_call' GROUP BY 1, 2"
PATIENTS = 4


@pytest.fixture
def another_url(server: Server) -> Iterator[str]:
    """A second clone of the template, for the same simulation once more."""
    with waiting(fresh_name(), server.shelf) as place:
        place.make()
        yield server.url_of(place.name)


def week_of_calls(owner_url: str, *, one_by_one: bool) -> dict[str, int]:
    """Everybody wants to be called; what the auditor finds at the end."""
    span, shipped = Months((END - timedelta(days=9)).date(), 9), habits.shipped()
    called = {"by_call": 1.0, "not_asked_yet": 0.0, "declined": 0.0, "enrolled_over_days": 0}
    book = shipped.model_copy(update={"patients": shipped.patients.model_copy(update=called)})
    with doors(owner_url, Order(END, PUBLIC, Size(PATIENTS, 9)).begin) as opened:
        built = clinic.build(opened.web, clinic.BLUEPRINTS[:1])
        cast = run.cast(built.sites, PATIENTS, "calls", book, span)
        post = Post(opened.clock, opened.ids, cast.unreachable)
        world = World(opened.web, opened.worker, opened.clock, post, PUBLIC, "calls", one_by_one)
        run.enter(world, cast, book, span, END)
        run.run_until(world, END, Silent())
        found = audit_due(opened.worker).found
    wrong = {check.value: count for check, count in found.items() if count}
    wrong.pop("chain", None)  # nobody has sealed the trail here
    return wrong


def test_they_are_called_and_answer_with_keys_and_no_promise_is_broken(
    owner_url: str, another_url: str
) -> None:
    assert week_of_calls(owner_url, one_by_one=True) == {}
    reports = read(owner_url, REPORTS)
    assert len([each for each in reports if each[0] == "voice"]) >= PATIENTS - 1
    assert {state for _, state, _ in read(owner_url, CALLS)} >= {"delivered"}
    assert week_of_calls(another_url, one_by_one=False) == {}
    assert read(another_url, REPORTS) == reports
