"""Staff correct a report: a revision with a reason, judged again with those after it (P12).

What stood before stays, and so does an alert that it raised: somebody has looked, or will.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import answer
from rsm.kernel.answers import Answers
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import Channel, Reporter
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import service as schedules
from rsm.security.audit import Subject, record


class CorrectionReason(StrEnum):
    """Why an answer is not as it was stored. A code: the trail holds no words about anybody."""

    MISHEARD = "misheard"
    MISTYPED = "mistyped"
    MEANT_OTHERWISE = "meant_otherwise"  # the patient says so
    MISREAD = "misread"  # the paper


@dataclass(frozen=True)
class Correction:
    """What is changed and why; `seen` is the revision that the corrector looked at."""

    changes: Answers
    reason: CorrectionReason
    seen: int


def correct(tx: Tx, survey_id: UUID, made: Correction) -> ResponseView:
    """The report as it stands then. Raises `Conflict` when it was corrected meanwhile or nothing
    was sent yet, `Invalid` for what the instrument does not know.
    """
    survey = schedules.occurrence(tx, survey_id)
    patients.locked(tx, survey.patient_id)
    standing = responses.of_occurrence(tx, survey.id)
    if standing is None:
        raise NotFound("no such report")
    if not standing.is_final or standing.revision != made.seen:
        raise Conflict("somebody has corrected this report meanwhile")
    by_proxy = standing.reporter is Reporter.PROXY
    author = Author(
        reporter=Reporter.PROXY if by_proxy else Reporter.STAFF,
        channel=Channel.STAFF,
        language=standing.language,
        recorded_by=tx.actor.id,
        relation=standing.relation,
    )
    corrected = answer.correct(tx, standing.id, made.changes, author)
    subject = Subject("occurrence", survey.id, survey.patient_id)
    record(tx, "answers.corrected", subject, survey.site_id, reason=made.reason)
    return corrected
