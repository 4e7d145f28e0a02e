"""View models of the site page (`staff/site.html`): every picture with its figures."""

from dataclasses import dataclass

from rsm.kernel.words import Level
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame
from rsm.web.views.pictures import Panel


@dataclass(frozen=True)
class Fact:
    """One number on top, with what it was before; `warn` when it is outside its limit."""

    label: str
    value: str
    note: str = ""
    warn: bool = False


@dataclass(frozen=True)
class FunnelStep:
    """One step, from those who are due to those who finished. `lost` says why fewer are at it than
    at the one before, each with the address of the list behind it, which may be empty."""

    label: str
    count: int
    lost: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Funnel:
    """Steps, and where most is lost. All shares are of the first step."""

    caption: str
    steps: tuple[FunnelStep, ...]

    @property
    def whole(self) -> int:
        return self.steps[0].count if self.steps else 0


@dataclass(frozen=True)
class LevelCounts:
    """Alerts of one level in the period, and how many are open now."""

    level: Level
    opened: int
    acknowledged: int
    closed: int
    open_now: int


@dataclass(frozen=True)
class BucketRow:
    """Alerts of one level by how long it took; open ones count in the last bucket."""

    level: Level
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class BucketTable:
    """Times to acknowledge or to close; `labels` name the buckets, the best first."""

    name: str
    heading: str
    labels: tuple[str, ...]
    rows: tuple[BucketRow, ...]
    note: str


@dataclass(frozen=True)
class Times:
    """Median and P90 of each stage, by each clock; already in words."""

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alerts:
    """How many, how fast, and what came of them. `kept_quiet`: findings that nobody
    was told anew; None where they are not counted."""

    caption: str
    levels: tuple[LevelCounts, ...]
    outcomes: tuple[str, ...]
    kept_quiet: tuple[tuple[str, int], ...] | None
    times: Times
    buckets: tuple[BucketTable, ...]


@dataclass(frozen=True)
class Listed:
    """A heading that says what was found, and sentences below it."""

    heading: str
    lines: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class SiteView:
    """`staff/site.html`. `heading` and captions are findings in a sentence; `findings` are the
    further ones, the worst first. `amiss` is what a manager has to mend, `lists` where to look
    next. `here` is the page's address with its period, to which `&table=` is added.
    `settings_url` is for whoever may change how the site works."""

    frame: StaffFrame
    heading: str
    here: str
    period: str
    periods: tuple[FilterLink, ...]
    facts: tuple[Fact, ...]
    findings: tuple[str, ...]
    changed: Listed
    forecast: Listed
    reach: Funnel
    surveys: Funnel
    never_asked: str
    runs: tuple[Panel, ...]
    alerts: Alerts
    retention: Panel
    adherence: Listed
    equity: tuple[Link, ...]
    amiss: tuple[Link, ...] = ()
    lists: tuple[Link, ...] = ()
    settings_url: str = ""
