"""What stands in the way of entering a patient: every problem at once, each with its field."""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import e164, takes_texts
from rsm.kernel.words import Channel
from rsm.patients import workers
from rsm.patients.model import NewPatient, PatientLabel, PatientStatus
from rsm.sites import service as sites

_TEXTS = frozenset({Channel.SMS, Channel.WEB})
_NO_TEXTS = "give a mobile number, or choose another way for the surveys"


@dataclass(frozen=True)
class Rules:
    """What a site's choices demand of its patients. `min_age` is the instrument's, in years."""

    zone: str
    languages: tuple[str, ...]
    min_age: int
    texts_from: time
    texts_until: time
    workers: frozenset[str]  # who may look after patients, by e-mail


def rules_of(tx: Tx, site_id: UUID) -> Rules:
    site = sites.get(tx, site_id)
    instrument = instruments.load(tx, site.instrument)
    hours = site.texts_from, site.texts_until
    known = workers.emails(tx, site_id)
    return Rules(site.zone, site.languages, instrument.min_age, *hours, known)


def problems_of(tx: Tx, rules: Rules, new: NewPatient) -> list[Problem]:
    """What stands in the way of entering this patient; an empty list if nothing does."""
    try:
        today = local_of(tx.now, zone_named(new.zone or rules.zone)).date()
    except Invalid as error:
        return list(error.problems)
    problems = _age_problems(new, rules, today)
    problems += [*_contact_problems(new), *_hours_problems(rules, new)]
    if new.status is PatientStatus.ENROLLED and new.language not in rules.languages:
        offered = ", ".join(rules.languages)
        what = f"the site does not ask in `{new.language}`"
        problems.append(Problem("language", what, f"it asks in {offered}"))
    return problems + workers.problems(rules.workers, new) + _status_problems(new, today)


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


def _contact_problems(new: NewPatient) -> list[Problem]:
    problems: list[Problem] = []
    try:
        number = e164(new.phone) if new.phone is not None else None
        if number and new.channel in _TEXTS and not takes_texts(number):
            problems.append(Problem("phone", "is a line that takes no texts", _NO_TEXTS))
    except Invalid as error:
        problems += error.problems
    try:
        if new.email is not None:
            mailbox(new.email)
    except Invalid as error:
        problems += error.problems
    if new.channel is Channel.EMAIL and new.email is None:
        problems.append(Problem("email", "is missing", "surveys are to go there"))
    return problems


def _hours_problems(rules: Rules, new: NewPatient) -> list[Problem]:
    """Hours in which nothing could ever be sent are refused, and so is a day's hour outside."""
    begin, end = new.contact_from, new.contact_until
    if begin is None and end is None:
        return []
    if begin is None or end is None:
        where = "contact_from" if begin is None else "contact_until"
        return [Problem(where, "is missing", "contact hours have a beginning and an end")]
    if begin >= end:
        return [Problem("contact_until", "is not after their beginning", "such as 10:00 to 18:00")]
    site = f"{rules.texts_from:%H:%M} to {rules.texts_until:%H:%M}"
    if max(begin, rules.texts_from) >= min(end, rules.texts_until):
        return [Problem("contact_from", "lies outside of the site's hours", f"these are {site}")]
    if not begin <= new.local_time < end:
        what = "lies outside of the patient's contact hours"
        return [Problem("local_time", what, f"choose one from {begin:%H:%M} to {end:%H:%M}")]
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
        problems.append(
            Problem("status", f"nobody begins as {new.status}", "enrol the patient first")
        )
    return problems
