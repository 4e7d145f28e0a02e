"""The patient's pages below `/s/{token}`: no log-in, few questions a page, every change a POST.

A GET leaves only the audit trail and a first-viewed mark (P9). Answers are stored before the next
page leaves (P3). A survey that is finished, closed, or was never hers answers every address with
the page that says so, and each page carries the numbers to call.
"""

from collections.abc import Mapping, Sequence
from copy import copy

from fastapi import APIRouter
from starlette.responses import Response

from rsm.flow import answer
from rsm.flow.outcome import was_sent
from rsm.instruments.decide import next_item
from rsm.instruments.items import Item
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Reporter, SurveyState
from rsm.patients import service as patients
from rsm.web import door_pages, patient_crisis, patient_end
from rsm.web import patient_views as views
from rsm.web.patient_answering import Posted, page_with, posted, question_view, save, unseen
from rsm.web.patient_faults import PatientRoute
from rsm.web.patient_paging import page_before
from rsm.web.patient_visit import AtLink, Visit
from rsm.web.patient_voices import keep_apart

router = APIRouter(prefix="/s/{token}", route_class=PatientRoute)


# --- the way in ----------------------------------------------------------------------------------


@router.get("")
def home(visit: AtLink) -> Response:
    """What the link is for now: to start, to go on, sent already, closed."""
    visit.opened()
    if (instead := _not_answering(visit)) is not None:
        return instead
    return door_pages.start(visit)


@router.post("/start")
def start(visit: AtLink) -> Response:
    """Begin, or go on; earlier answers of another browser only after the birth date."""
    helped = visit.given.get("by") == "helper"
    if visit.link.revoked_at is not None:
        return visit.go()
    if door_pages.was_left(visit):
        return door_pages.closed(visit)
    voice = Reporter.PROXY if helped or visit.proxy else Reporter.SELF
    if (elsewhere := door_pages.apart(visit, voice)) is not None:
        return elsewhere
    visit.admit(reporter=voice)
    try:
        answer.start(visit.tx, visit.ours, visit.author)
        visit.changed()
    except (Conflict, Expired):
        return visit.go()
    return visit.go("/birth-date" if visit.hides_answers() else "/q")


# --- questions -----------------------------------------------------------------------------------


@router.get("/q")
def next_question(visit: AtLink) -> Response:
    """The next question that is open, else the answers to check."""
    if (instead := _not_begun(visit)) is not None:
        return instead
    return visit.go("/review") if views.is_complete(visit) else _next(visit)


def _next(visit: Visit) -> Response:
    """The questions that are open, else the answers to check."""
    item = next_item(visit.instrument, visit.answers)
    if item is None:
        return _review(visit)
    return visit.page("question", question_view(visit, Posted(page_with(visit, item))))


@router.get("/q/{number:int}")
def question(visit: AtLink, number: int) -> Response:
    """A question by its place, to change its answer."""
    if (instead := _not_begun(visit)) is not None:
        return instead
    item = visit.item_at(number)
    if item is None:
        return visit.go("/q")
    return visit.page("question", question_view(visit, Posted(page_with(visit, item))))


@router.post("/q/{number:int}")
def keep(visit: AtLink, number: int) -> Response:
    """Keep the answers and go on. What is no answer stays on the screen, and says so."""
    if (instead := _not_answering(visit)) is not None:
        return instead
    if door_pages.was_left(visit):
        return door_pages.closed(visit)
    try:
        if door_pages.is_anothers(visit):
            return keep_apart(visit)
        item = visit.item_at(number)
        if item is None:  # its branch was closed, in another tab perhaps
            return visit.go("/q")
        return _kept(visit, item)
    except (Conflict, Expired):
        return visit.go()


def _kept(visit: Visit, item: Item) -> Response:
    """Store the item's page: then on, back, or the same again. Raises as `answer.save`."""
    way, form = visit.given.get("go"), posted(visit, page_with(visit, item))
    form = form.without_empty(unseen(visit)) if way == "leave" else form
    goes_on = way not in {"back", "keep"} and not form.wrong
    remembered = visit.may_see is not None
    saved = save(visit, form.right if goes_on else _meanwhile(form, way))
    if goes_on:
        return _after(visit, () if remembered else saved)
    return _stays(visit, form, saved)


def _meanwhile(form: Posted, way: str | None) -> Mapping[str, Answer]:
    """What is stored though she does not go on: of several questions, those that are answered.

    One question alone waits until she goes on, since a finger that slips tells nobody; but what
    was typed is no slip.
    """
    return form.filled if len(form.page) > 1 or way == "keep" else form.written


def _stays(visit: Visit, form: Posted, saved: Sequence[str]) -> Response:
    """Back, or the same page again; nothing for a script, unless there is something to say."""
    way = visit.given.get("go")
    if way == "back" and not form.is_too_long:
        return visit.go(_before(visit, form.page[0]))
    due = _has_to_say(visit, saved)
    if way == "keep":
        return visit.page("question", question_view(visit, form)) if due else visit.nothing()
    return visit.page("question", question_view(visit, form), 422)


def _has_to_say(visit: Visit, saved: Sequence[str]) -> bool:
    """Whether what was stored now is answered at once, above everything else."""
    return any(patient_crisis.look_at(visit, code) for code in saved)


def _after(visit: Visit, forgotten: Sequence[str]) -> Response:
    """On to the next page; what is said at once, at once to a browser that keeps no cookie."""
    if _has_to_say(visit, forgotten):
        return _next(visit)
    return visit.go("/review" if views.is_complete(visit) else "/q")


