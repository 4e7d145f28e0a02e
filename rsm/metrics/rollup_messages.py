"""Messages by the day on which they were written: how many left, in how many segments."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Date, Select, cast, delete, func, insert, literal, or_, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Audience
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message
from rsm.metrics.survey_facts import of_each, of_patient
from rsm.metrics.tables import MessageDay
from rsm.patients.tables import Patient
from rsm.sites import service as sites

_FAILED = (MessageState.UNDELIVERED, MessageState.FAILED)
_DAY = timedelta(days=1)


def work_out(tx: Tx, site_id: UUID, day: date) -> None:
    """Make that day of the site anew."""
    table = table_of(MessageDay)
    tx.session.execute(delete(table).where(table.c.site_id == site_id, table.c.day == day))
    made = of_day(tx, site_id, day)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def of_day(tx: Tx, site_id: UUID, day: date) -> Select[tuple[object, ...]]:
    """The rows of that day as they are to be."""
    zone = zone_named(sites.get(tx, site_id).zone)
    messages = (
        select(
            Message.audience,
            Message.channel,
            Message.state.in_(_FAILED).label("failed"),
            func.coalesce(Message.segments, 0).label("segments"),
            *of_patient(),
        )
        .outerjoin(
            Patient, (Patient.id == Message.patient_id) & (Message.audience == Audience.PATIENT)
        )
        .where(
            Message.site_id == site_id,
            Message.created_at >= start_instant(datetime.combine(day, time()), zone),
            Message.created_at < start_instant(datetime.combine(day + _DAY, time()), zone),
            Message.handed_over_at.is_not(None),
            ~Message.is_test,
            or_(Patient.id.is_(None), ~Patient.is_test),
        )
        .subquery("messages")
    )
    each = of_each(messages)
    key = (each.c.dimension, each.c.value, messages.c.audience, messages.c.channel)
    return (
        select(
            literal(site_id).label("site_id"),
            cast(literal(day), Date()).label("day"),
            *key,
            func.count().label("taken"),
            func.count().filter(messages.c.failed).label("failed"),
            func.sum(messages.c.segments).label("segments"),
        )
        .select_from(messages.join(each, literal(True)))
        .group_by(*key)
    )
