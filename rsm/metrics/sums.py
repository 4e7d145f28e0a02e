"""What measures are put together from, summed up over days: by value of a dimension and by bucket.

A bucket is the first day of a week or month; everything is in one where none is asked for. The
names of sums are those that `Measure.part` and `Measure.whole` use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    FromClause,
    Table,
    any_,
    cast,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import array

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Audience
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days
from rsm.metrics.survey_facts import value_of
from rsm.metrics.tables import (
    AlertDay,
    MessageDay,
    PatientCourse,
    Span,
    SurveyDay,
    SurveySpan,
)
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient

Bucket = tuple[str, date | None]  # value of the dimension, first day
Sums = dict[Bucket, dict[str, float | None]]
Counts = Mapping[str, ColumnElement[int]]
_KEYS = frozenset({"site_id", "dimension", "value", "day", "level"})
_NO_DAYS = cast(array([]), ARRAY(Date()))


@dataclass(frozen=True)
class Asked:
    """Whose figures, of which days, divided how."""

    site_id: UUID
    days: Days
    dimension: Dimension = Dimension.ALL
    per: Span | None = None
    names: frozenset[str] | None = None  # the sums that are wanted; all where it is left out

    def wants(self, name: str) -> bool:
        return self.names is None or name in self.names

    def bucket(self, day: ColumnElement[date]) -> ColumnElement[date | None]:
        """The first day of what this day is counted in."""
        if self.per is None:
            return cast(null(), Date())
        return cast(func.date_trunc(self.per.value, day), Date())


@dataclass(frozen=True)
class Rows:
    """Where sums come from: whose value, which day, which rows."""

    value: ColumnElement[str]
    day: ColumnElement[date]
    which: tuple[ColumnElement[bool], ...]


def surveys(tx: Tx, asked: Asked) -> Sums:
    """Surveys by the day of their window: the columns of `SurveyDay`."""
    table = table_of(SurveyDay)
    counts = {each.name: func.sum(each) for each in table.c if each.name not in _KEYS}
    return _of_rollup(tx, asked, table, table.c.day, counts)


def alerts(tx: Tx, asked: Asked) -> Sums:
    """Alerts by the day of opening: the columns of `AlertDay` that are numbers."""
    table = table_of(AlertDay)
    times = {"view", "acknowledge", "close"}
    counts: dict[str, ColumnElement[int]] = {
        each.name: func.sum(each)
        for each in table.c
        if each.name not in _KEYS and each.name.removesuffix("_service") not in times
    }
    pressing = table.c.level.in_(("urgent", "emergency"))
    counts["pressing"] = func.sum(table.c.opened).filter(pressing)
    return _of_rollup(tx, asked, table, table.c.day, counts)


def weeks(tx: Tx, asked: Asked) -> Sums:
    """Patient-weeks: `weeks_due`, `weeks_answered`, `weeks_alerting`."""
    return _spans(tx, asked, Span.WEEK)


def months(tx: Tx, asked: Asked) -> Sums:
    """Patient-months: `months_due`, `months_answered`, `months_alerting`."""
    return _spans(tx, asked, Span.MONTH)


def messages(tx: Tx, asked: Asked) -> Sums:
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
    return _of_rollup(tx, asked, table, table.c.day, counts)


def entered(tx: Tx, asked: Asked) -> Sums:
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
    return _of_courses(tx, asked, table, row.entered_on, counts)


def enrolled(tx: Tx, asked: Asked) -> Sums:
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
    return _of_courses(tx, asked, table, row.enrolled_on, counts)


def events(tx: Tx, asked: Asked) -> Sums:
    """Grave events by their day, of patients enrolled by then, and those after silence."""
    row = table_of(PatientCourse).c
    on = func.unnest(row.events).label("on")
    kept = (row.site_id, row.patient_id, row.enrolled_on, row.silent_events)
    some = (row.site_id == asked.site_id, row.events != _NO_DAYS)
    each = select(*kept, on).where(*some).subquery()
    since = each.c.enrolled_on <= each.c.on
    silent = each.c.on == any_(each.c.silent_events)
    counts = {"events": _how_many(since), "silent_events": _how_many(since & silent)}
    return _of_courses(tx, asked, each, each.c.on, counts)


def _spans(tx: Tx, asked: Asked, span: Span) -> Sums:
    table = table_of(SurveySpan)
    counts = {
        f"{span.value}s_{name}": func.sum(table.c[name]) for name in ("due", "answered", "alerting")
    }
    mine = (table.c.site_id == asked.site_id, table.c.dimension == asked.dimension)
    rows = Rows(table.c.value, table.c.begins, (*mine, table.c.span == span))
    return _summed(tx, asked, rows, counts)


def _how_many(these: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(these)


def _of_rollup(
    tx: Tx,
    asked: Asked,
    table: Table,
    day: ColumnElement[date],
    counts: Counts,
) -> Sums:
    mine = (table.c.site_id == asked.site_id, table.c.dimension == asked.dimension)
    return _summed(tx, asked, Rows(table.c.value, day, mine), counts)


def _of_courses(
    tx: Tx, asked: Asked, source: FromClause, day: ColumnElement[date], counts: Counts
) -> Sums:
    """The dimension is the patient's as she is today."""
    mine = (source.c.site_id == asked.site_id,)
    if asked.dimension is Dimension.ALL:
        return _summed(tx, asked, Rows(literal(""), day, mine), counts)
    hers = (*mine, Patient.id == source.c.patient_id)
    return _summed(tx, asked, Rows(value_of(asked.dimension), day, hers), counts)


def _summed(tx: Tx, asked: Asked, rows: Rows, all_of_them: Counts) -> Sums:
    counts = {name: each for name, each in all_of_them.items() if asked.wants(name)}
    if not counts:
        return {}
    query = (
        select(rows.value.label("value"), asked.bucket(rows.day).label("bucket"), *counts.values())
        .where(rows.day.between(asked.days.first, asked.days.last), *rows.which)
        .group_by("value", "bucket")
    )
    return {
        (row[0], row[1]): dict(zip(counts, map(_number, row[2:]), strict=True))
        for row in tx.session.execute(query)
    }


def _number(found: int | None) -> int:
    return int(found or 0)
