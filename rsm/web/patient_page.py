"""One patient's page: the record, how we reach her, symptoms by week, what happened."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow.entry import MAY_REPORT
from rsm.instruments import service as instruments
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Channel
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientRecord, PatientStatus
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web import patient_story, when
from rsm.web import patient_words as words
from rsm.web.auth import Desk
from rsm.web.course_words import PAUSED
from rsm.web.expected_panel import mark_expected
from rsm.web.frames import staff_frame
from rsm.web.heat import Asked, heat_table
from rsm.web.patient_panels import panels
from rsm.web.staff_words import word
from rsm.web.treatment_words import treatment_line
from rsm.web.views.alerts import PatientHead
from rsm.web.views.common import Link, PostButton
from rsm.web.views.patients import ContactLine, PatientView
from rsm.web.views.symptoms import HeatTable

WEEKS = 12


def patient_url(facts: PatientFacts, *more: str) -> str:
    """Where a patient's pages are; the address holds ids only."""
    return "/".join((f"/sites/{facts.site_id}/patients/{facts.id}", *more))


def patient_view(desk: Desk, patient_id: UUID, before: int | None, story: str = "") -> PatientView:
    """The page; reading it is audited. `before` is the event from which earlier ones are shown,
    `story` the kind of events."""
    tx = desk.tx
    record = patients.read(tx, patient_id)
    surveys = schedules.recent(tx, patient_id, WEEKS)
    here = patient_url(record.facts)
    days, more = patient_story.days(desk, record.facts, story, before)
    kind = f"&story={story}" if story else ""
    return PatientView(
        frame=staff_frame(desk, "/patients"),
        patient=head(desk, record),
        heading=answered_words(surveys) or word("summary", "course"),
        status=_status(desk, record),
        reach=_reach(desk, record, surveys),
        contacts=_contacts(record),
        panels=panels(desk, record, here),
        days=days,
        zone=record.facts.zone,
        filters=patient_story.filters(here, story),
        heat=heat(desk, record, surveys),
        links=_links(desk, record.facts),
        buttons=_buttons(desk, record.facts),
        earlier_url=f"{here}?before={more}{kind}#tl" if more is not None else "",
        summary_url=f"{here}/summary",
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
        treatment=treatment_line(facts.regimen, record.cycles, today),
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
    if facts.worker_id is not None:
        lines.append(f"Looked after by {staff.get(desk.tx, facts.worker_id).name}")
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


def heat(desk: Desk, record: PatientRecord, surveys: Sequence[OccurrenceView]) -> HeatTable | None:
    """Her symptoms by week; None before her first report."""
    found = responses.of_occurrences(desk.tx, [survey.id for survey in surveys])
    final = {
        survey_id: report
        for survey_id, report in found.items()
        if report.is_final and report.quarantined_at is None
    }
    if not final:
        return None
    asked = asked_in(desk.tx, final.values())
    shown = [survey for survey in surveys if survey.scheduled or survey.id in final]
    table = heat_table(asked, shown, final, record.facts.zone)
    return mark_expected(desk.tx, record.facts.id, table, asked)


def asked_in(tx: Tx, reports: Iterable[ResponseView]) -> Asked:
    """What these reports were asked with, the newest first."""
    newest_first = sorted(reports, key=lambda report: report.at, reverse=True)
    return {one.instrument.hash: instruments.load(tx, one.instrument) for one in newest_first}


def answered_words(surveys: Sequence[OccurrenceView]) -> str:
    """How many of the surveys that were due she has answered."""
    over = [survey for survey in surveys if survey.scheduled and survey.state.is_over]
    done = sum(1 for survey in over if survey.completed_at is not None)
    text = word("summary", "answered")
    return text.format(done=done, due=len(over), weeks=WEEKS) if over else ""


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
    PatientStatus.ENDED: (("Enrol again …", "again"),),
}


def _buttons(desk: Desk, facts: PatientFacts) -> tuple[PostButton, ...]:
    offered = list(_BUTTONS.get(facts.status, ())) if desk.staff.may(Permission.ENROL) else []
    if facts.status in MAY_REPORT and desk.staff.may(Permission.ENTER_ANSWERS):
        offered.insert(0, (word("tasks", "take_answers"), "entry"))
        offered.insert(1, (word("proxies", "hand_tablet"), "tablet"))
    return tuple(PostButton(label, patient_url(facts, action)) for label, action in offered)


def _links(desk: Desk, facts: PatientFacts) -> tuple[Link, ...]:
    if not desk.staff.may(Permission.ENROL):
        return ()
    more = (("Change", "change"), *_LINKS.get(facts.status, ()))
    links = tuple(Link(label, patient_url(facts, action)) for label, action in more)
    if facts.status not in MAY_REPORT:
        return links
    paper = f"/sites/{facts.site_id}/downtime/form?patient={facts.id}"
    return (*links, Link(word("downtime", "paper_link"), paper))
