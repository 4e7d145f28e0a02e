"""Pauses that end: by themselves on their day, by somebody who was asked, or because they were
never right. What a text says of death or hospital pauses at once, and is confirmed or undone.

No pause runs for ever unasked: its timer asks a person, and again, until somebody answers.
"""

import logging
from datetime import date, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import enrol
from rsm.flow.ask_now import ask_instead
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.localtime import local_of, zone_named
from rsm.messaging.incoming import InboundView
from rsm.patients import pauses
from rsm.patients import service as patients
from rsm.patients.decide import HABITS, REPORTED, PauseDetails, PauseStep, PauseView, step
from rsm.patients.model import EndReason, PatientFacts, PatientStatus, PauseReason
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason
from rsm.security.audit import Subject, record
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind, TaskOutcome

_LOG = logging.getLogger(__name__)
_ABOUT_PAUSE = (TaskKind.END_PAUSE, TaskKind.CONFIRM_PAUSE)
_CONFIRM_WITHIN = timedelta(hours=4)
_QUESTIONS = {
    PauseReason.INPATIENT: "Home again? Then resume the surveys, or say until when to wait.",
    PauseReason.TRAVEL: "Back again? Then resume the surveys, or say until when to wait.",
    PauseReason.REQUEST: "The patient asked for a rest: are surveys wanted again?",
    PauseReason.HOSPICE: "In hospice care: should the surveys go on, wait or end?",
    PauseReason.WRONG_NUMBER: "Paused for a wrong number: is there a right one by now?",
    PauseReason.REPORTED_HOSPITAL: "A text may say: in hospital. Please confirm it, or undo.",
    PauseReason.REPORTED_DEATH: "A text speaks of a death: find out whose, then confirm or undo.",
}
_UNREACHABLE = "The pause is over, and nothing can be sent: please ask for a number."


# --- the timer ------------------------------------------------------------------------------------


def pauses_due(db: Database, limit: int = 200) -> int:
    """Resume whoever's day has come, and ask about the others; returns how many were worked."""
    with db.begin(EVERYWHERE) as tx:
        due = pauses.due(tx, limit)
    return sum(_one(db, patient_id, site_id) for patient_id, site_id in due)


def _one(db: Database, patient_id: UUID, site_id: UUID) -> int:
    try:
        with db.begin(Scope.site(site_id)) as tx:
            facts = patients.lock(tx, patient_id, skip_locked=True)
            return _work(tx, facts) if facts is not None else 0
    except Exception as error:  # noqa: BLE001  # one row that fails never stops the others
        extra = {"action": "pause.failed", "row": str(patient_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)
        with db.begin(Scope.site(site_id)) as tx:
            pause = pauses.running(tx, patient_id)
            if pause is not None:
                pauses.failed(tx, pause)
        return 0


def _work(tx: Tx, facts: PatientFacts) -> int:
    pause = pauses.running(tx, facts.id)
    if pause is None:
        return 0
    match step(pause, tx.now):
        case PauseStep.WAIT:
            return 0
        case PauseStep.RESUME:
            _resume_or_ask(tx, facts, pause)
        case PauseStep.ASK:
            _ask(tx, facts, pause, _QUESTIONS[pause.reason])
    return 1


def _resume_or_ask(tx: Tx, facts: PatientFacts, pause: PauseView) -> None:
    try:
        with tx.savepoint():
            enrol.resume(tx, facts.id)
    except Invalid:
        _ask(tx, facts, pause, _UNREACHABLE)


def _ask(tx: Tx, facts: PatientFacts, pause: PauseView, question: str) -> None:
    """A task, unless the last one is still open: that is told as overdue until it is done."""
    if tasks.of_patient(tx, facts.id, _ABOUT_PAUSE):
        pauses.wait_on(tx, pause)
        return
    reported = pause.reason in REPORTED
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"pause:{pause.id}:{pause.asked}",
            kind=TaskKind.CONFIRM_PAUSE if reported else TaskKind.END_PAUSE,
            site_id=facts.site_id,
            patient_id=facts.id,
            reason=question,
            due_at=tx.now + _CONFIRM_WITHIN if reported else None,
            is_test=facts.is_test,
        ),
    )
    pauses.asked(tx, pause)


# --- what a person answers ------------------------------------------------------------------------


def home_again(tx: Tx, patient_id: UUID) -> None:
    """Somebody says that the pause is over. Raises as `enrol.resume`."""
    facts = patients.locked(tx, patient_id)
    _answered(tx, facts)
    enrol.resume(tx, patient_id)


