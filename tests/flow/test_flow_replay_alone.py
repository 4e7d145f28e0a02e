"""One survey, two alerts: what is never grouped is counted by itself, raised and replayed."""

from datetime import timedelta

from rsm.alerts import service as alerts
from rsm.db.work import Database
from rsm.flow import answer, outbound, replay
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.metrics.model import Period
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.conftest import MONDAY_NINE
from tests.safety_world import CRISIS, build_crisis_world
from tests.survey_world import World


def send(world: World, worker_db: Database) -> None:
    """This week's survey: severe pain, and the question that is a crisis."""
    outbound.open_due(worker_db)
    given = {"pain.frequency": 3, "pain.severity": 3, CRISIS: 1}
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        answers = {item: answered(value) for item, value in given.items()}
        answer.enter(tx, survey.id, answers, "", Author())


def test_a_crisis_beside_other_findings_is_two_alerts_and_again_when_both_are_repeated(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    world = build_crisis_world(web_db)
    send(world, worker_db)
    clock.advance(timedelta(weeks=1))
    send(world, worker_db)
    period = Period(MONDAY_NINE - timedelta(days=1), clock.now() + timedelta(minutes=1))
    with world.begin() as tx:
        pack = alerts.load(tx, sites.get(tx, world.clinic.site).rule_pack)
        found = sorted(replay.surveys(tx, world.clinic.site, pack, period), key=lambda one: one.at)
    assert [one.opened for one in found] == [2, 0]
    assert [bool(one.held) for one in found] == [False, True]
    assert [(one.raised.alerts, one.replayed.alerts) for one in found] == [(2, 2), (2, 2)]
    assert all(dict(one.raised.findings) == dict(one.replayed.findings) for one in found)
