"""Pauses: they end on their day or ask to be ended, and never run for ever unasked."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import enrol, outbound, pauses
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import Channel
from rsm.patients import pauses as kept
from rsm.patients import service as patients
from rsm.patients.decide import PauseDetails
from rsm.patients.model import EndReason, PatientFacts, PatientStatus, PauseReason, as_entered
from rsm.schedules import service as schedules
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome
from tests.clinic import PATIENT_PHONE, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import Post


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient()


def pause(
    post: Post, who: UUID, reason: PauseReason, until: date | None = None, note: str = ""
) -> None:
    with post.clinic.begin(post.clinic.nurse) as tx:
        enrol.pause(tx, who, reason, PauseDetails(until=until, note=note))


def is_active(post: Post, who: UUID) -> bool:
    with post.clinic.begin() as tx:
        return patients.peek(tx, who).is_active


def go_to(post: Post, instant: datetime) -> int:
    post.clock.advance(instant - post.clock.now())
    return pauses.pauses_due(post.db)


def test_after_travel_she_goes_on_by_herself_in_her_own_morning(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, until=date(2026, 11, 2))
    assert go_to(post, datetime(2026, 11, 2, 9, 59, tzinfo=UTC)) == 0
    assert not is_active(post, maria)
    assert go_to(post, datetime(2026, 11, 2, 10, tzinfo=UTC)) == 1  # five in New York, winter time
    assert is_active(post, maria)
    assert post.tasks() == []


def test_the_survey_of_the_day_on_which_she_is_back_is_asked(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    pause(post, maria, PauseReason.TRAVEL, until=date(2026, 11, 2))  # a Monday, her day
    for _ in range(14):
        post.later(days=1)
        pauses.pauses_due(post.db)
        outbound.open_due(post.db)
        assert phone.gets() == []
    post.later(hours=1)  # nine o'clock in winter time
    outbound.open_due(post.db)
    assert len(phone.gets()) == 1


def test_a_day_of_discharge_is_a_guess_and_asks(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.INPATIENT, until=date(2026, 10, 23))
    post.later(days=4)
    assert pauses.pauses_due(post.db) == 1
    assert not is_active(post, maria)
    assert post.tasks() == [TaskKind.END_PAUSE]


@pytest.mark.parametrize("reason", list(PauseReason))
def test_no_pause_runs_for_a_month_unasked(post: Post, maria: UUID, reason: PauseReason) -> None:
    pause(post, maria, reason)
    post.later(days=28)
    assert pauses.pauses_due(post.db) == 1
    assert len(post.tasks()) == 1
    assert not is_active(post, maria)


def test_somebody_is_asked_again_until_somebody_answers(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.INPATIENT)
    post.later(days=7)
    pauses.pauses_due(post.db)
    post.later(days=3)
    pauses.pauses_due(post.db)
    assert post.tasks() == [TaskKind.END_PAUSE]  # the first is still open
    with post.clinic.begin(post.clinic.nurse) as tx:
        (task,) = tasks.open_tasks(tx, post.clinic.site)
        tasks.finish(tx, task.id, TaskOutcome.NOT_REACHED)
    post.later(days=3)
    pauses.pauses_due(post.db)
    assert post.tasks() == [TaskKind.END_PAUSE]


def test_home_again_goes_on_with_the_plan_and_the_task_is_done(post: Post, maria: UUID) -> None:
    with post.clinic.begin() as tx:
        before = schedules.assignment(tx, maria)
    pause(post, maria, PauseReason.INPATIENT)
    post.later(days=7)
    pauses.pauses_due(post.db)
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.home_again(tx, maria)
        after = schedules.assignment(tx, maria)
    assert before is not None
    assert after is not None
    assert after.plan == before.plan
    assert (is_active(post, maria), post.tasks()) == (True, [])


def test_still_away_is_asked_again_on_the_day_that_was_named(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.INPATIENT)
    post.later(days=7)
    pauses.pauses_due(post.db)
    with post.clinic.begin(post.clinic.nurse) as tx:
        pauses.still_away(tx, maria, PauseReason.INPATIENT, date(2026, 11, 10))
    assert post.tasks() == []
    assert go_to(post, datetime(2026, 11, 9, 12, tzinfo=UTC)) == 0
    assert go_to(post, datetime(2026, 11, 10, 12, tzinfo=UTC)) == 1
    assert post.tasks() == [TaskKind.END_PAUSE]


def test_whoever_cannot_be_reached_is_not_resumed_but_asked_about(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, until=date(2026, 10, 26))
    with post.clinic.begin() as tx:
        patients.suspend_contact(tx, maria, Channel.SMS, "wrong_number")
    post.later(days=7)
    assert pauses.pauses_due(post.db) == 1
    assert not is_active(post, maria)
    with post.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, post.clinic.site)
    assert "number" in task.reason


def test_an_end_takes_the_question_away(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.HOSPICE)
    post.later(days=28)
    pauses.pauses_due(post.db)
    with post.clinic.begin() as tx:
        enrol.end(tx, maria, EndReason.DEATH)
    assert post.tasks() == []
    post.later(days=60)
    assert pauses.pauses_due(post.db) == 0


def test_two_rounds_at_once_ask_once(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.REQUEST)
    post.later(days=14)
    assert pauses.pauses_due(post.db) + pauses.pauses_due(post.db) == 1
    assert len(post.tasks()) == 1


def test_in_another_zone_the_same_day_begins_at_another_instant(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.TRAVEL, until=date(2026, 10, 26))
    with post.clinic.begin() as tx:
        record = patients.read(tx, maria)
        moved = as_entered(record).model_copy(update={"zone": "Pacific/Honolulu"})
        enrol.change(tx, maria, moved, record.facts.changes)
    assert go_to(post, datetime(2026, 10, 26, 14, tzinfo=UTC)) == 0
    assert go_to(post, datetime(2026, 10, 26, 15, tzinfo=UTC)) == 1
    assert is_active(post, maria)


@pytest.mark.parametrize("until", [date(2026, 10, 19), date(2026, 10, 1), date(2029, 1, 1)])
def test_a_day_that_is_past_or_years_away_is_refused(post: Post, maria: UUID, until: date) -> None:
    with pytest.raises(Invalid) as refused:
        pause(post, maria, PauseReason.TRAVEL, until=until)
    assert refused.value.problems[0].where == "until"
    assert is_active(post, maria)


def test_a_note_is_kept_sealed_and_read_again(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.INPATIENT, note="4 West, says her daughter")
    with post.clinic.begin() as tx:
        running = kept.running(tx, maria)
    assert running is not None
    assert running.note == "4 West, says her daughter"


def test_one_broken_pause_stops_no_other_and_is_tried_again(
    post: Post, maria: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = post.clinic.enrol_patient("Clarence Webb", "+12025550132")
    pause(post, maria, PauseReason.INPATIENT)
    pause(post, other, PauseReason.INPATIENT)
    post.later(days=7)

    def broken(tx: object, facts: PatientFacts) -> int:
        if facts.id == maria:
            raise RuntimeError("broken")
        return work(tx, facts)  # type: ignore[arg-type]  # the same arguments

    work = pauses._work
    with monkeypatch.context() as patch:
        patch.setattr(pauses, "_work", broken)
        assert pauses.pauses_due(post.db) == 1
    assert pauses.pauses_due(post.db) == 0
    post.later(hours=1)
    assert pauses.pauses_due(post.db) == 1
    assert post.tasks() == [TaskKind.END_PAUSE] * 2


def test_nobody_is_still_away_who_was_not_away(post: Post, maria: UUID) -> None:
    with post.clinic.begin() as tx, pytest.raises(Conflict):
        pauses.still_away(tx, maria, PauseReason.TRAVEL)
    with post.clinic.begin() as tx:
        assert patients.peek(tx, maria).status is PatientStatus.ENROLLED


def test_the_timer_is_never_empty_while_a_pause_runs(post: Post, maria: UUID) -> None:
    pause(post, maria, PauseReason.WRONG_NUMBER)
    for _ in range(5):
        with post.clinic.begin() as tx:
            running = kept.running(tx, maria)
        assert running is not None
        assert running.next_at is not None
        assert running.next_at - post.clock.now() <= timedelta(days=2)
        go_to(post, running.next_at)
