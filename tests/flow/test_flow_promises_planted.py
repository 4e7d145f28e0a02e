"""Faults that a test plants in the flow: the simulation catches each, and tells its story."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsm.alerts import decide as rules
from rsm.flow import answer, deliver, inviting
from rsm.messaging.model import Outgoing
from rsm.messaging.ports import Sender
from rsm.schedules import decide, planning
from rsm.schedules.model import Window
from rsm.simulate import story
from rsm.simulate.simulation import Outcome
from tests.flow.simulating import eager, order, simulate


def broken(outcome: Outcome) -> set[tuple[str, str]]:
    return {(each.promise, each.what) for each in outcome.broken}


def test_a_simulation_without_a_fault_breaks_no_promise(owner_url: str) -> None:
    outcome = simulate(owner_url, order(habits=eager()))
    assert outcome.broken == ()
    assert outcome.whole
    assert {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P14", "P15"} <= set(outcome.checked)
    assert outcome.checked["P3"] >= 4


def test_a_lost_reminder_is_caught(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "remind", lambda *_given: None)
    outcome = simulate(owner_url, order(weeks=1, habits=eager(forgets=0.95)))
    assert ("P1", "a reminder was due and is nowhere") in broken(outcome)


def test_a_double_send_is_caught(owner_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    once = deliver._send  # the fault is planted there

    def twice(sender: Sender, outgoing: Outgoing) -> Any:
        once(sender, outgoing)
        return once(sender, outgoing)

    monkeypatch.setattr(deliver, "_send", twice)
    outcome = simulate(owner_url, order(patients=2, weeks=1, habits=eager()))
    assert ("P2", "a message left twice") in broken(outcome)


def test_thanks_for_an_answer_that_is_not_stored_are_caught(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "enter", lambda *_given: None)
    outcome = simulate(owner_url, order(patients=2, weeks=1, habits=eager()))
    assert ("P3", "somebody was thanked, and no report is stored") in broken(outcome)


def test_a_worse_report_that_is_swallowed_is_caught(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = rules.judge
    monkeypatch.setattr(rules, "judge", lambda *given: replace(judge(*given), findings=()))
    outcome = simulate(owner_url, order(weeks=2, habits=eager(burden=3.0)))
    assert {promise for promise, _ in broken(outcome)} == {"P15"}


def test_a_dst_night_that_is_skipped_is_caught(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows_from = decide.windows_from

    def without_the_night(*given: Any) -> Iterator[Window]:
        week = ("2026-11-01", "2026-11-08")  # the clocks went back on the first of it
        return (one for one in windows_from(*given) if not week[0] <= one.key < week[1])

    monkeypatch.setattr(planning, "windows_from", without_the_night)
    outcome = simulate(owner_url, order(patients=2, weeks=5, habits=eager()))
    assert ("P14", "a weekly plan left a week out, or asked twice in it") in broken(outcome)


def test_the_story_of_a_break_names_what_led_to_it_and_can_be_played_again(
    owner_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(inviting, "remind", lambda *_given: None)
    outcome = simulate(owner_url, order(weeks=1, habits=eager(forgets=0.95)))
    first = outcome.stories[0]
    told = [line.what for line in first.lines]
    assert any("opens" in line for line in told)
    assert not any("survey_reminder" in line for line in told)
    assert len(first.people) == 1
    assert "seed test" in first.as_text()
    kept = tmp_path / first.name
    kept.write_text(first.as_toml())
    again = story.read_story(kept)
    assert again.broken == first.broken
    assert again.order == replace(first.order, until=again.order.until)
