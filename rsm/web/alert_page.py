"""One alert's page: who, why, the last weeks, what may be done, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rsm.alerts import events, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.alarming import red_flag
from rsm.alerts.model import AlertView, FindingView
from rsm.db.work import Tx
from rsm.escalation import preview
from rsm.escalation import service as escalation
from rsm.flow import outcome, triage
from rsm.instruments import service as instruments
from rsm.kernel.errors import Problem, RsmError
from rsm.kernel.words import AlertEventKind, AlertState, Audience
from rsm.messaging import inbox
from rsm.patients import service as patients
from rsm.patients.model import PatientRecord
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import alert_words as words
from rsm.web import when
from rsm.web.alert_findings import Units, as_raised, changes
from rsm.web.alert_quiet import held_back
from rsm.web.alert_why import lines, setting, similar
from rsm.web.auth import Desk
from rsm.web.expected_panel import mark_expected
from rsm.web.frames import staff_frame
from rsm.web.heat import heat_table
from rsm.web.patient_page import head as patient_head
from rsm.web.views import alerts as views
from rsm.web.views.alert_quiet import Similar
from rsm.web.views.symptoms import HeatTable

WEEKS = 12
_TEXT_KEY = "text:"


@dataclass(frozen=True)
class Typed:
    """What was in the form when it could not be saved, and why not."""

    code: str = ""
    note: str = ""
    problems: tuple[Problem, ...] = ()


NOTHING = Typed()


def alert_view(desk: Desk, alert: AlertView, typed: Typed = NOTHING) -> views.AlertView:
    """The page of an alert that `flow.triage.view` has marked as seen."""
    tx = desk.tx
    record = patients.read(tx, alert.patient_id) if alert.patient_id else None
    kept = suppressed.of_alert(tx, alert.id)
    found = as_raised(handling.findings(tx, [alert.id]).get(alert.id, []), kept)
    held = alert.is_held(tx.now)
    known = setting(desk, alert, record)
    zone = record.facts.zone if record else sites.get(tx, alert.site_id).zone
    page = views.AlertView(
        frame=staff_frame(desk, "/alerts"),
        code=alert.code,
        level=alert.level,
        patient=_head(desk, alert, record),
        heading=_heading(alert, found, known.units),
        state=_state(alert, held=held),
        opened_at=alert.opened_at,
        target=alert.target_at - alert.opened_at,
        findings=lines(found, known),
        actions=_actions(desk, alert, typed),
        review=words.is_unjudged(alert),
        owner=triage.holder(tx, alert) if held else "",
        mine=held and alert.owner_id == desk.staff.staff_id,
        loan_ends_at=alert.loan_until,
        next_step="" if held else _next_step(tx, alert),
        pack=f"{alert.rule_pack.key} {alert.rule_pack.version}" if alert.rule_pack else "",
        timeline=_timeline(desk, alert),
        outcome=_outcome(tx, alert),
        similar=similar(tx, alert, found),
        held=held_back(tx, alert, kept, zone),
    )
    return _with_report(desk, page, alert, record) if record is not None else page


def _head(desk: Desk, alert: AlertView, record: PatientRecord | None) -> views.PatientHead:
    if record is not None:
        return patient_head(desk, record)
    site = sites.get(desk.tx, alert.site_id)
    return views.PatientHead(name=site.name, url=f"/sites/{site.id}")


def _heading(alert: AlertView, found: Sequence[FindingView], units: Units) -> str:
    """The finding in a sentence."""
    parts = [
        f"{one.label} is {one.words(one.now)}"
        if one.was is None or one.was == one.now
        else f"{one.label} went from {one.words(one.was)} to {one.words(one.now)}"
        for one in changes(found, units)
    ]
    return f"{', '.join(parts)}." if parts else alert.reason


def _state(alert: AlertView, *, held: bool) -> views.ClockState:
    if alert.state is AlertState.CLOSED:
        return views.ClockState.CLOSED
    return views.ClockState.TAKEN if held else views.ClockState.OPEN


def _next_step(tx: Tx, alert: AlertView) -> str:
    """Who is told next and when, in a sentence."""
    stands = escalation.standing(tx, [alert.id]).get(alert.id)
    if stands is None or stands.next_at is None:
        return ""
    at = when.day_time(stands.next_at, tx.now, sites.get(tx, alert.site_id).zone)
    names = words.told(preview.next_names(tx, alert, stands))
    return f"Next, {at.removesuffix(' today')}: {names}."


def _outcome(tx: Tx, alert: AlertView) -> views.Outcome | None:
    if alert.closed_at is None:
        return None
    closings = [one for one in events.timeline(tx, alert) if one.kind is AlertEventKind.CLOSED]
    note = closings[-1].note if closings else ""
    by = triage.closer(tx, alert)
    return views.Outcome(alert.closed_at, by, words.outcome_words(alert.outcome), note)


def _timeline(desk: Desk, alert: AlertView) -> tuple[views.TimelineEntry, ...]:
    """What happened, the newest first."""
    lines = events.timeline(desk.tx, alert)
    people = staff.many(desk.tx, {one.staff_id for one in lines if one.staff_id})
    names = {who: view.name for who, view in people.items()}
    me = desk.staff.staff_id
    entries = [
        views.TimelineEntry(one.at, _capital(words.event_words(one, names, me))) for one in lines
    ]
    return tuple(reversed(entries))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- what she may do -----------------------------------------------------------------------


def _actions(desk: Desk, alert: AlertView, typed: Typed) -> views.AlertActions:
    here, who = f"/alerts/{alert.id}", desk.staff
    actions = views.AlertActions(version=triage.version(desk.tx, alert.id), problems=typed.problems)
    if alert.state is AlertState.CLOSED:
        may_reopen = who.may(Permission.CLOSE_ALERT)
        return replace(actions, reopen_action=f"{here}/reopen" if may_reopen else "")
    if not who.may(Permission.TRIAGE):
        return actions
    held = alert.is_held(desk.tx.now)
    return replace(
        actions,
        take_action="" if held else f"{here}/take",
        escalate_action="" if held else f"{here}/escalate",
        outcome_action=f"{here}/do",
        codes=words.ACTION_CHOICES,
        code=typed.code,
        note=typed.note,
    )


# --- the report, the weeks before it, the patient's own words --------------------------------


def _with_report(
    desk: Desk, page: views.AlertView, alert: AlertView, record: PatientRecord
) -> views.AlertView:
    return replace(
        page,
        heat=_heat(desk, alert, record),
        quotes=_quotes(desk.tx, alert, record.facts.language),
        advice_shown=_advice(desk.tx, alert, record.facts.language),
        advice_language=record.facts.language,
        helped_before=_helped_before(desk.tx, alert, page.similar),
    )


def _heat(desk: Desk, alert: AlertView, record: PatientRecord) -> HeatTable | None:
    """Symptoms by week; those that raised the alert first."""
    tx = desk.tx
    surveys = schedules.recent(tx, record.facts.id, WEEKS)
    reports = responses.of_occurrences(tx, [survey.id for survey in surveys])
    final = {key: one for key, one in reports.items() if one.is_final and not one.quarantined_at}
    if not final:
        return None
    newest = max(final.values(), key=lambda report: report.at)
    instrument = instruments.load(tx, newest.instrument)
    shown = [survey for survey in surveys if survey.scheduled or survey.id in final]
    table = heat_table(instrument, shown, final, record.facts.zone)
    table = mark_expected(tx, record.facts.id, table, instrument)
    raised = {one.symptom for one in handling.findings(tx, [alert.id]).get(alert.id, [])}
    known = instrument.symptom_by_key  # a rule about the whole report has no row of its own
    names = {known[key].name.get("en", key) for key in raised if key in known}
    rows = [replace(row, raised=row.label in names) for row in table.rows]
    return replace(table, rows=tuple(sorted(rows, key=lambda row: not row.raised)))


def _quotes(tx: Tx, alert: AlertView, language: str) -> tuple[views.Quote, ...]:
    """What the patient wrote, in her language; flagged when the pack's words are in it."""
    text = ""
    if alert.response_id is not None:
        text = responses.words(tx, alert.response_id)
    elif alert.business_key.startswith(_TEXT_KEY):
        found = inbox.read(tx, UUID(alert.business_key.removeprefix(_TEXT_KEY)))
        is_hers = found is not None and found.origin.audience is Audience.PATIENT
        text = found.body if found is not None and is_hers else ""
    if not text:
        return ()
    return (views.Quote(text, language, flagged=_is_flagged(tx, alert, text, language)),)


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


def _helped_before(tx: Tx, alert: AlertView, shown: Sequence[Similar]) -> tuple[str, ...]:
    """How this patient's last alerts ended, besides those that are shown as alike."""
    if alert.patient_id is None:
        return ()
    alike = {f"/alerts/{alert.id}", *(one.url for one in shown)}
    earlier = handling.of_patient(tx, alert.patient_id, limit=6)
    return tuple(
        f"{one.closed_at:%d %b}: {one.reason} {words.outcome_words(one.outcome).rstrip('.')}."
        for one in earlier
        if one.closed_at is not None and f"/alerts/{one.id}" not in alike
    )
