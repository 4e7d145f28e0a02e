"""Views of the page of exports: before the first, with some on record, with a form gone wrong."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice
from rsm.web.views.exports import CountLine, ExportsView, ExportValues, RunLine
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}/exports"
MADE = RunLine(
    when="19 October 2026, 9:00",
    who="Ruth Cole",
    what="1 July 2026 to 30 September 2026, pseudonymised, CSV",
    project="For Registry",
    hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    rows=(("patients", 212), ("surveys", 2714), ("answers", 61011)),
)
COUNTS = (
    CountLine("Electronic reports are in use", "yes", "", "At least one survey was answered"),
    CountLine("At least one survey", "187", "212", "Of those enrolled"),
    CountLine("Health-related social needs", "–", "nobody was asked", "Of those asked"),  # noqa: RUF001
)


def _plain() -> ExportsView:
    return ExportsView(
        frame=staff_frame(),
        action=HERE,
        csv=f"{HERE}/participation.csv?from=2026-07-20&to=2026-10-18",
        values=ExportValues(first="2026-07-20", last="2026-10-18"),
        formats=(Choice("csv", "CSV, for spreadsheets"), Choice("parquet", "Parquet")),
        shapes=(Choice("long", "Long: a row for each answer"), Choice("wide", "Wide")),
        dates=(Choice("study_day", "Counted from enrolment"), Choice("calendar", "Dates")),
        options=(Choice("with_tests", "Test patients too"),),
        may_identify=False,
        runs=(),
        counts=COUNTS,
        counted_from="20 July 2026",
        counted_to="18 October 2026",
    )


def export_pages() -> Iterator[tuple[str, str, View]]:
    """Name, template and view of each."""
    plain = _plain()
    yield "exports-none", "staff/exports.html", plain
    named = replace(MADE, what="1 July 2026 to 30 September 2026, with names, CSV", named=True)
    yield "exports-made", "staff/exports.html", replace(plain, runs=(named, MADE))
    wrong = replace(
        plain,
        may_identify=True,
        options=(*plain.options, Choice("identified", "Names and what patients wrote")),
        values=replace(plain.values, last="2026-07-01", options=("identified",)),
        problems=(
            Problem("to", "2026-07-01 is before 2026-07-20", "from the earlier day to the later"),
            Problem("project", "is empty or too long", "name whom it is for"),
            Problem("reason", "is missing or too long", "say why names are needed"),
        ),
    )
    yield "exports-wrong", "staff/exports.html", wrong