def _before(visit: Visit, item: Item) -> str:
    """The page before that of the item, or the start."""
    before = page_before(visit.instrument, visit.answers, item)
    return f"/q/{visit.number_of(before[0])}" if before else ""


# --- check and send ------------------------------------------------------------------------------


@router.get("/review")
def review(visit: AtLink) -> Response:
    """The answers to check, before they are sent."""
    if (instead := _not_begun(visit)) is not None:
        return instead
    if not views.is_complete(visit):
        return visit.go("/q")
    return _review(visit)


def _review(visit: Visit) -> Response:
    return visit.page("review", views.review(visit, patient_end.shown(visit)))


@router.post("/review")
def submit(visit: AtLink) -> Response:
    """Send. The thank-you page leaves after the commit, the same for whoever presses twice."""
    if (instead := _not_hers_to_send(visit)) is not None:
        return instead
    way, words = visit.given.get("go", ""), visit.given.get("words", "")
    try:
        if way:
            patient_end.keep(visit, words)
            return visit.go(_from_review(visit, way))
        rest = patient_end.to_send(visit, words)
        return visit.tx.optimistically(lambda: _sent(copy(visit), rest))
    except Invalid:
        return visit.page("review", views.review(visit, words, too_long=True), 422)
    except Conflict:
        return visit.go()
    except Expired:
        return visit.page("expired", views.expired(visit), 410)


def _sent(visit: Visit, words: str) -> Response:
    """Stored, with thanks. Done anew after a fault in what follows, or in the page: so on a copy of
    the visit, on which the first try has left nothing."""
    outcome = answer.submit(visit.tx, visit.ours, words, visit.author)
    visit.changed(outcome.response)
    return door_pages.thanked(visit, outcome)


def _not_hers_to_send(visit: Visit) -> Response | None:
    """The page of a link that sends nothing, or not what stands there; None where it does."""
    unknown = visit.proxy is not None or visit.may_see is None
    if visit.link.revoked_at is not None or (unknown and door_pages.is_anothers(visit)):
        return visit.go()
    return door_pages.closed(visit) if door_pages.was_left(visit) else None


def _from_review(visit: Visit, way: str) -> str:
    """The question whose answer she wants to change, by its place; the last one for "back"; the
    birth date, before earlier answers."""
    if way == "earlier":
        return "/birth-date"
    numbers = [str(visit.number_of(item)) for item in visit.asked()]
    wanted = numbers[-1:] if way == "back" else [way]
    return f"/q/{wanted[0]}" if wanted and wanted[0] in numbers else "/q"


@router.get("/done")
def done(visit: AtLink) -> Response:
    """What happens with the answers; once somebody of the team has seen them, it says so."""
    if visit.link.revoked_at is not None or not _is_sent(visit):
        return visit.go()
    visit.opened()
    return door_pages.sent(visit, asked=True)


# --- earlier answers -----------------------------------------------------------------------------


@router.get("/birth-date")
def ask_birth_date(visit: AtLink) -> Response:
    """Asked before earlier answers are shown, and for nothing else; of the patient alone."""
    if visit.link.revoked_at is not None or visit.proxy is not None:
        return visit.go()
    return visit.page("birth_date", views.birth_date(visit, _then(visit)))


@router.post("/birth-date")
def check_birth_date(visit: AtLink) -> Response:
    """Five wrong ones close earlier answers for a quarter of an hour, never new ones."""
    if visit.link.revoked_at is not None or visit.proxy is not None:
        return visit.go()
    claimed = views.date_of(visit.given)
    if claimed is None:
        return visit.page("birth_date", views.birth_date(visit, _then(visit), incomplete=True), 422)
    visit.link = invitations.lock_for_birth_date(visit.tx, visit.link.id)
    if visit.link.tries_left(visit.tx.now) <= 0:
        return visit.page("birth_date", views.birth_date(visit, _then(visit)), 429)
    matched = patients.birth_date_matches(visit.tx, visit.survey.patient_id, claimed)
    visit.link = invitations.note_birth_date(visit.tx, visit.link, matched)
    if not matched:
        return visit.page("birth_date", views.birth_date(visit, _then(visit), wrong=True), 422)
    visit.admit(known=True)
    return visit.go(f"/{_then(visit)}")


def _then(visit: Visit) -> str:
    """The page that she wanted: her answers, what became of them, or her own page."""
    wanted = visit.request.query_params.get("to", "")
    return wanted if wanted in {"done", "me"} else "q"


# --- the page that says why there is no question -------------------------------------------------


def _is_sent(visit: Visit) -> bool:
    return was_sent(visit.survey, visit.response)


def _not_begun(visit: Visit) -> Response | None:
    """The start page, for a survey that nobody has begun yet, or only the other voice."""
    instead = _not_answering(visit)
    begun = visit.survey.state is SurveyState.STARTED
    if instead is None and (not begun or door_pages.is_anothers(visit)):
        return visit.go()
    if instead is None and door_pages.was_left(visit):
        return door_pages.closed(visit)
    if instead is None:
        patient_crisis.look_at(visit)
    return instead


def _not_answering(visit: Visit) -> Response | None:
    """The page of a link that takes no answers, or None when it does."""
    if visit.link.revoked_at is not None:
        return door_pages.closed(visit)
    if _is_sent(visit):
        return door_pages.sent(visit)
    if not visit.survey.takes_answers(visit.tx.now):
        return visit.page("expired", views.expired(visit), 410)
    return None
