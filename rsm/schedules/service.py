"""The door to schedules: who follows which plan, and the surveys that came due.

Callers hold the patient's row (`patients.service.lock`) whenever they change something here.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Pin, SurveyState
from rsm.patients.model import PatientFacts
from rsm.schedules import planning, published, store
from rsm.schedules.model import Assign, AssignmentView, EndedBy, MissReason, OccurrenceView
from rsm.schedules.opening import open_window, whose
from rsm.schedules.rhythms import REQUEST
from rsm.security.audit import Subject, record

WINDOWS_AT_ONCE = 60  # after downtime: the rest follows with the next tick
REPORT_OPEN = timedelta(hours=24)
_BEGUN = frozenset({SurveyState.STARTED, SurveyState.COMPLETED, SurveyState.PARTIAL})


# --- who follows which plan ----------------------------------------------------------------------


def assign(tx: Tx, new: Assign) -> UUID:
    """Give the patient a plan, in place of the one that she has.

    The first window is the first that is yet to open, and that does not open before a survey that
    she can still answer has closed; a plan that waits for a date begins with it. Raises `Invalid`
    for a plan that was never published or has nothing to ask, or an impossible slot.
    """
    try:
        assignment_id = _follow(tx, new)
    except NotFound as error:
        raise Invalid(Problem("plan", str(error), "publish it first")) from error
    if assignment_id is None:
        what = "opens no window from its start on"
        raise Invalid(Problem("plan", what, "another plan, or a later end"))
    return assignment_id


def recompute(tx: Tx, patient: PatientFacts, *, treatment: bool = False) -> UUID | None:
    """What is still to come of her plan, worked out anew; what was opened is left alone.

    For a new day, hour or zone of hers, and with `treatment` for a cycle or an event that came or
    moved: then a window may open before the survey that is open has closed, and closes it. A new
    hour or zone leaves every date as it was. Phases count from the plan's first day as before.
    None when nothing is left, or she follows no plan.
    """
    active = store.active_assignment(tx, patient.id)
    if active is None:
        return None
    if treatment and not published.load(tx, active.plan).follows_treatment:
        return active.id
    slot = (patient.weekday, patient.local_time, patient.zone)
    return _follow(tx, active.anew(*slot), treatment=treatment)


def end_on(tx: Tx, patient: PatientFacts, last: date | None) -> UUID | None:
    """The last local date on which her plan may open a window; without one it has no such end.

    None when nothing is left until then. Raises `NotFound` when she follows no plan.
    """
    active = store.active_assignment(tx, patient.id)
    if active is None:
        raise NotFound("the patient follows no plan")
    slot = (patient.weekday, patient.local_time, patient.zone)
    new = replace(active.anew(*slot), ends_on=last)
    return _follow(tx, new)


def _follow(tx: Tx, new: Assign, *, treatment: bool = False) -> UUID | None:
    """A row of its own for each change, so that what a row has opened follows from what it says."""
    planned, former = planning.planned(tx, new), store.active_assignment(tx, new.patient_id)
    if former is not None and former.next_key and not treatment and new.has_dates_of(former):
        since = planned.begins(former.next_key)
    else:
        running = () if treatment else _running(tx, new.patient_id)
        since = max((planned.unopened_since(former, tx.now), *running))
    window = next(planned.windows_opening(since), None)
    if window is None and not planned.waits_for(tx.now):
        if former is not None:
            _complete(tx, former)
        return None
    if former is not None:
        _end(tx, former, EndedBy.REPLACED)
    assignment_id = store.add_assignment(tx, new, planning.timer(window, tx.now))
    subject = Subject("plan_assignment", assignment_id, new.patient_id)
    key = window.key if window else None
    record(tx, "plan.assigned", subject, new.site_id, plan=new.plan.key, next=key)
    return assignment_id


def _running(tx: Tx, patient_id: UUID) -> Sequence[datetime]:
    # With a report of her own accord she does not wait: only planned surveys may not overlap.
    return [each.closes_at for each in store.unfinished(tx, patient_id) if each.scheduled]


def _end(tx: Tx, active: AssignmentView, why: EndedBy) -> None:
    values = {"active": False, "ended_at": tx.now, "end_reason": why, "next_at": None}
    store.set_assignment(tx, active.id, **values)


def _complete(tx: Tx, active: AssignmentView) -> None:
    _end(tx, active, EndedBy.COMPLETED)
    subject = Subject("plan_assignment", active.id, active.patient_id)
    record(tx, "plan.completed", subject, active.site_id, plan=active.plan.key)


def assignment(tx: Tx, patient_id: UUID) -> AssignmentView | None:
    """The plan that the patient follows now."""
    return store.active_assignment(tx, patient_id)


def awaited_date(tx: Tx, active: AssignmentView) -> bool:
    """Whether a plan without a window to come waits for a cycle's or an event's date."""
    return bool(planning.planned(tx, active).waits_for(tx.now) - {REQUEST})


def stop(tx: Tx, patient_id: UUID) -> list[UUID]:
    """End the plan, and cancel what is still open (returned: which surveys)."""
    active = store.active_assignment(tx, patient_id)
    if active is not None:
        _end(tx, active, EndedBy.ENDED)
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
    return active.opens_next if active else None


# --- windows that came due -----------------------------------------------------------------------


def open_due_windows(
    tx: Tx, assignment_id: UUID, patient: PatientFacts, instrument: Pin
) -> list[OccurrenceView]:
    """Record every window of the plan that has come by now, and set the timer to the next (P1).

    One that closed before anybody could send it is `missed` as not sent; one during a pause is
    `cancelled`. `instrument` is the site's own. Empty when nothing is due any more.
    """
    active = store.assignment(tx, assignment_id)
    if active is None or not active.active or active.quarantined_at is not None:
        return []
    planned = planning.planned(tx, active)
    found: list[OccurrenceView] = []
    for worked, window in enumerate(planned.due(active)):
        if window.opens_at > tx.now or worked == WINDOWS_AT_ONCE:
            store.set_assignment(tx, active.id, attempts=0, **planning.timer(window, tx.now))
            return found
        occurrence_id = open_window(tx, active, patient, window, instrument)
        if occurrence_id is not None:  # those that stand already count: the timer moves on
            found.append(occurrence(tx, occurrence_id))
    if planned.waits_for(tx.now):
        store.set_assignment(tx, active.id, attempts=0, **planning.timer(None, tx.now))
    else:
        _complete(tx, active)
    return found


def refresh_zone(tx: Tx, assignment_id: UUID) -> bool:
    """The zone data were updated: the same window, at the instant that they give it now."""
    active = store.assignment(tx, assignment_id)
    if active is None or not active.active:
        return False
    planned = planning.planned(tx, active)
    window = next(planned.windows(active.next_key), None) if active.next_key else None
    store.set_assignment(tx, active.id, **planning.timer(window, tx.now))
    return True


def report_now(tx: Tx, patient: PatientFacts, instrument: Pin) -> OccurrenceView:
    """A survey of the patient's own accord, open for a day; the one that is open, if there is."""
    for each in store.unfinished(tx, patient.id):
        if each.takes_answers(tx.now):
            return each
    closes_at = tx.now + REPORT_OPEN
    occurrence_id = store.add_occurrence(
        tx,
        {
            **whose(patient, instrument),
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


def translate(tx: Tx, patient: PatientFacts) -> None:
    """She reads another language now: so are the surveys that she has not begun."""
    store.translate(tx, patient.id, patient.language)


def cancel(tx: Tx, seen: OccurrenceView, reason: MissReason) -> OccurrenceView:
    return mark(tx, seen.id, SurveyState.CANCELLED, reason)


def _audit(
    tx: Tx, action: str, occurrence_id: UUID, patient: PatientFacts, **facts: object
) -> None:
    subject = Subject("occurrence", occurrence_id, patient.id)
    record(tx, action, subject, patient.site_id, **facts)
