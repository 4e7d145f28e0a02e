"""Reminders and people: who does not answer by text is called; who answers leaves the list."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.alerts import handling
from rsm.db.work import Database, Tx
from rsm.flow import answer, calls, enrol, entry, link_requests, outbound
from rsm.flow.calls import CallMade
from rsm.flow.entry import Taken
from rsm.flow.outcome import Outcome
from rsm.instruments.decide import next_item
from rsm.instruments.library import find
from rsm.kernel.answers import Answer, Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import (
    AlertKind,
    Channel,
    Level,
    Relation,
    Reporter,
    Role,
    SurveyState,
    TaskState,
)
from rsm.patients import calls as noted
from rsm.patients import service as patients
from rsm.patients.model import CallOutcome, EndReason, PauseReason
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView
from tests.survey_world import OPENS, World, build_world

THURSDAY = OPENS + timedelta(hours=72)
HOUR = timedelta(hours=1)


@dataclass
class Desk:
    """The call list of the clinic, and its patient's one survey."""

    world: World
    worker: Database
    clock: VirtualClock

    @property
    def survey(self) -> OccurrenceView:
        with self.world.begin() as tx:
            return schedules.recent(tx, self.world.patient, 60)[0]

    @contextmanager
    def as_nurse(self) -> Iterator[Tx]:
        with self.world.clinic.begin(self.world.clinic.nurse) as tx:
            yield tx

    def listed(self) -> list[TaskView]:
        with self.world.begin() as tx:
            return tasks.open_tasks(tx, self.world.clinic.site, calls.ON_LIST)

    def open(self, kind: TaskKind) -> list[TaskView]:
        with self.world.begin() as tx:
            return tasks.open_tasks(tx, self.world.clinic.site, (kind,))

    def task(self) -> TaskView:
        with self.world.begin() as tx:
            found = tasks.of_survey(
                tx, self.survey.patient_id, self.survey.id, TaskKind.CALL_PATIENT
            )
        assert found is not None
        return found

    def call(self, outcome: CallOutcome, **more: object) -> datetime | None:
        """A nurse notes a call; when the next one is to be."""
        with self.as_nurse() as tx:
            made = CallMade(outcome, **more)  # type: ignore[arg-type]  # its own words
            return calls.record_call(tx, self.task().id, made).at

    def enter(self, relation: Relation | None = None, **values: int) -> Outcome:
        with self.as_nurse() as tx:
            taken = Taken(answers(**values), "en", relation=relation)
            return entry.take_down(tx, self.survey.id, taken)

    def outcomes(self) -> list[CallOutcome]:
        with self.world.begin() as tx:
            made = noted.of_surveys(tx, [self.survey.id]).get(self.survey.id, [])
        return [each.outcome for each in made]


