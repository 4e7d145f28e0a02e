"""Views of the pages of who looks after whom: lists with and without names, figures, the sheet."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.web.pages import View
from rsm.web.views.common import FilterLink, Link, PostButton
from rsm.web.views.workers import (
    Astray,
    Count,
    DueGroup,
    DueLine,
    LoadLine,
    MonthLine,
    MonthTable,
    ShareCell,
    SheetView,
    WorkerLine,
    WorkersView,
    WorkerView,
)
from tests.web.page_samples_staff import staff_frame

HERE = "/sites/3f2a/workers/77b1"
FEW = ShareCell("2 of 7", "too few to say")
NONE = ShareCell("", "–", spoken="nothing was due")  # noqa: RUF001 - as the texts have it
TOLD = ShareCell("62 of 313", "20 % (16 to 25)", low=15.8, high=24.6, at=19.8, site=31.0)
MONTHS = MonthTable(
    "Your months",
    (
        MonthLine("September 2026", 3, FEW, NONE),
        MonthLine("October 2026", 0, NONE, TOLD),
        MonthLine("All months", 3, FEW, TOLD),
    ),
    ("No difference from the others' that chance does not explain.",),
)
COUNTS = tuple(
    Count(label, count)
    for count, label in enumerate(("Due now", "Overdue", "Done late", "Within 7 days", "No date"))
)
BUTTONS = (
    PostButton("Enter answers", "/sites/3f2a/patients/9c41/entry"),
    PostButton("Send the link", f"{HERE}/send/9c41"),
)
GROUPS = (
    DueGroup(
        "due",
        "Due now",
        (
            DueLine(
                "Luz Santos",
                "/sites/3f2a/patients/9c41",
                "Baseline",
                "until 9:00 tomorrow",
                ("2 before were missed",),
                "+12025550131",
                BUTTONS,
            ),
        ),
    ),
    DueGroup(
        "undated",
        "No date is known",
        (
            DueLine(
                "Ada Lindqvist",
                "/sites/3f2a/patients/9c42",
                "Follow-up",
                "the plan waits for a date of treatment",
                links=(Link("Enter the date", "/sites/3f2a/patients/9c42/treatment"),),
            ),
        ),
    ),
)


def worker_pages() -> Iterator[tuple[str, str, View]]:
    worker = WorkerView(
        frame=staff_frame("/due", flash="The link goes out now."),
        heading="1 due now, 1 overdue",
        who="Your patients: 2 patients take part",
        groups=GROUPS,
        counts=COUNTS,
        links=(Link("Sheet for supervision", f"{HERE}/sheet"),),
        months=MONTHS,
        more="The 200 most urgent stand here, 14 more do not: hand some patients over.",
    )
    yield "worker", "staff/worker.html", worker
    yield "worker-none", "staff/worker.html", replace(worker, groups=(), months=None, more="")
    yield "worker-unnamed", "staff/worker.html", replace(worker, groups=(), names=False)
    line = WorkerLine("D. Reyes, RN", HERE, 41, 12, FEW, TOLD)
    workers = WorkersView(
        frame=staff_frame("/sites/3f2a"),
        heading="20 % of follow-ups are answered at Lakeside",
        about="To help, not to rank: by name, never by rate.",
        periods=(FilterLink("6 months", "/sites/3f2a/workers?months=6", current=True),),
        lines=(line, replace(line, name="B. Okafor, RN", baseline=NONE)),
        total=replace(line, name="All of Lakeside", url=""),
        load=(LoadLine("D. Reyes, RN", 12, "2 h", 85),),
        months=MONTHS,
        astray=(Astray("3 patients are nobody's", "/sites/3f2a/workers/nobody/hand-over"),),
    )
    yield "workers", "staff/workers.html", workers
    yield "workers-none", "staff/workers.html", replace(workers, lines=(), load=(), astray=())
    sheet = SheetView(
        staff_frame("/due"), "Supervision: D. Reyes", "Lakeside, today.", HERE, COUNTS, MONTHS
    )
    yield "worker-sheet", "staff/worker_sheet.html", sheet
