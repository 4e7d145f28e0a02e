"""One patient's page: the record, how we reach her, symptoms by week, what happened."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from rsm.alerts import handling
from rsm.flow.entry import MAY_REPORT
from rsm.instruments import service as instruments
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Channel, Level
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientRecord, PatientStatus
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff, trail
from rsm.security.model import AuditEntry, Permission
from rsm.web import patient_words as words
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.course_words import PAUSED
from rsm.web.expected_panel import mark_expected
from rsm.web.frames import staff_frame
from rsm.web.heat import heat_table
from rsm.web.patient_panels import panels
from rsm.web.staff_words import word
from rsm.web.views.alerts import PatientHead, TimelineEntry
from rsm.web.views.common import Link, PostButton
from rsm.web.views.patients import ContactLine, PatientView, TimelineWeek
from rsm.web.views.symptoms import HeatTable

WEEKS = 12
_EVENTS = 60


def patient_url(facts: PatientFacts, *more: str) -> str:
    """Where a patient's pages are; the address holds ids only."""
    return "/".join((f"/sites/{facts.site_id}/patients/{facts.id}", *more))


def patient_view(desk: Desk, patient_id: UUID, before: int | None) -> PatientView:
    """The page; reading it is audited. `before` is the event from which earlier ones are shown."""
    tx = desk.tx
    record = patients.read(tx, patient_id)
    surveys = schedules.recent(tx, patient_id, WEEKS)
    events = trail.of_patient(tx, patient_id, words.STORY_ACTIONS, before=before, limit=_EVENTS + 1)
    shown = events[:_EVENTS]
    return PatientView(
        frame=staff_frame(desk, "/patients"),
        patient=head(desk, record),
        heading=_heading(surveys),
        status=_status(desk, record),
        reach=_reach(desk, record, surveys),
        contacts=_contacts(record),
        panels=panels(desk, record, patient_url(record.facts)),
        weeks=tuple(_weeks(desk, record.facts, shown)),
        heat=_heat(desk, record, surveys),
        links=_links(desk, record.facts),
        buttons=_buttons(desk, record.facts),
        earlier_url=patient_url(record.facts) + f"?before={shown[-1].seq}"
        if len(events) > _EVENTS
        else "",
    )


def head(desk: Desk, record: PatientRecord) -> PatientHead:
    """The strip on top: who she is."""
    facts, label = record.facts, record.label
    today = local_of(desk.tx.now, zone_named(facts.zone)).date()
    return PatientHead(
        name=label.name,
        url=patient_url(facts),
        age=label.age(today),
        record_number=label.record_number,
        treatment=facts.regimen or "",
        language=words.language_name(facts.language),
        interpreter=facts.interpreter,
        phone=record.address(Channel.SMS) or "",
        facts=(("Born", label.birth_date.isoformat()),),
        test_patient=facts.is_test,
    )


def _status(desk: Desk, record: PatientRecord) -> str:
    text = words.STATUS[record.facts.status]
    if record.decline_reason is not None:
        return f"{text}: {words.DECLINED[record.decline_reason].lower()}"
    if record.end_reason is not None:
        return f"{text}: {words.ENDED[record.end_reason].lower()}"
    if (pause := patients.paused_since(desk.tx, record.facts.id)) is not None:
        return f"{text}: {PAUSED[pause].lower()}"
    return text


def _reach(desk: Desk, record: PatientRecord, surveys: Sequence[OccurrenceView]) -> tuple[str, ...]:
    facts = record.facts
    lines = [f"{words.slot_text(facts)}, {facts.zone.replace('_', ' ')}"]
    if facts.contact_from is not None and facts.contact_until is not None:
        lines.append(f"To be reached {facts.contact_from:%H:%M} to {facts.contact_until:%H:%M}")
    plan = schedules.assignment(desk.tx, facts.id)
    if plan is not None and plan.opens_next is not None and facts.is_active:
        lines.append(f"Next survey {when.day_time(plan.opens_next, desk.tx.now, facts.zone)}")
    if any(survey.takes_answers(desk.tx.now) for survey in surveys):
        lines.append("A survey is open now")
    return tuple(lines)


