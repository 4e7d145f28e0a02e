"""Reading roll-ups: what some days of a site came to, for everybody or by one dimension."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Table, cast, func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics import durations
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import AlertCounts, Days, SurveyCounts, Took
from rsm.metrics.sums import Asked
from rsm.metrics.tables import AlertDay, SurveyDay

_NONE: Took = {}


def surveys(
    tx: Tx, site_id: UUID, days: Days, dimension: Dimension = Dimension.ALL
) -> dict[str, SurveyCounts]:
    """By value of the dimension; empty is not recorded."""
    table = table_of(SurveyDay)
    query = select(table.c.value, *_sums(table, SurveyCounts)).where(*_of(table, site_id, days))
    rows = tx.session.execute(query.where(table.c.dimension == dimension).group_by(table.c.value))
    return {value: SurveyCounts(*counts) for value, *counts in rows}


def surveys_by_week(tx: Tx, site_id: UUID, days: Days) -> dict[date, SurveyCounts]:
    """Of everybody, by the Monday that begins each week; weeks without any are left out."""
    table = table_of(SurveyDay)
    monday = cast(func.date_trunc("week", table.c.day), Date()).label("monday")
    query = select(monday, *_sums(table, SurveyCounts)).where(*_of(table, site_id, days))
    everybody = table.c.dimension == Dimension.ALL
    rows = tx.session.execute(query.where(everybody).group_by("monday").order_by("monday"))
    return {day: SurveyCounts(*counts) for day, *counts in rows}


def alerts(
    tx: Tx, site_id: UUID, days: Days, dimension: Dimension = Dimension.ALL
) -> dict[tuple[str, Level], AlertCounts]:
    """By value of the dimension, and level."""
    table = table_of(AlertDay)
    key = (table.c.value, table.c.level)
    query = select(*key, *_sums(table, AlertCounts)).where(*_of(table, site_id, days))
    rows = tx.session.execute(query.where(table.c.dimension == dimension).group_by(*key))
    return {(value, Level(level)): AlertCounts(*counts) for value, level, *counts in rows}


def took(tx: Tx, site_id: UUID, days: Days, *times: str) -> Mapping[str, Mapping[Level, Took]]:
    """How many minutes it took, of everybody's alerts: of each of these times of `AlertDay`, by
    level."""
    found = durations.took(tx, Asked(site_id, days), times)
    return {
        time: {level: found.get(time, {}).get(level, _NONE) for level in Level} for time in times
    }


def _sums(table: Table, counts: type[SurveyCounts] | type[AlertCounts]) -> list[ColumnElement[int]]:
    return [func.sum(table.c[each.name]) for each in fields(counts)]


def _of(table: Table, site_id: UUID, days: Days) -> tuple[ColumnElement[bool], ...]:
    return (table.c.site_id == site_id, table.c.day.between(days.first, days.last))
