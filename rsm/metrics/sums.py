"""What measures are put together from, summed up over days: by value of a dimension and by period.

The names of sums are those that `Measure.part` and `Measure.whole` use. One statement reads all
periods that are asked for; it is put together once for each dimension.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Row,
    Select,
    Table,
    Uuid,
    any_,
    bindparam,
    cast,
    collate,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import array

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Audience
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import Bucket, Cut, cut, gathered
from rsm.metrics.survey_facts import value_of
from rsm.metrics.tables import (
    MessageDay,
    PatientCourse,
    SurveyDay,
    SurveySpan,
)
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient

Sums = Mapping[Bucket, Mapping[str, float | None]]
Query = Select[*tuple[Any, ...]]  # with as many sums as there are
Counts = Mapping[str, ColumnElement[int]]
_KEYS = frozenset({"site_id", "dimension", "value", "day", "level"})
_NO_DAYS = cast(array([]), ARRAY(Date()))
SITE = bindparam("site", type_=Uuid())


@dataclass(frozen=True)
class Asked:
    """Whose figures, of which periods, divided how."""

    site_id: UUID
    periods: tuple[Days, ...]
    dimension: Dimension = Dimension.ALL

    @cached_property
    def cut(self) -> Cut:
        return cut(self.periods)

    def rows(self, tx: Tx, query: Query, **given: object) -> Sequence[Row[*tuple[Any, ...]]]:
        """What a statement finds that uses `SITE`, `piece_of` and `within`; nothing of no days."""
        begins = list(self.cut.begins)
        if not begins:
            return ()
        days = {"first": begins[0], "last": self.cut.last, "begins": begins}
        return tx.session.execute(query, {"site": self.site_id, **days, **given}).all()


def piece_of(day: ColumnElement[date]) -> ColumnElement[int]:
    """The number of the piece that a day lies in (`pieces`)."""
    return func.width_bucket(day, bindparam("begins", type_=ARRAY(Date())), type_=Integer())


def within(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether a day lies in any piece."""
    return day.between(bindparam("first", type_=Date()), bindparam("last", type_=Date()))


def plainly(words: ColumnElement[Any]) -> ColumnElement[str]:
    """To group by words byte by byte: in the order of a language it takes most of the time."""
    return collate(words, "C")


@dataclass(frozen=True)
class Rows:
    """Where sums come from: whose value, which day, which rows, and what is summed up."""

    value: ColumnElement[str]
    day: ColumnElement[date]
    which: tuple[ColumnElement[bool], ...]
    counts: Counts


Source = Callable[[Dimension], Rows]


def summed(tx: Tx, asked: Asked, source: Source) -> Sums:
    """By value and period; periods without any row are left out."""
    names, query = _query(source, asked.dimension)
    found = {
        (value, piece): tuple(int(each or 0) for each in sums)
        for value, piece, *sums in asked.rows(tx, query)
    }
    return {
        bucket: dict(zip(names, map(sum, zip(*some, strict=True)), strict=True))
        for bucket, some in gathered(asked.cut, found)
    }


@cache
def _query(source: Source, dimension: Dimension) -> tuple[tuple[str, ...], Query]:
    rows = source(dimension)
    query = (
        select(
            plainly(rows.value).label("value"),
            piece_of(rows.day).label("piece"),
            *rows.counts.values(),
        )
        .where(within(rows.day), *rows.which)
        .group_by("value", "piece")
    )
    return tuple(rows.counts), query


def surveys(dimension: Dimension) -> Rows:
    """Surveys by the day of their window: the columns of `SurveyDay`."""
    table = table_of(SurveyDay)
    counts = {each.name: func.sum(each) for each in table.c if each.name not in _KEYS}
    return Rows(table.c.value, table.c.day, of_rollup(table, dimension), counts)


def weeks(dimension: Dimension) -> Rows:
    """Patient-weeks: `weeks_due`, `weeks_answered`, `weeks_alerting`."""
    return _spans(dimension, Span.WEEK)


