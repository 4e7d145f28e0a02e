"""One view of each page of what is asked before go-live."""

from collections.abc import Iterator

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.simulated_views import report_view
from rsm.web.views.common import Choice
from rsm.web.views.foresight import (
    ForesightAnswerView,
    ForesightLine,
    ForesightValues,
    ForesightView,
)
from tests.simulated_samples import busy, result_of
from tests.web.page_samples_staff import staff_frame


def foresight_pages() -> Iterator[tuple[str, str, View]]:
    here = "/sites/1/before-go-live"
    one = (Choice("own", "Ours, in force"), Choice("shipped", "as shipped"))
    lines = (
        ForesightLine("9:02 today", "200 patients, 12 weeks", "Waits for a worker"),
        ForesightLine("9:00 on Friday", "200 patients", "Expect 9 on a usual day.", f"{here}/2"),
        ForesightLine("8:00 on Friday", "20 patients", "Could not be worked out", is_wrong=True),
    )
    view = ForesightView(
        frame=staff_frame("/sites/1"),
        action=here,
        may_ask=True,
        values=ForesightValues(patients="0"),
        programmes=one,
        packs=one,
        rosters=one,
        lines=lines,
        beside=one,
        compare_url=f"{here}/compare",
        problems=(Problem("patients", "0 is not 1 to 500"),),
    )
    yield "foresight", "staff/foresight.html", view
    report = report_view(result_of(("1", busy())))
    answer = ForesightAnswerView(staff_frame("/sites/1"), report, here, f"{here}/2/file")
    yield "foresight-answer", "staff/foresight_answer.html", answer
