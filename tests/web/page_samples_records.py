"""One view of each page about patients: list, page, form, import."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.pages import View
from rsm.web.views.alerts import (
    TimelineEntry,
)
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient_panels import Panel
from rsm.web.views.patients import (
    ColumnHelp,
    ContactLine,
    ImportRow,
    ImportView,
    PatientChoices,
    PatientFormView,
    PatientRow,
    PatientsView,
    PatientValues,
    PatientView,
    StoryDay,
    Verdict,
)
from rsm.web.views.small_form import Input, Published, SmallFormView
from tests.web.page_samples_staff import HEAD, NOW, heat, staff_frame


def staff_patient_pages() -> Iterator[tuple[str, str, View]]:
    frame = staff_frame("/patients")
    rows = (
        PatientRow("/patients/9c1e", "Miguel Santos", "004417", "Enrolled", "Text, Mondays 8:00",
                   NOW - timedelta(hours=2), Level.URGENT),
        PatientRow("/patients/9c1f", "Clarence Webb", "004420", "Enrolled", note="texted STOP",
                   test_patient=True),
    )  # fmt: skip
    listing = PatientsView(
        frame,
        rows,
        (FilterLink("All", "/patients", 2, current=True), FilterLink("Eligible", "/patients?s=e")),
        "/patients/search",
        total=186,
        add_url="/patients/new",
        import_url="/patients/import",
        next_url="/patients?after=9c1f",
    )
    yield "patients", "staff/patients.html", listing
    yield "patients-none", "staff/patients.html", replace(listing, rows=(), query="Zzyzx")
    yield (
        "patient",
        "staff/patient.html",
        PatientView(
            frame=frame,
            patient=HEAD,
            heading="Pain has been rising since the pause in September",
            status="Enrolled since 10 August",
            reach=("Text with a link, Mondays at 8:00, Central time.",),
            contacts=(ContactLine("+12025550112", "", "Reached today. Failed once on 6 October."),),
            zone="America/Chicago",
            days=(
                StoryDay(
                    "Monday 19 October",
                    (
                        TimelineEntry(NOW, "Pain 2→4.", Level.URGENT, "/alerts/K7QM", "Open alert"),
                        TimelineEntry(NOW, "Survey complete: web, Spanish, by himself."),
                    ),
                ),
                StoryDay("Monday 12 October", (TimelineEntry(NOW, "Reminder: delivered."),)),
            ),
            heat=heat(),
            panels=(
                Panel(
                    "pau",
                    "Paused",
                    ("In hospital, since 2026-10-12", "Somebody is asked on 2026-10-19"),
                    links=(Link("Goes on …", "/patients/9c1e/still-away"),),
                    buttons=(PostButton("Resume", "/patients/9c1e/resume"),),
                ),
                Panel("cyc", "Treatment", ("FOLFOX", "Cycle 1: 2026-08-17")),
                Panel("opt", "Texts and e-mails", (), history=("2026-10-06: Stop, Text message",)),
            ),
            filters=(FilterLink("All", "/patients/9c1e", current=True),),
            links=(Link("Change", "/patients/9c1e/change"),),
            buttons=(PostButton("Pause", "/patients/9c1e/pause", (Field("days", "7"),)),),
            earlier_url="/patients/9c1e?before=8",
        ),
    )
    yield from _form_pages(frame)
    yield from _small_form_pages(frame)


def _form_pages(frame: StaffFrame) -> Iterator[tuple[str, str, View]]:
    few = (Choice("a", "First"), Choice("b", "Second"))
    form = PatientFormView(
        frame, "/patients", "/patients", PatientChoices(*(few,) * 15), version="3"
    )
    yield "patient-new", "staff/patient_form.html", form
    yield (
        "patient-change",
        "staff/patient_form.html",
        replace(
            form,
            new=False,
            values=PatientValues(name="Miguel Santos", status="a", race_ethnicity=("b",)),
            problems=tuple(
                Problem(where, "This is not right.", "Write it as shown.")
                for where in ("phone", "birth_date", "status", "cycle_starts", "race_ethnicity")
            ),
        ),
    )
    upload = ImportView(
        frame,
        "/patients/import",
        (ColumnHelp("name", True, "As on the record"), ColumnHelp("zone", False, "IANA name")),
    )
    page = "staff/import.html"
    yield "import", page, upload
    good = ImportRow(2, "Ann Ayer", Verdict.ADD)
    bad = ImportRow(3, "", Verdict.REFUSED, (Problem("phone", "not a number", "202-555-0112"),))
    yield "import-refused", page, replace(upload, report_rows=(good, bad), confirm_action="/c")
    yield (
        "import-ready",
        page,
        replace(upload, report_rows=(good,), confirm_action="/patients/import/go", token="t1"),
    )
    yield "import-done", page, replace(upload, imported=12)
    yield "import-unread", page, replace(upload, problems=(Problem("", "This is not UTF-8."),))


def _small_form_pages(frame: StaffFrame) -> Iterator[tuple[str, str, View]]:
    few = (Choice("a", "First"), Choice("b", "Second"))
    form = SmallFormView(
        frame,
        "Why pause?",
        "Nothing is sent until you resume.",
        "/patients/9c1e/pause",
        "/patients/9c1e",
        "Pause",
        (
            Input("reason", "Reason", "a", "select", few, required=True),
            Input("until", "Until", hint="Year-month-day"),
            Input("note", "Note", kind="area"),
        ),
    )
    page = "staff/small_form.html"
    yield "small-form", page, form
    wrong = Problem("until", "is not a day to come", "the first day of texts again")
    yield "small-form-wrong", page, replace(form, problems=(wrong,))
    words = Published("Version 2, English", "You agree to be asked.\n\nYou may stop.")
    yield "small-form-published", page, replace(form, published=(words,))
