"""Notes of what has changed → what must be worked out again: days, courses, weeks and months."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, any_, delete, func, or_, select

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, zone_named
from rsm.messaging.tables import Message
from rsm.metrics.grave_events import any_of
from rsm.metrics.model import Span
from rsm.metrics.pieces import first_of
from rsm.metrics.tables import (
    AlertDay,
    Due,
    MeasureChange,
    MessageDay,
    PatientCourse,
    SurveyDay,
    SurveySpan,
)
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence
from rsm.sites.tables import Site

SiteDay = tuple[UUID, date]
SitePatient = tuple[UUID, UUID]
SiteDue = tuple[UUID, Due, date]
Note = Row[*tuple[Any, ...]]  # of `MeasureChange`
_Daily = type[SurveyDay] | type[AlertDay] | type[MessageDay]
_HOUR = timedelta(hours=1)
_INSTANT = timedelta(microseconds=1)
_SAID = ("on_day", "occurrence_id", "alert_id", "opened_at", "occurrence_ids", "written_at")


@dataclass(frozen=True)
class Changed:
    """What some notes are about. `due`: what the slower job works out, beside the weeks and months
    of the days (`spans_of`)."""

    days: frozenset[SiteDay]
    courses: frozenset[SitePatient]
    due: frozenset[SiteDue]


@dataclass(frozen=True)
class _About:
    """What the notes name."""

    surveys: frozenset[UUID]
    alerts: frozenset[UUID]
    patients: frozenset[UUID]  # of whom everything has changed
    sites: frozenset[UUID]  # of which everything has changed


def take(tx: Tx, limit: int) -> Sequence[Note]:
    """Take away the oldest notes that nobody else is taking: they are back if this fails."""
    notes = table_of(MeasureChange)
    oldest = select(notes.c.seq).order_by(notes.c.seq).limit(limit)
    some = func.array(oldest.with_for_update(skip_locked=True).scalar_subquery())
    these = notes.c.seq == any_(some)  # as an array: from the index, whatever waits
    return tx.session.execute(delete(notes).where(these).returning(*notes.c)).all()


def waiting(tx: Tx, site_id: UUID) -> Sequence[Note]:
    """All that wait for the site."""
    notes = table_of(MeasureChange)
    return tx.session.execute(select(notes).where(notes.c.site_id == site_id)).all()


def spans_of(days: Iterable[SiteDay]) -> Iterator[SiteDue]:
    """The weeks and months in which these days lie."""
    yield from {(site_id, Due(span), first_of(span, day)) for site_id, day in days for span in Span}


def changed(tx: Tx, notes: Sequence[Note]) -> Changed:
    """What these notes are about. What is gone has left a note of its own."""
    about = _about(notes)
    zone = _zones(tx)
    days = {(note.site_id, note.on_day) for note in notes if note.on_day is not None}
    courses = {(note.site_id, note.patient_id) for note in notes if note.patient_id is not None}
    for site_id, day, patient_id in _surveys(tx, about):
        days.add((site_id, day))
        courses.add((site_id, patient_id))
    opened = {(note.site_id, note.opened_at) for note in notes if note.opened_at is not None}
    for site_id, at, whose in _alerts(tx, about):
        opened.add((site_id, at))
        courses |= {(site_id, whose)} if whose is not None else set()
    days.update((site_id, local_of(at, zone(site_id)).date()) for site_id, at in opened)
    days.update(_of_sites(tx, about.sites, zone))
    days.update(_standing(tx, about.sites, SurveyDay, AlertDay))
    courses.update(_patients_of(tx, about.sites))
    due = set(_spans_standing(tx, about.sites))
    due.update((site, Due.WRITTEN, day) for site, day in _written(tx, notes, about, zone))
    return Changed(frozenset(days), frozenset(courses), frozenset(due))


def _about(notes: Sequence[Note]) -> _About:
    surveys = {note.occurrence_id for note in notes if note.occurrence_id is not None}
    surveys.update(each for note in notes for each in note.occurrence_ids or ())
    bare = [note for note in notes if not any(getattr(note, name) for name in _SAID)]
    return _About(
        surveys=frozenset(surveys),
        alerts=frozenset(note.alert_id for note in notes if note.alert_id is not None),
        patients=frozenset(
            note.patient_id for note in bare if note.patient_id is not None and not note.course_only
        ),
        sites=frozenset(note.site_id for note in bare if note.patient_id is None),
    )


def _surveys(tx: Tx, about: _About) -> Iterator[tuple[UUID, date, UUID]]:
    """Site, day and patient of each survey that is named, or that is of a patient."""
    which = (
        Occurrence.id == any_of(about.surveys),
        Occurrence.patient_id == any_of(about.patients),
    )
    query = select(Occurrence.site_id, Occurrence.local_date, Occurrence.patient_id)
    found = tx.session.execute(query.where(or_(*which)).distinct())
    return ((site_id, day, patient) for site_id, day, patient in found)


def _alerts(tx: Tx, about: _About) -> Iterator[tuple[UUID, datetime, UUID | None]]:
    which: tuple[ColumnElement[bool], ...] = (
        Alert.id == any_of(about.alerts),
        Alert.patient_id == any_of(about.patients),
    )
    query = select(Alert.site_id, Alert.opened_at, Alert.patient_id).where(or_(*which))
    return ((site_id, at, patient) for site_id, at, patient in tx.session.execute(query))


def _of_sites(
    tx: Tx, sites: frozenset[UUID], zone: Callable[[UUID], ZoneInfo]
) -> Iterator[SiteDay]:
    """Days of all surveys and alerts of these sites; of a million rows some thousands come back."""
    if not sites:
        return
    surveys = select(Occurrence.site_id, Occurrence.local_date).distinct()
    found = tx.session.execute(surveys.where(Occurrence.site_id == any_of(sites)))
    yield from ((site_id, day) for site_id, day in found)
    alerts = select(Alert.site_id, func.date_trunc("hour", Alert.opened_at)).distinct()
    opened = tx.session.execute(alerts.where(Alert.site_id == any_of(sites)))
    yield from _local(((site_id, at) for site_id, at in opened), zone)


def _local(
    hours: Iterable[tuple[UUID, datetime]], zone: Callable[[UUID], ZoneInfo]
) -> Iterator[SiteDay]:
    """Days in which these hours lie: one may lie on both sides of a midnight."""
    for site_id, at in hours:
        for end in (at, at + _HOUR - _INSTANT):
            yield site_id, local_of(end, zone(site_id)).date()


def _written(
    tx: Tx, notes: Sequence[Note], about: _About, zone: Callable[[UUID], ZoneInfo]
) -> Iterator[SiteDay]:
    """Days on which messages were written that have changed; a note names the hour."""
    hours = {(note.site_id, at) for note in notes for at in note.written_at or ()}
    hours.update(_messages(tx, about))
    yield from _local(hours, zone)
    yield from _standing(tx, about.sites, MessageDay)


def _messages(tx: Tx, about: _About) -> Iterable[tuple[UUID, datetime]]:
    which = (
        Message.patient_id == any_of(about.patients),
        Message.site_id == any_of(about.sites),
    )
    if not about.patients and not about.sites:
        return ()
    hour = func.date_trunc("hour", Message.created_at)
    query = select(Message.site_id, hour).where(or_(*which)).distinct()
    return [(site_id, at) for site_id, at in tx.session.execute(query)]


def _standing(tx: Tx, sites: frozenset[UUID], *tables: _Daily) -> Iterator[SiteDay]:
    """Days that stand there: another clock may leave nothing of them."""
    for table in tables:
        query = select(table.site_id, table.day).where(table.site_id == any_of(sites)).distinct()
        yield from ((site_id, day) for site_id, day in tx.session.execute(query))


def _spans_standing(tx: Tx, sites: frozenset[UUID]) -> Iterator[SiteDue]:
    query = select(SurveySpan.site_id, SurveySpan.span, SurveySpan.begins).distinct()
    for site_id, span, begins in tx.session.execute(
        query.where(SurveySpan.site_id == any_of(sites))
    ):
        yield site_id, Due(span), begins


def _patients_of(tx: Tx, sites: frozenset[UUID]) -> Iterator[SitePatient]:
    for table, patient_id in ((Patient, Patient.id), (PatientCourse, PatientCourse.patient_id)):
        query = select(table.site_id, patient_id).where(table.site_id == any_of(sites))
        yield from ((site_id, patient) for site_id, patient in tx.session.execute(query))


def _zones(tx: Tx) -> Callable[[UUID], ZoneInfo]:
    """Each site's zone, looked up once."""
    known: dict[UUID, ZoneInfo] = {}

    def zone(site_id: UUID) -> ZoneInfo:
        if site_id not in known:
            name = tx.session.execute(select(Site.zone).where(Site.id == site_id)).scalar_one()
            known[site_id] = zone_named(name)
        return known[site_id]

    return zone
