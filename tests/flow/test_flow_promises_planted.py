"""Faults that a test plants in the flow: the simulation catches each, and tells its story, which
plays it again: with her alone, as long as the fault is there, and not once it is mended."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsm.alerts import decide as rules
from rsm.alerts import service as alerts
from rsm.flow import answer, inviting, sending
from rsm.messaging.model import Outgoing
from rsm.messaging.ports import Sender
from rsm.schedules import decide, planning
from rsm.schedules.model import Window
from rsm.security.audit import record
from rsm.simulate import story
from rsm.simulate.simulation import Outcome
from rsm.simulate.story import Story
from tests.conftest import Server
from tests.databases import fresh_name, waiting
from tests.flow.simulating import eager, order, simulate


def broken(outcome: Outcome) -> set[tuple[str, str]]:
    return {(each.promise, each.what) for each in outcome.broken}


@pytest.fixture
def another_url(server: Server) -> Iterator[str]:
    """A second clone of the template, for the story."""
    with waiting(fresh_name(), server.shelf) as place:
        place.make()
        yield server.url_of(place.name)


def told(outcome: Outcome, promise: str, what: str) -> Story:
    """The story of this break: seed, virtual time, whom it takes, and what led to it."""
    assert (promise, what) in broken(outcome)
    found = next(
        one for one in outcome.stories if (one.broken.promise, one.broken.what) == (promise, what)
    )
    said = found.as_text()
    assert f"{promise} broke: {what}" in said
    assert f"virtual time {found.broken.at:%Y-%m-%d %H:%M}" in said
    assert "seed test" in said
    assert len(found.people) == 1
    assert found.lines
    return found


def again(url: str, one: Story, folder: Path) -> set[tuple[str, str]]:
    """What breaks when its file is played, by `--replay`."""
    kept = folder / one.name
    kept.write_text(one.as_toml())
    return broken(simulate(url, story.read_story(kept).order))


def test_a_simulation_without_a_fault_breaks_no_promise(owner_url: str) -> None:
    outcome = simulate(owner_url, order(habits=eager()))
    assert outcome.broken == ()
    assert outcome.whole
    assert {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P14", "P15"} <= set(outcome.checked)
    assert outcome.checked["P3"] >= 4


def test_a_lost_reminder_is_caught_told_and_played_again(
    owner_url: str, another_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as planted:
        planted.setattr(inviting, "remind", lambda *_given: None)
        outcome = simulate(owner_url, order(weeks=1, habits=eager(forgets=0.95)))
    one = told(outcome, "P1", "a reminder was due and is nowhere")
    lines = [line.what for line in one.lines]
    assert any("opens" in line for line in lines)
    assert not any("survey_reminder" in line for line in lines)
    assert again(another_url, one, tmp_path) == set()


def test_a_double_send_is_caught_told_and_played_again(
    owner_url: str, another_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    once = sending.send  # the fault is planted there

    def twice(sender: Sender, outgoing: Outgoing) -> Any:
        once(sender, outgoing)
        return once(sender, outgoing)

    monkeypatch.setattr(sending, "send", twice)
    outcome = simulate(owner_url, order(patients=2, weeks=1, habits=eager()))
    one = told(outcome, "P2", "a message left twice")
    assert any("handed over" in line.what for line in one.lines)
    assert ("P2", "a message left twice") in again(another_url, one, tmp_path)


def test_thanks_for_an_answer_that_is_not_stored_are_caught(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "enter", lambda *_given: None)
    outcome = simulate(owner_url, order(patients=2, weeks=1, habits=eager()))
    assert ("P3", "somebody was thanked, and no report is stored") in broken(outcome)


def test_steps_that_are_left_out_of_the_trail_are_caught(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(audit: Any, left_out: str) -> Any:
        return lambda tx, action, *given, **facts: (
            None if action == left_out else audit(tx, action, *given, **facts)
        )

    monkeypatch.setattr("rsm.responses.service.audit", without(record, "response.recorded"))
    monkeypatch.setattr("rsm.alerts.handling.audit", without(alerts.audit, "alert.closed"))
    outcome = simulate(owner_url, order(weeks=1, habits=eager(burden=3.0)))
    assert broken(outcome) == {
        ("P12", "a report is not in the trail"),
        ("P12", "an alert was closed, and the trail does not say by whom"),
    }


def test_a_worse_report_that_is_swallowed_is_caught_told_and_played_again(
    owner_url: str, another_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    judge = rules.judge
    monkeypatch.setattr(rules, "judge", lambda *given: replace(judge(*given), findings=()))
    outcome = simulate(owner_url, order(weeks=2, habits=eager(burden=3.0)))
    assert {promise for promise, _ in broken(outcome)} == {"P15"}
    one = told(outcome, "P15", "a severe answer of which nobody hears")
    assert any("sent: final" in line.what for line in one.lines)
    assert {promise for promise, _ in again(another_url, one, tmp_path)} == {"P15"}


def test_a_dst_night_that_is_skipped_is_caught_told_and_played_again(
    owner_url: str, another_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    windows_from = decide.windows_from

    def without_the_night(*given: Any) -> Iterator[Window]:
        week = ("2026-11-01", "2026-11-08")  # the clocks went back on the first of it
        return (one for one in windows_from(*given) if not week[0] <= one.key < week[1])

    monkeypatch.setattr(planning, "windows_from", without_the_night)
    outcome = simulate(owner_url, order(patients=2, weeks=5, habits=eager()))
    what = "a weekly plan left a week out, or asked twice in it"
    one = told(outcome, "P14", what)
    assert ("P14", what) in again(another_url, one, tmp_path)
