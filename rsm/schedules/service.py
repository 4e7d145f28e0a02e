"""The door to schedules: who follows which plan, and the surveys that came due.

Callers hold the patient's row (`patients.service.lock`) whenever they change something here.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Pin, SurveyState
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.schedules import store
from rsm.schedules.decide import plan_named, windows_from
from rsm.schedules.model import (
    Assign,
    AssignmentView,
    MissReason,
    OccurrenceView,
    Slot,
    Window,
)
from rsm.schedules.timing import still_to_come
from rsm.security.audit import Subject, record

WINDOWS_AT_ONCE = 60  # after downtime: the rest follows with the next tick
REPORT_OPEN = timedelta(hours=24)
_BEGUN = frozenset({SurveyState.STARTED, SurveyState.COMPLETED, SurveyState.PARTIAL})


# --- who follows which plan ----------------------------------------------------------------------


def assign(tx: Tx, new: Assign) -> UUID:
    """Give the patient a plan, in place of the one that she has.

    The first window is the first from `starts_on` on that is yet to open, and that does not open
    before a survey that she can still answer has closed. Raises `Invalid` for a plan that we do
    not ship or an impossible slot.
    """
    former = store.active_assignment(tx, new.patient_id)
    if former is not None:
        store.set_assignment(tx, former.id, active=False, ended_at=tx.now, next_at=None)
    window = _first_window(tx, new)
    assignment_id = store.add_assignment(tx, new, window.key, window.opens_at)
    subject = Subject("plan_assignment", assignment_id, new.patient_id)
    record(tx, "plan.assigned", subject, new.site_id, plan=new.plan.key, next=window.key)
    return assignment_id


def _first_window(tx: Tx, new: Assign) -> Window:
    # With an instant of its own accord she does not wait: only planned surveys may not overlap.
    running = [each.closes_at for each in store.unfinished(tx, new.patient_id) if each.scheduled]
    slot = _slot(new.zone, new.weekday, new.local_time)
    plan, start = plan_named(new.plan.key), new.starts_on
    if new.starts_on < tx.now.date() - timedelta(days=2):
        start = tx.now.date() - timedelta(days=2)  # a start in the past opens nothing in the past
    for window in windows_from(plan, slot, start, 4):
        if window.opens_at >= max((tx.now, *running)):
            return window
    raise Invalid(Problem("plan", "no window opens within four weeks of its start"))


def assignment(tx: Tx, patient_id: UUID) -> AssignmentView | None:
    """The plan that the patient follows now."""
    return store.active_assignment(tx, patient_id)


def stop(tx: Tx, patient_id: UUID) -> list[UUID]:
    """End the plan, and cancel what is still open (returned: which surveys)."""
    active = store.active_assignment(tx, patient_id)
    if active is not None:
        store.set_assignment(tx, active.id, active=False, ended_at=tx.now, next_at=None)
        subject = Subject("plan_assignment", active.id, patient_id)
        record(tx, "plan.ended", subject, active.site_id)
    return [cancel(tx, each, MissReason.ENDED).id for each in store.unfinished(tx, patient_id)]


def hold(tx: Tx, patient_id: UUID) -> list[UUID]:
    """A pause begins: cancel surveys that she has not begun (returned). The plan's timer runs on,
    so that each window of the pause is recorded as cancelled."""
    waiting = [
        each for each in store.unfinished(tx, patient_id) if each.state is not SurveyState.STARTED
    ]
    return [cancel(tx, each, MissReason.PAUSED).id for each in waiting]


def resume(tx: Tx, patient_id: UUID) -> datetime | None:
    """A pause ends: nothing to start again, since the timer ran on; says when the next opens."""
    active = store.active_assignment(tx, patient_id)
    return active.next_at if active else None


# --- windows that came due -----------------------------------------------------------------------


def open_due_windows(
    tx: Tx, assignment_id: UUID, patient: PatientFacts, instrument: Pin
) -> list[OccurrenceView]:
    """Record every window of the plan that has come by now, and set the timer to the next (P1).

    One that closed before anybody could send it is `missed` as not sent; one during a pause is
    `cancelled`. Empty when nothing is due any more.
    """
    active = store.assignment(tx, assignment_id)
    if active is None or not active.active or active.quarantined_at is not None:
        return []
    slot = _slot(active.zone, active.weekday, active.local_time)
    first = date.fromisoformat(active.next_key)
    windows = windows_from(plan_named(active.plan.key), slot, first, WINDOWS_AT_ONCE + 1)
    found: list[OccurrenceView] = []
    for worked, window in enumerate(windows):  # those that stand already count: the timer moves on
        if window.opens_at > tx.now or worked == WINDOWS_AT_ONCE:
            _set_next(tx, active, window)
            return found
        occurrence = _record_window(tx, active, patient, window, instrument)
        if occurrence is not None:
            found.append(occurrence)
    return found


def _set_next(tx: Tx, active: AssignmentView, window: Window) -> None:
    store.set_assignment(tx, active.id, next_key=window.key, next_at=window.opens_at, attempts=0)


def _record_window(
    tx: Tx, active: AssignmentView, patient: PatientFacts, window: Window, instrument: Pin
) -> OccurrenceView | None:
    reminders = still_to_come(window.reminders, tx.now)
    state, reason = _first_state(tx, patient, window)
    over = state.is_over
    occurrence_id = store.add_occurrence(
        tx,
        {
            **_whose(patient, instrument),
            "assignment_id": active.id,
            "window_key": window.key,
            "local_date": window.local.date(),
            "opens_at": window.opens_at,
            "closes_at": window.closes_at,
            "reminders": [each.isoformat() for each in reminders],
            "state": state,
            "miss_reason": reason,
            "scheduled": True,
            "next_at": None if over else min((*reminders, window.closes_at)),
            "closed_at": tx.now if over else None,
        },
    )
    if occurrence_id is None:
        return None
    _audit(tx, f"survey.{state}", occurrence_id, patient, reason=reason)
    return occurrence(tx, occurrence_id)


def _first_state(
    tx: Tx, patient: PatientFacts, window: Window
) -> tuple[SurveyState, MissReason | None]:
    if patient.status is PatientStatus.PAUSED:
        return SurveyState.CANCELLED, MissReason.PAUSED
    if patient.status is not PatientStatus.ENROLLED:
        return SurveyState.CANCELLED, MissReason.NOT_ENROLLED
    if window.closes_at <= tx.now:
        return SurveyState.MISSED, MissReason.NOT_SENT
    return SurveyState.OPEN, None


def report_now(tx: Tx, patient: PatientFacts, instrument: Pin) -> OccurrenceView:
    """A survey of the patient's own accord, open for a day; the one that is open, if there is."""
    for each in store.unfinished(tx, patient.id):
        if each.takes_answers(tx.now):
            return each
    closes_at = tx.now + REPORT_OPEN
    occurrence_id = store.add_occurrence(
        tx,
        {
            **_whose(patient, instrument),
            "window_key": f"report:{tx.new_id()}",
            "local_date": tx.now.astimezone(zone_named(patient.zone)).date(),
            "opens_at": tx.now,
            "closes_at": closes_at,
            "reminders": [],
            "state": SurveyState.OPEN,
            "scheduled": False,
            "next_at": closes_at,
        },
    )
    if occurrence_id is None:
        raise NotFound("no such survey")
    _audit(tx, "survey.unscheduled", occurrence_id, patient)
    return occurrence(tx, occurrence_id)


