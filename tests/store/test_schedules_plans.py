"""Plans for one patient: published, followed, moved, waited for, completed (P1, P11)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.flow import audit, outbound, plans
from rsm.instruments import service as instruments
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.ids import keyed_id
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Pin, SurveyState
from rsm.messaging.hours import spread
from rsm.metrics import promises
from rsm.patients import service as patients
from rsm.patients import treatment
from rsm.patients.model import TreatmentEventKind
from rsm.schedules import library, published, timers
from rsm.schedules import service as schedules
from rsm.schedules.decide import windows_from
from rsm.schedules.library import plan_named, plan_text, read_plan
from rsm.schedules.model import Anchors, AssignmentView, OccurrenceView, Slot
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.survey_world import CLOSES, OPENS, World, build_world

DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
WEEKLY_1 = Pin("weekly", "1", "d895ad116dd0650cd26be39b849de603bc72b22952f861a8df06636a427e481a")


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def choose(world: World, pin: Pin, ends_on: date | None = None) -> UUID:
    with world.begin() as tx:
        return plans.choose(tx, world.patient, pin, ends_on)


def shipped(world: World, key: str) -> Pin:
    with world.begin() as tx:
        return published.publish_shipped(tx, key)


def following(world: World) -> AssignmentView:
    with world.begin() as tx:
        active = schedules.assignment(tx, world.patient)
    assert active is not None
    return active


def cycles(world: World, *starts: str) -> None:
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        treatment.set_cycles(tx, facts, [date.fromisoformat(each) for each in starts])
        plans.treatment_changed(tx, facts)


def surveys(world: World) -> list[OccurrenceView]:
    with world.begin() as tx:
        return schedules.recent(tx, world.patient, 60)[::-1]


def lost(worker_db: Database) -> int:
    return audit.audit_due(worker_db).found[audit.Check.SURVEYS]


# --- on the shelf --------------------------------------------------------------------------------


def test_a_plan_is_published_once_and_loads_as_it_was(world: World) -> None:
    text_of = plan_text("weekly").replace('key = "weekly"', 'key = "ours"')
    plan = read_plan(text_of, "ours.toml")
    with world.begin() as tx:
        pin = published.publish(tx, plan, text_of)
        assert published.publish(tx, plan, text_of) == pin
        assert published.load(tx, pin) == plan
        other = text_of.replace("= 120", "= 110")
        with pytest.raises(Conflict):
            published.publish(tx, read_plan(other, "ours.toml"), other)
        with pytest.raises(NotFound):
            published.load(tx, replace(pin, hash="0" * 64))


def test_a_plan_that_asks_what_is_not_published_is_refused(world: World) -> None:
    text_of = plan_text("weekly") + '\n[[asks]]\nrhythm = "monthly"\ninstrument = "money@9"\n'
    with world.begin() as tx, pytest.raises(Invalid, match="`money@9` is not published"):
        published.publish(tx, read_plan(text_of, "plan.toml"), text_of)


def test_a_former_version_that_we_shipped_is_followed_as_it_was(world: World) -> None:
    choose(world, WEEKLY_1)
    with world.begin() as tx:
        (opened,) = world.open_windows(tx)
    assert opened.reminders == (OPENS + DAY,)
    assert opened.call_at is None
    assert opened.closes_at == datetime(2026, 10, 22, 1, tzinfo=UTC)


def test_a_plan_that_was_never_published_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="weekly 7 is not published"):
        choose(world, Pin("weekly", "7", "0" * 64))


# --- what a window holds -------------------------------------------------------------------------


def test_a_survey_has_one_id_however_often_it_is_worked_out(world: World) -> None:
    survey = world.open_survey()
    assert survey.id == keyed_id("occurrence", world.patient, "2026-10-19")
    assert survey.call_at == OPENS + 3 * DAY
    assert survey.asks == (survey.instrument,)


def test_instruments_that_fall_together_are_one_survey(world: World) -> None:
    with world.begin() as tx:
        own = sites.get(tx, world.clinic.site).instrument
        body = _own_words()
        from rsm.instruments.load import load_instrument

        second = instruments.publish(tx, load_instrument(body, "second.toml"), body)
    asks = '[[asks]]\nrhythm = "weekly"\n[[asks]]\nrhythm = "monthly"\ninstrument = "second@1.0.0"'
    text_of = f"{plan_text('weekly')}\n{asks}\n".replace('key = "weekly"', 'key = "two"')
    with world.begin() as tx:
        pin = published.publish(tx, read_plan(text_of, "two.toml"), text_of)
    choose(world, pin)
    survey = world.open_survey()
    assert survey.asks == (own, second)
    with world.begin() as tx:
        codes = set(instruments.load(tx, survey.instrument).item_by_code)
        for part in (own, second):
            assert set(instruments.load(tx, part).item_by_code) <= codes


def _own_words() -> str:
    from rsm.instruments import library

    body = library.body("weekly-symptoms")
    return body.replace('key = "weekly-symptoms"', 'key = "second"', 1)


# --- treatment -----------------------------------------------------------------------------------


def test_a_plan_on_cycles_waits_and_begins_when_a_date_is_entered(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    choose(world, shipped(world, "chemo-cycle"))
    waiting = following(world)
    assert waiting.waits
    assert waiting.opens_next is None
    assert waiting.next_at == OPENS + DAY  # it is looked at again
    clock.advance(DAY)
    assert outbound.open_due(worker_db) == 0
    assert following(world).next_at == OPENS + 2 * DAY
    cycles(world, "2026-10-19")
    assert following(world).next_key == "2026-10-22"
    clock.set(OPENS + 3 * DAY)
    assert outbound.open_due(worker_db) == 1
    assert following(world).next_key == "2026-10-26"
    clock.set(OPENS + WEEK)
    assert outbound.open_due(worker_db) == 1
    assert following(world).waits
    assert lost(worker_db) == 0


def test_a_cycle_that_moves_moves_what_is_to_come_and_leaves_what_was_sent(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    choose(world, shipped(world, "chemo-cycle"))
    cycles(world, "2026-10-19")
    clock.set(OPENS + 3 * DAY)
    outbound.open_due(worker_db)
    cycles(world, "2026-10-21")  # it had begun two days later: its day 3 is the 24th
    assert following(world).next_key == "2026-10-24"
    clock.set(OPENS + 5 * DAY)
    outbound.open_due(worker_db)
    outbound.advance_due(worker_db)
    assert [(one.window_key, one.state) for one in surveys(world)] == [
        ("2026-10-22", SurveyState.MISSED),  # closed by the next one
        ("2026-10-24", SurveyState.OPEN),
    ]
    assert lost(worker_db) == 0


def test_a_date_that_nobody_enters_is_asked_for_once(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    choose(world, shipped(world, "chemo-cycle"))
    for _ in range(20):
        clock.advance(DAY)
        outbound.open_due(worker_db)
    with world.begin() as tx:
        asked = [one for one in tasks.open_tasks(tx, world.clinic.site) if one.patient_id]
    assert [one.kind for one in asked] == [TaskKind.NEEDS_DATE]
    cycles(world, "2026-11-07")
    with world.begin() as tx:
        assert tasks.count_open(tx, world.clinic.site, (TaskKind.NEEDS_DATE,)) == 0


def test_an_event_that_ends_a_plan_completes_it(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    choose(world, shipped(world, "chemo-cycle"))
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        treatment.put_event(tx, facts, TreatmentEventKind.TREATMENT_END, date(2026, 10, 19))
        plans.treatment_changed(tx, facts)
        assert schedules.assignment(tx, world.patient) is None
        assert tasks.count_open(tx, world.clinic.site, (TaskKind.PLAN_OVER,)) == 1
    assert lost(worker_db) == 0  # it is complete, not forgotten


# --- ends ----------------------------------------------------------------------------------------


def test_an_end_date_is_the_last_day_that_asks(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    choose(world, plan_named("weekly").pin, ends_on=date(2026, 10, 26))
    for week in range(4):
        clock.set(OPENS + week * WEEK)
        outbound.open_due(worker_db)
    assert [one.window_key for one in surveys(world)] == ["2026-10-19", "2026-10-26"]
    with world.begin() as tx:
        assert schedules.assignment(tx, world.patient) is None
        assert tasks.count_open(tx, world.clinic.site, (TaskKind.PLAN_OVER,)) == 1
    assert lost(worker_db) == 0
    choose(world, plan_named("weekly").pin)
    with world.begin() as tx:
        assert tasks.count_open(tx, world.clinic.site, (TaskKind.PLAN_OVER,)) == 0


def test_an_end_can_be_set_and_taken_away(world: World) -> None:
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        schedules.end_on(tx, facts, date(2026, 11, 30))
    assert following(world).ends_on == date(2026, 11, 30)
    with world.begin() as tx:
        schedules.end_on(tx, facts, None)
    assert following(world).ends_on is None


def test_a_plan_that_is_over_before_it_begins_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="opens no window"):
        choose(world, plan_named("weekly").pin, ends_on=date(2026, 10, 1))


# --- changes of the slot -------------------------------------------------------------------------


def move(world: World, **slot: object) -> None:
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        plans.slot_changed(tx, replace(facts, **slot))  # type: ignore[arg-type]  # as named


def test_tapering_goes_on_from_where_it_was_when_her_day_changes(
    world: World, clock: VirtualClock, worker_db: Database
) -> None:
    choose(world, shipped(world, "taper"))
    clock.set(OPENS + 11 * WEEK + DAY)
    outbound.open_due(worker_db)
    move(world, weekday=3, local_time=time(18))
    clock.advance(6 * DAY)
    active = following(world)
    assert active.starts_on == date(2026, 10, 19)
    assert active.next_key == "2027-01-14"  # the first of its months, not a week of a new taper
    assert lost(worker_db) == 0


def test_a_new_zone_counts_from_the_next_window_on(world: World, clock: VirtualClock) -> None:
    survey = world.open_survey()
    move(world, zone="America/Los_Angeles")
    active = following(world)
    assert active.opens_next == datetime(2026, 10, 26, 16, tzinfo=UTC)
    with world.begin() as tx:
        assert schedules.occurrence(tx, survey.id).closes_at == CLOSES


def test_a_change_never_loses_a_window_that_has_come_and_is_not_opened_yet(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    clock.advance(timedelta(hours=1))  # no worker has run since nine
    move(world, local_time=time(8))
    assert outbound.open_due(worker_db) == 1
    assert [one.window_key for one in surveys(world)] == ["2026-10-19"]
    assert following(world).next_key == "2026-10-26"


def test_each_date_of_a_patient_is_one_survey_whatever_moved(
    world: World, clock: VirtualClock
) -> None:
    choose(world, shipped(world, "daily-14"))
    first = world.open_survey()
    move(world, local_time=time(15))
    clock.set(OPENS + timedelta(hours=6))
    with world.begin() as tx:
        assert world.open_windows(tx) == []
    assert [one.id for one in surveys(world)] == [first.id]


# --- as the preview says -------------------------------------------------------------------------


@pytest.mark.parametrize("key", library.shipped())
def test_what_happens_is_what_the_preview_said(
    world: World, worker_db: Database, clock: VirtualClock, key: str
) -> None:
    operated = {TreatmentEventKind.SURGERY: date(2026, 10, 20)}
    infused = (date(2026, 10, 20), date(2026, 11, 10))
    with world.begin() as tx:
        facts = patients.locked(tx, world.patient)
        treatment.set_cycles(tx, facts, infused)
        treatment.put_event(tx, facts, TreatmentEventKind.SURGERY, date(2026, 10, 20))
    choose(world, shipped(world, key))
    slot = Slot(zone_named("America/New_York"), 0, time(9))
    anchors = Anchors(slot, date(2026, 10, 19), cycles=infused, events=operated)
    said = list(islice(windows_from(plan_named(key), anchors, anchors.starts_on), 12))
    for window in said:
        clock.set(window.opens_at)
        assert outbound.open_due(worker_db) == 1
        outbound.advance_due(worker_db)
    done = surveys(world)
    assert [(one.window_key, one.opens_at, one.closes_at, one.call_at) for one in done] == [
        (window.key, window.opens_at, window.closes_at, window.call_at) for window in said
    ]
    assert lost(worker_db) == 0


def test_a_text_leaves_at_her_own_minute_of_the_hour(
    world: World, worker_db: Database, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE site SET spread_minutes = 60"))
    outbound.open_due(worker_db)
    with owner.connect() as connection:
        leaves = connection.execute(text("SELECT next_at FROM message")).scalar_one()
    assert leaves == OPENS + spread(world.patient, 60)


# --- zone data -----------------------------------------------------------------------------------


@contextmanager
def stale(owner: Engine) -> Iterator[None]:
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE plan_assignment SET zone_data = '1999a', next_at = next_at - :hour"),
            {"hour": timedelta(hours=1)},
        )
    yield


def test_an_update_of_the_zone_data_moves_what_is_to_come(
    world: World, worker_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    world.open_survey()
    before = following(world).next_at
    with stale(owner):
        assert following(world).next_at != before
    assert outbound.refresh_zones(worker_db) == 1
    assert following(world).next_at == before
    assert outbound.refresh_zones(worker_db) == 0


# --- the call list -------------------------------------------------------------------------------


def test_three_days_of_silence_stand_on_the_call_list_once(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    outbound.open_due(worker_db)
    for days in (1, 2, 3, 3, 4):
        clock.set(OPENS + days * DAY)
        outbound.advance_due(worker_db)
    (survey,) = surveys(world)
    assert survey.called
    with world.begin() as tx:
        assert tasks.count_open(tx, world.clinic.site, (TaskKind.CALL_PATIENT,)) == 1


def test_whoever_has_answered_is_not_called(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        schedules.mark(tx, survey.id, SurveyState.COMPLETED)
    clock.set(OPENS + 3 * DAY)
    assert outbound.advance_due(worker_db) == 0


def test_what_is_due_is_found_without_a_lock(world: World, worker_db: Database) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        assert _nobody_lost(tx)
        assert timers.stale_assignments(tx) == []


def _nobody_lost(tx: Tx) -> bool:
    return promises.unplanned(tx) == 0


def test_p1_what_cannot_be_merged_for_whatever_reason_still_asks_the_first(
    web_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world(web_db)

    def taken(*_: object) -> Pin:
        raise Conflict("published with another content")

    monkeypatch.setattr(instruments, "publish_merged", taken)
    with world.begin() as tx:
        own = sites.get(tx, world.clinic.site).instrument
        assert published.survey_of(tx, [own, own]) == own
