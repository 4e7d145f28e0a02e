"""View model of a site's escalation policy (`staff/site_escalation.html`)."""

from dataclasses import dataclass

from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class NowLine:
    """One reference of a step, and who that is at this moment; `warn`: it reaches nobody."""

    words: str
    now: str
    warn: bool = False


@dataclass(frozen=True)
class StepLine:
    """One step: when, by which means, who; `flag` says that it reaches nobody at all."""

    when: str
    how: str
    who: tuple[NowLine, ...]
    flag: str = ""
    again: str = ""


@dataclass(frozen=True)
class LevelLadder:
    """The ladder of one level of alerts; `notes`: service hours, loans, the safety contact."""

    level: str
    label: str
    target: str
    steps: tuple[StepLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class VersionLine:
    """A version that the site may use (again); `look` leads to its difference, `file` to it."""

    title: str
    name: str
    whence: str
    file: str
    look: str = ""
    used: bool = False


@dataclass(frozen=True)
class LaddersView:
    """`staff/site_escalation.html`: who is told of an alert, when, and who that is right now.

    `older` says how many open alerts follow another version. Without `change` she only reads.
    """

    frame: StaffFrame
    lang: str
    links: tuple[FilterLink, ...]
    back: Link
    heading: str
    lead: str
    pinned: str
    levels: tuple[LevelLadder, ...]
    throttle: str
    older: tuple[str, ...]
    history: tuple[str, ...]
    versions: tuple[VersionLine, ...]
    file: str
    change: str = ""
    missing: str = ""  # why the policy cannot be shown
