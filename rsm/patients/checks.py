"""What stands in the way of entering a patient: every problem at once, each with its field."""

from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.phones import e164
from rsm.patients.model import NewPatient, PatientLabel, PatientStatus
from rsm.sites import service as sites


def problems_of(tx: Tx, site_id: UUID, new: NewPatient, min_age: int) -> list[Problem]:
    """What stands in the way of entering this patient; an empty list if nothing does.

    `min_age` is the instrument's, in years: younger patients are refused.
    """
    zone = new.zone or sites.get(tx, site_id).zone
    problems: list[Problem] = []
    try:
        today = local_of(tx.now, zone_named(zone)).date()
    except Invalid as error:
        return list(error.problems)
    label = PatientLabel(new.name, new.birth_date, new.record_number)
    if new.birth_date > today:
        problems.append(Problem("birth_date", "lies in the future"))
    elif label.age(today) < min_age:
        problems.append(Problem("birth_date", f"under {min_age}: the questionnaire is not for her"))
    elif label.age(today) > 120:
        problems.append(Problem("birth_date", "more than 120 years ago", "year with four digits"))
    if new.phone is not None:
        problems += _phone_problems(new.phone)
    return problems + _status_problems(new, today)


def _phone_problems(phone: str) -> list[Problem]:
    try:
        e164(phone)
    except Invalid as error:
        return list(error.problems)
    return []


def _status_problems(new: NewPatient, today: date) -> list[Problem]:
    problems: list[Problem] = []
    if (new.status is PatientStatus.DECLINED) != (new.decline_reason is not None):
        problems.append(
            Problem("decline_reason", "goes with the status declined, and only with it")
        )
    if new.consent_on and new.consent_on > today:
        problems.append(Problem("consent_on", "lies in the future"))
    if (new.consent_on is None) != (new.consent_by is None):
        problems.append(Problem("consent_by", "date and name of a consent go together"))
    if new.status is PatientStatus.ENROLLED:
        if new.phone is None:
            problems.append(Problem("phone", "is missing", "an enrolled patient needs one"))
        if new.consent_on is None:
            problems.append(
                Problem("consent_on", "is missing", "nobody is enrolled without consent")
            )
    elif new.status in {PatientStatus.PAUSED, PatientStatus.ENDED}:
        problems.append(Problem("status", f"nobody begins as {new.status}", "enrol her first"))
    return problems
