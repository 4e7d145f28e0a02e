"""Views of the page of monthly reports: before the first month, with some sent, gone wrong."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.common import Choice, Link
from rsm.web.views.site_reports import MonthRow, SiteReportsView, SubscribeForm
from tests.web.page_samples_rules import SITE
from tests.web.page_samples_staff import staff_frame

HERE = f"/sites/{SITE}/reports"
LINKS = (Link("Open", f"{HERE}/2026-10"), Link("PDF", f"{HERE}/2026-10/file?as=pdf"))
SENT = (Link("2026-11-02, English", f"{HERE}/sent/77b1"), Link("2026-11-02, Spanish", f"{HERE}/x"))


def _plain() -> SiteReportsView:
    return SiteReportsView(
        frame=staff_frame(),
        back=Link("Lakeside Clinic", f"/sites/{SITE}"),
        rows=(),
        form=SubscribeForm(
            action=f"{HERE}/mine",
            days=tuple(Choice(str(day), str(day)) for day in range(1, 11)),
            languages=(Choice("en", "English"), Choice("es", "Spanish")),
            day="2",
            language="en",
            funders=False,
        ),
        fewest=10,
        readers=(),
    )


def report_pages() -> Iterator[tuple[str, str, View]]:
    """Each state once."""
    template, plain = "staff/site_reports.html", _plain()
    yield "reports-before-the-first", template, plain
    rows = (MonthRow("October 2026", "400", LINKS, SENT), MonthRow("June 2026", "no data", LINKS))
    form = replace(plain.form, funders=True, standing="You get it on day 2 of each month.")
    readers = ("Ruth Cole", "Dana Wells")
    yield "reports", template, replace(plain, rows=rows, form=form, readers=readers)
    wrong = replace(plain.form, problems=(Problem("day", "is no such day", "1 to 10"),))
    yield "reports-refused", template, replace(plain, form=wrong, notes=("No address.",))
