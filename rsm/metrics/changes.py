"""Notes of what has changed → the days of sites that must be worked out again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, delete, func, literal, or_, select
from sqlalchemy.sql.elements import CollectionAggregate

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics.tables import AlertDay, MetricChange, SurveyDay
from rsm.schedules.tables import Occurrence
from rsm.sites.tables import Site

SiteDay = tuple[UUID, date]


def take(tx: Tx, limit: int) -> list[MetricChange]:
    """Take away the oldest notes that nobody else is taking: they are back if this fails."""
    notes = table_of(MetricChange)
    oldest = select(notes.c.seq).order_by(notes.c.seq).limit(limit)
    some = func.array(oldest.with_for_update(skip_locked=True).scalar_subquery())
    these = MetricChange.seq == any_(some)  # as an array: from the index, however long the queue
    taken = delete(MetricChange).where(these).returning(MetricChange)
    return list(tx.session.scalars(taken))


def days_of(tx: Tx, notes: Sequence[MetricChange]) -> set[SiteDay]:
    """The days that these notes are about. What is gone has left a note of its own."""
    days = {(note.site_id, note.on_day) for note in notes if note.on_day is not None}
    days.update(_of_surveys(tx, notes))
    days.update(_known(tx, _sites(notes)))
    opened = {(note.site_id, note.opened_at) for note in notes if note.opened_at is not None}
    opened.update(_of_alerts(tx, notes))
    zones = _zones(tx, {site_id for site_id, _ in opened})
    days.update((site_id, local_of(at, zones[site_id]).date()) for site_id, at in opened)
    return days


def _known(tx: Tx, site_ids: set[UUID]) -> Iterator[SiteDay]:
    """Days that stand there: another clock may leave nothing of them."""
    for table in (SurveyDay, AlertDay):
        query = select(table.site_id, table.day).where(table.site_id.in_(site_ids)).distinct()
        yield from ((site_id, day) for site_id, day in tx.session.execute(query))


def _of_surveys(tx: Tx, notes: Sequence[MetricChange]) -> Iterator[SiteDay]:
    surveys = {note.occurrence_id for note in notes if note.occurrence_id is not None}
    which = (
        Occurrence.id == _any_of(surveys),
        Occurrence.patient_id == _any_of(_patients(notes)),
        Occurrence.site_id == _any_of(_sites(notes)),
    )
    query = select(Occurrence.site_id, Occurrence.local_date).where(or_(*which)).distinct()
    return ((site_id, of) for site_id, of in tx.session.execute(query))


def _of_alerts(tx: Tx, notes: Sequence[MetricChange]) -> Iterator[tuple[UUID, datetime]]:
    alerts = {note.alert_id for note in notes if note.alert_id is not None}
    which: tuple[ColumnElement[bool], ...] = (
        Alert.id == _any_of(alerts),
        Alert.patient_id == _any_of(_patients(notes)),
        Alert.site_id == _any_of(_sites(notes)),
    )
    query = select(Alert.site_id, Alert.opened_at).where(or_(*which))
    return ((site_id, of) for site_id, of in tx.session.execute(query))


def _any_of(ids: set[UUID]) -> CollectionAggregate[bool]:
    """As one array: thousands of them are no thousand parameters."""
    return any_(literal(list(ids), ARRAY(Uuid())))


def _patients(notes: Sequence[MetricChange]) -> set[UUID]:
    return {note.patient_id for note in notes if note.patient_id is not None}


def _sites(notes: Sequence[MetricChange]) -> set[UUID]:
    """Those of which everything must be worked out again."""
    said = ("on_day", "occurrence_id", "alert_id", "opened_at", "patient_id")
    return {note.site_id for note in notes if not any(getattr(note, name) for name in said)}


def _zones(tx: Tx, site_ids: set[UUID]) -> Mapping[UUID, ZoneInfo]:
    rows = tx.session.execute(select(Site.id, Site.zone).where(Site.id.in_(site_ids)))
    return {site_id: zone_named(zone) for site_id, zone in rows}
