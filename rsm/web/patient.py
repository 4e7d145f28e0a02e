"""The patient's pages below `/s/{token}`: no log-in, one question a page, every change a POST.

A GET leaves only the audit trail and a first-viewed mark (P9). Answers are stored before the next
page leaves (P3). A survey that is finished, closed, or was never hers answers every address with
the page that says so, and each page carries the numbers to call.
"""

from fastapi import APIRouter
from starlette.responses import Response

from rsm.flow import answer, link_requests
from rsm.flow.outcome import was_sent
from rsm.instruments.decide import next_item, parse_value
from rsm.instruments.model import Item, NumberItem
from rsm.invitations import service as invitations
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Reporter, SurveyState
from rsm.patients import service as patients
from rsm.web import patient_crisis
from rsm.web import patient_views as views
from rsm.web.deps import see
from rsm.web.number_field import Wrong, field_view, read, typed
from rsm.web.patient_faults import PatientRoute
from rsm.web.patient_thanks import finished, thanks
from rsm.web.patient_visit import AtLink, Visit
from rsm.web.views.number import NumberView
from rsm.web.views.patient_aside import NoticeKind, NoticeView, NotMeView

router = APIRouter(prefix="/s/{token}", route_class=PatientRoute)


# --- the way in ----------------------------------------------------------------------------------


@router.get("")
def home(visit: AtLink) -> Response:
    """What the link is for now: to start, to go on, sent already, closed."""
    visit.opened()
    if (instead := _not_answering(visit)) is not None:
        return instead
    return visit.page("start", views.start(visit))


@router.post("/start")
def start(visit: AtLink) -> Response:
    """Begin, or go on; earlier answers of another browser only after the birth date."""
    helped = visit.given.get("by") == "helper"
    if visit.link.revoked_at is not None:
        return visit.go()
    visit.admit(reporter=Reporter.PROXY if helped else Reporter.SELF)
    try:
        answer.start(visit.tx, visit.survey.id, visit.author)
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
    """The question that is open, else the answers to check."""
    item = next_item(visit.instrument, visit.answers)
    if item is None:
        return visit.page("review", views.review(visit))
    return visit.page("question", views.question(visit, item))


@router.get("/q/{number:int}")
def question(visit: AtLink, number: int) -> Response:
    """A question by its place, to change its answer."""
    if (instead := _not_begun(visit)) is not None:
        return instead
    item = visit.item_at(number)
    if item is None:
        return visit.go("/q")
    return visit.page("question", views.question(visit, item))


@router.post("/q/{number:int}")
def keep(visit: AtLink, number: int) -> Response:
    """Keep the answer and go on. What is no answer stays on the screen, and says so."""
    if (instead := _not_answering(visit)) is not None:
        return instead
    item = visit.item_at(number)
    if item is None:  # its branch was closed, in another tab perhaps
        return visit.go("/q")
    if visit.given.get("go") == "back":
        return visit.go(_before(visit, item))
    given, remembered = _given(visit, item), visit.may_see is not None
    if not isinstance(given, Answer):
        return visit.page("question", views.question(visit, item, error=True, field=given), 422)
    try:
        visit.admit()
        visit.changed(answer.save(visit.tx, visit.survey.id, item.code, given, visit.author))
    except (Conflict, Expired):
        return visit.go()
    return _after(visit, None if remembered else item)


def _after(visit: Visit, forgotten: Item | None) -> Response:
    """On to the next page; a crisis line is shown at once to a browser that keeps no cookie."""
    if forgotten is not None and patient_crisis.look_at(visit, forgotten.code):
        return _next(visit)
    return visit.go("/review" if views.is_complete(visit) else "/q")


def _given(visit: Visit, item: Item) -> Answer | NumberView | None:
    """The answer that was sent; else nothing, or the field of a number as it is shown again."""
    try:
        if not isinstance(item, NumberItem):
            return parse_value(item, visit.given.get(item.code, ""))
        field = typed(item, visit.given)
        found = read(item, field, visit.language)
    except Invalid:
        return None
    return field_view(item, visit.language, field, found) if isinstance(found, Wrong) else found


def _before(visit: Visit, item: Item) -> str:
    """The question before this one, or the start."""
    asked = visit.asked()
    place = asked.index(item)
    return f"/q/{visit.number_of(asked[place - 1])}" if place else ""


# --- check and send ------------------------------------------------------------------------------


@router.get("/review")
def review(visit: AtLink) -> Response:
    """The answers to check, before they are sent."""
    if (instead := _not_begun(visit)) is not None:
        return instead
    if not views.is_complete(visit):
        return visit.go("/q")
    return visit.page("review", views.review(visit))


