"""Surveys by day, and patients by week and month: worked out from the surveys themselves."""

from calendar import monthrange
from collections.abc import Collection, Mapping
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
from rsm.metrics.model import Span
from rsm.metrics.survey_facts import (
    COUNTS,
    any_of_days,
    of_each,
    of_patient,
    on,
    once,
    surveys,
)
from rsm.metrics.tables import SurveyDay, SurveySpan
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence

_OF_SPANS = ("due", "reported", "raised")


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew: one statement for any number of them."""
    table = table_of(SurveyDay)
    these = (table.c.site_id == site_id, table.c.day == any_of_days(days))
    tx.session.execute(delete(table).where(*these))
    made = by_day(site_id, days)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_day(site_id: UUID, days: Collection[date]) -> Select[tuple[object, ...]]:
    """The rows of these days as they are to be."""
    keys = ("site_id", "dimension", "value", "day")
    counts = [known.name for known in table_of(SurveyDay).c if known.name not in keys]
    rows = once(surveys(site_id, on(days), facts=counts), "surveys")
    each = of_each(rows)
    key = dict(
        zip(keys, (literal(site_id), each.c.dimension, each.c.value, rows.c.day), strict=True)
    )
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


def how_many(tx: Tx, site_id: UUID, days: Collection[date]) -> Mapping[date, int]:
    """Surveys by day, whatever became of them: how much work a day is."""
    day = Occurrence.local_date
    query = select(day, func.count()).where(Occurrence.site_id == site_id, on(days))
    return {row[0]: row[1] for row in tx.session.execute(query.group_by(day))}


def work_out_spans(tx: Tx, site_id: UUID, span: Span, begins: Collection[date]) -> None:
    """Make these weeks or months of the site anew."""
    table = table_of(SurveySpan)
    these = (table.c.site_id == site_id, table.c.span == span)
    tx.session.execute(delete(table).where(*these, table.c.begins == any_of_days(begins)))
    made = by_span(site_id, span, begins)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_span(site_id: UUID, span: Span, begins: Collection[date]) -> Select[tuple[object, ...]]:
    """The rows of these weeks or months as they are to be: each patient counts once in each."""
    days = [
        first + timedelta(days=number) for first in begins for number in range(_length(span, first))
    ]
    rows = surveys(site_id, on(days), facts=_OF_SPANS, divided=False).subquery("surveys")
    patients = _of_patients(rows, span)
    each = of_each(patients)
    key = {
        "site_id": literal(site_id),
        "dimension": each.c.dimension,
        "span": literal(span.value),
        "value": each.c.value,
        "begins": patients.c.begins,
    }
    return (
        select(
            *(known.label(name) for name, known in key.items()),
            func.count().label("due"),
            func.count().filter(patients.c.answered).label("answered"),
            func.count().filter(patients.c.alerting).label("alerting"),
        )
        .select_from(patients.join(each, literal(True)))
        .group_by(each.c.dimension, each.c.value, patients.c.begins)
    )


def _of_patients(rows: FromClause, span: Span) -> FromClause:
    """By patient and week or month in which one was due to her: did any come, did any alert?"""
    begins = cast(func.date_trunc(span.value, rows.c.day), Date())
    each = (
        select(
            rows.c.patient_id,
            begins.label("begins"),
            func.bool_or(rows.c.reported).label("answered"),
            func.bool_or(rows.c.raised).label("alerting"),
        )
        .group_by(rows.c.patient_id, begins)
        .having(func.bool_or(rows.c.due))
        .subquery("each_patient")
    )
    query = select(each.c.begins, each.c.answered, each.c.alerting, *of_patient())
    return query.join(Patient, Patient.id == each.c.patient_id).subquery("patients")


def _length(span: Span, begins: date) -> int:
    return 7 if span is Span.WEEK else monthrange(begins.year, begins.month)[1]
