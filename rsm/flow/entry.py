"""Answers that a member of staff takes down on the telephone, from the patient or a relative."""

import logging
from dataclasses import dataclass
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import answer
from rsm.flow.outcome import Outcome, outcome_of
from rsm.kernel.answers import Answers
from rsm.kernel.errors import NotAllowed
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.patients import calls as noted
from rsm.patients import service as patients
from rsm.patients.model import CallOutcome, PatientStatus
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind

_LOG = logging.getLogger(__name__)
MAY_REPORT = frozenset({PatientStatus.ENROLLED, PatientStatus.PAUSED})


@dataclass(frozen=True)
class Taken:
    """A report as it was said on the telephone. `relation` None: the patient herself spoke."""

    answers: Answers
    language: str
    words: str = ""
    relation: Relation | None = None
    interpreter: bool = False


def begin(tx: Tx, patient_id: UUID) -> OccurrenceView:
    """The survey to take answers for: the one that is open, else a report of today.

    Raises `NotAllowed` when she takes no part (any more).
    """
    patient = patients.locked(tx, patient_id)
    if patient.status not in MAY_REPORT:
        raise NotAllowed(f"a patient who is {patient.status} does not report")
    return schedules.report_now(tx, patient, sites.get(tx, patient.site_id).instrument)


def take_down(tx: Tx, survey_id: UUID, taken: Taken) -> Outcome:
    """Keep, judge and note the call. A second press of the same person changes nothing (P16).

    Raises `Conflict` when somebody else has sent the survey meanwhile, `Expired` when it was
    cancelled, `Invalid` for what the instrument does not know: then nothing was stored.
    """
    survey = schedules.occurrence(tx, survey_id)
    patients.locked(tx, survey.patient_id)
    if _is_mine_already(tx, survey):
        return outcome_of(tx, survey.id)
    author = Author(
        reporter=Reporter.PROXY if taken.relation else Reporter.STAFF,
        channel=Channel.STAFF,
        language=taken.language,
        recorded_by=tx.actor.id,
        relation=taken.relation,
    )
    with tx.savepoint():
        outcome = answer.enter(tx, survey.id, taken.answers, taken.words, author)
    _note(tx, survey, taken)
    return outcome


def _is_mine_already(tx: Tx, survey: OccurrenceView) -> bool:
    standing = responses.of_occurrence(tx, survey.id)
    by_staff = standing is not None and standing.channel is Channel.STAFF
    return bool(standing and standing.is_final and by_staff and standing.recorded_by == tx.actor.id)


def _note(tx: Tx, survey: OccurrenceView, taken: Taken) -> None:
    """The call that reached her, and who spoke. The answer is stored, whatever comes of it (P3)."""
    try:
        with tx.savepoint():
            task = tasks.of_survey(tx, survey.patient_id, survey.id, TaskKind.CALL_PATIENT)
            patient = patients.peek(tx, survey.patient_id)
            call = noted.NewCall(patient, CallOutcome.REACHED, survey.id, task.id if task else None)
            noted.note(tx, call)
            record(
                tx,
                "answers.taken",
                Subject("occurrence", survey.id, survey.patient_id),
                survey.site_id,
                by=taken.relation or "self",
                interpreter=taken.interpreter,
            )
    except Exception as error:  # noqa: BLE001  # the answer is stored: the call is a note to it
        _LOG.error("%s", type(error).__name__, extra={"action": "entry.call_not_noted"})
