"""A questionnaire tried at a desk: on the patient's page, by text, by phone. No answer is stored.

What was answered so far goes along in the form: a trial is its replies, read anew each time. On
the page nothing but the page's own code shows the questions; text and phone are
`rsm.flow.instrument_trial`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from rsm.flow import instrument_trial
from rsm.flow.instrument_trial import Trial
from rsm.instruments import catalogue, pilots
from rsm.instruments.decide import effective
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers, AnswerStatus
from rsm.kernel.errors import Invalid, NotFound
from rsm.kernel.phones import spoken as written_phone
from rsm.scoring.decide import score
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import instrument_page_trial, instrument_views
from rsm.web.auth import Desk, Needs, redirect
from rsm.web.instrument_drafts import Draft, Given
from rsm.web.instrument_pilot_views import WAY_OF, length
from rsm.web.instrument_trying import Piloted, Tried, answer_words
from rsm.web.instrument_words import WAYS, InstrumentWords, show, words_for
from rsm.web.views.common import Field, FilterLink, Link
from rsm.web.views.instruments import TrialLine, TrialView

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_LABELS = {"text": "reply", "call": "keys"}
_MOST = 200
_PAGE = "staff/instrument_trial.html"


def of_version(desk: AtDesk, key: str, version: str, way: str, lang: str = "") -> Tried:
    """The version that the address names, one of its languages, one of the ways."""
    entry = catalogue.entry(desk.tx, key, version)
    url = instrument_views.url_of(desk, entry)
    return _tried(desk, entry.instrument, url, (way, lang))


def of_draft(
    desk: AtDesk, draft: Draft, way: str, lang: str = "", pilot: UUID | None = None
) -> Tried:
    """A draft can be tried, and piloted, once it can be read as a whole."""
    try:
        instrument = load_instrument(draft.body)
    except Invalid:
        raise NotFound("this draft cannot be tried yet") from None
    url = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    if pilot is None:
        return _tried(desk, instrument, url, (way, lang))
    known = pilots.get(desk.tx, draft, pilot)
    if known.hash != instrument.pin.hash:
        raise redirect(f"{url}?said=moved")
    begun = WAY_OF[known.asked.channel], known.asked.language
    return replace(_tried(desk, instrument, url, begun), piloted=Piloted(draft, known))


def _tried(desk: Desk, instrument: Instrument, back: str, asked: tuple[str, str]) -> Tried:
    way, wanted = asked
    if way not in WAYS or not instrument.languages:
        raise NotFound("it cannot be tried this way")
    spoken = tuple(instrument.languages)
    site = sites.get(desk.tx, desk.staff.site_id)
    likely = (words_for(desk).language, *site.languages, *spoken)
    usual = next(tag for tag in likely if tag in spoken)
    return Tried(instrument, wanted if wanted in spoken else usual, way, back, site)


Version = Annotated[Tried, Depends(of_version)]
DraftTried = Annotated[Tried, Depends(of_draft)]


@router.get("/drafts/{draft_id}/try/{way}")
def begin_draft_trial(desk: AtDesk, tried: DraftTried) -> Response:
    """The draft from its first question on."""
    return _begin(desk, tried)


@router.post("/drafts/{draft_id}/try/{way}")
def go_on_with_draft(desk: AtDesk, tried: DraftTried, given: Given) -> Response:
    """One answer more."""
    return _go_on(desk, tried, given.fields)


@router.get("/{key}/{version}/try/{way}")
def begin_trial(desk: AtDesk, tried: Version) -> Response:
    """This version from its first question on."""
    return _begin(desk, tried)


@router.post("/{key}/{version}/try/{way}")
def go_on(desk: AtDesk, tried: Version, given: Given) -> Response:
    """One answer more."""
    return _go_on(desk, tried, given.fields)


def _begin(desk: Desk, tried: Tried) -> Response:
    found = _tried_so_far(desk, tried, {})
    return found if isinstance(found, Response) else show(desk, _PAGE, found)


def _go_on(desk: Desk, tried: Tried, given: Mapping[str, str]) -> Response:
    found = _tried_so_far(desk, tried, given)
    if isinstance(found, Response):
        return found
    return show(desk, _PAGE, _ended(desk, found, tried))


def _tried_so_far(desk: Desk, tried: Tried, given: Mapping[str, str]) -> Response | TrialView:
    if tried.way == "web":
        page = instrument_page_trial.page(desk, tried, given)
        if isinstance(page, Response):
            return page
        return _view(desk, tried, Trial((), page, is_over=True), ())
    replies = _replies(given)
    site, read = tried.site, vars(words_for(desk).t)
    if tried.way == "call":
        trial = instrument_trial.by_keys(tried.instrument, tried.language, replies, read)
    else:
        names = {
            "sender_name": site.sender_name,
            "help_phone": written_phone(site.clinic_phone),
            "emergency_number": site.emergency_number,
        }
        trial = instrument_trial.by_text(tried.instrument, tried.language, replies, names, read)
    return _view(desk, tried, trial, replies)


def _replies(given: Mapping[str, str]) -> tuple[str, ...]:
    """Those that went along in the form, and the one that was typed now."""
    try:
        known = json.loads(given.get("replies", "[]"))
    except (ValueError, RecursionError):
        known = []
    before = [each for each in known if isinstance(each, str)] if isinstance(known, list) else []
    said = given.get("said", "").strip()
    return tuple([*before, said] if said else before)[:_MOST]


def _view(desk: Desk, tried: Tried, trial: Trial, replies: tuple[str, ...]) -> TrialView:
    words = words_for(desk)
    t, title, piloted = words.t, words.title(tried.instrument), tried.piloted
    lead = t.lead_pilot if piloted else f"{getattr(t, f'lead_{tried.way}')} {t.lead_nothing}"
    view = TrialView(
        frame=instrument_views.frame(desk),
        back=Link(words.d.page if piloted else title, tried.back),
        heading=getattr(t, f"heading_{'pilot' if piloted else tried.way}").format(title=title),
        lead=lead,
        action=tried.url,
        tag=tried.language,
        languages=() if piloted else _languages(words, tried),
        ways=() if piloted else _ways(words, tried),
        lines=tuple(TrialLine(each.words, each.ours, each.read) for each in trial.said),
        fields=(Field("replies", json.dumps(replies)),),
        label=getattr(t, _LABELS[tried.way]) if tried.way in _LABELS else "",
        title=t.page_pilot if piloted else t.page,
        again=Link(t.break_off, tried.back) if piloted else Link(t.again, tried.url),
        is_over=trial.is_over,
        cannot=trial.cannot,
    )
    return view if not trial.is_over else _with_result(words, view, tried, trial.answers)


def _languages(words: InstrumentWords, tried: Tried) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(words.tongue(tag), tried.in_language(tag), current=tag == tried.language)
        for tag in tried.instrument.languages
    )


def _ways(words: InstrumentWords, tried: Tried) -> tuple[FilterLink, ...]:
    return tuple(
        FilterLink(words.way(way), f"{tried.back}/try/{way}", current=way == tried.way)
        for way in WAYS
    )


def _with_result(
    words: InstrumentWords, view: TrialView, tried: Tried, answers: Answers
) -> TrialView:
    """With what would be stored, and the scores that come of it."""
    counted = effective(tried.instrument, answers)
    items = tried.instrument.item_by_code
    stored = tuple(
        (words.says(items[code]), answer_words(items[code], answer, tried.language, words))
        for code, answer in counted.items()
        if answer.status is not AnswerStatus.STRUCTURAL_ZERO
    )
    scores = tuple(
        (
            name,
            words.t.no_value.format(reason=each.reason) if each.value is None else str(each.value),
        )
        for name, each in score(tried.instrument, answers).items()
    )
    return replace(view, answers=stored, scores=scores)


def _ended(desk: Desk, view: TrialView, tried: Tried) -> TrialView:
    """The last question of a pilot is answered: it is kept, and asks what was unclear."""
    if tried.piloted is None or not view.is_over:
        return view
    words = words_for(desk)
    pilot = pilots.end(desk.tx, tried.piloted.draft, tried.piloted.pilot)
    return replace(
        view,
        kept=words.t.pilot_kept.format(length=length(words, pilot.took)),
        unclear=pilot.unclear,
        unclear_action=f"{tried.back}/pilots/{pilot.id}",
    )
