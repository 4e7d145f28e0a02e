"""What stands in the way of entering a patient: every problem at once, each with its field."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.phones import e164
from rsm.patients.model import NewPatient, PatientLabel, PatientStatus
from rsm.sites import service as sites


@dataclass(frozen=True)
class Rules:
    """What a site's choices demand of its patients. `min_age` is the instrument's, in years."""

    zone: str
    languages: tuple[str, ...]
    min_age: int


def rules_of(tx: Tx, site_id: UUID) -> Rules:
    site = sites.get(tx, site_id)
    instrument = instruments.load(tx, site.instrument)
    return Rules(site.zone, site.languages, instrument.min_age)


def problems_of(tx: Tx, rules: Rules, new: NewPatient) -> list[Problem]:
    """What stands in the way of entering this patient; an empty list if nothing does."""
    try:
        today = local_of(tx.now, zone_named(new.zone or rules.zone)).date()
    except Invalid as error:
        return list(error.problems)
    problems = _age_problems(new, rules, today)
    if new.phone is not None:
        problems += _phone_problems(new.phone)
    if new.status is PatientStatus.ENROLLED and new.language not in rules.languages:
        offered = ", ".join(rules.languages)
        what = f"the site does not ask in `{new.language}`"
        problems.append(Problem("language", what, f"it asks in {offered}"))
    return problems + _status_problems(new, today)


def _age_problems(new: NewPatient, rules: Rules, today: date) -> list[Problem]:
    age = PatientLabel(new.name, new.birth_date, new.record_number).age(today)
    if new.birth_date > today:
        return [Problem("birth_date", "lies in the future")]
    if age < rules.min_age:
        what = f"under {rules.min_age}: the questionnaire is not for this age"
        return [Problem("birth_date", what)]
    if age > 120:
        return [Problem("birth_date", "more than 120 years ago", "write the year with four digits")]
    return []


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
