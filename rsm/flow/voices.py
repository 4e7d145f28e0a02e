"""The patient and whoever answers for her are two voices, and a report has one (decision 11).

What the one began the other does not go on with: in one report neither could be compared with what
was said before. So the other's answers are a report of their own, made once beside that survey,
which asks the same.
"""

from rsm.db.work import Tx
from rsm.kernel.words import Reporter
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import beside
from rsm.schedules.model import OccurrenceView


def is_anothers(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> bool:
    """Whether the survey holds answers that the other voice has begun, and not sent."""
    return has_begun(responses.of_occurrence(tx, survey.id), reporter)


def has_begun(draft: ResponseView | None, reporter: Reporter) -> bool:
    """Whether the other voice than this one has begun the report, and not sent it."""
    return draft is not None and not draft.is_final and _is_the_others(draft, reporter)


def apart(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> OccurrenceView:
    """The survey that this voice answers: this one, or a report of its own beside it."""
    patients.locked(tx, survey.patient_id)
    return _made(tx, survey, reporter) if is_anothers(tx, survey, reporter) else survey


def own_of(tx: Tx, survey: OccurrenceView, reporter: Reporter, *, is_in_it: bool) -> OccurrenceView:
    """As `apart`, for whoever answers one question after the other: once apart she stays so, and
    `is_in_it`, she goes on though the other voice has sent the survey meanwhile."""
    standing = beside.standing_apart(tx, survey, _name(reporter))
    if standing is not None:
        return apart(tx, standing, reporter)  # where the other voice has begun that one as well
    report = responses.of_occurrence(tx, survey.id)
    if is_in_it and report is not None and _is_the_others(report, reporter):
        return _made(tx, survey, reporter)
    return apart(tx, survey, reporter)


def _is_the_others(report: ResponseView, reporter: Reporter) -> bool:
    is_proxys = report.reporter is Reporter.PROXY
    return bool(report.answers) and is_proxys != (reporter is Reporter.PROXY)


def _made(tx: Tx, survey: OccurrenceView, reporter: Reporter) -> OccurrenceView:
    patient = patients.locked(tx, survey.patient_id)
    return beside.apart(tx, patient, survey.instrument, survey, _name(reporter))


def _name(reporter: Reporter) -> str:
    return "proxy" if reporter is Reporter.PROXY else "patient"
