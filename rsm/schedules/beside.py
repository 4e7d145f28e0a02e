"""Reports beside the planned surveys that are known by what they are about: made once each.

The caller holds the patient's row.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from rsm.db.work import Tx
from rsm.kernel.errors import NotFound
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Pin, SurveyState
from rsm.patients.model import PatientFacts
from rsm.schedules import store
from rsm.schedules.model import OccurrenceView
from rsm.schedules.opening import whose
from rsm.schedules.service import REPORT_OPEN
from rsm.security.audit import Subject, record

_BACK = timedelta(days=400)


def apart(
    tx: Tx, patient: PatientFacts, instrument: Pin, of: OccurrenceView, voice: str
) -> OccurrenceView:
    """What another voice says at the time of that survey: a report of its own, made once and open
    as long as that one, at least for a day."""
    until = max(tx.now + REPORT_OPEN, of.closes_at)
    return _report(tx, patient, instrument, _apart(of, voice), (tx.now, until))


def standing_apart(tx: Tx, of: OccurrenceView, voice: str) -> OccurrenceView | None:
    """The report that `apart` has made for that voice, if it has."""
    return store.by_key(tx, of.patient_id, _apart(of, voice))


def _apart(of: OccurrenceView, voice: str) -> str:
    return f"apart:{of.id}:{voice}"


def of_day(
    tx: Tx, patient: PatientFacts, instrument: Pin, day: date, at: datetime
) -> OccurrenceView:
    """A report that was written down on an earlier day, and is entered now."""
    return _report(tx, patient, instrument, f"paper:{day.isoformat()}", (at, at + REPORT_OPEN))


def around(tx: Tx, patient: PatientFacts, day: date) -> Sequence[OccurrenceView]:
    """Her planned surveys that could be answered on that local date, the newest first."""
    zone = zone_named(patient.zone)
    return [
        each
        for each in store.occurrences(tx, patient.id, tx.now - _BACK)
        if each.scheduled
        and each.opens_at.astimezone(zone).date() <= day <= each.closes_at.astimezone(zone).date()
    ]


def _report(
    tx: Tx, patient: PatientFacts, instrument: Pin, key: str, span: tuple[datetime, datetime]
) -> OccurrenceView:
    at, until = span
    added = store.add_occurrence(
        tx,
        {
            **whose(patient, instrument),
            "window_key": key,
            "local_date": at.astimezone(zone_named(patient.zone)).date(),
            "opens_at": at,
            "closes_at": until,
            "reminders": [],
            "state": SurveyState.OPEN,
            "scheduled": False,
            "next_at": max(until, tx.now),
        },
    )
    survey = store.by_key(tx, patient.id, key)
    if survey is None:
        raise NotFound("no such survey")
    if added is not None:
        subject = Subject("occurrence", survey.id, patient.id)
        record(tx, "survey.unscheduled", subject, patient.site_id)
    return survey