def _whose(patient: PatientFacts, instrument: Pin) -> dict[str, object]:
    return {
        "site_id": patient.site_id,
        "patient_id": patient.id,
        "instrument": instrument.document,
        "language": patient.language,
        "is_test": patient.is_test,
    }


# --- one survey ----------------------------------------------------------------------------------


def occurrence(tx: Tx, occurrence_id: UUID) -> OccurrenceView:
    """The survey as it stands; `NotFound` when it is not in scope."""
    found = store.occurrence(tx, occurrence_id)
    if found is None:
        raise NotFound("no such survey")
    return found


def recent(tx: Tx, patient_id: UUID, weeks: int = 12) -> list[OccurrenceView]:
    """The patient's surveys of the last weeks, the newest first."""
    return list(store.occurrences(tx, patient_id, tx.now - timedelta(weeks=weeks)))


def unfinished(tx: Tx, patient_id: UUID) -> OccurrenceView | None:
    """The survey that she can answer now, the planned one before others."""
    open_ones = [each for each in store.unfinished(tx, patient_id) if each.takes_answers(tx.now)]
    return open_ones[0] if open_ones else None


def open_at_site(tx: Tx, site_id: UUID) -> int:
    """How many surveys of the site can still come in."""
    return store.count_open(tx, site_id)


def reports_since(tx: Tx, patient_id: UUID, since: datetime) -> int:
    """How many reports of her own accord were begun."""
    return store.count_unscheduled(tx, patient_id, since)


def viewed(tx: Tx, seen: OccurrenceView) -> None:
    """The link was opened: only the first time leaves a mark (P9)."""
    if seen.first_viewed_at is None:
        store.set_occurrence(tx, seen.id, first_viewed_at=tx.now)


def mark(
    tx: Tx, occurrence_id: UUID, state: SurveyState, reason: MissReason | None = None
) -> OccurrenceView:
    """Move the survey to `state`, audited; its timer ends with it."""
    values: dict[str, object] = {"state": state, "miss_reason": reason}
    if state is SurveyState.COMPLETED:
        values["completed_at"] = tx.now
    if state.is_over:
        values |= {"closed_at": tx.now, "next_at": None, "attempts": 0}
    moved = store.move_occurrence(tx, occurrence_id, values, begun=state in _BEGUN)
    if moved is None:
        raise NotFound("no such survey")
    subject = Subject("occurrence", occurrence_id, moved.patient_id)
    record(tx, f"survey.{state}", subject, moved.site_id, reason=reason)
    return moved


def cancel(tx: Tx, seen: OccurrenceView, reason: MissReason) -> OccurrenceView:
    return mark(tx, seen.id, SurveyState.CANCELLED, reason)


def _slot(zone: str, weekday: int, at: time) -> Slot:
    return Slot(zone_named(zone), weekday, at)


def _audit(
    tx: Tx, action: str, occurrence_id: UUID, patient: PatientFacts, **facts: object
) -> None:
    subject = Subject("occurrence", occurrence_id, patient.id)
    record(tx, action, subject, patient.site_id, **facts)
