"""Samples of the tablet's page, of paper that is typed in, of forms to print, and of one report."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.alerts import PatientHead, Quote
from rsm.web.views.calls import EntryItem, EntryOption
from rsm.web.views.common import Choice
from rsm.web.views.doors import TabletView
from rsm.web.views.paper import (
    DowntimeListView,
    DowntimeRow,
    DowntimeView,
    PaperCard,
    PaperField,
    PaperFormView,
    PaperOption,
    PaperQuestion,
    PaperStored,
    PaperView,
)
from rsm.web.views.patient import StartView
from rsm.web.views.patient_aside import NoticeKind, NoticeView
from rsm.web.views.reports import CorrectView, ReportRow, ReportView
from tests.web.page_samples_patient import LINK, patient_frame
from tests.web.page_samples_patient import NOW as PATIENTS_NOW
from tests.web.page_samples_staff import NOW, staff_frame

Sample = tuple[str, str, View]
HEAD = PatientHead("Ana Ruiz", "/sites/3f2a/patients/77", phone="+12025550131")
DAY = timedelta(days=1)


def door_pages(language: str) -> Iterator[Sample]:
    """What a patient, or who answers for her, sees."""
    frame = patient_frame(language)
    tablet = "patient/tablet.html"
    yield "tablet-back", tablet, TabletView(frame)
    yield "tablet-stored", tablet, TabletView(frame, stored=True)
    told = ("Call 202-555-0140 now.",)
    yield "tablet-tell", tablet, TabletView(frame, stored=True, tell=True, advice=told)
    in_use = replace(frame, give_back=f"{LINK}/give-back")
    start = StartView(
        frame=in_use,
        action=f"{LINK}/start",
        question_count=12,
        minutes=3,
        read_hours="8-6",
        closes_at=PATIENTS_NOW + 2 * DAY,
    )
    yield "tablet-start", "patient/start.html", start
    other = replace(start, frame=frame, for_other=True, helper_may_answer=False)
    yield "proxy-start", "patient/start.html", other
    yield "proxy-closed", "patient/notice.html", NoticeView(frame, NoticeKind.CLOSED)
    ticks = (PaperOption("0", "Never"), PaperOption("1", "Sometimes"))
    questions = (
        PaperQuestion(1, "How often?", ticks),
        PaperQuestion(2, "How much?", ticks, only_if="1", only_label="Never", recall="Today"),
        PaperQuestion(3, "Where?", ticks, several=True),
        PaperQuestion(4, "How heavy?", lines=1, unit="kg"),
        PaperQuestion(5, "What else?", lines=2),
    )
    form = PaperFormView(frame, "Check-in", "In the last 7 days", questions, "weekly 1.0.0 en")
    yield "paper-form", "patient/paper_form.html", form
    marked = replace(form, mark="K7QM-3DX", large=True, paper="letter", notice="Own words.")
    yield "paper-form-large", "patient/paper_form.html", marked
    yield "paper-form-name", "patient/paper_form.html", replace(marked, name="Somebody")


def paper_pages() -> Iterator[Sample]:
    """What staff see."""
    own = {"who": "R1001", "born": "", "on": "2026-10-19", "relation": "child", "words": "Thanks"}
    fields = (
        PaperField("c1-1", "c1:a", 1, "How often", "0-4", "3"),
        PaperField("c1-2", "c1:b", 2, "In words", "", long=True, problem=Problem("b", "No answer")),
    )
    wrong = (Problem("", "Another report stands"), Problem("born", "is missing"))
    blank = tuple(replace(one, id=f"c2{one.id}", problem=None) for one in fields)
    plain = PaperView(
        frame=staff_frame("/calls"),
        action="/sites/3f2a/paper",
        forms_url="/sites/3f2a/downtime",
        instrument="weekly 1.0.0",
        today=NOW.date(),
        cards=(PaperCard(1, "c1", own, fields, wrong), PaperCard(2, "c2", {}, blank)),
        relations=(Choice("child", "Child"),),
    )
    stored = (
        PaperStored("Ana Ruiz", NOW.date(), "/sites/3f2a/patients/77/reports/12", "urgent"),
        PaperStored("Ruth Okafor", NOW.date(), "/sites/3f2a/patients/78/reports/13", already=True),
    )
    yield "paper", "staff/paper.html", replace(plain, cards=plain.cards[1:])
    yield "paper-refused", "staff/paper.html", replace(plain, stored=stored, refused=1)
    languages = (Choice("en", "English"), Choice("es", "Spanish"))
    here = "/sites/3f2a/downtime"
    lists = (Choice(f"{here}/list?span=today", "Due today"),)
    view = DowntimeView(
        staff_frame("/calls"), f"{here}/form", languages, lists, "/sites/3f2a/paper"
    )
    yield "downtime", "staff/downtime.html", view
    row = DowntimeRow(
        name="Ana Ruiz",
        record_number="R1",
        mark="K7QM-3DX",
        phone="+12025550131",
        language="Spanish",
        interpreter=True,
        due=NOW,
        closes_at=NOW + DAY,
        state="closes 21:00 tomorrow",
        proxy="Answers as well: Rosa Ruiz, 202-555-0151",
        test_patient=True,
    )
    listed = DowntimeListView(
        staff_frame("/calls"),
        "Check-ins due",
        (row, replace(row, phone="", proxy="")),
        here,
        Choice(f"{here}/list?span=week", "Due within a week"),
    )
    yield "downtime-list", "staff/downtime_list.html", listed
    yield "downtime-list-none", "staff/downtime_list.html", replace(listed, rows=())
    yield from _reports()


def _reports() -> Iterator[Sample]:
    here = "/sites/3f2a/patients/77/reports/12"
    rows = (
        ReportRow(1, "How often", "2: Sometimes", "the patient, by text, 14:02"),
        ReportRow(2, "How much", "left out", "Child, for the patient", has_value=False),
    )
    report = ReportView(staff_frame("/patients"), HEAD, NOW, "the patient, by the link", rows)
    yield "report", "staff/report.html", report
    words = (Quote("Gracias", "es"),)
    noted = replace(report, notes=("Corrected.",), quotes=words, correct_url=f"{here}/correct")
    yield "report-noted", "staff/report.html", noted
    options = (
        EntryOption("a", "0", "Never", key="0", checked=True),
        EntryOption("a", "1", "Often"),
    )
    items = (EntryItem("a", 1, "How often?", "", options, given="the patient, by text"),)
    form = CorrectView(
        frame=staff_frame("/patients"),
        patient=HEAD,
        at=NOW,
        action=f"{here}/correct",
        cancel_url=here,
        language="en",
        recall="In the last 7 days",
        items=items,
        reasons=(Choice("misheard", "Misheard on the phone"),),
        seen=1,
    )
    yield "report-correct", "staff/report_correct.html", form
    problems = (Problem("_reason", "choose one"), Problem("", "Nothing was changed."))
    yield "report-correct-wrong", "staff/report_correct.html", replace(form, problems=problems)