def still_away(tx: Tx, patient_id: UUID, reason: PauseReason, until: date | None = None) -> None:
    """Somebody says that it goes on, for this reason, and perhaps until when: asked again then.

    Raises `Conflict` when she is not paused, `Invalid` for a day that is past.
    """
    facts = patients.locked(tx, patient_id)
    pauses.change(tx, facts, _running(tx, facts), reason, until)
    _answered(tx, facts)


def _answered(tx: Tx, facts: PatientFacts) -> None:
    for task_id in tasks.of_patient(tx, facts.id, _ABOUT_PAUSE):
        tasks.finish(tx, task_id, TaskOutcome.DONE)


def _running(tx: Tx, facts: PatientFacts) -> PauseView:
    pause = pauses.running(tx, facts.id)
    if pause is None:
        raise Conflict("the patient is not paused")
    return pause


# --- what a text says -----------------------------------------------------------------------------


def report(tx: Tx, facts: PatientFacts, reason: PauseReason, text: InboundView) -> bool:
    """A text says that she died, or is in hospital: nothing goes out from now on, and a person
    confirms it. False when that changes nothing: she takes no part, or is paused for it already.
    """
    said = PauseDetails(source="text", inbound_id=text.id)
    if facts.status is PatientStatus.ENROLLED:
        enrol.pause(tx, facts.id, reason, said)
    elif facts.status is not PatientStatus.PAUSED or not _is_news(tx, facts, reason):
        return False
    else:
        pauses.replace(tx, facts, reason, said)
    pause = _running(tx, facts)
    record(tx, "pause.reported", Subject("pause", pause.id, facts.id), facts.site_id, reason=reason)
    tasks.withdraw(tx, facts.id, _ABOUT_PAUSE, "reported")  # whoever confirms, confirms this
    _ask(tx, facts, pause, _QUESTIONS[reason])
    return True


def _is_news(tx: Tx, facts: PatientFacts, reason: PauseReason) -> bool:
    """Of somebody who is paused a death is news; a hospital where she would go on by herself."""
    known = _running(tx, facts).reason
    if reason is PauseReason.REPORTED_HOSPITAL:
        return HABITS[known].resumes
    return known is not reason


def confirm(tx: Tx, patient_id: UUID, seen: UUID | None = None) -> None:
    """It is so: after a death her participation ends, a stay in hospital is a pause like others.

    `seen` is the pause that was read. Raises `Conflict` when nothing is to be confirmed, or
    something else by now.
    """
    facts = patients.locked(tx, patient_id)
    pause = _reported(tx, facts)
    if seen is not None and seen != pause.id:
        raise Conflict("another text has come meanwhile: look again")
    _answered(tx, facts)
    if pause.reason is PauseReason.REPORTED_DEATH:
        enrol.end(tx, patient_id, EndReason.DEATH)
    else:
        pauses.change(tx, facts, pause, PauseReason.INPATIENT, None)


def undo(tx: Tx, patient_id: UUID) -> None:
    """It was not so: as if it had never been said. She is resumed, or in the pause that she was in.

    A survey that was cancelled by it and would still be open is asked again, as a survey of today
    in her usual hours: the cancelled one stays in the record as what it is. Raises `Conflict` when
    nothing was reported, `Invalid` when nothing can be sent to her.
    """
    facts = patients.locked(tx, patient_id)
    pause = _reported(tx, facts)
    _answered(tx, facts)
    record(tx, "pause.undone", Subject("pause", pause.id, facts.id), facts.site_id)
    if _give_back(tx, facts, pause):
        return
    cut_short = any(
        survey.miss_reason == MissReason.PAUSED
        and survey.closed_at is not None
        and survey.closed_at >= pause.started_at
        and survey.closes_at > tx.now
        for survey in schedules.recent(tx, patient_id)
    )
    enrol.resume(tx, patient_id)
    if cut_short:
        ask_instead(tx, patients.peek(tx, patient_id))


def _give_back(tx: Tx, facts: PatientFacts, pause: PauseView) -> bool:
    """The pause whose place the report took; False when there was none, or its day has come."""
    former = pauses.replaced(tx, pause)
    if former is None or (former.until is not None and former.until <= tx.now):
        return False
    day = local_of(former.until, zone_named(facts.zone)).date() if former.until else None
    more = PauseDetails(day, former.note, former.source, former.inbound_id)
    pauses.replace(tx, facts, former.reason, more)
    if former.reason in REPORTED:
        _ask(tx, facts, _running(tx, facts), _QUESTIONS[former.reason])
    return True


def _reported(tx: Tx, facts: PatientFacts) -> PauseView:
    pause = _running(tx, facts)
    if pause.reason not in REPORTED:
        raise Conflict("no text has said anything that is to be confirmed")
    return pause
