"""Roll-ups held against their recomputation: is what stands there what the rows come to?

Whatever a note waits for is not judged yet. What differs without one was changed past the triggers,
or is a fault of ours: it is counted (`RollupCheck`), shown to operators, and noted to be made anew.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Select, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_or

from rsm.db.statements import table_of
from rsm.db.still import still
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.metrics import changes, rollup_alerts, rollup_courses, rollup_messages, rollup_surveys
from rsm.metrics.changes import Changed
from rsm.metrics.model import Span
from rsm.metrics.pieces import first_of
from rsm.metrics.survey_facts import on, surveys
from rsm.metrics.tables import (
    AlertDay,
    Due,
    MeasureChange,
    MessageDay,
    PatientCourse,
    RollupCheck,
    RollupDue,
    SurveyDay,
    SurveySpan,
)
from rsm.patients.tables import Patient
from rsm.sites.tables import Site

NIGHTLY_DAYS = 5
NIGHTLY_COURSES = 50
_AGAIN_AFTER = timedelta(hours=20)
_HOURS = (time(0), time(12))  # one of them is on the same day in every zone
Key = tuple[str, date | UUID]  # what, and of which day, week, month or patient
_DAY, _COURSE = "day", "course"


@dataclass(frozen=True)
class Checked:
    """What was looked at, and what of it differs from its recomputation."""

    looked_at: tuple[Key, ...]
    wrong: tuple[Key, ...]


def check(tx: Tx, site_id: UUID, days: Collection[date], patients: Collection[UUID]) -> Checked:
    """These days with their weeks, months and messages, and these patients' courses."""
    keys = sorted(_keys(days, patients), key=repr)
    wrong = [key for key in keys if _differs(tx, site_id, key)]
    if wrong:  # was it changed meanwhile, or does it still wait?
        waiting = _waiting(tx, site_id)
        wrong = [key for key in wrong if key not in waiting and _differs(tx, site_id, key)]
    return Checked(tuple(keys), tuple(wrong))


def repair(tx: Tx, site_id: UUID, wrong: Sequence[Key]) -> None:
    """Note all of it: the next rounds make it anew."""
    for note in [_note(*key) for key in wrong]:
        tx.session.execute(insert(table_of(MeasureChange)).values(site_id=site_id, **note))


def some(tx: Tx, site_id: UUID) -> tuple[list[date], list[UUID]]:
    """A few days and patients, others each day: in the end all come by."""
    seed = literal(tx.now.date().isoformat())
    days = (
        select(SurveyDay.day)
        .where(SurveyDay.site_id == site_id, SurveyDay.dimension == "all")
        .order_by(func.md5(func.concat(SurveyDay.day, seed)))
        .limit(NIGHTLY_DAYS)
    )
    patients = (
        select(Patient.id)
        .where(Patient.site_id == site_id)
        .order_by(func.md5(func.concat(Patient.id, seed)))
        .limit(NIGHTLY_COURSES)
    )
    yesterday = tx.now.date() - timedelta(days=1)
    return [yesterday, *tx.session.scalars(days)], list(tx.session.scalars(patients))


