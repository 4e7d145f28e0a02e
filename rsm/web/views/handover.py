"""View model of the shift's hand-over page (`staff/handover.html`)."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.words import Level
from rsm.web.views.alerts import WorkRow
from rsm.web.views.common import FilterLink
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class OpenLine:
    """Something open: the worklist's row, and its target as a time or what it is over it."""

    row: WorkRow
    target: str
    late: bool


@dataclass(frozen=True)
class PromisedLine:
    """What somebody promised, by when; `level` is that of an alert that she has."""

    at: datetime
    who: str
    what: str
    url: str
    level: Level | None = None


@dataclass(frozen=True)
class ClosedLine:
    """An alert that was closed in the shift, how, and by whom."""

    at: datetime
    level: Level
    who: str
    url: str
    by: str
    action: str
    note: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class NoteLine:
    """A note of the hand-over, and who wrote it."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class HandoverView:
    """`staff/handover.html`: what is open, what was promised, what was closed since `since`."""

    frame: StaffFrame
    since: datetime
    shifts: tuple[FilterLink, ...]
    open: tuple[OpenLine, ...] = ()
    promised: tuple[PromisedLine, ...] = ()
    closed: tuple[ClosedLine, ...] = ()
    on_duty: tuple[str, ...] = ()
    notes: tuple[NoteLine, ...] = ()
