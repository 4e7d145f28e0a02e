"""Surveys by day, and patients by week and month: worked out from the surveys themselves."""

from calendar import monthrange
from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
)

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Span
from rsm.metrics.survey_facts import COUNTS, of_each, on, surveys
from rsm.metrics.tables import SurveyDay, SurveySpan


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew: one statement for any number of them."""
    table = table_of(SurveyDay)
    tx.session.execute(delete(table).where(table.c.site_id == site_id, table.c.day.in_(days)))
    made = by_day(site_id, days)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_day(site_id: UUID, days: Collection[date]) -> Select[tuple[object, ...]]:
    """The rows of these days as they are to be."""
    rows = surveys(site_id, on(days))
    each = of_each(rows)
    key = {
        "site_id": literal(site_id),
        "dimension": each.c.dimension,
        "value": each.c.value,
        "day": rows.c.day,
    }
    counts = [known.name for known in table_of(SurveyDay).c if known.name not in key]
    return (
        select(
            *(known.label(name) for name, known in key.items()),
            *(_count(rows, name).label(name) for name in counts),
        )
        .select_from(rows.join(each, literal(True)))
        .group_by(each.c.dimension, each.c.value, rows.c.day)
    )


def _count(rows: FromClause, name: str) -> ColumnElement[int]:
    if name in COUNTS:
        return func.coalesce(func.sum(rows.c[name]), 0)
    return func.count().filter(rows.c[name])


def work_out_span(tx: Tx, site_id: UUID, span: Span, begins: date) -> None:
    """Make one week or month of the site anew."""
    table = table_of(SurveySpan)
    these = (table.c.site_id == site_id, table.c.span == span, table.c.begins == begins)
    tx.session.execute(delete(table).where(*these))
    made = by_span(site_id, span, begins)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_span(site_id: UUID, span: Span, begins: date) -> Select[tuple[object, ...]]:
    """The rows of that week or month as they are to be: each patient counts once."""
    days = [begins + timedelta(days=number) for number in range(_length(span, begins))]
    patients = of_patients(surveys(site_id, on(days)))
    each = of_each(patients)
    key = {
        "site_id": literal(site_id),
        "dimension": each.c.dimension,
        "span": literal(span.value),
        "value": each.c.value,
        "begins": cast(literal(begins), Date()),
    }
    return (
        select(
            *(known.label(name) for name, known in key.items()),
            func.count().label("due"),
            func.count().filter(patients.c.answered).label("answered"),
            func.count().filter(patients.c.alerting).label("alerting"),
        )
        .select_from(patients.join(each, literal(True)))
        .group_by(each.c.dimension, each.c.value)
    )


def of_patients(rows: FromClause) -> FromClause:
    """These surveys by patient, of those who had one due: whether any was answered, or alerted."""
    query = select(
        rows.c.patient_id,
        func.bool_or(rows.c.reported).label("answered"),
        func.bool_or(rows.c.raised).label("alerting"),
        *(func.max(rows.c[f"of_{each}"]).label(f"of_{each}") for each in Dimension),
    )
    due = func.bool_or(rows.c.due)
    return query.group_by(rows.c.patient_id).having(due).subquery("patients")


def _length(span: Span, begins: date) -> int:
    return 7 if span is Span.WEEK else monthrange(begins.year, begins.month)[1]
