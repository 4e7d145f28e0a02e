"""Pilots of a draft: begun on its page, answered on the trial's pages.

A pilot is a trial that is kept: who answered, in which language, by which way, how long it took
and what was unclear. What was answered is not.
"""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from rsm.instruments import pilots
from rsm.instruments.drafts import DraftView
from rsm.instruments.pilots import Asked, Pilot
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.kernel.words import Channel
from rsm.web.auth import Desk
from rsm.web.deps import see
from rsm.web.instrument_drafts import Answer, AtDesk, Draft, Given, again, page_of
from rsm.web.instrument_pilot_views import CHANNELS, WAY_OF

router = APIRouter(prefix="/drafts/{draft_id}/pilots")


@router.post("", response_model=None)
def begin(desk: AtDesk, draft: Draft, given: Given) -> Answer:
    """The first question is shown, and the time runs."""
    way = given.get("way")
    channel = CHANNELS.get(way, Channel.STAFF)  # of which there is no pilot
    try:
        asked = Asked(given.get("language"), channel, _who(given.get("who")))
        pilot = pilots.begin(desk.tx, draft, asked)
    except Invalid as error:
        return again(desk, draft, error.problems)
    return see(url_of(desk, draft, pilot))


@router.post("/{pilot_id}", response_model=None)
def say(desk: AtDesk, draft: Draft, given: Given, pilot_id: UUID) -> Answer:
    """Keep what was unclear."""
    pilot = pilots.get(desk.tx, draft, pilot_id)
    if pilot.ended_at is None:
        raise NotFound("this pilot has not ended")
    try:
        pilots.say(desk.tx, draft, pilot, given.get("unclear"))
    except Invalid as error:
        return again(desk, draft, error.problems)
    return RedirectResponse(f"{page_of(desk, draft)}?said=kept#pi", status_code=303)


def url_of(desk: Desk, draft: DraftView, pilot: Pilot) -> str:
    """Where it is answered."""
    way = WAY_OF[pilot.asked.channel]
    return f"{page_of(desk, draft)}/try/{way}?lang={pilot.asked.language}&pilot={pilot.id}"


def _who(given: str) -> UUID | None:
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise Invalid(Problem("who", "is not there", "choose another")) from None
