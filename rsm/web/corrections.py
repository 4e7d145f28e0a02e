"""One report as staff read it: each answer with who gave it, how and when; and its correction."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from rsm.flow import corrections as flow
from rsm.flow.corrections import Correction, CorrectionReason
from rsm.instruments import service as instruments
from rsm.instruments.model import Item
from rsm.kernel.answers import Answer, Answers, AnswerStatus
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.patients import service as patients
from rsm.responses import origins
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.responses.origins import Origin
from rsm.schedules import service as schedules
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import entry_form, origin_words, when
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.entry_form import Asking, Typed
from rsm.web.entry_items import entry_items
from rsm.web.entry_pages import Given
from rsm.web.entry_views import language_of
from rsm.web.frames import staff_frame
from rsm.web.item_fields import Reader
from rsm.web.item_words import shown, worded
from rsm.web.patient_page import head, patient_url
from rsm.web.staff_words import section, word
from rsm.web.views.alerts import Quote
from rsm.web.views.common import Choice
from rsm.web.views.reports import CorrectView, ReportRow, ReportView

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/reports/{survey_id}")
Readers = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Takers = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]
_ENGLISH = "en"
_LONGEST = 6  # digits of a revision


@router.get("")
def show(patient_id: UUID, survey_id: UUID, desk: Readers) -> HTMLResponse:
    """The report that stands; reading the record is audited."""
    report, record = _report(desk, patient_id, survey_id), patients.read(desk.tx, patient_id)
    view = ReportView(
        frame=staff_frame(desk, "/patients"),
        patient=head(desk, record),
        at=report.at,
        by=_by(desk, report),
        rows=tuple(_rows(desk, report)),
        notes=tuple(_notes(report)),
        quotes=_quotes(desk, report),
        correct_url=_url(desk, report, "correct") if _may_correct(desk, report) else "",
    )
    return html("staff/report.html", view)


@router.get("/correct", response_model=None)
def ask(patient_id: UUID, survey_id: UUID, desk: Takers) -> Response:
    """The answers as they stand, to be changed."""
    report = _report(desk, patient_id, survey_id)
    if not _may_correct(desk, report):
        return see(_url(desk, report))
    return _form(desk, report, Typed())


@router.post("/correct", response_model=None)
def correct(patient_id: UUID, survey_id: UUID, desk: Takers, given: Given) -> Response:
    """A revision with what was changed; the reason is a must."""
    report = _report(desk, patient_id, survey_id)
    try:
        flow.correct(desk.tx, survey_id, _correction(given, _asking(desk, report)))
    except Invalid as error:
        return _form(desk, report, given, error.problems, 422)
    except Conflict:
        now = _report(desk, patient_id, survey_id)
        mine = _changed_by_her(desk, now, given)
        return _form(desk, now, mine, (Problem("", word("reports", "meanwhile")),), 409)
    return see(_url(desk, report))


def _changed_by_her(desk: Desk, report: ResponseView, given: Typed) -> Typed:
    """What the form changed of the revision that it was made from: the rest stands as it is now."""
    former = (responses.view(desk.tx, each) for each in responses.revisions(desk.tx, report))
    seen = [each for each in former if str(each.revision) == given.extra.get("_seen")]
    return entry_form.of_this_voice(given, _asking(desk, seen[0])) if seen else Typed()


def _correction(given: Typed, asking: Asking) -> Correction:
    """What the form asks for. Raises `Invalid`."""
    words, reason = section("reports"), given.extra.get("_reason", "")
    seen = given.extra.get("_seen", "")
    if reason not in set(CorrectionReason):
        raise Invalid(Problem("_reason", words.choose_reason))
    changes = entry_form.changes(given, asking)
    if not changes:
        raise Invalid(Problem("", words.nothing_changed))
    number = int(seen) if seen.isdecimal() and len(seen) < _LONGEST else 0
    return Correction(changes, CorrectionReason(reason), number)


def _form(
    desk: Desk,
    report: ResponseView,
    given: Typed,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    record = patients.read(desk.tx, report.patient_id)
    asking = _asking(desk, report)
    at = {one.where: one for one in problems}
    items = entry_items(asking, given, _origins(desk, report))
    view = CorrectView(
        frame=staff_frame(desk, "/patients"),
        patient=head(desk, record),
        at=report.at,
        action=_url(desk, report, "correct"),
        cancel_url=_url(desk, report),
        language=asking.language,
        recall=asking.instrument.languages[asking.language].recall,
        items=tuple(replace(item, problem=at.get(item.code)) for item in items),
        reasons=tuple(Choice(one.value, word("reports", one)) for one in CorrectionReason),
        seen=report.revision,
        reason=given.extra.get("_reason", ""),
        problems=problems,
    )
    return html("staff/report_correct.html", view, status=status)


# --- what stands in it ---------------------------------------------------------------------------


def _rows(desk: Desk, report: ResponseView) -> Iterator[ReportRow]:
    instrument = instruments.load(desk.tx, report.instrument)
    answers, found = _answers(desk, report), _origins(desk, report)
    for number, item in enumerate(instrument.items, start=1):
        answer = answers.get(item.code)
        if answer is not None:
            yield ReportRow(
                number=number,
                question=worded(item.short, _ENGLISH) or worded(item.text, _ENGLISH),
                answer=_said(item, answer),
                origin="" if _was_concluded(answer) else found.get(item.code, ""),
                has_value=answer.value is not None,
            )


def _was_concluded(answer: Answer) -> bool:
    return answer.status is AnswerStatus.STRUCTURAL_ZERO


def _said(item: Item, answer: Answer) -> str:
    words = section("reports")
    if _was_concluded(answer):
        return str(words.not_asked)
    if answer.status in {AnswerStatus.REFUSED, AnswerStatus.SKIPPED}:
        return str(getattr(words, answer.status))
    text = shown(item, answer, _ENGLISH) or words.none
    grade = item.type in {"graded", "yes_no"} and answer.value is not None
    return f"{answer.value}: {text}" if grade else str(text)


def _answers(desk: Desk, report: ResponseView) -> Answers:
    """With the words of those that are words."""
    written = responses.texts(desk.tx, report.id) if report.has_words else {}
    return {
        item: replace(answer, text=written[item]) if item in written else answer
        for item, answer in report.answers.items()
    }


def _origins(desk: Desk, report: ResponseView) -> dict[str, str]:
    found = origins.of_report(desk.tx, report.id)
    return origin_words.lines(desk.tx, found, sites.get(desk.tx, report.site_id).zone)


def _by(desk: Desk, report: ResponseView) -> str:
    """Who sent it, and by which door."""
    sent = Origin(report.at, report.reporter, report.channel, report.recorded_by, report.relation)
    names = origin_words.names_of(desk.tx, [sent])
    who, how = origin_words.who(sent), origin_words.how(sent, names)
    return word("reports", "by").format(who=who, how=how)


def _notes(report: ResponseView) -> Iterator[str]:
    words = section("reports")
    if not report.is_final:
        yield words.draft
    if report.answered_on is not None:
        yield words.on_paper.format(day=when.local_date(report.answered_on, "UTC", year=True))
    if report.backfilled:
        yield words.backfilled
    if report.late:
        yield words.late
    if report.revision > 1:
        yield words.revision.format(number=report.revision)
    if report.quarantined_at is not None:
        yield words.quarantined


def _quotes(desk: Desk, report: ResponseView) -> tuple[Quote, ...]:
    text = responses.words(desk.tx, report.id) if report.has_words and report.is_final else ""
    return (Quote(text, report.language),) if text else ()


def _asking(desk: Desk, report: ResponseView) -> Asking:
    instrument = instruments.load(desk.tx, report.instrument)
    zone = zone_named(patients.peek(desk.tx, report.patient_id).zone)
    standing = {
        item: answer
        for item, answer in _answers(desk, report).items()
        if not _was_concluded(answer)
    }
    language = language_of(instrument, _ENGLISH)
    day = report.at.astimezone(zone).date()
    return Asking(instrument, language, Reader(_ENGLISH, day), (), standing)


def _may_correct(desk: Desk, report: ResponseView) -> bool:
    return report.is_final and desk.staff.may(Permission.ENTER_ANSWERS)


def _report(desk: Desk, patient_id: UUID, survey_id: UUID) -> ResponseView:
    survey = schedules.occurrence(desk.tx, survey_id)
    report = responses.on_record(desk.tx, survey.id)
    if survey.patient_id != patient_id or report is None:
        raise NotFound("no such report of this patient")
    return report


def _url(desk: Desk, report: ResponseView, *more: str) -> str:
    facts = patients.peek(desk.tx, report.patient_id)
    return patient_url(facts, "reports", str(report.occurrence_id), *more)
