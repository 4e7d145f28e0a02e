"""Surveys go out: windows open, those who have not finished are reminded once, windows close.

One transaction per row: lock the patient, look again, act, set the next time. A row that fails is
tried later, and after five times set aside with a task for a person (decision 3); that task done,
it is worked again (`rsm.flow.set_aside`).
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import calls, closing, inviting, plans, silence
from rsm.kernel.faults import point
from rsm.kernel.words import Role, SurveyState
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules import timers
from rsm.schedules.model import Due, MissReason, OccurrenceView, Step, StepKind
from rsm.schedules.timing import next_step
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_LOG = logging.getLogger(__name__)
_BATCH = 200
_CHECK_WITHIN = timedelta(hours=4)

Peek = Callable[[Tx, int], list[Due]]
Work = Callable[[Tx, Due, PatientFacts], int]


def open_due(db: Database) -> int:
    """Open every window whose time has come, and invite; returns how many were recorded (P1)."""
    return _work_off(db, timers.due_assignments, _open, planning=True)


def advance_due(db: Database) -> int:
    """Remind and close the open surveys whose time has come; returns how many moved."""
    return _work_off(db, timers.due_occurrences, _advance, planning=False)


def refresh_zones(db: Database) -> int:
    """After an update of the zone data: what is still to come, at the instants they give now."""
    return _work_off(db, timers.stale_assignments, _refresh, planning=True)


def _refresh(tx: Tx, due: Due, _patient: PatientFacts) -> int:
    return int(schedules.refresh_zone(tx, due.id))


# --- windows -------------------------------------------------------------------------------------


def _open(tx: Tx, due: Due, patient: PatientFacts) -> int:
    site = sites.get(tx, patient.site_id)
    recorded = schedules.open_due_windows(tx, due.id, patient, site.instrument)
    for survey in recorded:
        if survey.state is SurveyState.OPEN:
            inviting.invite(tx, survey, patient, site)
            _tell_of_the_rest(tx, survey)
    plans.look_ahead(tx, patient, due.id)
    point("window.opened")
    return len(recorded)


def _tell_of_the_rest(tx: Tx, survey: OccurrenceView) -> None:
    """Of questionnaires that could not be merged only the first is asked: somebody mends that (P6);
    one task a week for a site, whomever it concerns."""
    together = sorted({each.hash for each in survey.asks})
    if len(together) < 2 or survey.instrument not in survey.asks:
        return
    which = "+".join(each[:16] for each in together)
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"not_merged:{survey.site_id}:{which}:{tx.now:%G-W%V}",
            kind=TaskKind.CHECK_ROW,
            site_id=survey.site_id,
            role=Role.COORDINATOR,
            reason="Questionnaires that fall together cannot be one survey: only the first of them"
            " is asked. Please mend the plan.",
            due_at=tx.now + _CHECK_WITHIN,
        ),
    )


# --- reminders and the closing -------------------------------------------------------------------


def _advance(tx: Tx, due: Due, patient: PatientFacts) -> int:
    survey = schedules.occurrence(tx, due.id)
    if survey.state.is_over:
        return 0
    step = next_step(survey, tx.now)
    match step.kind:
        case StepKind.CLOSE:
            close(tx, survey)
        case StepKind.REMIND:
            _remind(tx, survey, step, patient)
        case StepKind.CALL:
            calls.put_on_list(tx, survey, patient)
            timers.called(tx, survey, step)
        case StepKind.WAIT:
            timers.reminded(tx, survey, step)  # a pushed-back timer is set right again
    return 0 if step.kind is StepKind.WAIT else 1


def _remind(tx: Tx, survey: OccurrenceView, step: Step, patient: PatientFacts) -> None:
    """Only who is still enrolled and has not finished: both were looked at under the lock."""
    timers.reminded(tx, survey, step)
    inviting.remind(tx, survey, step.number, patient)
    point("survey.reminded")


def close(tx: Tx, survey: OccurrenceView) -> None:
    """The window closes: what was answered is kept and judged as it stands (lesson 67).

    Without an answer a planned survey is missed; a report of her own accord is dropped, since
    nothing was due.
    """
    ended = closing.close_as(tx, survey, MissReason.NOT_ANSWERED)
    calls.lapsed(tx, survey)
    if ended.state is SurveyState.MISSED:
        silence.look(tx, ended, patients.peek(tx, survey.patient_id))
    point("survey.closed")


# --- the round -----------------------------------------------------------------------------------


def _work_off(db: Database, peek: Peek, work: Work, *, planning: bool) -> int:
    """Batch after batch, until nothing is due that anybody else does not hold."""
    done = 0
    while True:
        with db.begin(EVERYWHERE) as tx:
            batch = peek(tx, _BATCH)
        worked = sum(_one(db, due, work, planning=planning) for due in batch)
        done += worked
        if len(batch) < _BATCH or not worked:
            return done


def _one(db: Database, due: Due, work: Work, *, planning: bool) -> int:
    try:
        with db.begin(Scope.site(due.site_id)) as tx:
            patient = patients.lock(tx, due.patient_id, skip_locked=True)
            return work(tx, due, patient) if patient is not None else 0
    except Exception as error:  # noqa: BLE001  # one row that fails never stops the others
        _LOG.warning(
            "%s", type(error).__name__, extra={"action": "timer.failed", "row": str(due.id)}
        )
        _note_failure(db, due, planning=planning)
        return 0


def _note_failure(db: Database, due: Due, *, planning: bool) -> None:
    with db.begin(Scope.site(due.site_id)) as tx:
        if not timers.failed(tx, due, planning=planning):
            return
        what = "plan" if planning else "survey"
        aside = f"{tx.now:%Y-%m-%dT%H:%M:%SZ}"  # set aside again, it is told again
        tasks.open_task(
            tx,
            NewTask(
                business_key=f"row:{due.id}:{aside}",
                kind=TaskKind.CHECK_ROW,
                site_id=due.site_id,
                patient_id=due.patient_id,
                role=Role.COORDINATOR,
                reason=f"a {what} could not be worked five times: its log lines say why",
                due_at=tx.now + _CHECK_WITHIN,
            ),
        )
