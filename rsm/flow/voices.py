"""The patient and whoever answers for her are two voices, and a report has one (decision 11).

What the one began the other does not go on with: in one report neither could be compared with what
was said before. So the other's answers are a report of their own, made once beside that survey.
"""

from rsm.db.work import Tx
from rsm.kernel.words import Reporter
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import beside
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites


def is_anothers(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> bool:
    """Whether the survey holds answers that the other voice has begun, and not sent."""
    return has_begun(responses.of_occurrence(tx, survey.id), reporter)


def has_begun(draft: ResponseView | None, reporter: Reporter) -> bool:
    """Whether the other voice than this one has begun the report, and not sent it."""
    if draft is None or draft.is_final or not draft.answers:
        return False
    return (draft.reporter is Reporter.PROXY) != (reporter is Reporter.PROXY)


def apart(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> OccurrenceView:
    """The survey that this voice answers: this one, or a report of its own beside it."""
    patient = patients.locked(tx, survey.patient_id)
    if not is_anothers(tx, survey, reporter):
        return survey
    voice = "proxy" if reporter is Reporter.PROXY else "patient"
    instrument = sites.get(tx, survey.site_id).instrument
    return beside.apart(tx, patient, instrument, survey, voice)
