"""Messages by the day on which they were written: how many left, in how many segments."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, literal, or_, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import Audience
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message
from rsm.metrics.local_days import day_of, near
from rsm.metrics.survey_facts import any_of_days, of_each, of_patient
from rsm.metrics.tables import MessageDay
from rsm.patients.tables import Patient
from rsm.sites import service as sites

_FAILED = (MessageState.UNDELIVERED, MessageState.FAILED)


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew: one statement for any number of them."""
    table = table_of(MessageDay)
    these = (table.c.site_id == site_id, table.c.day == any_of_days(days))
    tx.session.execute(delete(table).where(*these))
    made = by_day(tx, site_id, days)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_day(tx: Tx, site_id: UUID, days: Collection[date]) -> Select[tuple[object, ...]]:
    """The rows of these days as they are to be."""
    zone = zone_named(sites.get(tx, site_id).zone)
    messages = (
        select(
            day_of(Message.created_at, days, zone).label("day"),
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
            near(Message.created_at, days, zone),
            Message.handed_over_at.is_not(None),
            ~Message.is_test,
            or_(Patient.id.is_(None), ~Patient.is_test),
        )
        .subquery("messages")
    )
    each = of_each(messages)
    key = (messages.c.day, each.c.dimension, each.c.value, messages.c.audience, messages.c.channel)
    return (
        select(
            literal(site_id).label("site_id"),
            *key,
            func.count().label("taken"),
            func.count().filter(messages.c.failed).label("failed"),
            func.sum(messages.c.segments).label("segments"),
        )
        .select_from(messages.join(each, literal(True)))
        .where(messages.c.day.is_not(None))
        .group_by(*key)
    )
