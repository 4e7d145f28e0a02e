"""One alert's page: who, why, the last weeks, what may be done, what happened."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from fastapi.responses import HTMLResponse

from rsm.alerts import events, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import FindingView
from rsm.db.work import Tx
from rsm.flow import outcome, triage
from rsm.kernel.errors import Conflict, Problem, RsmError
from rsm.kernel.words import Audience
from rsm.messaging import inbox
from rsm.patients import service as patients
from rsm.patients.model import PatientRecord
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from rsm.web import alert_words as words
from rsm.web.alert_choices import with_choices
from rsm.web.alert_clock import NOTHING, Typed, alert_clock
from rsm.web.alert_findings import Units, about, as_raised, by_worst, changes
from rsm.web.alert_quiet import held_back
from rsm.web.alert_why import lines, setting, similar, similar_to
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.expected_panel import mark_expected
from rsm.web.frames import staff_frame
from rsm.web.heat import heat_table, name_in
from rsm.web.patient_page import asked_in, patient_url
from rsm.web.patient_page import head as patient_head
from rsm.web.views import alert_page as views
from rsm.web.views.alert_quiet import Similar
from rsm.web.views.alerts import PatientHead, Quote
from rsm.web.views.symptoms import HeatTable

WEEKS = 12
_TEXT_KEY = "text:"


def shown(
    desk: Desk, alert_id: UUID, typed: Typed | None = None, status: int = 200
) -> HTMLResponse:
    """The page of this alert; with what could not be saved it is not marked as seen."""
    if typed is None or not typed.problems:
        seen = triage.view(desk.tx, alert_id, desk.staff.staff_id)
    else:
        seen = alerts.get(desk.tx, alert_id)
    return html("staff/alert.html", alert_view(desk, seen, typed or NOTHING), status=status)


def refused(error: Conflict, code: str = "", note: str = "") -> Typed:
    """Why it could not be, for the page."""
    sentence = str(error)
    return Typed(code, note, (Problem("", f"{sentence[:1].upper()}{sentence[1:]}."),))


def alert_view(desk: Desk, alert: AlertView, typed: Typed = NOTHING) -> views.AlertView:
    """The page of an alert that `flow.triage.view` has marked as seen."""
    tx = desk.tx
    record = patients.read(tx, alert.patient_id) if alert.patient_id else None
    kept = suppressed.of_alert(tx, alert.id)
    found = as_raised(handling.findings(tx, [alert.id]).get(alert.id, []), kept)
    known = setting(desk, alert, record)
    zone = record.facts.zone if record else sites.get(tx, alert.site_id).zone
    clock = alert_clock(desk, alert, typed)
    page = views.AlertView(
        frame=staff_frame(desk, "/alerts"),
        patient=_head(desk, alert, record),
        heading=_heading(alert, found, known.units),
        findings=lines(found, known),
        clock=replace(clock, actions=with_choices(desk, alert, clock.actions)),
        review=words.is_unjudged(alert),
        pack=f"{alert.rule_pack.key} {alert.rule_pack.version}" if alert.rule_pack else "",
        similar=similar(tx, alert, found),
        held=held_back(tx, alert, kept, zone),
        version_url=f"/alerts/{alert.id}/version",
        live_url=f"/alerts/{alert.id}/live",
    )
    return _with_report(desk, page, alert, record) if record is not None else page


def _head(desk: Desk, alert: AlertView, record: PatientRecord | None) -> PatientHead:
    if record is not None:
        return patient_head(desk, record)
    site = sites.get(desk.tx, alert.site_id)
    return PatientHead(name=site.name, url=f"/sites/{site.id}")


def _heading(alert: AlertView, found: Sequence[FindingView], units: Units) -> str:
    """The finding in a sentence."""
    parts = [
        f"{one.label} is {one.words(one.now)}"
        if one.was is None or one.was == one.now
        else f"{one.label} went from {one.words(one.was)} to {one.words(one.now)}"
        for one in changes(found, units)
    ]
    return f"{', '.join(parts)}." if parts else alert.reason


# --- the report, the weeks before it, the patient's own words --------------------------------


def _with_report(
    desk: Desk, page: views.AlertView, alert: AlertView, record: PatientRecord
) -> views.AlertView:
    return replace(
        page,
        heat=_heat(desk, alert, record),
        quotes=_quotes(desk.tx, alert, record.facts.language),
        report_url=_report_url(desk.tx, alert, record),
        advice_shown=_advice(desk.tx, alert, record.facts.language),
        advice_language=record.facts.language,
        helped_before=_helped_before(desk.tx, alert, page.similar),
    )


def _report_url(tx: Tx, alert: AlertView, record: PatientRecord) -> str:
    """Where each answer stands with who gave it, if the alert is of a survey."""
    if alert.occurrence_id is None or responses.on_record(tx, alert.occurrence_id) is None:
        return ""
    return patient_url(record.facts, "reports", str(alert.occurrence_id))


def _heat(desk: Desk, alert: AlertView, record: PatientRecord) -> HeatTable | None:
    """Symptoms by week; those that raised the alert first, the worst of them on top."""
    tx = desk.tx
    surveys = schedules.recent(tx, record.facts.id, WEEKS)
    reports = responses.of_occurrences(tx, [survey.id for survey in surveys])
    final = {key: one for key, one in reports.items() if one.is_final and not one.quarantined_at}
    if not final:
        return None
    asked = asked_in(tx, final.values())
    shown = [survey for survey in surveys if survey.scheduled or survey.id in final]
    table = heat_table(asked, shown, final, record.facts.zone)
    table = mark_expected(tx, record.facts.id, table, asked)
    found = by_worst(handling.findings(tx, [alert.id]).get(alert.id, []))
    names = [name_in(asked, same[0].symptom) for same in found]  # of the whole report: no row
    rows = [replace(row, raised=row.label in names) for row in table.rows]
    rows.sort(key=lambda row: names.index(row.label) if row.raised else len(names))
    return replace(table, rows=tuple(rows))


def _quotes(tx: Tx, alert: AlertView, language: str) -> tuple[Quote, ...]:
    """What the patient wrote, in her language; flagged when the pack's words are in it."""
    text = ""
    if alert.response_id is not None:
        text = responses.words(tx, alert.response_id)
    elif alert.business_key.startswith(_TEXT_KEY):
        found = inbox.read(tx, UUID(alert.business_key.split(":")[1]))
        is_hers = found is not None and found.origin.audience is Audience.PATIENT
        text = found.body if found is not None and is_hers else ""
    if not text:
        return ()
    return (Quote(text, language, flagged=_is_flagged(tx, alert, text, language)),)


def _is_flagged(tx: Tx, alert: AlertView, text: str, language: str) -> bool:
    try:
        pack = alerts.load(tx, sites.get(tx, alert.site_id).rule_pack)
    except RsmError:  # the words are shown all the same
        return False
    return red_flag(pack, text, language) is not None


def _advice(tx: Tx, alert: AlertView, language: str) -> tuple[str, ...]:
    if alert.occurrence_id is None:
        return ()
    return outcome.advice(tx, outcome.outcome_of(tx, alert.occurrence_id), language)


def _helped_before(tx: Tx, alert: AlertView, shown: Sequence[Similar]) -> tuple[Similar, ...]:
    """How this patient's last alerts ended, besides those that are shown as alike."""
    if alert.patient_id is None:
        return ()
    alike = {f"/alerts/{alert.id}", *(one.url for one in shown)}
    earlier = [
        one
        for one in handling.of_patient(tx, alert.patient_id, limit=6)
        if one.closed_at is not None and f"/alerts/{one.id}" not in alike
    ]
    found = handling.findings(tx, [one.id for one in earlier])
    notes = events.closing_notes(tx, earlier)
    return tuple(similar_to(one, about(one, found.get(one.id, ())), notes) for one in earlier)
