"""A patient's plan: chosen, moved with her day and her treatment, asked about while it waits.

What is still to come is worked out anew, in the transaction that changes what it hangs on; what
was opened or sent is left alone.
"""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow.staffing import require_people_for
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Pin, Role
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientStatus
from rsm.schedules import published
from rsm.schedules import service as schedules
from rsm.schedules.model import Assign, AssignmentView
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

# A cycle of three weeks whose last survey is on day 7 waits for two weeks as a matter of course.
WAITS_QUIETLY = timedelta(days=14)
_DATED = (TaskKind.NEEDS_DATE, TaskKind.PLAN_OVER)
_REASONS = {
    TaskKind.NEEDS_DATE: "The plan waits for the date of a cycle or an event. Please enter it.",
    TaskKind.PLAN_OVER: "The plan has asked all that it asks. Another plan, or the end?",
}
_RUNNING = frozenset({PatientStatus.ENROLLED, PatientStatus.PAUSED})


def choose(tx: Tx, patient_id: UUID, plan: Pin, ends_on: date | None = None) -> UUID:
    """This plan for her until `ends_on`: another one from today on; the one that she follows goes
    on from where it is. Raises `Conflict` when she takes no part, `Invalid` for a plan that was
    never published, has nothing (more) to ask, or asks what needs people around the clock."""
    facts = patients.locked(tx, patient_id)
    if facts.status not in _RUNNING:
        raise Conflict(f"a patient who is {facts.status} follows no plan")
    active = schedules.assignment(tx, patient_id)
    with suppress(NotFound):  # `follow` says it in its own words
        require_people_for(tx, facts.site_id, plan)
        if active is None or active.plan != plan:
            published.require_current(tx, plan)
    tasks.withdraw(tx, patient_id, _DATED, "another plan")
    if active is None or active.plan != plan:
        return follow(tx, facts, plan, ends_on)
    ending = schedules.end_on(tx, facts, ends_on)
    if ending is None:
        raise Invalid(Problem("plan", "opens no window until then", "another plan, or a later end"))
    return ending


def follow(tx: Tx, facts: PatientFacts, plan: Pin, ends_on: date | None = None) -> UUID:
    """Give her the plan, from her today on. The caller holds her row."""
    return schedules.assign(tx, intended(tx, facts, plan, ends_on))


def intended(tx: Tx, facts: PatientFacts, plan: Pin, ends_on: date | None = None) -> Assign:
    """What `choose` would have her follow, for a preview."""
    active = schedules.assignment(tx, facts.id)
    today = local_of(tx.now, zone_named(facts.zone)).date()
    return Assign(
        patient_id=facts.id,
        site_id=facts.site_id,
        plan=plan,
        weekday=facts.weekday,
        local_time=facts.local_time,
        zone=facts.zone,
        starts_on=active.starts_on if active is not None and active.plan == plan else today,
        ends_on=ends_on,
    )


def slot_changed(tx: Tx, facts: PatientFacts) -> None:
    """Her day, hour or zone is another. The caller holds her row."""
    former = schedules.assignment(tx, facts.id)
    if former is not None and facts.status in _RUNNING:
        schedules.recompute(tx, facts)
        look_ahead(tx, facts, former.id)


def treatment_changed(tx: Tx, facts: PatientFacts) -> None:
    """A cycle or an event came, moved or went. The caller holds her row."""
    former = schedules.assignment(tx, facts.id)
    if former is None or facts.status not in _RUNNING:
        return
    schedules.recompute(tx, facts, treatment=True)
    active = schedules.assignment(tx, facts.id)
    if active is None or not active.waits:
        tasks.withdraw(tx, facts.id, _DATED, "the date is known")
    look_ahead(tx, facts, former.id)


def look_ahead(tx: Tx, facts: PatientFacts, assignment_id: UUID) -> None:
    """Whoever would be asked nothing more, and might not be noticed, is a task: her plan is
    completed, or has waited for a date longer than it should. Once for each plan."""
    if not facts.is_active:
        return
    active = schedules.assignment(tx, facts.id)
    if active is None:
        _ask(tx, facts, assignment_id, TaskKind.PLAN_OVER)
    elif active.waits and _waits_long(tx, active):
        _ask(tx, facts, active.id, TaskKind.NEEDS_DATE)


def _waits_long(tx: Tx, active: AssignmentView) -> bool:
    if not schedules.awaited_date(tx, active):
        return False
    return tx.now - _since(tx, active) >= WAITS_QUIETLY


def _ask(tx: Tx, facts: PatientFacts, assignment_id: UUID, kind: TaskKind) -> None:
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"plan:{assignment_id}:{kind}",
            kind=kind,
            site_id=facts.site_id,
            patient_id=facts.id,
            role=Role.COORDINATOR,
            reason=_REASONS[kind],
            is_test=facts.is_test,
        ),
    )


def _since(tx: Tx, active: AssignmentView) -> datetime:
    """Since when nothing was planned: her last planned survey, else the plan's first day."""
    opened = (one.opens_at for one in schedules.recent(tx, active.patient_id) if one.scheduled)
    return max(opened, default=datetime.combine(active.starts_on, time(), UTC))
