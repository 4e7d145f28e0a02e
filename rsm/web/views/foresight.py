"""View models of the questions before go-live and their answers (`staff/foresight*.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.simulated import ReportView


@dataclass(frozen=True)
class ForesightValues:
    """The form as it was typed."""

    patients: str = "200"
    weeks: str = "12"
    programme: str = "demo"
    pack: str = "own"
    roster: str = "own"
    minutes: str = "10"


@dataclass(frozen=True)
class ForesightLine:
    """One question that was asked; `url` leads to its answer."""

    asked: str
    what: str
    said: str
    url: str = ""
    is_wrong: bool = False


@dataclass(frozen=True)
class ForesightView:
    """`staff/foresight.html`. `beside`: answers that can be held against one another, if two are
    there. `Problem.where` names the field."""

    frame: StaffFrame
    action: str
    may_ask: bool
    values: ForesightValues
    programmes: tuple[Choice, ...]
    packs: tuple[Choice, ...]
    rosters: tuple[Choice, ...]
    lines: tuple[ForesightLine, ...]
    beside: tuple[Choice, ...]
    compare_url: str
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class ForesightAnswerView:
    """`staff/foresight_answer.html`: a report, or two side by side, in the frame of the site."""

    frame: StaffFrame
    report: ReportView
    back_url: str
    file_url: str = ""
