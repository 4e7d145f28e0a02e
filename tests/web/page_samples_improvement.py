"""Views of the journal, of before and after, of cycles, of going live and the trial period."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice, Field, FilterLink, Link, PostButton
from rsm.web.views.improvement import (
    CheckLine,
    ComparedView,
    CycleForm,
    CycleLine,
    CyclesView,
    CycleView,
    EntryForm,
    EntryLine,
    EntryValues,
    EntryView,
    GoLiveView,
    JournalView,
    SideRow,
    SignForm,
    StepLine,
    TagLines,
    TrialView,
)
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}"
PILLS = (
    FilterLink("Journal", f"{HERE}/journal", current=True),
    FilterLink("Going live", f"{HERE}/go-live"),
)
PROBLEM = (Problem("title", "Say it in at most 120 characters"),)
LINE = EntryLine(
    "5 October 2026",
    "Champion named",
    "Dana named as champion",
    f"{HERE}/journal/1",
    "One morning a week is hers.",
    ("Identify and prepare champions",),
    shared=True,
)
NOTED = replace(LINE, title="Rule pack first 3 came into force", noted=True, tags=())


def form() -> EntryForm:
    tags = TagLines("ERIC", "Powell BJ", (("Train", ("Conduct ongoing training",)),))
    kinds = (Choice("training", "Training"),)
    return EntryForm(f"{HERE}/journal", kinds, EntryValues(seen="1"), tags, tags, "Save", PROBLEM)


def journal() -> JournalView:
    return JournalView(
        staff_frame(),
        PILLS,
        (FilterLink("Last 3 months", f"{HERE}/journal?months=3"),),
        (LINE, NOTED),
        (Link("Call on day two", f"{HERE}/cycles/1"),),
        (Link("Download the record (HTML)", f"{HERE}/record"),),
        form(),
        PROBLEM,
    )


def entry() -> EntryView:
    rows = (
        SideRow("Before", "1 to 28 September", "20 of 40", "50 %", "35 % to 65 %"),
        SideRow("After", "29 September to 26 October", "0 of 0", "nothing to divide by", ""),
    )
    compared = ComparedView(
        "Nothing can be said", "Completed", rows, "", ("No control.",), ("Posters",), ("Week",)
    )
    return EntryView(
        frame=staff_frame(),
        back=Link("Back to the journal", f"{HERE}/journal"),
        line=LINE,
        history=("Written 5 October by Ruth Cole: Dana.",),
        form=form(),
        measures=(Choice("completed", "Completed"),),
        weeks=(Choice("8", "8 weeks"),),
        measure="completed",
        chosen_weeks="8",
        here=f"{HERE}/journal/1",
        compared=compared,
        withdraw=PostButton("Take it out", f"{HERE}/journal/1/withdraw", (Field("seen", "1"),)),
    )


def _cycle_line() -> CycleLine:
    return CycleLine(
        "Call on day two",
        f"{HERE}/cycles/1",
        "Completed",
        "75 %",
        "Plan",
        "Ruth Cole",
        "12 October 2026",
        overdue=True,
    )


def cycles() -> CyclesView:
    people = (Choice("1", "Ruth Cole"),)
    new = CycleForm(f"{HERE}/cycles", {}, (Choice("completed", "Completed"),), people)
    over = replace(_cycle_line(), over=True, overdue=False)
    return CyclesView(staff_frame(), PILLS, (_cycle_line(), over), new)


def cycle() -> CycleView:
    step = StepLine("Plan", "", "Ruth Cole", "12 October 2026", "5 October, Ruth Cole")
    following = CycleForm(
        f"{HERE}/cycles/1",
        {"seen": "1"},
        people=(Choice("1", "Ruth Cole"),),
        stages=(Choice("do", "Do"),),
        problems=(Problem("words", "Say it"),),
    )
    back = Link("Back to the cycles", f"{HERE}/cycles")
    return CycleView(staff_frame(), back, _cycle_line(), "Began", (step,), following)


def going_live() -> GoLiveView:
    read = PostButton("I have read first 3", f"{HERE}/go-live/read", (Field("kind", "texts"),))
    lines = (
        CheckLine("People are trained", "Everybody.", holds=True, known=("Dana, 2026-10-05",)),
        CheckLine(
            "Thresholds are read",
            "As it stands.",
            holds=False,
            missing=("first 3",),
            links=(Link("Read the rules", f"{HERE}/rules"),),
            reads=(read,),
        ),
    )
    return GoLiveView(
        frame=replace(staff_frame(), standing="This clinic is not live."),
        links=PILLS,
        stage="Preparing",
        lead="Nothing is sent.",
        lines=lines,
        trained=("5 October: Dana, calls",),
        train_action=f"{HERE}/go-live/trained",
        train={"name": "", "topic": "", "on": ""},
        signatures=("Signed by Ruth Cole",),
        sign=SignForm(
            f"{HERE}/go-live/sign", (Choice("pilot", "The pilot"),), (Field("seen_pilot", "1"),)
        ),
        is_live=False,
    )


def trial() -> TrialView:
    return TrialView(
        frame=staff_frame(),
        links=PILLS,
        heading="Trial period until 30 November 2026",
        facts=(("First day", "26 October 2026"),),
        figures=(("Completed", "50 % (1/2)", "9 %, 91 %"),),
        mend="The first text came too early.",
        begin_action=f"{HERE}/trial",
        end_action=f"{HERE}/trial/end",
        values={},
        former=("1 to 28 September 2026: 4 in the pilot group",),
    )


def improvement_pages() -> Iterator[tuple[str, str, View]]:
    yield "journal", "staff/journal.html", journal()
    none = replace(form(), action="")
    empty = replace(journal(), lines=(), form=none, problems=(), overdue=(), record=())
    yield "journal-empty", "staff/journal.html", empty
    yield "journal-entry", "staff/journal_entry.html", entry()
    noted = replace(entry(), line=NOTED, withdraw=None, compared=None)
    yield "journal-entry-noted", "staff/journal_entry.html", noted
    yield "cycles", "staff/cycles.html", cycles()
    yield "cycle", "staff/cycle.html", cycle()
    yield "going-live", "staff/go_live.html", going_live()
    signed = replace(going_live(), sign=None, why_not="A clinician signs.", trained=())
    yield "going-live-not-ready", "staff/go_live.html", replace(signed, signatures=())
    yield "trial", "staff/trial.html", trial()
    nothing = replace(trial(), figures=(), mend="", facts=(), end_action="", former=())
    yield "trial-none", "staff/trial.html", nothing
