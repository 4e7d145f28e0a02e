"""The tables of the site page that are no picture's, to be had alone: funnels and alerts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rsm.web.site_words import Words, percent
from rsm.web.views.site import Alerts, BucketTable, Funnel

REACH, SURVEYS, LEVELS, TIMES = "reach", "surveys", "levels", "times"
BUCKETS = ("acknowledge", "close", "close_service")
NAMES = (REACH, SURVEYS, LEVELS, TIMES, *BUCKETS)


@dataclass(frozen=True)
class Table:
    """Rows as a file has them; what was lost is counted, and nobody is named."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def of_funnel(funnel: Funnel, words: Words) -> Table:
    """Each step with its share of the first one, and what was lost on the way to it."""
    head = ("funnel_step", "funnel_count", "head_rate", "funnel_lost")
    rows = (
        (
            step.label,
            str(step.count),
            percent(step.count, funnel.whole),
            "; ".join(link.label for link in step.lost),
        )
        for step in funnel.steps
    )
    return Table(tuple(words(key) for key in head), tuple(rows))


def of_alerts(alerts: Alerts, words: Words) -> Mapping[str, Table]:
    """By name: how many of each level, how fast, and in which bucket."""
    tables = {LEVELS: _levels(alerts, words), TIMES: Table(alerts.times.head, alerts.times.rows)}
    buckets = {table.name: _buckets(table, words) for table in alerts.buckets}
    return MappingProxyType({**tables, **buckets})


def _levels(alerts: Alerts, words: Words) -> Table:
    keys = ("level", "opened", "acknowledged", "closed", "open_now")
    rows = (
        (
            words(f"level_{row.level}"),
            *(str(count) for count in (row.opened, row.acknowledged, row.closed, row.open_now)),
        )
        for row in alerts.levels
    )
    return Table(tuple(words(key) for key in keys), tuple(rows))


def _buckets(table: BucketTable, words: Words) -> Table:
    rows = (
        (words(f"level_{row.level}"), *(str(count) for count in row.counts)) for row in table.rows
    )
    return Table((words("level"), *table.labels), tuple(rows))
