"""View model of the shift's hand-over page (`staff/handover.html`)."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.views.alerts import WorkRow
from rsm.web.views.common import Choice, FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.roster import NoteLine


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
class NoteForm:
    """A new note, as it was typed; `hours` is how far back the page goes."""

    action: str
    teams: tuple[Choice, ...]
    team: str = ""
    text: str = ""
    hours: int = 12
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class HandoverView:
    """`staff/handover.html`: what is open, what was promised, what was closed since `since`.

    Its parts are asked for again (`live_url`) when what `version_url` says is no more `version`.
    """

    frame: StaffFrame
    since: datetime
    shifts: tuple[FilterLink, ...]
    open: tuple[OpenLine, ...] = ()
    promised: tuple[PromisedLine, ...] = ()
    closed: tuple[ClosedLine, ...] = ()
    on_duty: tuple[str, ...] = ()
    notes: tuple[NoteLine, ...] = ()
    note_form: NoteForm | None = None
    version: str = ""
    version_url: str = ""
    live_url: str = ""
