"""View models of who looks after whom: due list, figures by worker, sheet for supervision."""

from dataclasses import dataclass

from rsm.web.views.common import FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class DueLine:
    """One patient of a due list: what is due, when, and what can be done about it now."""

    name: str
    url: str
    what: str
    when: str
    notes: tuple[str, ...] = ()
    phone: str = ""
    buttons: tuple[PostButton, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class DueGroup:
    """The lines of one state."""

    key: str
    heading: str
    lines: tuple[DueLine, ...]


@dataclass(frozen=True)
class Count:
    """How many there are of something."""

    label: str
    count: int


@dataclass(frozen=True)
class ShareCell:
    """A share as a table shows it. `rate` is in words with its interval, `spoken` where a dash
    needs words; `low` to `high` and `at`, in per cent, draw it beside the site's `site`: None where
    there are too few to say."""

    counts: str
    rate: str
    spoken: str = ""
    low: float | None = None
    high: float = 0.0
    at: float = 0.0
    site: float | None = None


@dataclass(frozen=True)
class MonthLine:
    """One month of a worker or of the site."""

    label: str
    enrolled: int
    baseline: ShareCell
    follow_up: ShareCell


@dataclass(frozen=True)
class MonthTable:
    """Completion by month, then all months together; `finding` compares with the others."""

    heading: str
    lines: tuple[MonthLine, ...]
    finding: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkerView:
    """`staff/worker.html`: one worker's due list; her months for herself and for managers.

    Without the right to see patients there are `counts` and no `groups`; `more` says how many lines
    the list leaves out.
    """

    frame: StaffFrame
    heading: str
    who: str
    groups: tuple[DueGroup, ...]
    counts: tuple[Count, ...]
    links: tuple[Link, ...]
    months: MonthTable | None = None
    names: bool = True
    more: str = ""


@dataclass(frozen=True)
class WorkerLine:
    """One worker of the site's table."""

    name: str
    url: str
    patients: int
    enrolled: int
    baseline: ShareCell
    follow_up: ShareCell


@dataclass(frozen=True)
class LoadLine:
    """What one nurse closed."""

    name: str
    count: int
    median: str
    minutes: int


@dataclass(frozen=True)
class Astray:
    """Patients whom nobody here looks after any more, and where to hand them over."""

    words: str
    url: str


@dataclass(frozen=True)
class WorkersView:
    """`staff/workers.html`: all workers by name for managers; else one's own line."""

    frame: StaffFrame
    heading: str
    about: str
    periods: tuple[FilterLink, ...]
    lines: tuple[WorkerLine, ...]
    total: WorkerLine
    load: tuple[LoadLine, ...]
    months: MonthTable
    astray: tuple[Astray, ...] = ()


@dataclass(frozen=True)
class SheetView:
    """`staff/worker_sheet.html`: one page of paper for a talk."""

    frame: StaffFrame
    heading: str
    made: str
    back_url: str
    counts: tuple[Count, ...]
    months: MonthTable
