"""Reading roll-ups: what some days of a site came to, for everybody or by one dimension."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Level
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import AlertCounts, Days, SurveyCounts, Took
from rsm.metrics.tables import AlertDay, SurveyDay


def surveys(
    tx: Tx, site_id: UUID, days: Days, dimension: Dimension = Dimension.ALL
) -> dict[str, SurveyCounts]:
    """By value of the dimension; empty is not recorded."""
    table = table_of(SurveyDay)
    query = select(table.c.value, *_sums(table, SurveyCounts)).where(*_of(table, site_id, days))
    rows = tx.session.execute(query.where(table.c.dimension == dimension).group_by(table.c.value))
    return {value: SurveyCounts(*counts) for value, *counts in rows}


def surveys_by_day(tx: Tx, site_id: UUID, days: Days) -> dict[date, SurveyCounts]:
    """Of everybody, day by day; days without any are left out."""
    table = table_of(SurveyDay)
    names = [table.c[each.name] for each in fields(SurveyCounts)]
    everybody = table.c.dimension == Dimension.ALL
    query = select(table.c.day, *names).where(*_of(table, site_id, days), everybody)
    rows = tx.session.execute(query.order_by(table.c.day))
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


def took(tx: Tx, site_id: UUID, days: Days, time: str) -> Mapping[Level, Took]:
    """How many minutes it took, of everybody's alerts: one of the arrays of `AlertDay`."""
    table = table_of(AlertDay)
    everybody = table.c.dimension == Dimension.ALL
    each = (
        select(table.c.level, func.unnest(table.c[time]).label("minutes"))
        .where(*_of(table, site_id, days), everybody)
        .subquery()
    )
    query = select(each.c.level, each.c.minutes, func.count()).group_by(
        each.c.level, each.c.minutes
    )
    found: dict[Level, Counter[int | None]] = {level: Counter() for level in Level}
    for level, minutes, count in tx.session.execute(query):
        found[Level(level)][minutes] = count
    return found


def _sums(table: Table, counts: type[SurveyCounts] | type[AlertCounts]) -> list[ColumnElement[int]]:
    return [func.sum(table.c[each.name]) for each in fields(counts)]


def _of(table: Table, site_id: UUID, days: Days) -> tuple[ColumnElement[bool], ...]:
    return (table.c.site_id == site_id, table.c.day.between(days.first, days.last))