def answers(**values: int) -> Answers:
    """The whole survey: every item 0 but these (`pain__severity=4`)."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    instrument, given = find("weekly-symptoms"), dict[str, Answer]()
    while (item := next_item(instrument, given)) is not None:
        given[item.code] = answered(named.get(item.code, 0))
    return given


@pytest.fixture
def desk(web_db: Database, worker_db: Database, clock: VirtualClock) -> Desk:
    """Monday: the survey is open, and texts have not been answered."""
    desk = Desk(build_world(web_db), worker_db, clock)
    outbound.open_due(worker_db)
    return desk


@pytest.fixture
def on_list(desk: Desk) -> Desk:
    """Thursday: she stands on the list."""
    desk.clock.set(THURSDAY)
    with desk.world.begin() as tx:
        patient = desk.world.facts(tx)
        assert calls.put_on_list(tx, schedules.recent(tx, patient.id, 1)[0], patient) is not None
    return desk


def purposes(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT purpose FROM message WHERE audience = 'patient' ORDER BY planned_at")
        )
        return [str(purpose) for (purpose,) in found]


# --- onto the list -------------------------------------------------------------------------------


def test_unanswered_texts_at_0_24_and_48_hours_lead_to_the_list_at_72(
    desk: Desk, worker_db: Database, owner: Engine
) -> None:
    for hours, texts in ((0, 1), (24, 2), (48, 3)):
        desk.clock.set(OPENS + timedelta(hours=hours))
        outbound.advance_due(worker_db)
        assert purposes(owner) == ["survey_invite", *["survey_reminder"] * (texts - 1)]
        assert desk.listed() == []
    desk.clock.set(THURSDAY)
    outbound.advance_due(worker_db)
    outbound.advance_due(worker_db)
    (task,) = desk.listed()
    assert (task.occurrence_id, task.due_at) == (desk.survey.id, desk.survey.closes_at)
    assert len(purposes(owner)) == 3


def test_who_is_on_the_list_is_not_put_there_twice(on_list: Desk) -> None:
    with on_list.world.begin() as tx:
        assert calls.put_on_list(tx, on_list.survey, on_list.world.facts(tx)) is None
    assert len(on_list.listed()) == 1


def test_the_first_try_waits_for_her_hours(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 10, 22, 6, 0, tzinfo=UTC))  # two in the morning
    with desk.world.begin() as tx:
        calls.put_on_list(tx, desk.survey, desk.world.facts(tx))
    (task,) = desk.listed()
    assert task.not_before == datetime(2026, 10, 22, 12, 0, tzinfo=UTC)  # eight


@pytest.mark.parametrize("coordinator", [True, False])
def test_the_coordinator_calls_where_the_site_has_one(desk: Desk, coordinator: bool) -> None:
    with desk.world.begin() as tx:
        if coordinator:
            staff.grant(tx, desk.world.clinic.second, desk.world.clinic.site, Role.COORDINATOR)
        calls.put_on_list(tx, desk.survey, desk.world.facts(tx))
    (task,) = desk.listed()
    assert task.role is (Role.COORDINATOR if coordinator else Role.NURSE)


def test_who_has_answered_is_not_put_on_the_list(desk: Desk) -> None:
    seen = desk.survey
    desk.enter()
    with desk.world.begin() as tx:
        assert calls.put_on_list(tx, seen, desk.world.facts(tx)) is None


# --- calls ---------------------------------------------------------------------------------------


def test_two_voicemails_then_reached_and_entered(on_list: Desk) -> None:
    again = on_list.call(CallOutcome.VOICEMAIL)
    assert again == THURSDAY + 4 * HOUR
    assert [task.not_before for task in on_list.listed()] == [again]
    on_list.clock.set(again)
    tomorrow = on_list.call(CallOutcome.VOICEMAIL)
    assert tomorrow is not None
    assert tomorrow.date() > again.date()
    on_list.clock.set(tomorrow)
    outcome = on_list.enter(pain__frequency=3, pain__severity=4, pain__interference=3)
    assert outcome.level in {Level.URGENT, Level.EMERGENCY}
    assert on_list.survey.state is SurveyState.COMPLETED
    assert on_list.listed() == []
    task = on_list.task()
    assert (task.outcome, task.done_by) == (TaskOutcome.DONE, on_list.world.clinic.nurse)
    assert on_list.outcomes() == [
        CallOutcome.VOICEMAIL,
        CallOutcome.VOICEMAIL,
        CallOutcome.REACHED,
    ]


def test_what_a_nurse_takes_down_is_the_patients_and_what_a_relative_says_is_not(
    on_list: Desk,
) -> None:
    outcome = on_list.enter(Relation.CHILD)
    assert outcome.response.reporter is Reporter.PROXY
    with on_list.as_nurse() as tx:
        survey = entry.begin(tx, on_list.world.patient)
        own = entry.take_down(tx, survey.id, Taken(answers(), "en"))
    assert (own.response.reporter, own.response.channel) == (Reporter.STAFF, Channel.STAFF)
    assert own.response.recorded_by == on_list.world.clinic.nurse


def test_pressed_twice_it_is_stored_once(on_list: Desk, owner: Engine) -> None:
    first, second = on_list.enter(), on_list.enter()
    assert first.response.id == second.response.id
    assert on_list.outcomes() == [CallOutcome.REACHED]
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM response")).scalar_one() == 1


def test_without_an_open_survey_a_report_of_today_is_taken(desk: Desk) -> None:
    desk.enter()
    with desk.as_nurse() as tx:
        today = entry.begin(tx, desk.world.patient)
    assert not today.scheduled
    with desk.as_nurse() as tx:
        assert entry.begin(tx, desk.world.patient).id == today.id


def test_reached_without_answers_leaves_the_list_and_the_link_goes_on_working(
    on_list: Desk,
) -> None:
    assert on_list.call(CallOutcome.REACHED) is None
    assert on_list.listed() == []
    assert on_list.task().outcome is TaskOutcome.DONE
    assert on_list.survey.takes_answers(on_list.clock.now())


def test_an_hour_that_she_asked_for_is_kept(on_list: Desk) -> None:
    asked = THURSDAY + 11 * HOUR  # eight in the evening: after her hours, but she said so
    assert on_list.call(CallOutcome.REACHED, next_try=asked) == asked
    assert len(on_list.listed()) == 1


@pytest.mark.parametrize("hours", [-1, 24 * 7])
def test_no_call_is_planned_for_the_past_or_after_the_closing(on_list: Desk, hours: int) -> None:
    with pytest.raises(Invalid):
        on_list.call(CallOutcome.VOICEMAIL, next_try=THURSDAY + hours * HOUR)
    assert on_list.outcomes() == []


def test_tried_often_enough_she_leaves_the_list_unreached(on_list: Desk) -> None:
    again: datetime | None = THURSDAY
    while again is not None:
        on_list.clock.set(again)
        again = on_list.call(CallOutcome.NO_ANSWER)
    assert on_list.outcomes() == [CallOutcome.NO_ANSWER] * 4
    assert on_list.task().outcome is TaskOutcome.NOT_REACHED


def test_a_wrong_number_is_texted_no_more_and_somebody_asks_for_hers(
    on_list: Desk, owner: Engine
) -> None:
    on_list.call(CallOutcome.WRONG_NUMBER)
    with on_list.world.begin() as tx:
        assert patients.address(tx, on_list.world.patient, Channel.SMS) is None
    (task,) = on_list.open(TaskKind.CHECK_CONTACT)
    assert task.patient_id == on_list.world.patient
    assert on_list.listed() == []
    with owner.connect() as connection:
        states = connection.execute(text("SELECT DISTINCT state FROM message")).scalars().all()
    assert states == ["cancelled"]


def test_who_refuses_is_not_asked_again_by_text_or_phone(
    on_list: Desk, worker_db: Database, owner: Engine
) -> None:
    on_list.call(CallOutcome.REFUSED)
    assert on_list.listed() == []
    assert (on_list.survey.state, on_list.survey.miss_reason) == (SurveyState.MISSED, "refused")
    with owner.connect() as connection:
        queued = text("SELECT count(*) FROM message WHERE state = 'queued'")
        assert connection.execute(queued).scalar_one() == 0
    on_list.clock.set(on_list.survey.closes_at)
    assert outbound.advance_due(worker_db) == 0


def test_what_she_had_answered_before_she_refused_is_kept_and_judged(on_list: Desk) -> None:
    with on_list.world.as_patient() as tx:
        answer.start(tx, on_list.survey.id, Author())
        answer.save(tx, on_list.survey.id, "pain.frequency", answered(2), Author())
    on_list.call(CallOutcome.REFUSED)
    assert on_list.survey.state is SurveyState.PARTIAL
    with on_list.world.begin() as tx:
        report = responses.of_occurrence(tx, on_list.survey.id)
    assert report is not None
    assert report.is_final


def test_too_ill_to_answer_is_an_urgent_alert_and_a_nurse_is_told(
    on_list: Desk, owner: Engine
) -> None:
    on_list.call(CallOutcome.TOO_ILL)
    with on_list.world.begin() as tx:
        (alert,) = handling.worklist(tx, on_list.world.clinic.site)
    assert (alert.level, alert.kind) == (Level.URGENT, AlertKind.TEXT)
    assert alert.patient_id == on_list.world.patient
    with owner.connect() as connection:
        told = text("SELECT count(*) FROM message WHERE audience = 'staff' AND state = 'queued'")
        assert connection.execute(told).scalar_one() >= 1
    assert on_list.listed() == []


def test_a_call_stands_for_ever(on_list: Desk, web_db: Database) -> None:
    on_list.call(CallOutcome.VOICEMAIL, note="Her son took it")
    for change in ("UPDATE call_attempt SET outcome = 'reached'", "DELETE FROM call_attempt"):
        with (
            pytest.raises(Exception, match="permission denied"),
            on_list.world.clinic.begin() as tx,
        ):
            tx.session.execute(text(change))
    assert on_list.outcomes() == [CallOutcome.VOICEMAIL]


def test_the_note_of_a_call_is_sealed(on_list: Desk, owner: Engine) -> None:
    on_list.call(CallOutcome.VOICEMAIL, note="Her son took it")
    with owner.connect() as connection:
        (sealed,) = connection.execute(text("SELECT note_sealed FROM call_attempt")).one()
    assert sealed is not None
    assert b"son" not in bytes(sealed)


# --- off the list --------------------------------------------------------------------------------


def test_who_answers_by_the_link_meanwhile_leaves_the_list_at_once(on_list: Desk) -> None:
    task = on_list.task()
    with on_list.world.as_patient() as tx:
        for code, given in answers().items():
            answer.save(tx, on_list.survey.id, code, given, Author())
        answer.submit(tx, on_list.survey.id, "", Author())
    assert on_list.listed() == []
    assert on_list.task().outcome is TaskOutcome.NOT_NEEDED
    with pytest.raises(Conflict), on_list.as_nurse() as tx:
        calls.record_call(tx, task.id, CallMade(CallOutcome.NO_ANSWER))
    assert on_list.outcomes() == []


@pytest.mark.parametrize("how", ["paused", "died", "closed", "not me"])
def test_whoever_is_asked_no_more_is_called_no_more(
    on_list: Desk, worker_db: Database, how: str
) -> None:
    patient = on_list.world.patient
    with on_list.world.begin() as tx:
        if how == "paused":
            enrol.pause(tx, patient, PauseReason.INPATIENT)
        elif how == "died":
            enrol.end(tx, patient, EndReason.DEATH)
        elif how == "not me":
            link_requests.not_me(tx, on_list.survey.id)
    if how == "closed":
        on_list.clock.set(on_list.survey.closes_at)
        outbound.advance_due(worker_db)
    assert on_list.listed() == []
    assert on_list.task().state is TaskState.DONE


def test_a_list_that_cannot_be_changed_never_loses_the_answer(
    on_list: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("no such list")

    monkeypatch.setattr(tasks, "withdraw", fail)
    on_list.enter()
    assert on_list.survey.state is SurveyState.COMPLETED


def test_of_two_coordinators_with_the_same_page_one_notes_the_call(on_list: Desk) -> None:
    task, barrier = on_list.task(), Barrier(2)
    won: list[UUID] = []
    lost: list[UUID] = []

    def note(who: UUID) -> None:
        barrier.wait()
        try:
            with on_list.world.clinic.begin(who) as tx:
                calls.record_call(tx, task.id, CallMade(CallOutcome.VOICEMAIL, seen=0))
            won.append(who)
        except Conflict:
            lost.append(who)

    people = [on_list.world.clinic.nurse, on_list.world.clinic.second]
    threads = [Thread(target=note, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 1)
    assert on_list.outcomes() == [CallOutcome.VOICEMAIL]


def test_a_task_that_is_no_call_takes_no_outcome(on_list: Desk) -> None:
    on_list.call(CallOutcome.WRONG_NUMBER)
    (task,) = on_list.open(TaskKind.CHECK_CONTACT)
    with pytest.raises(NotFound), on_list.as_nurse() as tx:
        calls.record_call(tx, task.id, CallMade(CallOutcome.REACHED))
