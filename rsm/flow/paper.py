"""A report on paper is typed in: judged at the time of its answers, by the date on the paper.

The date is kept apart from that of its entry. It is the time of its answers in the chain of
evidence (decision 11): within a survey's window it is that survey's report, else one of that day;
either way the reports after it are judged again. One that becomes the first of its voice, and was
not written today, is a baseline that was filled in afterwards, and is flagged as such.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import answer
from rsm.flow.entry import MAY_REPORT
from rsm.flow.facts import voice_of
from rsm.flow.outcome import Outcome, outcome_of
from rsm.instruments import service as instruments
from rsm.instruments.decide import effective
from rsm.kernel.answers import Answers
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Channel, Pin, Relation, Reporter, SurveyState
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.responses.model import Author, ResponseView
from rsm.schedules import beside
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record

_NOON = time(12)
_MINUTE = timedelta(minutes=1)
_OLDEST = timedelta(days=365)


@dataclass(frozen=True)
class Paper:
    """A sheet as it was filled in. `on` is its date; `relation` None: the patient wrote it."""

    patient_id: UUID
    instrument: Pin
    on: date
    answers: Answers
    words: str = ""
    relation: Relation | None = None


@dataclass(frozen=True)
class Entered:
    """What became of it; `already`: the same sheet had been typed in before."""

    outcome: Outcome
    already: bool = False


def enter(tx: Tx, sheet: Paper) -> Entered:
    """Keep and judge it. The same sheet twice is one report (P16).

    Raises `Invalid` for a date that cannot be and answers that the instrument does not know,
    `Conflict` where another sheet of that day stands, `NotAllowed` when she takes no part.
    """
    patient = patients.locked(tx, sheet.patient_id)
    if patient.status not in MAY_REPORT:
        raise NotAllowed(f"a patient who is {patient.status} does not report")
    today = tx.now.astimezone(zone_named(patient.zone)).date()
    _check_date(sheet.on, today)
    survey = _survey(tx, patient, sheet)
    standing = responses.of_occurrence(tx, survey.id)
    if standing is not None and standing.is_final:
        return _again(tx, survey, standing, sheet)
    at = _answered_at(tx, patient, survey, sheet.on)
    author = _author(tx, patient, sheet, at)
    with tx.savepoint():
        outcome = answer.enter(tx, survey.id, sheet.answers, sheet.words, author)
    subject = Subject("occurrence", survey.id, patient.id)
    record(tx, "paper.entered", subject, patient.site_id, on=sheet.on.isoformat())
    return Entered(outcome)


def _check_date(on: date, today: date) -> None:
    if on > today:
        raise Invalid(Problem("on", "lies in the future", "look at the paper again"))
    if on < today - _OLDEST:
        raise Invalid(Problem("on", "is more than a year ago", "look at the year again"))


def _survey(tx: Tx, patient: PatientFacts, sheet: Paper) -> OccurrenceView:
    """The survey that could be answered that day, if nobody has; else a report of that day."""
    for each in beside.around(tx, patient, sheet.on):
        standing = responses.of_occurrence(tx, each.id)
        untouched = standing is None or not (standing.is_final or standing.answers)
        if standing is not None and standing.is_final and standing.answered_on == sheet.on:
            return each
        if (
            untouched
            and each.instrument == sheet.instrument
            and each.state is not SurveyState.CANCELLED
        ):
            return each
    return beside.of_day(tx, patient, sheet.instrument, sheet.on, _of_day(tx, patient, sheet.on))


def _again(tx: Tx, survey: OccurrenceView, standing: ResponseView, sheet: Paper) -> Entered:
    """The same sheet once more, or another one of the same day."""
    instrument = instruments.load(tx, standing.instrument)
    same = dict(effective(instrument, sheet.answers)) == dict(standing.answers)
    if not same or standing.channel is not Channel.PAPER:
        raise Conflict("another report of that day stands already: correct that one")
    return Entered(outcome_of(tx, survey.id), already=True)


def _answered_at(tx: Tx, patient: PatientFacts, survey: OccurrenceView, on: date) -> datetime:
    """Noon of that day on her clock, within the window, and never later than now."""
    at = _of_day(tx, patient, on)
    if survey.scheduled:
        at = min(max(at, survey.opens_at), survey.closes_at - _MINUTE)
    return min(at, tx.now)


def _of_day(tx: Tx, patient: PatientFacts, on: date) -> datetime:
    zone = zone_named(patient.zone)
    if on == tx.now.astimezone(zone).date():
        return tx.now
    return start_instant(datetime.combine(on, _NOON), zone)


def _author(tx: Tx, patient: PatientFacts, sheet: Paper, at: datetime) -> Author:
    reporter = Reporter.PROXY if sheet.relation else Reporter.SELF
    today = tx.now.astimezone(zone_named(patient.zone)).date()
    first = not responses.history(tx, patient.id, at, voice_of(reporter))
    return Author(
        reporter=reporter,
        channel=Channel.PAPER,
        language=patient.language,
        recorded_by=tx.actor.id,
        relation=sheet.relation,
        answered_on=sheet.on,
        backfilled=first and sheet.on < today,
        answered_at=at,
    )
