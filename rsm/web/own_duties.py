"""A person's own duties: when and why, swaps, hand-over notes, her calendar's address."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, Problem
from rsm.security.model import Permission
from rsm.sites.rota import feeds, notes, swaps
from rsm.sites.rota.model import OnDuty, Swap
from rsm.sites.rota.swaps import SwapState, SwapView
from rsm.web import handover_notes
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.roster_days import Days
from rsm.web.roster_standing import swap_words
from rsm.web.small_forms import typed
from rsm.web.staff_words import word
from rsm.web.views.common import Choice, PostButton
from rsm.web.views.roster import (
    ChangeForm,
    DutyDay,
    FeedLine,
    FormField,
    OwnDutiesView,
    SwapLine,
)

router = APIRouter()
# Everybody with a role may be on duty; notes name patients, and need the right to see them.
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Nurse = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Given = Annotated[dict[str, str], Depends(typed)]
Answer = HTMLResponse | RedirectResponse
_PAGE = "/sites/{site_id}/duties"


@router.get("/duties")
def own_duties(desk: AtDesk) -> RedirectResponse:
    """Her duties at the site where she is at work."""
    return _back(desk)


@router.get(_PAGE)
def show_duties(desk: AtDesk) -> HTMLResponse:
    """Her duties, and everybody's."""
    return _page(desk)


@router.post(f"{_PAGE}/swaps", response_model=None)
def ask_swap(desk: AtDesk, values: Given) -> Answer:
    """Ask a colleague to exchange two shifts."""
    days = _days(desk)
    try:
        given, taken = (_chosen(days, values.get(name, ""), name) for name in ("give", "take"))
        with desk.tx.savepoint():
            _ask(desk, given, taken)
    except Invalid as error:
        problems = tuple(_placed(each) for each in error.problems)
        return _page(desk, problems, swap=values)
    return _back(desk)


@router.post(f"{_PAGE}/swaps/{{swap_id}}/agree", response_model=None)
def agree_swap(desk: AtDesk, swap_id: UUID) -> Answer:
    """It holds from now on."""
    try:
        with desk.tx.savepoint():
            swaps.agree(desk.tx, desk.staff.site_id, swap_id, desk.staff.staff_id)
    except Invalid as error:
        return _page(desk, tuple(Problem("", each.what, each.mend) for each in error.problems))
    return _back(desk)


@router.post(f"{_PAGE}/swaps/{{swap_id}}/decline")
def decline_swap(desk: AtDesk, swap_id: UUID) -> RedirectResponse:
    """Not with me; or, of her own, taken back."""
    swaps.decline(desk.tx, desk.staff.site_id, swap_id, desk.staff.staff_id)
    return _back(desk)


@router.post(f"{_PAGE}/notes", response_model=None)
def write_note(desk: Nurse, values: Given) -> Answer:
    """What the one who comes has to know."""
    try:
        handover_notes.write(desk, values)
    except Invalid as error:
        return _page(desk, error.problems, note=values)
    return _back(desk)


@router.post(f"{_PAGE}/notes/{{note_id}}/read")
def read_note(desk: Nurse, note_id: UUID) -> RedirectResponse:
    """She has read it."""
    notes.mark_read(desk.tx, desk.staff.site_id, note_id)
    return _back(desk)


@router.post(f"{_PAGE}/feeds")
def new_feed(desk: AtDesk, whose: Annotated[str, Form()] = "own") -> HTMLResponse:
    """A new secret address, shown on this page once."""
    who = desk.staff
    secret = feeds.create(desk.tx, who.site_id, who.staff_id, only_own=whose != "all")
    base = desk.services.public_url.rstrip("/")
    return _page(desk, address=f"{base}{feeds.PATH}{secret}.ics")


@router.post(f"{_PAGE}/feeds/{{feed_id}}/revoke")
def revoke_feed(desk: AtDesk, feed_id: UUID) -> RedirectResponse:
    """The address opens nothing any more."""
    feeds.revoke(desk.tx, desk.staff.site_id, desk.staff.staff_id, feed_id)
    return _back(desk)


# --- swaps ----------------------------------------------------------------------------------------


def _key(duty: OnDuty) -> str:
    return f"{duty.turn.duty_id}:{duty.turn.day.isoformat()}" if duty.turn else ""


def _chosen(days: Days, key: str, name: str) -> tuple[OnDuty, UUID]:
    for duty, team_id in days.turns():
        if key and _key(duty) == key:
            return duty, team_id
    raise Invalid(Problem(name, "choose a shift"))


