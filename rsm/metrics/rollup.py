"""Roll-ups: made anew where something has changed.

Triggers note what changes (`MeasureChange`). A round takes some of these notes, works out the days
and the courses that they are about, and forgets them, all in one transaction: a day is right as
soon as its notes are gone, whatever dies meanwhile. Two rounds at once take different notes, and
days in turn. What takes longer (weeks, months, a day's messages) a round only puts into a queue
(`RollupDue`), which a job of its own works off.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import accumulate, groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TypeVar, assert_never
from uuid import UUID
from zlib import crc32

from sqlalchemy import BigInteger, Select, Text, any_, cast, delete, func, literal, select, text
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
from rsm.metrics.survey_facts import any_of_days
from rsm.metrics.tables import Due, RollupDue

_NOTES = 20_000  # taken in one round: most of a backlog is about the same few days
_FIRST = 500  # of these: where each is of a day or a course of its own, more would come back
_DAYS = 200  # worked out in one round at most; what is more is written back as days
_SURVEYS = 20_000  # about so many in one round: whoever waits for its days gives up after 10 s
_COURSES = 500
_FEW = 10  # days: so many in a round are worked out without a look at how much they are
_SURVEYS_AT_ONCE = 10_000  # by one statement, which may take half a minute: a site may be large
_COURSES_AT_ONCE = 250
_PASS = 200  # weeks, months and days of messages that are worked out in one pass
_AT_ONCE = MappingProxyType({Due.WEEK: 20, Due.MONTH: 5, Due.WRITTEN: 50})
_One = TypeVar("_One")
_TURNS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(:site || ' ' || what, 0))"
    " FROM unnest(CAST(:what AS text[])) AS what"
)
_DAYS_BACK = text(
    "INSERT INTO measure_change (site_id, on_day)"
    " SELECT * FROM unnest(CAST(:sites AS uuid[]), CAST(:days AS date[]))"
)
_COURSES_BACK = text(
    "INSERT INTO measure_change (site_id, patient_id, course_only)"
    " SELECT *, true FROM unnest(CAST(:sites AS uuid[]), CAST(:patients AS uuid[]))"
)


def roll_up_due(db: Database) -> int:
    """One round; returns how many notes it has worked off."""
    with db.begin(EVERYWHERE) as tx:
        notes = _notes(tx)
        if not notes:
            return 0
        found = changes.changed(tx, notes)
        days, courses = _drawn(found.days, tx.now), sorted(found.courses)
        worked = _work_out(tx, days)
        for site_id, patients in groupby(courses[:_COURSES], key=itemgetter(0)):
            _in_turn(tx, site_id, ["courses"])
            for some in _parts([patient for _, patient in patients], _COURSES_AT_ONCE):
                rollup_courses.work_out(tx, site_id, some)
        _write_back(tx, days[worked:], courses[_COURSES:])
        _put_off(tx, {*changes.spans_of(days[:worked]), *found.due})
        return len(notes)


def roll_up_slowly(db: Database) -> int:
    """One pass over what was put off; 0 when no more waits than came in the meantime."""
    with db.begin(EVERYWHERE) as tx:
        waiting = list(tx.session.execute(_waiting(_PASS, tx.now)))
    for (site_id, what), each in groupby(waiting, key=itemgetter(0, 1)):
        for some in _parts([begins for _, _, begins in each], _AT_ONCE[what]):
            _work_off(db, site_id, what, some)
    return len(waiting) if len(waiting) == _PASS else 0


def roll_up_all(db: Database) -> None:
    """Round after round, until nothing waits."""
    while roll_up_due(db):
        pass
    while roll_up_slowly(db):
        pass


def _notes(tx: Tx) -> Sequence[changes.Note]:
    """The oldest: as many as are worked out together, whether or not they are about the same."""
    first = changes.take(tx, _FIRST)
    days = {(note.site_id, note.on_day) for note in first if note.on_day is not None}
    courses = {note.patient_id for note in first if note.course_only}
    if len(first) < _FIRST or len(days) + len(courses) >= _DAYS:
        return first
    return [*first, *changes.take(tx, _NOTES - _FIRST)]


def _drawn(days: Iterable[SiteDay], now: datetime) -> list[SiteDay]:
    """As many as a round takes, in the order in which they are held; then the others. Of more
    sites than that, others come first each time: none waits for ever behind those that change."""
    told = now.isoformat().encode()
    drawn = sorted(days, key=lambda one: (crc32(one[0].bytes + told), *one))
    return [*sorted(drawn[:_DAYS]), *drawn[_DAYS:]]


def _work_out(tx: Tx, days: Sequence[SiteDay]) -> int:
    """The first of these days, as many as fit into a round; returns how many."""
    worked, room, weighed = 0, _SURVEYS, len(days) > _FEW
    for site_id, each in groupby(days[:_DAYS], key=itemgetter(0)):
        for some, size in _portions(tx, site_id, [day for _, day in each], weighed=weighed):
            _in_turn(tx, site_id, [day.isoformat() for day in some])
            rollup_surveys.work_out(tx, site_id, some)
            rollup_alerts.work_out(tx, site_id, some)
            worked += len(some)
            room -= size
            if room <= 0:
                return worked
    return worked


def _portions(
    tx: Tx, site_id: UUID, days: Sequence[date], *, weighed: bool
) -> Iterator[tuple[Sequence[date], int]]:
    """In their order, as many at once as have not too many surveys together, with how many these
    are; all at once, and 0, where they are not weighed. No more is counted ahead than twice of what
    fitted before."""
    at, ahead = 0, _FEW
    while at < len(days):
        some = days[at : at + ahead]
        counts = rollup_surveys.how_many(tx, site_id, some) if weighed else {}
        sizes = list(accumulate(counts.get(day, 0) for day in some))
        fitting = max(1, bisect_right(sizes, _SURVEYS_AT_ONCE))
        yield some[:fitting], sizes[fitting - 1]
        at, ahead = at + fitting, 2 * fitting


def _parts(known: Sequence[_One], size: int) -> Iterator[Sequence[_One]]:
    return (known[at : at + size] for at in range(0, len(known), size))


def _in_turn(tx: Tx, site_id: UUID, what: Sequence[str]) -> None:
    """In order, so that two rounds never wait for one another in a ring."""
    tx.session.execute(_TURNS, {"site": str(site_id), "what": list(what)})


def _write_back(tx: Tx, days: Sequence[SiteDay], courses: Sequence[SitePatient]) -> None:
    for statement, name, rows in (
        (_DAYS_BACK, "days", days),
        (_COURSES_BACK, "patients", courses),
    ):
        if rows:
            sites, those = zip(*rows, strict=True)
            tx.session.execute(statement, {"sites": list(sites), name: list(those)})


def _put_off(tx: Tx, due: Iterable[SiteDue]) -> None:
    """In order, so that two rounds never wait for one another in a ring."""
    names = ("site_id", "what", "begins")
    rows = [dict(zip(names, each, strict=True)) for each in sorted(due)]
    if rows:
        tx.session.execute(insert_once(table_of(RollupDue)).on_conflict_do_nothing(), rows)


def _waiting(most: int, now: datetime) -> Select[UUID, Due, date]:
    """Site by site, another one first each time: none waits for ever behind those of which
    something has always changed again."""
    row = RollupDue
    drawn = literal(int(now.timestamp() * 1000), BigInteger())
    turn = func.hashtextextended(cast(row.site_id, Text), drawn)
    query = select(row.site_id, row.what, row.begins)
    return query.order_by(turn, row.site_id, row.what, row.begins).limit(most)


def _work_off(db: Database, site_id: UUID, what: Due, begins: Sequence[date]) -> None:
    """Taken away with the rows that say so: whoever changes it meanwhile writes it anew. What
    another worker is at is left to it."""
    with db.begin(EVERYWHERE) as tx:
        taken = _take(tx, site_id, what, begins)
        if not taken:
            return
        match what:
            case Due.WEEK | Due.MONTH:
                rollup_surveys.work_out_spans(tx, site_id, Span(what.value), taken)
            case Due.WRITTEN:
                rollup_messages.work_out(tx, site_id, taken)
            case _:
                assert_never(what)


def _take(tx: Tx, site_id: UUID, what: Due, begins: Sequence[date]) -> Sequence[date]:
    row = table_of(RollupDue).c
    these = (row.site_id == site_id, row.what == what)
    free = select(row.begins).where(*these, row.begins == any_of_days(begins))
    some = func.array(free.with_for_update(skip_locked=True).scalar_subquery())
    taken = delete(row.begins.table).where(*these, row.begins == any_(some))
    return sorted(tx.session.scalars(taken.returning(row.begins)))
