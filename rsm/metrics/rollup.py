"""Roll-ups: made anew where something has changed.

Triggers note what changes (`MeasureChange`). A round takes some of these notes, works out the days
and the courses that they are about, and forgets them, all in one transaction: a day is right as
soon as its notes are gone, whatever dies meanwhile. Two rounds at once take different notes, and
days in turn. What takes longer (weeks, months, a day's messages) a round only puts into a queue
(`RollupDue`), which a job of its own works off.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TypeVar, assert_never
from uuid import UUID

from sqlalchemy import Select, delete, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as insert_once

from rsm.db.statements import table_of
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.metrics import (
    changes,
    rollup_alerts,
    rollup_courses,
    rollup_messages,
    rollup_surveys,
)
from rsm.metrics.changes import SiteDay, SiteDue, SitePatient
from rsm.metrics.model import Span
from rsm.metrics.tables import Due, MeasureChange, RollupDue

_NOTES = 20_000  # taken in one round: most of a backlog is about the same few days
_DAYS = 50  # worked out in one round; what is more is written back as days
_COURSES = 2_000
_DAYS_AT_ONCE = 10  # by one statement, which may take half a minute: a site may be large
_COURSES_AT_ONCE = 250
_PASS = 200  # weeks, months and days of messages that are worked out in one pass
_One = TypeVar("_One")
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:site || ' ' || :what, 0))")


def roll_up_due(db: Database) -> int:
    """One round; returns how many notes it has worked off."""
    with db.begin(EVERYWHERE) as tx:
        notes = changes.take(tx, _NOTES)
        if not notes:
            return 0
        found = changes.changed(tx, notes)
        days, courses = sorted(found.days), sorted(found.courses)
        for site_id, each in groupby(days[:_DAYS], key=lambda one: one[0]):
            _work_out(tx, site_id, [day for _, day in each])
        for site_id, patients in groupby(courses[:_COURSES], key=lambda one: one[0]):
            _in_turn(tx, site_id, "courses")
            for some in _parts([patient for _, patient in patients], _COURSES_AT_ONCE):
                rollup_courses.work_out(tx, site_id, some)
        _write_back(tx, days[_DAYS:], courses[_COURSES:])
        _put_off(tx, found.due)
        return len(notes)


def roll_up_slowly(db: Database) -> int:
    """One pass over what was put off; 0 when no more waits than came in the meantime."""
    with db.begin(EVERYWHERE) as tx:
        waiting = list(tx.session.execute(_waiting(_PASS)))
    for each in waiting:
        _work_off(db, *each)
    return len(waiting) if len(waiting) == _PASS else 0


def roll_up_all(db: Database) -> None:
    """Round after round, until nothing waits."""
    while roll_up_due(db):
        pass
    while roll_up_slowly(db):
        pass


def _work_out(tx: Tx, site_id: UUID, days: Sequence[date]) -> None:
    for day in days:  # in order, so that two rounds never wait for one another in a ring
        _in_turn(tx, site_id, day.isoformat())
    for some in _parts(days, _DAYS_AT_ONCE):
        rollup_surveys.work_out(tx, site_id, some)
        rollup_alerts.work_out(tx, site_id, some)


def _parts(known: Sequence[_One], size: int) -> Iterator[Sequence[_One]]:
    return (known[at : at + size] for at in range(0, len(known), size))


def _in_turn(tx: Tx, site_id: UUID, what: str) -> None:
    tx.session.execute(_TURN, {"site": str(site_id), "what": what})


def _write_back(tx: Tx, days: Iterable[SiteDay], courses: Iterable[SitePatient]) -> None:
    notes = table_of(MeasureChange)
    of_days = [{"site_id": site_id, "on_day": day} for site_id, day in days]
    of_courses = [
        {"site_id": site_id, "patient_id": patient, "course_only": True}
        for site_id, patient in courses
    ]
    for rows in (of_days, of_courses):
        if rows:
            tx.session.execute(insert(notes), rows)


def _put_off(tx: Tx, due: Iterable[SiteDue]) -> None:
    """In order, so that two rounds never wait for one another in a ring."""
    names = ("site_id", "what", "begins")
    rows = [dict(zip(names, each, strict=True)) for each in sorted(due)]
    if rows:
        tx.session.execute(insert_once(table_of(RollupDue)).on_conflict_do_nothing(), rows)


def _waiting(most: int) -> Select[UUID, Due, date]:
    return select(RollupDue.site_id, RollupDue.what, RollupDue.begins).limit(most)


def _work_off(db: Database, site_id: UUID, what: Due, begins: date) -> None:
    """Taken away with the row that says so: whoever changes it meanwhile writes it anew."""
    with db.begin(EVERYWHERE) as tx:
        table = table_of(RollupDue)
        this = tuple_(table.c.site_id, table.c.what, table.c.begins) == (site_id, what, begins)
        if tx.session.execute(delete(table).where(this).returning(table.c.what)).first() is None:
            return  # another worker's
        match what:
            case Due.WEEK | Due.MONTH:
                rollup_surveys.work_out_span(tx, site_id, Span(what.value), begins)
            case Due.WRITTEN:
                rollup_messages.work_out(tx, site_id, begins)
            case _:
                assert_never(what)