@router.post("/review")
def submit(visit: AtLink) -> Response:
    """Send. The thank-you page leaves after the commit, the same for whoever presses twice."""
    if visit.link.revoked_at is not None:
        return visit.go()
    if visit.given.get("go") == "back":
        asked = visit.asked()
        return visit.go(f"/q/{visit.number_of(asked[-1])}")
    words = visit.given.get("words", "")
    try:
        outcome = answer.submit(visit.tx, visit.survey.id, words, visit.author)
        visit.changed(outcome.response)
    except Invalid:
        return visit.page("review", views.review(visit, words, too_long=True), 422)
    except Expired:
        return visit.page("expired", views.expired(visit), 410)
    return thanks(visit, outcome)


@router.get("/done")
def done(visit: AtLink) -> Response:
    """What happens with the answers; once somebody of the team has seen them, it says so."""
    if visit.link.revoked_at is not None or not _is_sent(visit):
        return visit.go()
    visit.opened()
    return thanks(visit)


# --- earlier answers -----------------------------------------------------------------------------


@router.get("/birth-date")
def ask_birth_date(visit: AtLink) -> Response:
    """Asked before earlier answers are shown, and for nothing else."""
    if visit.link.revoked_at is not None:
        return visit.go()
    return visit.page("birth_date", views.birth_date(visit, _then(visit)))


@router.post("/birth-date")
def check_birth_date(visit: AtLink) -> Response:
    """Five wrong ones close earlier answers for a quarter of an hour, never new ones."""
    if visit.link.revoked_at is not None:
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
    return visit.go("/done" if _then(visit) == "done" else "/q")


def _then(visit: Visit) -> str:
    return "done" if visit.request.query_params.get("to") == "done" else "q"


# --- what else a link can ask for ----------------------------------------------------------------


@router.post("/again")
def again(visit: AtLink) -> Response:
    """A new report after a finished one: a link of its own, opened at once."""
    if visit.link.revoked_at is not None or not _is_sent(visit):
        return visit.go()
    try:
        survey_id, serial = link_requests.report_again(visit.tx, visit.survey.id)
    except link_requests.EnoughReports:
        return _enough(visit)
    lang = visit.url().removeprefix(f"/s/{visit.token}")
    return see(invitations.url(visit.tx, survey_id, serial, "") + lang)


@router.post("/new-link")
def new_link(visit: AtLink) -> Response:
    """A closed link: text a new one to the phone on file, never show it here."""
    if visit.link.revoked_at is not None or visit.survey.takes_answers(visit.tx.now):
        return visit.go()
    try:
        link_requests.text_new_link(visit.tx, visit.survey.id)
    except link_requests.EnoughReports:
        return _enough(visit)
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.LINK_SENT))


def _enough(visit: Visit) -> Response:
    """Whom to call, for whoever has reported so often today."""
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.ENOUGH), 429)


@router.get("/not-me")
def ask_not_me(visit: AtLink) -> Response:
    """ "This message is not for me": to be confirmed."""
    if visit.link.revoked_at is not None:
        return visit.go()
    view = NotMeView(visit.frame, action=visit.url("/not-me"), back_url=visit.url())
    return visit.page("not_me", view)


@router.post("/not-me")
def not_me(visit: AtLink) -> Response:
    """Nothing more goes to this phone; staff look for the right number."""
    if visit.link.revoked_at is None:
        link_requests.not_me(visit.tx, visit.survey.id)
        visit.changed()
    visit.may_see = None
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.NOT_ME))


@router.post("/call-me")
def call_me(visit: AtLink) -> Response:
    """She would rather be called."""
    if visit.link.revoked_at is not None:
        return visit.go()
    link_requests.call_me(visit.tx, visit.survey.id)
    return visit.page("notice", NoticeView(visit.frame, NoticeKind.CALL_REQUESTED))


# --- the page that says why there is no question -------------------------------------------------


def _is_sent(visit: Visit) -> bool:
    return was_sent(visit.survey, visit.response)


def _not_begun(visit: Visit) -> Response | None:
    """The start page, for a survey that nobody has begun yet."""
    instead = _not_answering(visit)
    if instead is None and visit.survey.state is not SurveyState.STARTED:
        return visit.go()
    if instead is None:
        patient_crisis.look_at(visit)
    return instead


def _not_answering(visit: Visit) -> Response | None:
    """The page of a link that takes no answers, or None when it does."""
    if visit.link.revoked_at is not None:
        return visit.page("notice", NoticeView(visit.frame, NoticeKind.NOT_ME))
    if _is_sent(visit):
        return thanks(visit) if visit.may_see is not None else finished(visit)
    if not visit.survey.takes_answers(visit.tx.now):
        return visit.page("expired", views.expired(visit), 410)
    return None