def within(tx: Tx, site_id: UUID, first: date, last: date) -> tuple[list[date], list[UUID]]:
    """Every day of these, and every patient who was asked in them."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows = surveys(site_id, on(days), facts=(), divided=False).subquery()
    return days, list(tx.session.scalars(select(rows.c.patient_id).distinct()))


def check_due(db: Database) -> int:
    """Each site that was not checked today, or where something was wrong; returns how many."""
    with db.begin(EVERYWHERE) as tx:
        due = list(tx.session.scalars(_due(tx.now)))
    for site_id in due:
        with still(db).begin(EVERYWHERE) as tx:  # else a change within is taken for a fault
            found = check(tx, site_id, *some(tx, site_id))
        with db.begin(EVERYWHERE) as tx:
            repair(tx, site_id, found.wrong)
            _keep(tx, site_id, len(found.wrong))
    return 0


def wrong_now(tx: Tx) -> dict[UUID, int]:
    """By site, how much differed at its last check; sites never checked are left out."""
    rows = tx.session.execute(select(RollupCheck.site_id, RollupCheck.wrong))
    return {row.site_id: row.wrong for row in rows}


def _due(now: datetime) -> Select[UUID]:
    before = RollupCheck.checked_at < now - _AGAIN_AFTER
    never = RollupCheck.site_id.is_(None)
    known = select(Site.id).outerjoin(RollupCheck, RollupCheck.site_id == Site.id)
    return known.where(before | never | (RollupCheck.wrong > 0))


def _keep(tx: Tx, site_id: UUID, wrong: int) -> None:
    values = {"checked_at": tx.now, "wrong": wrong}
    made = insert_or(table_of(RollupCheck)).values(site_id=site_id, **values)
    tx.session.execute(made.on_conflict_do_update(index_elements=["site_id"], set_=values))


def _keys(days: Collection[date], patients: Collection[UUID]) -> Iterator[Key]:
    yield from ((_COURSE, patient) for patient in set(patients))
    for day in set(days):
        yield _DAY, day
        yield Due.WRITTEN.value, day
    yield from {(span.value, first_of(span, day)) for day in days for span in Span}


def _differs(tx: Tx, site_id: UUID, key: Key) -> bool:
    return any(
        sorted(map(repr, stands)) != sorted(map(repr, should))
        for stands, should in _compared(tx, site_id, *key)
    )


_Rows = list[tuple[object, ...]]


def _compared(tx: Tx, site_id: UUID, what: str, of: date | UUID) -> Iterator[tuple[_Rows, _Rows]]:
    """What stands, and what it should be."""
    if isinstance(of, UUID):
        yield _pair(tx, PatientCourse, rollup_courses.of_some(site_id, [of]), patient_id=of)
    elif what == _DAY:
        yield _pair(tx, SurveyDay, rollup_surveys.by_day(site_id, [of]), site_id=site_id, day=of)
        yield _alerts(tx, site_id, of)
    elif what == Due.WRITTEN:
        made = rollup_messages.by_day(tx, site_id, [of])
        yield _pair(tx, MessageDay, made, site_id=site_id, day=of)
    else:
        made = rollup_surveys.by_span(site_id, Span(what), [of])
        yield _pair(tx, SurveySpan, made, site_id=site_id, span=what, begins=of)


_Table = type[SurveyDay] | type[SurveySpan] | type[MessageDay] | type[PatientCourse]


def _pair(
    tx: Tx, table: _Table, made: Select[tuple[object, ...]], **key: object
) -> tuple[_Rows, _Rows]:
    columns = table_of(table).c
    stand = select(*(columns[each.name] for each in made.selected_columns)).where(
        *(columns[name] == value for name, value in key.items())
    )
    return _rows(tx, stand), _rows(tx, made)


def _alerts(tx: Tx, site_id: UUID, day: date) -> tuple[_Rows, _Rows]:
    """Made in Python, not by a statement."""
    columns = table_of(AlertDay).c
    stand = select(*columns).where(columns.site_id == site_id, columns.day == day)
    made = rollup_alerts.by_day(tx, site_id, [day])
    should = [tuple(_plain(row[each.name]) for each in columns) for row in made]
    return _rows(tx, stand), should


def _rows(tx: Tx, query: Select[tuple[object, ...]]) -> _Rows:
    return [tuple(map(_plain, row)) for row in tx.session.execute(query)]


def _plain(value: object) -> object:
    """An enum is its word, lists have no order, and a sum is a number as a column holds it."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, list):
        return sorted(value, key=repr)
    return str(value) if isinstance(value, str) else value


def _waiting(tx: Tx, site_id: UUID) -> set[Key]:
    """What the roll-ups have still to work off, or what will come of that."""
    found = changes.changed(tx, changes.waiting(tx, site_id))
    due = select(RollupDue.what, RollupDue.begins).where(RollupDue.site_id == site_id)
    return {
        *_named(found),
        *((Due(what).value, begins) for what, begins in tx.session.execute(due)),
    }


def _named(found: Changed) -> Iterator[Key]:
    yield from ((_DAY, day) for _, day in found.days)
    yield from ((_COURSE, patient) for _, patient in found.courses)
    for _, what, begins in (*changes.spans_of(found.days), *found.due):
        yield what.value, begins


def _note(what: str, of: date | UUID) -> dict[str, object]:
    if isinstance(of, UUID):
        return {"patient_id": of, "course_only": True}
    if what == Due.WRITTEN:
        return {"written_at": [datetime.combine(of, hour, UTC) for hour in _HOURS]}
    return {"on_day": of}  # its week and its month with it
