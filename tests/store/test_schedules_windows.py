"""Windows that come due: each once, none lost, whatever stopped in between (P1, P14, P16)."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.words import SurveyState
from rsm.patients import service as patients
from rsm.patients.model import PauseReason
from rsm.schedules import service as schedules
from rsm.schedules import timers
from rsm.schedules.model import Assign, Due, MissReason, StepKind
from rsm.schedules.timing import next_step
from rsm.sites import service as sites
from tests.survey_world import CLOSES, OPENS, World, add_patient, build_world

WEEK = timedelta(weeks=1)
CALLS = OPENS + timedelta(days=3)


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def test_the_first_window_is_due_when_it_opens_and_is_opened_once(
    world: World, worker_db: Database
) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        (due,) = timers.due_assignments(tx)
        assert due.patient_id == world.patient
    with world.begin() as tx:
        (opened,) = world.open_windows(tx)
    assert (opened.state, opened.window_key) == (SurveyState.OPEN, "2026-10-19")
    assert (opened.opens_at, opened.closes_at) == (OPENS, CLOSES)
    assert opened.next_at == OPENS + timedelta(days=1)
    with world.begin() as tx:
        assert world.open_windows(tx) == []
        active = schedules.assignment(tx, world.patient)
    assert active is not None
    assert active.next_at == OPENS + WEEK
    with worker_db.begin(EVERYWHERE) as tx:
        assert timers.due_assignments(tx) == []


def test_two_workers_open_a_window_once(world: World, web_db: Database) -> None:
    barrier, found = threading.Barrier(2), []

    def work() -> None:
        with world.begin() as tx:
            barrier.wait()
            found.append(world.open_windows(tx))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(each) for each in found) == [0, 1]


def test_each_window_missed_while_we_were_down_is_recorded_as_not_sent(
    world: World, clock: VirtualClock
) -> None:
    clock.advance(2 * WEEK + timedelta(days=1))  # Tuesday of the third week
    with world.begin() as tx:
        opened = world.open_windows(tx)
        active = schedules.assignment(tx, world.patient)
    assert [(each.window_key, each.state, each.miss_reason) for each in opened] == [
        ("2026-10-19", SurveyState.MISSED, MissReason.NOT_SENT),
        ("2026-10-26", SurveyState.MISSED, MissReason.NOT_SENT),
        ("2026-11-02", SurveyState.OPEN, None),
    ]
    assert active is not None
    assert active.next_key == "2026-11-09"


def test_a_very_long_outage_is_caught_up_in_pieces(world: World, clock: VirtualClock) -> None:
    clock.advance(100 * WEEK)
    with world.begin() as tx:
        first, second = world.open_windows(tx), world.open_windows(tx)
    keys = [each.window_key for each in (*first, *second)]
    assert len(keys) == len(set(keys)) == 101


def test_a_window_that_opens_late_sends_no_reminder_right_after_the_invitation(
    world: World, clock: VirtualClock
) -> None:
    clock.advance(timedelta(hours=23))  # an hour before the reminder of Tuesday 9:00
    with world.begin() as tx:
        (opened,) = world.open_windows(tx)
    assert opened.reminders == (OPENS + timedelta(days=2),)
    assert opened.next_at == OPENS + timedelta(days=2)


def test_a_pause_records_its_windows_as_cancelled(world: World, clock: VirtualClock) -> None:
    with world.begin() as tx:
        patients.mark_paused(tx, world.facts(tx), PauseReason.INPATIENT)
    with world.begin() as tx:
        (first,) = world.open_windows(tx)
    assert (first.state, first.miss_reason) == (SurveyState.CANCELLED, MissReason.PAUSED)
    clock.advance(WEEK)
    with world.begin() as tx:
        patients.mark_resumed(tx, world.patient)
        schedules.resume(tx, world.patient)
        (second,) = world.open_windows(tx)
    assert second.state is SurveyState.OPEN


def test_a_pause_cancels_what_was_not_begun_and_leaves_what_was(world: World) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        schedules.mark(tx, survey.id, SurveyState.STARTED)
        assert schedules.hold(tx, world.patient) == []
    other = add_patient(world.clinic, name="Ana Ruiz", phone="+12025550132")
    second = World(world.clinic, other)
    waiting = second.open_survey()
    with world.begin() as tx:
        assert schedules.hold(tx, other) == [waiting.id]
        assert schedules.occurrence(tx, waiting.id).state is SurveyState.CANCELLED


def test_ending_stops_the_plan_and_cancels_what_is_open(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        assert schedules.stop(tx, world.patient) == [survey.id]
        assert schedules.assignment(tx, world.patient) is None
        assert schedules.occurrence(tx, survey.id).miss_reason == MissReason.ENDED
    clock.advance(WEEK)
    with worker_db.begin(EVERYWHERE) as tx:
        assert timers.due_assignments(tx) == []
        assert timers.due_occurrences(tx) == []


def test_a_new_slot_does_not_overlap_the_survey_that_is_open(world: World) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        plan = sites.get(tx, world.clinic.site).plan
        tuesday = Assign(
            world.patient,
            world.clinic.site,
            plan,
            1,
            time(9),
            "America/Chicago",
            date(2026, 10, 19),
        )
        schedules.assign(tx, tuesday)
        active = schedules.assignment(tx, world.patient)
        assert schedules.occurrence(tx, survey.id).state is SurveyState.OPEN
    assert active is not None
    assert active.next_at == datetime(2026, 10, 27, 14, 0, tzinfo=UTC)


def test_windows_follow_the_wall_clock_over_the_end_of_summer_time(
    world: World, clock: VirtualClock
) -> None:
    clock.advance(3 * WEEK)
    with world.begin() as tx:
        opened = world.open_windows(tx)
    hours = [each.opens_at.hour for each in opened]
    assert hours == [13, 13, 14]  # 2 November 9:00 is 14:00 in UTC
    clock.advance(timedelta(hours=1))
    with world.begin() as tx:
        assert [each.opens_at.hour for each in world.open_windows(tx)] == [14]


def test_an_unknown_zone_is_refused_with_a_hint(world: World) -> None:
    with world.begin() as tx:
        plan = sites.get(tx, world.clinic.site).plan
        wrong = Assign(
            world.patient, world.clinic.site, plan, 0, time(9), "Chicago", date(2026, 10, 19)
        )
        with pytest.raises(Invalid, match="America/Chicago"):
            schedules.assign(tx, wrong)


def test_reminders_then_the_closing_are_the_timer_of_an_open_survey(world: World) -> None:
    survey = world.open_survey()
    assert next_step(survey, OPENS).kind is StepKind.WAIT
    first = next_step(survey, OPENS + timedelta(days=1))
    assert (first.kind, first.number) == (StepKind.REMIND, 1)
    with world.begin() as tx:
        timers.reminded(tx, survey, first)
        survey = schedules.occurrence(tx, survey.id)
    assert survey.next_at == OPENS + timedelta(days=2)
    second = next_step(survey, OPENS + timedelta(days=2))
    assert (second.kind, second.number, second.next_at) == (StepKind.REMIND, 2, CALLS)
    with world.begin() as tx:
        timers.reminded(tx, survey, second)
        survey = schedules.occurrence(tx, survey.id)
    assert next_step(survey, CALLS - timedelta(minutes=1)).kind is StepKind.WAIT
    call = next_step(survey, CALLS)
    assert (call.kind, call.next_at) == (StepKind.CALL, CLOSES)
    with world.begin() as tx:
        timers.called(tx, survey, call)
        survey = schedules.occurrence(tx, survey.id)
    assert next_step(survey, CLOSES - timedelta(minutes=1)).kind is StepKind.WAIT
    assert next_step(survey, CLOSES).kind is StepKind.CLOSE


def test_reminders_missed_while_down_become_one(world: World) -> None:
    step = next_step(world.open_survey(), OPENS + timedelta(days=2, hours=1))
    assert (step.kind, step.number, step.next_at) == (StepKind.REMIND, 2, CALLS)


def test_a_late_reminder_pushes_out_the_one_that_would_follow_at_once(world: World) -> None:
    step = next_step(world.open_survey(), OPENS + timedelta(days=1, hours=23))
    assert (step.number, step.next_at) == (1, CALLS)
    assert step.reminders == (OPENS + timedelta(days=1),)


def test_a_reminder_and_a_call_missed_while_down_follow_one_another(world: World) -> None:
    late = CALLS + timedelta(hours=1)
    survey = world.open_survey()
    step = next_step(survey, late)
    assert (step.kind, step.next_at) == (StepKind.REMIND, CALLS)  # at once
    assert next_step(replace(survey, reminded=2), late).kind is StepKind.CALL


def test_a_row_that_fails_is_tried_later_and_set_aside_after_five_times(
    world: World, worker_db: Database, clock: VirtualClock
) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        (due,) = timers.due_assignments(tx)
    verdicts = []
    for _ in range(5):
        with world.begin() as tx:
            verdicts.append(timers.failed(tx, due, planning=True))
        with worker_db.begin(EVERYWHERE) as tx:
            assert timers.due_assignments(tx) == []
        clock.advance(timedelta(hours=1))
    assert verdicts == [False, False, False, False, True]
    with world.begin() as tx:
        assert timers.release(tx, world.patient, world.clinic.site) == 1
        assert timers.release(tx, world.patient, world.clinic.site) == 0
    with worker_db.begin(EVERYWHERE) as tx:
        assert timers.due_assignments(tx) == [due]


def test_a_survey_that_fails_is_set_aside_as_well(world: World, worker_db: Database) -> None:
    survey = world.open_survey()
    due = Due(survey.id, survey.patient_id, survey.site_id)
    for _ in range(5):
        with world.begin() as tx:
            timers.failed(tx, due, planning=False)
    with worker_db.begin(EVERYWHERE) as tx:
        assert timers.due_occurrences(tx) == []


def test_a_report_of_her_own_accord_is_one_at_a_time(world: World, clock: VirtualClock) -> None:
    planned = world.open_survey()
    with world.begin() as tx:
        assert schedules.report_now(tx, world.facts(tx), world.instrument(tx)).id == planned.id
        schedules.mark(tx, planned.id, SurveyState.COMPLETED)
        own = schedules.report_now(tx, world.facts(tx), world.instrument(tx))
        again = schedules.report_now(tx, world.facts(tx), world.instrument(tx))
    assert own.id == again.id != planned.id
    assert (own.scheduled, own.state) == (False, SurveyState.OPEN)
    clock.advance(timedelta(days=2))
    with world.begin() as tx:
        later = schedules.report_now(tx, world.facts(tx), world.instrument(tx))
    assert later.id != own.id


def test_opening_the_link_leaves_its_mark_the_first_time_only(
    world: World, clock: VirtualClock
) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        schedules.viewed(tx, survey)
    clock.advance(timedelta(hours=1))
    with world.begin() as tx:
        schedules.viewed(tx, schedules.occurrence(tx, survey.id))
        seen = schedules.occurrence(tx, survey.id)
    assert seen.first_viewed_at == OPENS
    assert seen.state is SurveyState.OPEN


def test_another_sites_survey_is_not_there(world: World, web_db: Database) -> None:
    from rsm.db.work import Scope
    from rsm.kernel.ids import SystemIds, new_id

    survey = world.open_survey()
    with web_db.begin(Scope.site(new_id(SystemIds(), OPENS))) as tx, pytest.raises(NotFound):
        schedules.occurrence(tx, survey.id)


def test_windows_that_stand_already_never_keep_the_timer_back(
    world: World, clock: VirtualClock, owner: Engine
) -> None:
    clock.advance(100 * WEEK)
    with world.begin() as tx:
        world.open_windows(tx)
    with owner.begin() as connection:  # the timer is where it was: some windows stand already
        connection.execute(
            text("UPDATE plan_assignment SET next_key = '2026-10-12', next_at = :at"),
            {"at": OPENS - WEEK},
        )
    for _ in range(3):
        with world.begin() as tx:
            world.open_windows(tx)
    with world.begin() as tx:
        active = schedules.assignment(tx, world.patient)
    assert active is not None
    assert active.next_at is not None
    assert active.next_at > clock.now()


def test_what_ended_while_set_aside_stays_ended_when_it_is_released(
    world: World, worker_db: Database
) -> None:
    survey = world.open_survey()
    active = survey.assignment_id
    assert active is not None
    for _ in range(5):
        with world.begin() as tx:
            timers.failed(tx, Due(survey.id, world.patient, world.clinic.site), planning=False)
            timers.failed(tx, Due(active, world.patient, world.clinic.site), planning=True)
    with world.begin() as tx:
        schedules.stop(tx, world.patient)
        assert timers.release(tx, world.patient, world.clinic.site) == 2
    with worker_db.begin(EVERYWHERE) as tx:
        assert timers.due_assignments(tx) == timers.due_occurrences(tx) == []
