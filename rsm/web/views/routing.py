"""View model of a site's routing tree (`staff/site_routing.html`)."""

from dataclasses import dataclass, field

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class BranchView:
    """One branch: which alerts it takes, to whom they go, and its own branches, asked in order.

    With branches, `rest` says where an alert goes that none of them takes (empty where one takes
    all); without, `goes` does.
    """

    name: str
    takes: str
    goes: str
    rest: str = ""
    branches: tuple["BranchView", ...] = ()


@dataclass(frozen=True)
class TreeView:
    """A stored tree; without `root` it stands in `empty` why there is none to show."""

    label: str
    lead: str
    root: BranchView | None
    empty: str = ""
    file: str = ""
    change: str = ""


@dataclass(frozen=True)
class FormerTree:
    """A tree that was replaced: `file` leads to it, `look` to what it would change, if she may."""

    title: str
    summary: str
    root: BranchView
    file: str
    look: str = ""


@dataclass(frozen=True)
class AlertValues:
    """A made-up alert as typed; `at` is the site's clock, `service` empty: by its hours."""

    level: str = "urgent"
    symptom: str = ""
    language: str = ""
    regimen: str = ""
    at: str = ""
    service: str = ""


@dataclass(frozen=True)
class AskedLine:
    """A branch that was asked; `why` it did not take the alert, empty where it did."""

    name: str
    above: str
    took: bool
    why: str = ""


@dataclass(frozen=True)
class WhereView:
    """Where the made-up alert would go: the team, the way there, who is told first."""

    heading: str
    path: str
    facts: str
    first: str
    asked: tuple[AskedLine, ...] = ()


@dataclass(frozen=True)
class RoutingView:
    """`staff/site_routing.html`: the trees, and a form of `AlertValues` that posts to `action`."""

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    back: Link
    heading: str
    lead: str
    trees: tuple[TreeView, ...]
    action: str
    values: AlertValues
    levels: tuple[Choice, ...]
    symptoms: tuple[Choice, ...]
    languages: tuple[Choice, ...]
    services: tuple[Choice, ...]
    where: WhereView | None = None
    history: tuple[str, ...] = ()
    formers: tuple[FormerTree, ...] = ()
    problems: tuple[Problem, ...] = field(default=())

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
