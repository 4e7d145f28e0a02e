"""The call list: whoever did not answer by text is called by a person, and what comes of it.

One task per survey. Every call is noted once and never changed. Whoever answers, by whatever door
and at whatever moment, leaves the list in the same transaction; so does whoever is paused or ends.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import Change, Opening
from rsm.db.work import Tx
from rsm.flow import going_live, judge
from rsm.flow.closing import close_as
from rsm.flow.not_hers import leave_number
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import AlertKind, Channel, Level, Role
from rsm.messaging import to_proxies
from rsm.messaging.planning import contact_times
from rsm.patients import calls as noted
from rsm.patients import service as patients
from rsm.patients.model import CallOutcome, PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS
from rsm.tasks import service as tasks
from rsm.tasks.decide import BestHours, NextCall, next_call
from rsm.tasks.model import NewTask, TaskKind, TaskOutcome, TaskView

_LOG = logging.getLogger(__name__)
ON_LIST = (TaskKind.CALL_PATIENT,)
_ABOUT_SILENCE = (TaskKind.UNREACHED, TaskKind.SILENT)
# Somebody is told of a call that nobody made only when the closing itself does not come to pass:
# the closing takes it off the list.
_CLOSING_FAILED = timedelta(hours=2)
_CHECK_WITHIN = timedelta(hours=24)
# "Too ill to answer" is no graded symptom, and no trial published a rule for it. It is urgent by
# default, as is whatever else cannot be judged (P6): answers fall away in the last month of life
# (Judson 2013, PMC3699724), and nobody has asked how ill she is.
TOO_ILL_LEVEL = Level.URGENT
NOTE_AT_MOST = 2000


@dataclass(frozen=True)
class CallMade:
    """A call as its caller tells it. `next_try` is her own choice of the next one.

    `seen` is how many calls stood on the page from which she called; None does not ask.
    """

    outcome: CallOutcome
    note: str = ""
    next_try: datetime | None = None
    seen: int | None = None


# --- onto the list, and off it -------------------------------------------------------------------


def put_on_list(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> UUID | None:
    """Ask for a call about this survey, once; None when it stands, or stood, on the list.

    The caller holds the patient's row. Due by the closing, first tried within her best hours.
    """
    survey = schedules.occurrence(tx, survey.id)  # as it stands under the lock
    if survey.state.is_over or not patient.is_active or tx.now >= survey.closes_at:
        return None
    if not going_live.may_ask(tx, patient):
        return None
    asked = patient.is_written_to or patient.channel is Channel.VOICE
    why = "has not answered yet" if asked else "wants no texts"
    first = best_hours(tx, patient).first(tx.now)
    return tasks.open_task(
        tx,
        NewTask(
            business_key=f"survey:{survey.id}:call",
            kind=TaskKind.CALL_PATIENT,
            site_id=survey.site_id,
            patient_id=survey.patient_id,
            role=_who_calls(tx, survey.site_id),
            reason=f"{why}: ask by phone before the check-in closes",
            due_at=survey.closes_at,
            tell_at=survey.closes_at + _CLOSING_FAILED,
            occurrence_id=survey.id,
            not_before=first if first < survey.closes_at else tx.now,
            is_test=survey.is_test,
        ),
    )


def instead(tx: Tx, patient: PatientFacts) -> None:
    """She wants no texts any more: what is queued is cancelled, and the open survey is asked by
    phone. The caller holds her row."""
    to_proxies.cancel_others(tx, patient.id, "by_phone")
    survey = schedules.unfinished(tx, patient.id)
    if survey is not None:
        put_on_list(tx, survey, patient)


def _who_calls(tx: Tx, site_id: UUID) -> Role:
    return Role.COORDINATOR if staff.with_role(tx, site_id, Role.COORDINATOR) else Role.NURSE


def best_hours(tx: Tx, patient: PatientFacts) -> BestHours:
    """When she may be called: the site's hours and her own, on days on which somebody is there."""
    site = sites.get(tx, patient.site_id)
    own = (patient.contact_from, patient.contact_until)
    times = contact_times(sites.times_of(site, tx.now), own)
    away = {day for day, name in enumerate(WEEKDAYS) if name not in site.service_hours}
    try:
        times = replace(times, closed_weekdays=times.closed_weekdays | away)
    except Invalid:  # nobody is there on any day, or none is left: the days of texts count
        _LOG.info("no day of service", extra={"action": "calls.no_service"})
    return BestHours(times, zone_named(patient.zone))


def answered(tx: Tx, survey: OccurrenceView) -> None:
    """A report came in: she is called for no survey, and nobody looks into her silence.

    A fault in here never takes the answer with it (P3): the list leaves out what is over.
    """
    try:
        with tx.savepoint():
            tasks.withdraw(tx, survey.patient_id, (*ON_LIST, *_ABOUT_SILENCE), "answered")
    except Exception as error:  # noqa: BLE001  # the answer is stored whatever becomes of the list
        _LOG.error("%s", type(error).__name__, extra={"action": "calls.not_taken_off"})


def lapsed(tx: Tx, survey: OccurrenceView) -> None:
    """The window has closed: there is nothing left to call for."""
    tasks.lapse(tx, survey.patient_id, TaskKind.CALL_PATIENT, survey.id)


def take_off(tx: Tx, patient_id: UUID) -> None:
    """She is paused, or her participation ends: nobody calls her any more."""
    tasks.withdraw(tx, patient_id, (*ON_LIST, *_ABOUT_SILENCE), "not_asked")


