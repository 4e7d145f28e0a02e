"""View model of small forms on a page of their own (`staff/small_form.html`)."""

from dataclasses import dataclass
from typing import Literal

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class Input:
    """One field: a line of text, a longer text, or a choice of `choices`."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "area", "select"] = "text"
    choices: tuple[Choice, ...] = ()
    hint: str = ""
    required: bool = False
    rows: int = 3


@dataclass(frozen=True)
class Published:
    """Something that stands already, below the form: what it is called, and its words."""

    title: str
    body: str


@dataclass(frozen=True)
class SmallFormView:
    """`staff/small_form.html`: posts its inputs to `action`. `Problem.where` names the input."""

    frame: StaffFrame
    heading: str
    text: str
    action: str
    cancel_url: str
    button: str
    inputs: tuple[Input, ...]
    problems: tuple[Problem, ...] = ()
    published: tuple[Published, ...] = ()
    lang: str = "en"

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
