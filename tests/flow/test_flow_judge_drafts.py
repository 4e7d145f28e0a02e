"""Judging with each answer: only what counts, and only what is known by then."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, Finding
from rsm.alerts.reasons import Narrator
from rsm.db.work import Database
from rsm.flow import answer, outbound, replay, triage
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level
from rsm.metrics.model import Period
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from tests.conftest import MONDAY_NINE
from tests.flow.one_rule_more import judged_by
from tests.survey_world import World, build_world

MINUTE = timedelta(minutes=1)
ON_A_SEVERITY = """
items = ["pain.severity"]
when = { kind = "at_least", value = 4 }
"""
PAIN = {"pain.frequency": 2, "pain.severity": 4}
ON_TWO_ITEMS = """
about = "both"
when = { kind = "all", conditions = [
    { kind = "at_least", item = "pain.frequency", value = 3 },
    { kind = "at_least", item = "nausea.severity", value = 3 },
] }
if_missing = "true"
"""
ON_A_MISSING_ONE = """
items = ["nausea.severity"]
when = { kind = "at_least", value = 4 }
if_missing = "true"
"""
ON_A_SCORE = """
scores = ["pain.max"]
when = { kind = "at_least", value = 2 }
"""


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def survey(world: World, worker_db: Database) -> OccurrenceView:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 1)[0]


def save(
    world: World, survey: OccurrenceView, clock: VirtualClock, values: Mapping[str, int]
) -> None:
    for item, value in values.items():
        clock.advance(MINUTE)
        with world.as_patient() as tx:
            answer.save(tx, survey.id, item, answered(value), Author())


def found(world: World) -> list[tuple[Level, str]]:
    """Level and item of each finding of what is open."""
    with world.begin() as tx:
        open_now = handling.worklist(tx, world.clinic.site)
        rows = handling.findings(tx, [alert.id for alert in open_now])
    return [(each.level, each.item) for same in rows.values() for each in same]


def test_an_answer_of_a_closed_branch_is_no_emergency(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    judged_by(world, ON_A_SEVERITY)
    save(world, survey, clock, {"pain.severity": 4})  # its gate has no answer: it was never asked
    assert found(world) == []
    save(world, survey, clock, {"pain.frequency": 0, "nausea.frequency": 1})
    assert found(world) == []


def test_the_answer_that_opens_the_branch_again_is_judged_with_what_lies_in_it(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    judged_by(world, ON_A_SEVERITY)
    save(world, survey, clock, {"pain.frequency": 0, "pain.severity": 4})
    assert found(world) == []
    save(world, survey, clock, {"pain.frequency": 2})
    assert found(world) == [(Level.EMERGENCY, "pain.severity")]


@pytest.mark.parametrize("rule", [ON_TWO_ITEMS, ON_A_MISSING_ONE, ON_A_SCORE])
def test_what_is_still_to_be_answered_is_no_emergency(
    world: World, survey: OccurrenceView, clock: VirtualClock, rule: str
) -> None:
    judged_by(world, rule)
    save(world, survey, clock, {"pain.frequency": 3})
    assert found(world) == []


def test_a_replay_of_what_was_on_the_way_sees_what_counted_then(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    judged_by(world, ON_A_SEVERITY)
    save(world, survey, clock, {"pain.severity": 4, "pain.frequency": 0, "nausea.frequency": 1})
    clock.advance(MINUTE)
    with world.as_patient() as tx:
        answer.submit(tx, survey.id, "", Author())
    clock.advance(MINUTE)
    with world.begin() as tx:
        pack = alerts.load(tx, sites.get(tx, world.clinic.site).rule_pack)
        (only,) = replay.surveys(tx, world.clinic.site, pack, Period(MONDAY_NINE, clock.now()))
    assert only.raised.level is None
    assert only.replayed.level is None


def test_an_emergency_of_hers_is_told_whatever_another_answered_before_her(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    judged_by(world, ON_A_SEVERITY)
    save(world, survey, clock, PAIN)
    with world.begin() as tx:
        responses.quarantine(tx, survey)
        (alert,) = handling.worklist(tx, world.clinic.site)
        triage.acknowledge(tx, alert.id, world.clinic.nurse, Channel.WEB)
        triage.view(tx, alert.id, world.clinic.nurse)
        triage.close(
            tx, alert.id, world.clinic.nurse, triage.Closing(AlertAction.NOT_REACHED, "not hers")
        )
    assert found(world) == []
    save(world, survey, clock, PAIN)
    with world.begin() as tx:
        (again,) = handling.worklist(tx, world.clinic.site)
    assert (again.id, again.epoch) == (alert.id, alert.epoch + 1)


def test_an_emergency_rule_that_fails_at_an_answer_has_a_person_look_at_once(
    world: World, survey: OccurrenceView, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Finding:
        raise RuntimeError("broken")

    judged_by(world, ON_A_SEVERITY)
    monkeypatch.setattr(Narrator, "of_value", broken)
    save(world, survey, clock, PAIN)
    with world.begin() as tx:
        (review,) = handling.worklist(tx, world.clinic.site)
    assert review.kind is AlertKind.REVIEW
