"""View models of the site page (`staff/site.html`): every picture with its figures."""

from dataclasses import dataclass

from rsm.kernel.words import Level
from rsm.web.charts import RunPoint
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class Fact:
    """One number on top, with what it was before; `warn` when it is outside its limit."""

    label: str
    value: str
    note: str = ""
    warn: bool = False


@dataclass(frozen=True)
class FunnelStep:
    """One step: due, sent, delivered, started, completed, missed. `lost` says why fewer."""

    label: str
    count: int
    lost: str = ""


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

    heading: str
    labels: tuple[str, ...]
    rows: tuple[BucketRow, ...]
    note: str = "Open alerts count in the last column. Clock hours."


@dataclass(frozen=True)
class SiteView:
    """`staff/site.html`: facts, completion by week, funnel, alerts by level, times.

    `heading` and the captions are findings in a sentence. The first step of the funnel is
    what all shares are of. `lists` lead to what is to be done next.
    `settings_url` is for whoever may change how the site works. `kept_quiet` counts the findings
    that nobody was told anew, by reason.
    """

    frame: StaffFrame
    heading: str
    period: str
    periods: tuple[FilterLink, ...]
    facts: tuple[Fact, ...]
    completion: tuple[RunPoint, ...]
    completion_caption: str
    funnel: tuple[FunnelStep, ...]
    funnel_caption: str
    levels: tuple[LevelCounts, ...]
    levels_caption: str
    acknowledge: BucketTable
    close: BucketTable
    lists: tuple[Link, ...] = ()
    settings_url: str = ""
    kept_quiet: tuple[tuple[str, int], ...] = ()