# --- a call --------------------------------------------------------------------------------------


def record_call(tx: Tx, task_id: UUID, call: CallMade) -> NextCall:
    """Note a call and do what follows from it; says when to call again, if at all.

    Raises `Conflict`, before anything has changed, when she has left the list or somebody else
    noted a call meanwhile; `Invalid` for a next try that cannot be, or too long a note.
    """
    task, survey, patient = _held(tx, task_id)
    earlier = noted.of_surveys(tx, [survey.id]).get(survey.id, [])
    if call.seen is not None and call.seen != len(earlier):
        raise Conflict("somebody noted a call meanwhile: look again")
    _check(tx, survey, call)
    tries = [*(each.at for each in earlier), tx.now]
    after = NextCall(call.next_try, "chosen")
    if call.next_try is None or call.outcome in _LEAVES:
        after = next_call(call.outcome, tries, survey.closes_at, best_hours(tx, patient))
    call_id = noted.note(
        tx,
        noted.NewCall(patient, call.outcome, survey.id, task.id, after.at, call.note.strip()),
    )
    _follow(tx, call.outcome, survey, patient, call_id)
    if after.at is not None:
        tasks.postpone(tx, task.id, after.at)
    else:
        tasks.finish(tx, task.id, _ENDS.get(call.outcome, TaskOutcome.NOT_REACHED))
    return after


def last_call(tx: Tx, task_id: UUID) -> noted.CallView | None:
    """The newest call about the survey of this task."""
    survey_id = tasks.get(tx, task_id).occurrence_id
    made = noted.of_surveys(tx, [survey_id]).get(survey_id, []) if survey_id else []
    return made[-1] if made else None


_LEAVES = frozenset({CallOutcome.WRONG_NUMBER, CallOutcome.REFUSED, CallOutcome.TOO_ILL})
_ENDS = {
    CallOutcome.REACHED: TaskOutcome.DONE,
    CallOutcome.REFUSED: TaskOutcome.DONE,
    CallOutcome.TOO_ILL: TaskOutcome.DONE,
}


def _held(tx: Tx, task_id: UUID) -> tuple[TaskView, OccurrenceView, PatientFacts]:
    """The task under the patient's lock, then its own."""
    seen = tasks.get(tx, task_id)
    if seen.kind is not TaskKind.CALL_PATIENT or not seen.patient_id or not seen.occurrence_id:
        raise NotFound("no such call")
    patient = patients.locked(tx, seen.patient_id)
    task = tasks.locked_open(tx, task_id)
    return task, schedules.occurrence(tx, seen.occurrence_id), patient


def _check(tx: Tx, survey: OccurrenceView, call: CallMade) -> None:
    problems = []
    if len(call.note.strip()) > NOTE_AT_MOST:
        problems.append(Problem("note", f"is longer than {NOTE_AT_MOST} letters", "shorten it"))
    if call.next_try is not None and not tx.now < call.next_try < survey.closes_at:
        what = "must lie between now and the closing of the check-in"
        problems.append(Problem("next_try", what, "choose another"))
    if problems:
        raise Invalid(problems)


def _follow(
    tx: Tx, outcome: CallOutcome, survey: OccurrenceView, patient: PatientFacts, call_id: UUID
) -> None:
    match outcome:
        case CallOutcome.REACHED:
            tasks.withdraw(tx, patient.id, (TaskKind.UNREACHED,), "reached")
        case CallOutcome.WRONG_NUMBER:
            _wrong_number(tx, survey, patient)
        case CallOutcome.REFUSED:
            _ask_no_more(tx, survey, MissReason.REFUSED)
        case CallOutcome.TOO_ILL:
            _ask_no_more(tx, survey, MissReason.TOO_ILL)
            _tell_nurse(tx, patient, call_id)
        case _:
            pass


def _ask_no_more(tx: Tx, survey: OccurrenceView, reason: MissReason) -> None:
    if not survey.state.is_over:
        close_as(tx, survey, reason)


def _wrong_number(tx: Tx, survey: OccurrenceView, patient: PatientFacts) -> None:
    """Somebody else has this phone: nothing more goes there, and no link of hers opens there.

    Its answers stay, since a number may also have been dialled wrongly: a person asks her.
    """
    leave_number(tx, patient.id, "wrong_number")
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"survey:{survey.id}:{TaskKind.CHECK_CONTACT}",
            kind=TaskKind.CHECK_CONTACT,
            site_id=survey.site_id,
            patient_id=patient.id,
            role=Role.COORDINATOR,
            reason="A call found a wrong number. Please ask for the right one, and whose the "
            "answers of the last two weeks are.",
            due_at=tx.now + _CHECK_WITHIN,
            occurrence_id=survey.id,
            is_test=survey.is_test,
        ),
    )


def _tell_nurse(tx: Tx, patient: PatientFacts, call_id: UUID) -> None:
    opening = Opening(
        business_key=f"call:{call_id}",
        site_id=patient.site_id,
        kind=AlertKind.TEXT,
        level=TOO_ILL_LEVEL,
        reason="Too ill to answer the check-in, as was said on the phone. Please call.",
        is_test=patient.is_test,
        patient_id=patient.id,
    )
    opened = alerts.open_alert(tx, opening)
    if opened.change is Change.OPENED:
        judge.tell(tx, opened, patient)
