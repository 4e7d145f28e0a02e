"""Samples of the pages of rosters that change, and of one's own duties: every branch of both."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice, FilterLink, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.roster import (
    ChangeForm,
    DutyDay,
    DutyLine,
    FeedLine,
    FormField,
    NoteLine,
    OwnDutiesView,
    StandingChange,
    SwapLine,
    TeamDays,
)
from rsm.web.views.site_settings import RosterView, TeamRoster

NOW = datetime(2026, 10, 19, 13, tzinfo=UTC)
FRAME = StaffFrame("Lakeside Clinic", NOW, "UTC", csrf="c5rf")
LINES = (
    DutyLine("08:00 to 18:00", "Earl Ayer", 1, "weekly", mine=True),
    DutyLine("18:00 to 08:00", "Iris Bly", 2, "covers Earl Ayer", "could not be told: said STOP"),
)
DAYS = (
    DutyDay("Monday 19 October", LINES, ("nobody 07:00 to 08:00",)),
    DutyDay("Tuesday 20 October", (), ("nobody 08:00 to 18:00",)),
    DutyDay("Wednesday 21 October", note="closed"),
    DutyDay("Thursday 22 October", LINES[:1], note="closed"),
    DutyDay("Friday 23 October"),
)
AHEAD = TeamDays("Triage", "2 times with nobody on duty", DAYS, True, "At night nobody is.")
FIELDS = (
    FormField("staff_id", "Who", "select", "1", (Choice("1", "Earl Ayer"),)),
    FormField("until", "Until", "datetime-local", "2026-10-20T08:00", hint="the site's time"),
    FormField("note", "Note", "area", "All quiet."),
)
FORM = ChangeForm("cover", "Temporary cover", "/cover", "Write it down", FIELDS, "Whatever duty.")
WRONG = (Problem("staff_id", "choose who"), Problem("until", "is past"), Problem("note", "empty"))


def roster_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of each."""
    roster = RosterView(
        FRAME,
        (
            TeamRoster(
                "Triage",
                (),
                (),
                "/shifts",
                ahead=AHEAD,
                changes=(StandingChange("Iris Bly covers Earl Ayer", "/back", "asked"),),
                forms=(FORM,),
                flags=("there is no such shift",),
            ),
        ),
        (Choice("1", "Earl Ayer"),),
        (),
        "/teams",
        (FilterLink("Roster", "/r", current=True),),
        absence_form=replace(FORM, key="absence"),
        absences=(StandingChange("Earl Ayer is away", "/back2"),),
        holiday_action="/holidays",
        holiday_rules=(Choice("as_usual", "As usual"),),
        holiday_rule="as_usual",
        not_ready=("Iris Bly said STOP",),
    )
    yield "roster-ahead", "staff/roster.html", roster
    wrong = replace(roster.teams[0], forms=(replace(FORM, open=True),))
    bad = replace(roster, teams=(wrong,), problems=WRONG, absences=(), not_ready=())
    yield "roster-change-wrong", "staff/roster.html", bad
    yield from _duties()


def _duties() -> Iterator[tuple[str, str, View]]:
    buttons = (PostButton("Agree", "/agree"), PostButton("Decline", "/decline"))
    duties = OwnDutiesView(
        FRAME,
        "Your next duty: Monday 19 October, 08:00 to 18:00",
        DAYS[:1],
        (AHEAD, replace(AHEAD, name="Night", closed="")),
        (SwapLine("Earl Ayer gives Monday", "asked", buttons), SwapLine("Done", "agreed")),
        (FeedLine("My duties, since Monday", "/end"),),
        "/feeds",
        swap_form=replace(FORM, key="swap"),
        note_form=replace(FORM, key="note"),
        notes=(
            NoteLine("Iris Bly", NOW, "Call at nine.", read_action="/read"),
            NoteLine("Earl Ayer", NOW, "All quiet.", read="read by Iris Bly"),
        ),
    )
    yield "duties", "staff/duties.html", duties
    shown = replace(duties, address="https://rsm.example.org/calendar/x.ics", notes=())
    yield "duties-address", "staff/duties.html", shown
    again = (Problem("", "look again"),)
    none = replace(duties, own=(), swap_form=None, note_form=None, problems=again, swaps=())
    yield "duties-none", "staff/duties.html", replace(none, heading="You have no duty")
