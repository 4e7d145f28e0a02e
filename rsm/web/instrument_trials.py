"""A questionnaire tried at a desk: on the patient's page, by text, by phone. Nothing is stored.

What was answered so far goes along in the form: a trial is its replies, read anew each time. On
the page nothing but the page's own code shows the questions; text and phone are
`rsm.flow.instrument_trial`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from rsm.flow import instrument_trial
from rsm.flow.instrument_trial import Trial
from rsm.instruments import catalogue
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
from rsm.web import instrument_words as words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.instrument_drafts import Draft, Given
from rsm.web.instrument_trying import Tried, answer_words
from rsm.web.patient_words import language_name
from rsm.web.views.common import Field, FilterLink, Link
from rsm.web.views.instruments import TrialLine, TrialView

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_HEADINGS = {
    "web": "Tried on the page",
    "text": "Tried by text",
    "call": "Tried by phone",
}
_LEADS = {
    "web": "This is all that would be stored.",
    "text": "What we would send, what is replied, and how it is read.",
    "call": "What would be said, and the keys that are pressed.",
}
_LABELS = {"text": "Reply", "call": "Keys"}
_MOST = 200


def of_version(desk: AtDesk, key: str, version: str, way: str, lang: str = "") -> Tried:
    """The version that the address names, one of its languages, one of the ways."""
    entry = catalogue.entry(desk.tx, key, version)
    url = instrument_views.url_of(desk, entry)
    return _tried(desk, entry.instrument, url, (way, lang))


def of_draft(desk: AtDesk, draft: Draft, way: str, lang: str = "") -> Tried:
    """A draft can be tried once it can be read as a whole."""
    try:
        instrument = load_instrument(draft.body)
    except Invalid:
        raise NotFound("this draft cannot be tried yet") from None
    url = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    return _tried(desk, instrument, url, (way, lang))


def _tried(desk: Desk, instrument: Instrument, back: str, asked: tuple[str, str]) -> Tried:
    way, wanted = asked
    if way not in _HEADINGS or not instrument.languages:
        raise NotFound("it cannot be tried this way")
    spoken = tuple(instrument.languages)
    site = sites.get(desk.tx, desk.staff.site_id)
    usual = next((tag for tag in site.languages if tag in spoken), spoken[0])
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
    return _go_on(desk, tried, {})


def _go_on(desk: Desk, tried: Tried, given: Mapping[str, str]) -> Response:
    if tried.way == "web":
        page = instrument_page_trial.page(desk, tried, given)
        if isinstance(page, Response):
            return page
        return _show(desk, tried, Trial((), page, is_over=True), ())
    replies = _replies(given)
    site = tried.site
    if tried.way == "call":
        trial = instrument_trial.by_keys(tried.instrument, tried.language, replies)
    else:
        names = {
            "sender_name": site.sender_name,
            "help_phone": written_phone(site.clinic_phone),
            "emergency_number": site.emergency_number,
        }
        trial = instrument_trial.by_text(tried.instrument, tried.language, replies, names)
    return _show(desk, tried, trial, replies)


def _replies(given: Mapping[str, str]) -> tuple[str, ...]:
    """Those that went along in the form, and the one that was typed now."""
    try:
        known = json.loads(given.get("replies", "[]"))
    except (ValueError, RecursionError):
        known = []
    before = [each for each in known if isinstance(each, str)] if isinstance(known, list) else []
    said = given.get("said", "").strip()
    return tuple([*before, said] if said else before)[:_MOST]


@dataclass(frozen=True)
class _Result:
    answers: tuple[tuple[str, str], ...] = ()
    scores: tuple[tuple[str, str], ...] = ()


def _show(desk: Desk, tried: Tried, trial: Trial, replies: tuple[str, ...]) -> HTMLResponse:
    result = _result(tried, trial.answers) if trial.is_over else _Result()
    view = TrialView(
        frame=instrument_views.frame(desk),
        back=Link(words.title_of(tried.instrument), tried.back),
        heading=f"{_HEADINGS[tried.way]}: {words.title_of(tried.instrument)}",
        lead=f"{_LEADS[tried.way]} Nothing is stored, and nothing is sent.",
        action=tried.url,
        tag=tried.language,
        languages=tuple(
            FilterLink(language_name(tag), tried.in_language(tag), current=tag == tried.language)
            for tag in tried.instrument.languages
        ),
        ways=tuple(
            FilterLink(label, f"{tried.back}/try/{way}", current=way == tried.way)
            for way, label in words.WAYS
        ),
        lines=tuple(TrialLine(each.words, each.ours, each.read) for each in trial.said),
        fields=(Field("replies", json.dumps(replies)),),
        label=_LABELS.get(tried.way, ""),
        again=Link("From the beginning", tried.url),
        is_over=trial.is_over,
        cannot=trial.cannot,
        answers=result.answers,
        scores=result.scores,
    )
    return html("staff/instrument_trial.html", view)


def _result(tried: Tried, answers: Answers) -> _Result:
    """What would be stored, and the scores that come of it."""
    counted = effective(tried.instrument, answers)
    items = tried.instrument.item_by_code
    stored = tuple(
        (words.says(items[code]), answer_words(items[code], answer, tried.language))
        for code, answer in counted.items()
        if answer.status is not AnswerStatus.STRUCTURAL_ZERO
    )
    scores = tuple(
        (name, f"no value: {each.reason}" if each.value is None else str(each.value))
        for name, each in score(tried.instrument, answers).items()
    )
    return _Result(stored, scores)
