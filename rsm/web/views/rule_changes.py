"""View model of the changes of a site's rules (`staff/rule_changes.html`)."""

from dataclasses import dataclass

from rsm.kernel.errors import Problem
from rsm.web.views.common import FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class ChangeLine:
    """One override of an organisation, a site or a team, in words. `warning`: somebody must look.

    The rule's title is that of the pack, hence English; `what` says each thing that changes.
    """

    id: str
    rules: tuple[str, ...]
    whose: str
    what: tuple[str, ...]
    reason: str
    by: str
    until: str
    state: str
    warning: str = ""
    buttons: tuple[PostButton, ...] = ()


@dataclass(frozen=True)
class ChangeGroup:
    """Overrides of one state under their heading; `empty` stands where there is none."""

    id: str
    heading: str
    lines: tuple[ChangeLine, ...]
    empty: str = ""


@dataclass(frozen=True)
class RuleChangesView:
    """`staff/rule_changes.html`: what waits, what holds, what is over; `propose` leads to the form.

    `own` says how many patients have a change of their own, never who.
    """

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    heading: str
    lead: str
    back: Link
    propose: Link | None
    groups: tuple[ChangeGroup, ...]
    own: str
    problems: tuple[Problem, ...] = ()