def _contacts(record: PatientRecord) -> tuple[ContactLine, ...]:
    return tuple(
        ContactLine(each.address, words.WHOSE.get(each.owner, ""), words.CONTACTS[each.state])
        for each in record.contacts
    )


def _heat(desk: Desk, record: PatientRecord, surveys: Sequence[OccurrenceView]) -> HeatTable | None:
    found = responses.of_occurrences(desk.tx, [survey.id for survey in surveys])
    final = {
        survey_id: report
        for survey_id, report in found.items()
        if report.is_final and report.quarantined_at is None
    }
    if not final:
        return None
    newest = max(final.values(), key=lambda report: report.at)
    instrument = instruments.load(desk.tx, newest.instrument)
    shown = [survey for survey in surveys if survey.scheduled or survey.id in final]
    table = heat_table(instrument, shown, final, record.facts.zone)
    return mark_expected(desk.tx, record.facts.id, table, instrument)


def _heading(surveys: Sequence[OccurrenceView]) -> str:
    over = [survey for survey in surveys if survey.scheduled and survey.state.is_over]
    done = sum(1 for survey in over if survey.completed_at is not None)
    return f"{done} of {len(over)} surveys answered in {WEEKS} weeks" if over else "Symptoms"


# --- what happened ---------------------------------------------------------------------------


def _weeks(desk: Desk, facts: PatientFacts, events: Sequence[AuditEntry]) -> Iterable[TimelineWeek]:
    zone = facts.zone
    actors = {event.actor_id for event in events if event.actor_id is not None}
    names = {who: view.name for who, view in staff.many(desk.tx, actors).items()}
    levels = {alert.id: alert.level for alert in handling.of_patient(desk.tx, facts.id)}

    def monday(event: AuditEntry) -> date:
        day = local_of(event.at, zone_named(zone)).date()
        return day - timedelta(days=day.weekday())

    for start, inside in groupby(events, key=monday):
        entries = tuple(_entry(event, names, levels) for event in inside)
        label = when.local_date(start, zone).partition(" ")[2]
        yield TimelineWeek(f"Week of {label}", entries)


def _entry(event: AuditEntry, names: dict[UUID, str], levels: dict[UUID, Level]) -> TimelineEntry:
    is_alert = event.subject_kind == "alert" and event.subject_id in levels
    level = levels[event.subject_id] if is_alert and event.subject_id is not None else None
    return TimelineEntry(
        at=event.at,
        text=words.story_line(event, names),
        level=level,
        url=f"/alerts/{event.subject_id}" if is_alert else "",
        url_label="Open the alert" if is_alert else "",
    )


# --- what she may do -------------------------------------------------------------------------

_BUTTONS = {
    PatientStatus.ELIGIBLE: (("Was asked", "approach"), ("Enrol", "enrol")),
    PatientStatus.APPROACHED: (("Enrol", "enrol"),),
    PatientStatus.DECLINED: (("Was asked again", "approach"), ("Enrol", "enrol")),
}
_LINKS = {
    PatientStatus.ELIGIBLE: (("Declined …", "decline"),),
    PatientStatus.APPROACHED: (("Declined …", "decline"),),
    PatientStatus.ENROLLED: (("Pause …", "pause"), ("End …", "end")),
    PatientStatus.PAUSED: (("End …", "end"),),
}


def _buttons(desk: Desk, facts: PatientFacts) -> tuple[PostButton, ...]:
    offered = list(_BUTTONS.get(facts.status, ())) if desk.staff.may(Permission.ENROL) else []
    if facts.status in MAY_REPORT and desk.staff.may(Permission.ENTER_ANSWERS):
        offered.insert(0, (word("tasks", "take_answers"), "entry"))
    return tuple(PostButton(label, patient_url(facts, action)) for label, action in offered)


def _links(desk: Desk, facts: PatientFacts) -> tuple[Link, ...]:
    if not desk.staff.may(Permission.ENROL):
        return ()
    more = (("Change", "change"), *_LINKS.get(facts.status, ()))
    return tuple(Link(label, patient_url(facts, action)) for label, action in more)
