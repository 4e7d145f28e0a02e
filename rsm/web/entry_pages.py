"""Answers taken by phone: the whole survey on one page, then what to say, and to whom to hand over.

The survey is begun by a POST, and its id stands in the address: a second press, tab or person can
send it once only. What could not be stored stays on the screen, and the page says so.
"""

import logging
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rsm.flow import asking, entry, voices
from rsm.flow.outcome import outcome_of, was_sent
from rsm.instruments import service as instruments
from rsm.kernel.answers import Answers
from rsm.kernel.errors import Conflict, Expired, Invalid, NotAllowed, NotFound, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Reporter
from rsm.patients import service as patients
from rsm.responses import origins
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import entry_form, origin_words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.entry_form import Asking, Typed
from rsm.web.entry_views import (
    Asked,
    done_view,
    entry_view,
    language_of,
    plain_view,
    with_problems,
)
from rsm.web.item_fields import Reader
from rsm.web.patient_page import patient_url
from rsm.web.staff_words import section, word

_LOG = logging.getLogger(__name__)
router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}/entry")
Taker = Annotated[Desk, Needs(Permission.ENTER_ANSWERS)]


async def typed(request: Request) -> Typed:
    """The form as it was filled in."""
    return entry_form.typed(await request.form())


Given = Annotated[Typed, Depends(typed)]


@router.post("")
def begin(patient_id: UUID, desk: Taker) -> RedirectResponse:
    """Take answers now: for the survey that is open, else a report of today."""
    survey = entry.begin(desk.tx, patient_id)
    return see(_url(desk, survey))


@router.get("/{survey_id}")
def show(patient_id: UUID, survey_id: UUID, desk: Taker) -> Response:
    """The survey to read out; of one that was sent already, what became of it."""
    survey = _survey(desk, patient_id, survey_id)
    if was_sent(survey, responses.of_occurrence(desk.tx, survey.id)):
        return see(f"{_url(desk, survey)}/done")
    return _form(desk, survey, Typed())


@router.post("/{survey_id}")
def store(patient_id: UUID, survey_id: UUID, desk: Taker, given: Given) -> Response:
    """Store, judge, and go on to what is to be said. The page leaves after the commit (P3)."""
    survey = _survey(desk, patient_id, survey_id)
    try:
        if (other := _other_voice(desk, survey, given)) is not None:
            return other
        taken = entry_form.read(given, _asking(desk, survey))
        entry.take_down(desk.tx, survey.id, taken)
    except Invalid as error:
        return _form(desk, survey, given, error.problems, 422)
    except Conflict:
        return _again(desk, survey, given, section("entry").meanwhile)
    except Expired:
        return _again(desk, survey, given, section("entry").cancelled)
    return see(f"{_url(desk, survey)}/done")


@router.get("/{survey_id}/done")
def done(patient_id: UUID, survey_id: UUID, desk: Taker) -> Response:
    """It is stored: what to say, and whom to put her through to."""
    survey = _survey(desk, patient_id, survey_id)
    if not was_sent(survey, responses.of_occurrence(desk.tx, survey.id)):
        return see(_url(desk, survey))
    record = patients.read(desk.tx, patient_id)
    try:
        with desk.tx.savepoint():
            outcome = outcome_of(desk.tx, survey.id)
            return html("staff/entry_done.html", done_view(desk, record, outcome))
    except Exception as error:  # noqa: BLE001  # the answers are stored: that is what the page says
        _LOG.error("%s", type(error).__name__, extra={"action": "entry.done_failed"})
        return html("staff/entry_done.html", plain_view(desk, record))


def _other_voice(desk: Desk, survey: OccurrenceView, given: Typed) -> HTMLResponse | None:
    """Somebody else speaks than has begun the survey: a report of their own (`rsm.flow.voices`),
    with what they said, and without what stood in the form before. None where it is the same voice.
    """
    reporter = Reporter.PROXY if given.by == entry_form.PROXY else Reporter.STAFF
    if not voices.is_anothers(desk.tx, survey, reporter):
        return None
    anew = entry_form.of_this_voice(given, _asking(desk, survey))
    own = voices.apart(desk.tx, survey, reporter)
    why = word("entry", "voice_proxy" if reporter is Reporter.PROXY else "voice_patient")
    return _form(desk, own, anew, (Problem("", why),), 409)


def _again(desk: Desk, survey: OccurrenceView, given: Typed, why: str) -> HTMLResponse:
    """What was typed cannot be stored for this survey any more: offered as a report of today."""
    try:
        today = entry.begin(desk.tx, survey.patient_id)
    except NotAllowed:
        return _form(desk, survey, given, (Problem("", section("entry").ended),), 409)
    return _form(desk, today, given, (Problem("", why),), 409)


def _form(
    desk: Desk,
    survey: OccurrenceView,
    given: Typed,
    problems: tuple[Problem, ...] = (),
    status: int = 200,
) -> HTMLResponse:
    """The form; reading the patient's record is audited."""
    record = patients.read(desk.tx, survey.patient_id)
    draft = responses.of_occurrence(desk.tx, survey.id)
    found = origins.of_report(desk.tx, draft.id) if draft else {}
    zone = sites.get(desk.tx, survey.site_id).zone
    asked = Asked(_asking(desk, survey), given, origin_words.lines(desk.tx, found, zone))
    view = entry_view(desk, record, _url(desk, survey), asked)
    return html("staff/entry.html", with_problems(view, problems), status=status)


def _asking(desk: Desk, survey: OccurrenceView) -> Asking:
    """What is asked, of whom, and what stands already."""
    patient = patients.peek(desk.tx, survey.patient_id)
    instrument = instruments.load(desk.tx, survey.instrument)
    today = desk.tx.now.astimezone(zone_named(patient.zone)).date()
    return Asking(
        instrument,
        language_of(instrument, patient.language),
        Reader("en", today),
        asking.of_herself_only(desk.tx, survey, instrument),
        _standing(desk, survey),
    )


def _standing(desk: Desk, survey: OccurrenceView) -> Answers:
    """The answers of a draft, with the words of those that are words."""
    draft = responses.of_occurrence(desk.tx, survey.id)
    if draft is None:
        return {}
    written = responses.texts(desk.tx, draft.id) if draft.has_words else {}
    return {
        item: replace(answer, text=written[item]) if item in written else answer
        for item, answer in draft.answers.items()
    }


def _survey(desk: Desk, patient_id: UUID, survey_id: UUID) -> OccurrenceView:
    survey = schedules.occurrence(desk.tx, survey_id)
    if survey.patient_id != patient_id:
        raise NotFound("no such survey of this patient")
    return survey


def _url(desk: Desk, survey: OccurrenceView) -> str:
    return f"{patient_url(patients.peek(desk.tx, survey.patient_id))}/entry/{survey.id}"
