"""Alerts, messages and tasks as they stand, for an export: of some patients, or of none.

As `rsm.metrics.extract`, of which this is the other half.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from rsm.alerts.tables import Alert, Finding
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.messaging.tables import Message
from rsm.metrics.extract import Query, Record, Span, minutes, stream, within
from rsm.tasks.tables import Task

_ALERT = table_of(Alert).c
_MESSAGE = table_of(Message).c
_TASK = table_of(Task).c
_FINDING = table_of(Finding).c


def alerts(tx: Tx, span: Span, ids: Sequence[UUID] | None) -> Iterator[Record]:
    """Alerts that were opened in these days; None: those that are about no patient."""
    found = {
        name: select(func.array_agg(column.distinct()))
        .where(_FINDING.alert_id == _ALERT.id)
        .scalar_subquery()
        .label(name)
        for name, column in (
            ("rules", _FINDING.rule),
            ("symptoms", _FINDING.symptom),
            ("items", _FINDING.item),
        )
    }
    names = ("kind", "level", "state", "rule_pack", "outcome", "minutes_spent", "is_test")
    ways = ("acknowledged_by_channel", "owner_id", "closed_by")
    query = select(
        _ALERT.id.label("alert_id"),
        _ALERT.patient_id,
        _ALERT.occurrence_id.label("survey_id"),
        *(_ALERT[name] for name in (*names, *ways)),
        *found.values(),
        (_ALERT.epoch - 1).label("reopened"),
        _ALERT.opened_at.label("opened"),
        minutes(_ALERT.opened_at, _ALERT.target_at).label("target_minutes"),
        minutes(_ALERT.opened_at, _ALERT.first_viewed_at).label("viewed_after_minutes"),
        minutes(_ALERT.opened_at, _ALERT.acknowledged_at).label("acknowledged_after_minutes"),
        minutes(_ALERT.opened_at, _ALERT.closed_at).label("closed_after_minutes"),
    ).where(_ALERT.site_id == span.site_id, within(_ALERT.opened_at, span.period))
    query = _of(query, _ALERT.patient_id, ids)
    return stream(
        tx, _real(query, _ALERT.is_test, span), ids, _ALERT.patient_id, _ALERT.opened_at, _ALERT.id
    )


def messages(tx: Tx, span: Span, ids: Sequence[UUID] | None) -> Iterator[Record]:
    """Messages that were written in these days: to patients, and to staff about them.

    None: those that are about nobody.
    """
    whose = func.coalesce(_MESSAGE.patient_id, _ALERT.patient_id)
    names = ("staff_id", "alert_id", "audience", "channel", "lane", "purpose", "language", "state")
    query = (
        select(
            _MESSAGE.id.label("message_id"),
            whose.label("patient_id"),
            _MESSAGE.occurrence_id.label("survey_id"),
            *(_MESSAGE[name] for name in names),
            *(_MESSAGE.reason, _MESSAGE.segments, _MESSAGE.is_test),
            _MESSAGE.created_at.label("written"),
            _MESSAGE.handed_over_at.label("handed_over"),
            minutes(_MESSAGE.handed_over_at, _MESSAGE.delivered_at).label(
                "delivered_after_minutes"
            ),
        )
        .outerjoin(table_of(Alert), _ALERT.id == _MESSAGE.alert_id)
        .where(_MESSAGE.site_id == span.site_id, within(_MESSAGE.created_at, span.period))
    )
    if ids is None:
        query = query.where(_MESSAGE.patient_id.is_(None), _ALERT.patient_id.is_(None))
    else:
        theirs = table_of(Alert).alias("theirs").c
        of_them = select(theirs.id).where(theirs.patient_id.in_(ids))
        query = query.where(or_(_MESSAGE.patient_id.in_(ids), _MESSAGE.alert_id.in_(of_them)))
    return stream(
        tx, _real(query, _MESSAGE.is_test, span), ids, whose, _MESSAGE.created_at, _MESSAGE.id
    )


def tasks(tx: Tx, span: Span, ids: Sequence[UUID] | None) -> Iterator[Record]:
    """Tasks that were opened in these days; None: those that are about no patient."""
    query = select(
        _TASK.id.label("task_id"),
        _TASK.patient_id,
        _TASK.occurrence_id.label("survey_id"),
        *(_TASK.kind, _TASK.state, _TASK.role, _TASK.owner_id, _TASK.outcome, _TASK.is_test),
        _TASK.escalated_at.is_not(None).label("overdue"),
        _TASK.opened_at.label("opened"),
        minutes(_TASK.opened_at, _TASK.due_at).label("due_minutes"),
        minutes(_TASK.opened_at, _TASK.done_at).label("done_after_minutes"),
    ).where(_TASK.site_id == span.site_id, within(_TASK.opened_at, span.period))
    query = _of(query, _TASK.patient_id, ids)
    return stream(
        tx, _real(query, _TASK.is_test, span), ids, _TASK.patient_id, _TASK.opened_at, _TASK.id
    )


def _of(
    query: Query,
    patient_id: ColumnElement[UUID | None],
    ids: Sequence[UUID] | None,
) -> Query:
    return query.where(patient_id.is_(None) if ids is None else patient_id.in_(ids))


def _real(query: Query, is_test: ColumnElement[bool], span: Span) -> Query:
    return query if span.with_tests else query.where(~is_test)
