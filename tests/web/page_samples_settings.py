"""Samples of the pages of steps, settings and roster: every branch of their templates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice, FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient_actions import ReasonView
from rsm.web.views.site_settings import (
    DayHours,
    MemberLine,
    RosterDay,
    RosterView,
    ShiftLine,
    ShiftValues,
    SiteSettingsView,
    SiteValues,
    TeamRoster,
)

FRAME = StaffFrame("Lakeside Clinic", datetime(2026, 10, 19, 13, tzinfo=UTC), "UTC", csrf="c5rf")
LINKS = (FilterLink("Settings", "/sites/1/settings", current=True), FilterLink("Texts", "/t"))
WRONG = (Problem("reason", "Choose one.", ""), Problem("", "Look again."))


def settings_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of each."""
    reason = ReasonView(
        FRAME,
        "Why pause?",
        "No survey is sent.",
        "/sites/1/patients/2/pause",
        "/sites/1/patients/2",
        "Pause",
        (Choice("travel", "Travelling"),),
    )
    yield "patient-reason", "staff/patient_reason.html", reason
    yield "patient-reason-wrong", "staff/patient_reason.html", replace(reason, problems=WRONG)
    settings = SiteSettingsView(
        FRAME,
        "/sites/1/settings",
        "/sites/1",
        LINKS,
        "a1b2",
        SiteValues(hours=(DayHours("monday", "08:00", "18:00"), DayHours("sunday"))),
        agreed=(("Rules", "first-pack 1.1.0"),),
    )
    page = "staff/site_settings.html"
    yield "settings", page, replace(settings, saved=True)
    where = ("clinic_phone", "service_hours", "sender_name")
    wrong = tuple(Problem(name, "is wrong", "mend it") for name in where)
    yield "settings-wrong", page, replace(settings, problems=wrong)
    duty = ShiftLine("08:00 to 18:00", "Earl Ayer", 1, "/remove", "no phone number")
    days = (RosterDay("Monday", (duty,), "nobody 18:00 to 00:00"), RosterDay("Sunday", ()))
    roster = RosterView(
        FRAME,
        (
            TeamRoster("Triage", (MemberLine("Earl Ayer", "/leave"),), days, "/shifts"),
            TeamRoster("Charge", (), (), "/shifts2"),
        ),
        (Choice("1", "Earl Ayer"),),
        (Choice("monday", "Monday"),),
        "/teams",
        LINKS,
        on_duty=("Earl Ayer",),
    )
    yield "roster", "staff/roster.html", roster
    typed = ShiftValues("1", "monday", "25:00", "18:00", "1")
    problems = (Problem("starts", "is not a time of day", "write it as 09:00"),)
    teams = (replace(roster.teams[0], values=typed, wrong=True), roster.teams[1])
    bad = replace(roster, on_duty=(), teams=teams, problems=problems)
    yield "roster-wrong", "staff/roster.html", bad
