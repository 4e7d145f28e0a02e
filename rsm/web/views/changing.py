"""View model of a page on which a policy or a routing tree is changed (`staff/changing.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class Row:
    """A line that becomes another; empty: there was none, or there will be none."""

    was: str
    now: str


@dataclass(frozen=True)
class Differing:
    """What becomes different under one heading; `level` is that of an alert, if it is about one."""

    label: str
    rows: tuple[Row, ...]
    level: str = ""


@dataclass(frozen=True)
class Asked:
    """What was typed: a text, why it is to be used, and what its writer saw.

    `seen` is what was in force when she began, `checked` the text whose difference she was shown.
    """

    body: str
    reason: str = ""
    seen: str = ""
    checked: str = ""
    problem: str = ""  # why the file that was chosen cannot be read


@dataclass(frozen=True)
class ChangingView:
    """`staff/changing.html`: posts `body` or `file`, `reason`, `seen` and `checked` to `action`.

    `<action>/check` only looks. `checked` is empty until a text was looked at in which nothing
    stands in the way: then it may be used, with a reason. `notes` are no obstacle.
    """

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    back: Link
    heading: str
    lead: str
    action: str
    file: Link
    asked: Asked
    label: str
    hint: str
    confirm: str
    looked: bool = False
    differs: tuple[Differing, ...] = ()
    notes: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether she may confirm what she was shown."""
        return bool(self.asked.checked)

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