def _ask(desk: Desk, given: tuple[OnDuty, UUID], taken: tuple[OnDuty, UUID]) -> None:
    (mine, team_id), (theirs, other_team) = given, taken
    if team_id != other_team:
        raise Invalid(Problem("take", "is another team's", "choose one of the same team"))
    if mine.turn is None or theirs.turn is None:
        raise Invalid(Problem("give", "choose a shift"))
    me = desk.staff.staff_id
    swap = Swap(desk.tx.new_id(), me, mine.turn, theirs.staff_id, theirs.turn)
    swaps.ask(desk.tx, desk.staff.site_id, team_id, swap)


def _placed(problem: Problem) -> Problem:
    return problem if problem.where in {"give", "take"} else Problem("", problem.what, problem.mend)


def _swap_form(desk: Desk, days: Days, given: dict[str, str] | None) -> ChangeForm | None:
    own, others = list[Choice](), list[Choice]()
    for duty, _ in days.turns():
        mine = duty.staff_id == desk.staff.staff_id
        when = f"{days.when(duty.since)}, {days.span(duty.since, duty.until)}"
        label = when if mine else f"{days.name(duty.staff_id)}: {when}"
        (own if mine else others).append(Choice(_key(duty), label))
    if not own or not others:
        return None
    values = given or {}
    fields = (
        FormField("give", "I give", "select", values.get("give", ""), tuple(own)),
        FormField("take", "I take", "select", values.get("take", ""), tuple(others)),
    )
    action = f"/sites/{desk.staff.site_id}/duties/swaps"
    hint = "It holds once the other agrees on this page."
    return ChangeForm("swap", "Ask for a swap", action, "Ask", fields, hint, given is not None)


def _swap_line(desk: Desk, days: Days, each: SwapView) -> SwapLine:
    here = f"/sites/{desk.staff.site_id}/duties/swaps/{each.id}"
    buttons: tuple[PostButton, ...] = ()
    if each.state is SwapState.ASKED:
        asked = each.swap.other == desk.staff.staff_id
        agree = (PostButton("Agree", f"{here}/agree"),) if asked else ()
        no = PostButton("Decline" if asked else "Take it back", f"{here}/decline")
        buttons = (*agree, no)
    return SwapLine(swap_words(each, days), each.state.value, buttons)


# --- notes ----------------------------------------------------------------------------------------


def _note_form(desk: Desk, given: dict[str, str] | None) -> ChangeForm:
    teams = handover_notes.teams(desk)
    team = handover_notes.chosen_team(teams, given)
    text = (given or {}).get("note", "")
    fields = (
        FormField("team", word("handover", "note_team"), "select", team, teams),
        FormField("note", word("handover", "note_text"), "area", text),
    )
    action = f"/sites/{desk.staff.site_id}/duties/notes"
    return ChangeForm("note", "Write a note", action, "Hand over", fields, "", given is not None)


# --- the page -------------------------------------------------------------------------------------


def _days(desk: Desk) -> Days:
    return Days(desk.tx, desk.staff.site_id, desk.staff.staff_id)


def _page(
    desk: Desk,
    problems: tuple[Problem, ...] = (),
    *,
    swap: dict[str, str] | None = None,
    note: dict[str, str] | None = None,
    address: str = "",
) -> HTMLResponse:
    tx, who, days = desk.tx, desk.staff, _days(desk)
    here = f"/sites/{who.site_id}/duties"
    own = days.own()
    sees = who.may(Permission.SEE_PATIENTS)
    found = notes.recent(tx, who.site_id) if sees else []
    view = OwnDutiesView(
        frame=staff_frame(desk, "/duties"),
        heading=_heading(own, days.on_duty_until()),
        own=own,
        teams=days.teams(),
        swaps=tuple(
            _swap_line(desk, days, each) for each in swaps.swaps(tx, who.site_id, who.staff_id)
        ),
        feeds=tuple(
            FeedLine(
                f"{'My duties' if feed.only_own else 'Everybody'}, since "
                f"{days.when(feed.created_at)}",
                f"{here}/feeds/{feed.id}/revoke",
            )
            for feed in feeds.of(tx, who.site_id, who.staff_id)
        ),
        feed_action=f"{here}/feeds",
        swap_form=_swap_form(desk, days, swap),
        note_form=_note_form(desk, note) if sees else None,
        notes=tuple(handover_notes.line(desk, each, days.name, f"{here}/notes") for each in found),
        address=address,
        problems=problems,
    )
    return html("staff/duties.html", view, status=422 if problems else 200)


def _heading(own: tuple[DutyDay, ...], until: str) -> str:
    if until:
        return f"You are on duty now, until {until}"
    if not own:
        return "You have no duty in the next 14 days"
    return f"Your next duty: {own[0].day}, {own[0].duties[0].time}"


def _back(desk: Desk) -> RedirectResponse:
    return see(f"/sites/{desk.staff.site_id}/duties")
