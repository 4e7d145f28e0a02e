"""A patient's last weeks on one page, for the visit: to be printed, or saved as a PDF."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.alerts import events, expected, handling
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.flow import call_back
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientRecord
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.security.model import Permission
from rsm.web import alert_words as words
from rsm.web import course_words, when
from rsm.web.alert_findings import about
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.patient_page import WEEKS, answered_words, head, heat, patient_url
from rsm.web.staff_words import word
from rsm.web.views.alerts import Quote
from rsm.web.views.patient_summary import SummaryAlert, SummaryView, SummaryWords

router = APIRouter()
Reader = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
_WORDS = 6


@router.get("/patients/{patient_id}/summary")
def go_to_summary(patient_id: UUID, desk: Reader) -> RedirectResponse:
    """Under the address of her site."""
    return see(patient_url(patients.peek(desk.tx, patient_id), "summary"))


@router.get("/sites/{site_id}/patients/{patient_id}/summary")
def show(patient_id: UUID, desk: Reader) -> HTMLResponse:
    """The page; reading it is audited."""
    return html("staff/patient_summary.html", summary_view(desk, patient_id))


def summary_view(desk: Desk, patient_id: UUID) -> SummaryView:
    """Treatment, the course of symptoms, alerts and how they ended, her words."""
    tx = desk.tx
    record = patients.read(tx, patient_id)
    facts = record.facts
    surveys = schedules.recent(tx, patient_id, WEEKS)
    return SummaryView(
        frame=staff_frame(desk, "/patients"),
        patient=head(desk, record),
        zone=facts.zone,
        treatment=tuple(_treatment(record)),
        answered=answered_words(surveys),
        heat=heat(desk, record, surveys),
        alerts=tuple(_alerts(tx, facts)),
        words=tuple(_words(tx, facts)),
        expected=tuple(_expected(tx, facts)),
        call_backs=tuple(_call_backs(tx, facts)),
    )


def _treatment(record: PatientRecord) -> Iterator[str]:
    if record.facts.regimen:
        yield record.facts.regimen
    if record.cycles:
        starts = ", ".join(start.isoformat() for start in record.cycles)
        yield word("summary", "cycles").format(starts=starts)
    for kind, on in record.events:
        yield f"{course_words.EVENTS[kind]}: {on.isoformat()}"


def _alerts(tx: Tx, facts: PatientFacts) -> Iterator[SummaryAlert]:
    """What is open, and what was opened in these weeks, the newest first."""
    since = tx.now - timedelta(weeks=WEEKS)
    near = [
        one for one in handling.of_patient(tx, facts.id) if one.is_open or one.opened_at >= since
    ]
    found = handling.findings(tx, [one.id for one in near])
    notes = events.closing_notes(tx, near)
    for one in near:
        yield SummaryAlert(
            at=one.opened_at,
            level=one.level,
            what=about(one, found.get(one.id, ())),
            outcome=words.outcome_words(one.outcome) if one.closed_at else "",
            note=notes.get(one.id, ""),
        )


def _words(tx: Tx, facts: PatientFacts) -> Iterator[SummaryWords]:
    since = tx.now - timedelta(weeks=WEEKS)
    reports = {
        one.id: one
        for one in responses.finals(tx, facts.id, since)
        if one.has_words and one.quarantined_at is None
    }
    newest = sorted(reports.values(), key=lambda one: one.at, reverse=True)[:_WORDS]
    said = responses.words_of(tx, [one.id for one in newest])
    for one in newest:
        if text := said.get(one.id, ""):
            yield SummaryWords(one.at, Quote(text, one.language))


def _expected(tx: Tx, facts: PatientFacts) -> Iterator[str]:
    for one in expected.history(tx, facts.id):
        if one.holds(tx.now):
            until = when.local_date(one.until - timedelta(minutes=1), facts.zone)
            holds = word("expected", "holds")
            yield holds.format(symptom=label(one.symptom), grade=one.grade, until=until)


def _call_backs(tx: Tx, facts: PatientFacts) -> Iterator[str]:
    for task in call_back.promised(tx, facts.site_id):
        if task.patient_id == facts.id:
            yield when.day_time(task.due_at, tx.now, facts.zone)
