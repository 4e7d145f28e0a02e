"""A survey that is left half-way is judged as far as it is answered, once, and stays a draft."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database
from rsm.flow import answer, audit, idle, outbound
from rsm.flow import judge as judging
from rsm.flow.outcome import Outcome
from rsm.kernel.answers import REFUSED, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level, SurveyState
from rsm.metrics.due import Timer, next_due
from rsm.responses import idle as drafts
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from tests.survey_world import CLOSES, World, build_world

BY = Author()
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


@pytest.fixture
def survey(world: World, worker_db: Database) -> OccurrenceView:
    outbound.open_due(worker_db)
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 1)[0]


@pytest.fixture
def left(world: World, survey: OccurrenceView, clock: VirtualClock) -> OccurrenceView:
    """The same, answered severely half an hour ago."""
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.advance(HALF_AN_HOUR)
    return survey


def broken(*_: object) -> None:
    raise RuntimeError("broken")


def save(world: World, survey: OccurrenceView, values: dict[str, int]) -> None:
    for item, value in values.items():
        with world.as_patient() as tx:
            answer.save(tx, survey.id, item, answered(value), BY)


def send(world: World, survey: OccurrenceView) -> Outcome:
    with world.as_patient() as tx:
        return answer.submit(tx, survey.id, "", BY)


def rows(owner: Engine, query: str) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def alerts(owner: Engine) -> list[tuple[object, ...]]:
    return rows(owner, "SELECT kind, level, state FROM alert ORDER BY id")


def told(owner: Engine) -> object:
    return rows(owner, "SELECT count(*) FROM message WHERE audience = 'staff'")[0][0]


def test_a_severe_answer_is_told_though_the_survey_is_never_finished(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.advance(HALF_AN_HOUR - timedelta(seconds=1))
    assert idle.judge_due(worker_db) == 0
    assert alerts(owner) == []
    clock.advance(timedelta(seconds=1))
    assert idle.judge_due(worker_db) == 1
    assert alerts(owner) == [("symptom", "urgent", "open")]
    assert told(owner) == 1
    assert idle.judge_due(worker_db) == 0
    with world.begin() as tx:
        draft = responses.of_occurrence(tx, survey.id)
        assert draft is not None
        assert not draft.is_final
        assert schedules.occurrence(tx, survey.id).state is SurveyState.STARTED


def test_each_answer_sets_the_timer_again(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.advance(timedelta(minutes=20))
    save(world, survey, {"nausea.frequency": 0})
    clock.advance(timedelta(minutes=20))
    assert idle.judge_due(worker_db) == 0
    clock.advance(timedelta(minutes=10))
    assert idle.judge_due(worker_db) == 1
    assert len(alerts(owner)) == 1


def test_going_on_and_sending_adds_to_the_same_alert(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 1, "pain.severity": 3})
    clock.advance(HALF_AN_HOUR)
    idle.judge_due(worker_db)
    before = alerts(owner)
    assert len(before) == 1
    save(world, survey, {"nausea.frequency": 4, "nausea.severity": 4})
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 1
    outcome = send(world, survey)
    assert len(alerts(owner)) == 1
    assert outcome.level is Level.URGENT
    found = rows(owner, "SELECT DISTINCT split_part(item, '.', 1) FROM finding ORDER BY 1")
    assert found == [("nausea",), ("pain",)]
    assert idle.judge_due(worker_db) == 0


def test_the_same_again_tells_nobody_twice(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.advance(HALF_AN_HOUR)
    idle.judge_due(worker_db)
    first = (alerts(owner), told(owner), rows(owner, "SELECT count(*) FROM finding"))
    save(world, survey, {"pain.interference": 0})
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 1
    send(world, survey)
    assert (alerts(owner), told(owner), rows(owner, "SELECT count(*) FROM finding")) == first


def test_a_worse_answer_after_it_worsens_the_alert(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 1, "pain.severity": 3})
    clock.advance(HALF_AN_HOUR)
    idle.judge_due(worker_db)
    (epoch,) = rows(owner, "SELECT epoch FROM alert")
    save(world, survey, {"pain.severity": 4})
    clock.advance(HALF_AN_HOUR)
    idle.judge_due(worker_db)
    ((after,),) = rows(owner, "SELECT epoch FROM alert")
    assert after == int(str(epoch[0])) + 1


def test_what_is_not_answered_yet_is_neither_zero_nor_missing(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 1})
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 1
    assert alerts(owner) == []
    assert rows(owner, "SELECT count(*) FROM score_set") == [(0,)]


def test_only_refusals_are_judged_without_an_alert(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    with world.as_patient() as tx:
        answer.save(tx, survey.id, "pain.frequency", REFUSED, BY)
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 1
    assert alerts(owner) == []


def test_what_is_sent_or_closed_is_not_judged_as_a_draft(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    send(world, survey)
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 0
    assert rows(owner, "SELECT count(*) FROM response WHERE judge_at IS NOT NULL") == [(0,)]


def test_the_closing_judges_what_is_left_and_takes_the_timer_away(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    clock.set(CLOSES - timedelta(minutes=10))
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.set(CLOSES)
    outbound.advance_due(worker_db)
    assert len(alerts(owner)) == 1
    assert rows(owner, "SELECT judge_at FROM response") == [(None,)]
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 0


def test_a_fault_in_the_rules_leaves_it_to_a_person_and_the_draft_goes_on(
    world: World,
    left: OccurrenceView,
    worker_db: Database,
    owner: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(judging, "_draft_case", broken)
        assert idle.judge_due(worker_db) == 1
    assert [kind for kind, _, _ in alerts(owner)] == ["review"]
    assert send(world, left).level is Level.URGENT


@pytest.mark.usefixtures("left")
def test_a_row_that_cannot_be_judged_stops_no_other_and_a_person_looks(
    worker_db: Database, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(judging, "judge_idle", broken)
        assert idle.judge_due(worker_db) == 1
    assert [kind for kind, _, _ in alerts(owner)] == ["review"]
    assert idle.judge_due(worker_db) == 0


def test_the_auditor_finds_and_judges_a_draft_that_the_job_forgot(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    clock.advance(HALF_AN_HOUR + timedelta(minutes=6))
    assert audit.audit_due(worker_db).found[audit.Check.ANSWERS] == 1
    assert len(alerts(owner)) == 1
    assert audit.audit_due(worker_db).found[audit.Check.ANSWERS] == 0


def test_a_simulation_sleeps_until_a_draft_is_due(
    world: World, survey: OccurrenceView, clock: VirtualClock
) -> None:
    save(world, survey, {"pain.frequency": 1})
    with world.begin() as tx:
        assert next_due(tx)[Timer.IDLE] == clock.now() + HALF_AN_HOUR


def test_what_was_not_hers_is_never_judged(
    world: World, survey: OccurrenceView, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    save(world, survey, {"pain.frequency": 3, "pain.severity": 4})
    with world.begin() as tx:
        responses.quarantine(tx, survey)
    with owner.begin() as connection:  # whatever set its timer again: it never comes up
        connection.execute(text("UPDATE response SET judge_at = started_at"))
    clock.advance(HALF_AN_HOUR)
    assert idle.judge_due(worker_db) == 0
    assert alerts(owner) == []
    with worker_db.begin(EVERYWHERE) as tx:
        assert drafts.waiting(tx, 10) == []
        assert Timer.IDLE not in next_due(tx)


def test_a_draft_that_is_no_more_is_no_fault(worker_db: Database, world: World) -> None:
    nobody = UUID(int=7)
    assert idle.judge_one(worker_db, nobody, world.patient, world.clinic.site) == 0