def months(dimension: Dimension) -> Rows:
    """Patient-months: `months_due`, `months_answered`, `months_alerting`."""
    return _spans(dimension, Span.MONTH)


def messages(dimension: Dimension) -> Rows:
    """Messages by the day of writing, those to patients and to staff apart."""
    table = table_of(MessageDay)
    ours, staff = (table.c.audience == each for each in (Audience.PATIENT, Audience.STAFF))
    counts = {
        "texts": func.sum(table.c.taken).filter(ours),
        "texts_failed": func.sum(table.c.failed).filter(ours),
        "segments": func.sum(table.c.segments).filter(ours),
        "staff_texts": func.sum(table.c.taken).filter(staff),
        "staff_segments": func.sum(table.c.segments).filter(staff),
    }
    return Rows(table.c.value, table.c.day, of_rollup(table, dimension), counts)


def entered(dimension: Dimension) -> Rows:
    """Patients by the day of entry."""
    table = table_of(PatientCourse)
    row = table.c
    declined = row.status == PatientStatus.DECLINED
    said_nothing = ~declined
    counts = {
        "eligible": func.count(),
        "reach": _how_many(row.enrolled_on.is_not(None)),
        "approached": _how_many(row.approached),
        "declined": _how_many(declined),
        "not_declined": _how_many(said_nothing),
        "never_asked": _how_many(said_nothing & ~row.asked),
    }
    return _of_courses(dimension, table, row.entered_on, counts)


def enrolled(dimension: Dimension) -> Rows:
    """Patients by the day of enrolment."""
    table = table_of(PatientCourse)
    row = table.c
    reported = row.first_report_on.is_not(None)
    followed = row.baseline_completed & (row.later_due > 0)
    counts = {
        "enrolled": func.count(),
        "ever_due": _how_many(row.due > 0),
        "never_sent": _how_many((row.due > 0) & ~row.asked),
        "active": _how_many(reported),
        "activation": _how_many(reported),
        "alerting_patients": _how_many(reported & (row.alerts > 0)),
        "with_baseline": _how_many(followed),
        "follow_up": _how_many(followed & (row.later_completed > 0)),
    }
    return _of_courses(dimension, table, row.enrolled_on, counts)


def events(dimension: Dimension) -> Rows:
    """Grave events by their day, of patients enrolled by then, and those after silence."""
    row = table_of(PatientCourse).c
    on = func.unnest(row.events).label("on")
    kept = (row.site_id, row.patient_id, row.enrolled_on, row.silent_events)
    each = select(*kept, on).where(row.site_id == SITE, row.events != _NO_DAYS).subquery()
    since = each.c.enrolled_on <= each.c.on
    silent = each.c.on == any_(each.c.silent_events)
    counts = {"events": _how_many(since), "silent_events": _how_many(since & silent)}
    return _of_courses(dimension, each, each.c.on, counts)


def of_rollup(table: Table, dimension: Dimension) -> tuple[ColumnElement[bool], ...]:
    """The site's rows of that dimension; of all, nobody has a value."""
    mine = (table.c.site_id == SITE, table.c.dimension == dimension)
    return (*mine, table.c.value == "") if dimension is Dimension.ALL else mine


def _spans(dimension: Dimension, span: Span) -> Rows:
    table = table_of(SurveySpan)
    counts = {
        f"{span.value}s_{name}": func.sum(table.c[name]) for name in ("due", "answered", "alerting")
    }
    which = (*of_rollup(table, dimension), table.c.span == span)
    return Rows(table.c.value, table.c.begins, which, counts)


def _how_many(these: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(these)


def _of_courses(
    dimension: Dimension, source: FromClause, day: ColumnElement[date], counts: Counts
) -> Rows:
    """The dimension is the patient's as she is today."""
    mine = (source.c.site_id == SITE,)
    if dimension is Dimension.ALL:
        return Rows(literal(""), day, mine, counts)
    return Rows(value_of(dimension), day, (*mine, Patient.id == source.c.patient_id), counts)
