"""Samples of the pages of texts, hours, senders and plans: every branch of their templates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice, FilterLink, PostButton
from rsm.web.views.demo import link_pieces
from rsm.web.views.frame import StaffFrame
from rsm.web.views.plans import (
    NewPlanView,
    PatientPlanView,
    PlanLine,
    PlansView,
    PlanView,
    SampleValues,
    WindowLine,
    WindowTable,
)
from rsm.web.views.site_hours import ClosedLine, HoursValues, HoursView
from rsm.web.views.site_senders import SenderFormView, SenderLine, SendersView, SenderValues
from rsm.web.views.site_texts import (
    CheckedText,
    CheckedView,
    FieldLine,
    Paragraph,
    TextCell,
    TextEditView,
    TextGroup,
    TextRow,
    TextsView,
    TextValues,
    VersionLine,
)

NOW = datetime(2026, 10, 19, 13, tzinfo=UTC)
FRAME = StaffFrame("Lakeside Clinic", NOW, "UTC", csrf="c5rf")
LINKS = (FilterLink("Settings", "/sites/1/settings"), FilterLink("Texts", "/t", current=True))
OURS = "{sender_name}: <b>hello</b> {link}"
WEEKDAYS = (Choice("monday", "Monday"), Choice("tuesday", "Tuesday"))


def manage_pages() -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of each."""
    yield from _texts()
    yield from _hours()
    yield from _senders()
    yield from _plans()


def wrong(*where: str) -> tuple[Problem, ...]:
    return (*(Problem(name, "is wrong", "mend it") for name in where), Problem("", "Look again."))


def _texts() -> Iterator[tuple[str, str, View]]:
    own = TextCell("/t/1", "English", "Yours, version 3", "1 segment, read by Ann", own=True)
    ours = TextCell("/t/2", "Spanish", "Ours", "2 segments", draft=True)
    rows = (TextRow("Invitation", "text message", (own, ours)),)
    listed = TextsView(FRAME, LINKS, "One text is yours", ("English", "Spanish"), ())
    groups = (TextGroup("To patients", rows), TextGroup("To staff", rows))
    yield "texts", "staff/texts.html", replace(listed, groups=groups, note="Some get English.")
    text = "Lakeside: hello https://rsm.example.org/s/x"
    checked = CheckedText((Paragraph(link_pieces(text)),), "44 characters, 1 segment of 2")
    mail = replace(
        checked,
        paragraphs=(*checked.paragraphs, Paragraph(link_pieces("https://e.org"), button=True)),
        subject="Lakeside",
        is_mail=True,
    )
    dear = replace(checked, dear="á is dear", problems=(Problem("body", "{link} is missing"),))
    yield "text-checked", "staff/text_checked.html", CheckedView(FRAME, dear, "es")
    version = VersionLine(3, "sent now", "Ruth Cole", "Ann", NOW, "", OURS)
    button = PostButton("Send ours again", "/t/3/retire")
    edit = TextEditView(
        FRAME,
        LINKS,
        "/t",
        "Invitation: text message in English",
        "Ours is sent now.",
        "/t/1",
        "en",
        TextValues(OURS, seen="a1"),
        (FieldLine("link", "the address", text, True), FieldLine("code", "the code", "K4", False)),
        checked,
        ("", OURS),
    )
    yield "text", "staff/text.html", edit
    full = replace(
        edit,
        checked=mail,
        ours=("{sender_name}", OURS),
        versions=(replace(version, subject="S", retire=button), replace(version, author="")),
        people=(Choice("1", "Ruth Cole"),),
        problems=wrong("body", "subject", "reviewer", "to"),
    )
    yield "text-mail-wrong", "staff/text.html", full


def _hours() -> Iterator[tuple[str, str, View]]:
    view = HoursView(FRAME, LINKS, "/h", "/sites/1", "a1", HoursValues("08:00", "20:00"))
    yield "hours", "staff/site_hours.html", replace(view, saved=True, follows=("Texts wait.",))
    closed = (ClosedLine(date(2026, 12, 25), "Christmas Day", "Monday at 08:00"),)
    yield "hours-tried", "staff/site_hours.html", replace(view, closed=closed, tried=True)
    names = HoursValues.__dataclass_fields__
    yield "hours-wrong", "staff/site_hours.html", replace(view, problems=wrong(*names))


def _senders() -> Iterator[tuple[str, str, View]]:
    lines = (
        SenderLine(
            "Texts", "/s/1", "202-555-0100", "Long code", "1 a second", "missing", "blocked"
        ),
        SenderLine("E-mails", "/s/2"),
    )
    yield "senders", "staff/site_senders.html", SendersView(FRAME, LINKS, "All is ready", lines)
    kinds = (Choice("long_code", "Long code"),)
    values = SenderValues("+12025550100", "long_code", "1")
    form = SenderFormView(FRAME, LINKS, "Texts", "/s/1", "/s", values, kinds, kinds)
    yield "sender-mail", "staff/site_sender.html", replace(form, is_mail=True)
    calls = replace(form, is_call=True, replaces="+12025550100")
    yield "sender-calls", "staff/site_sender.html", calls
    problems = wrong(*(name for name in SenderValues.__dataclass_fields__ if name != "seen"))
    full = replace(form, replaces="+12025550100", problems=problems, calls="It calls as well.")
    yield "sender-wrong", "staff/site_sender.html", full


def _plans() -> Iterator[tuple[str, str, View]]:
    line = PlanLine("Weekly", "weekly 2", "/p/weekly/2", ("Every week.", "Reminds."), "ours")
    used = replace(line, used=True)
    yield "plans", "staff/plans.html", PlansView(FRAME, LINKS, "Weekly", (used, line), "/p/new")
    one = WindowLine(
        1, "Mon 19 October 2026 9:00", "Tue 9:00", "Thu 9:00", "Sat 21:00", "the site's"
    )
    table = WindowTable("The next 2 surveys", (one, replace(one, reminders="", call="")))
    none = WindowTable("No survey yet", (), "Then it waits for: surgery.")
    sample = SampleValues("UTC", start="2026-10-19")
    plan = PlanView(
        FRAME, LINKS, "/p", "/p/new", used, 'key = "<weekly>"', "/p/1", WEEKDAYS, sample, table
    )
    yield "plan", "staff/plan.html", plan
    use = PostButton("Use this plan", "/p/1/use")
    fields = tuple(SampleValues.__dataclass_fields__)
    other = replace(plan, plan=line, use=use, windows=None, problems=wrong(*fields))
    yield "plan-wrong", "staff/plan.html", other
    new = NewPlanView(FRAME, LINKS, "/p", "/p/new", 'key = "own"', WEEKDAYS, sample)
    page = "staff/plan_new.html"
    yield "plan-new", page, replace(new, says=("Every week.",), windows=none)
    yield "plan-new-wrong", page, replace(new, problems=wrong("body", *fields))
    choices = (Choice("weekly@2", "Weekly"),)
    hers = PatientPlanView(FRAME, "Another plan", "/x/plan", "/x", choices, "weekly@2", "", table)
    yield "patient-plan", "staff/patient_plan.html", hers
    problems = wrong("plan", "ends_on")
    refused = replace(hers, windows=None, problems=problems)
    yield "patient-plan-wrong", "staff/patient_plan.html", refused
