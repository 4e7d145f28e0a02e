"""Facts from which the auditor re-derives the promises. Only reads; runs as the worker, everywhere.

Each query looks at the rows themselves and not at what the worker believes of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from rsm.alerts.tables import Alert
from rsm.db.ready import Ready
from rsm.db.statements import table_of
from rsm.db.tables import Heartbeat
from rsm.db.work import Tx
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation
from rsm.kernel.words import AlertState, Channel
from rsm.messaging.incoming import InboundState
from rsm.messaging.model import Lane, MessageState
from rsm.messaging.tables import DeliveryEvent, InboundMessage, Message
from rsm.metrics.decide import first_id
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.schedules.model import AssignmentView, EndedBy
from rsm.schedules.store import assignment_view
from rsm.schedules.tables import Occurrence, PlanAssignment
from rsm.security.tables import AuditEvent, AuditPending
from rsm.tasks.tables import Task


@dataclass(frozen=True)
class PlanFacts:
    """One active plan: its timer, and the windows that it has made so far."""

    following: AssignmentView
    keys: frozenset[str]


@dataclass(frozen=True)
class Share:
    """One of `of` equal parts of all plans, by their ids."""

    number: int = 0
    of: int = 1


ALL = Share()


@dataclass(frozen=True)
class BadAlert:
    """An open alert whose next step is missing, or overdue."""

    id: UUID
    site_id: UUID
    patient_id: UUID | None
    has_step: bool


def active_plans(tx: Tx) -> int:
    """How many plans are followed now."""
    return tx.session.scalar(select(func.count()).where(PlanAssignment.active)) or 0


def plans(tx: Tx, since: date, share: Share = ALL) -> Iterator[PlanFacts]:
    """Active plans with their windows from the local date `since` on."""
    oldest = datetime.combine(since, time(), UTC) - timedelta(days=2)
    made = (
        select(Occurrence.assignment_id, func.array_agg(Occurrence.window_key).label("windows"))
        .where(
            Occurrence.opens_at >= oldest,
            Occurrence.scheduled,
            Occurrence.local_date >= since,
            _in_share(Occurrence.assignment_id, share),
        )
        .group_by(Occurrence.assignment_id)
        .subquery()
    )
    rows = tx.session.execute(
        select(PlanAssignment, made.columns.windows)
        .outerjoin(made, made.columns.assignment_id == PlanAssignment.id)
        .where(PlanAssignment.active, _in_share(PlanAssignment.id, share))
        .execution_options(yield_per=1000)
    )
    return (PlanFacts(assignment_view(row), frozenset(keys or ())) for row, keys in rows)


def _in_share(
    plan_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None], share: Share
) -> ColumnElement[bool]:
    if share == ALL:
        return true()
    return func.mod(func.abs(func.uuid_hash(plan_id).cast(BigInteger)), share.of) == share.number


def unplanned(tx: Tx) -> int:
    """Patients who are enrolled and follow no plan: no timer would ever ask them. Whoever has
    completed hers is asked no more by design."""
    stands = or_(PlanAssignment.active, PlanAssignment.end_reason == EndedBy.COMPLETED)
    followed = exists().where(PlanAssignment.patient_id == Patient.id, stands)
    query = select(func.count()).where(Patient.status == PatientStatus.ENROLLED, ~followed)
    return tx.session.scalar(query) or 0


def _bad_alerts() -> Ready:
    climbing = Escalation.state == EscalationState.CLIMBING
    loaned = Escalation.state == EscalationState.LOANED
    amiss = or_(
        Escalation.alert_id.is_(None),
        Escalation.next_at.is_(None),
        and_(Alert.state == AlertState.OPEN, ~climbing),
        and_(Alert.state == AlertState.ACKNOWLEDGED, ~loaned),
        and_(Alert.state == AlertState.ACKNOWLEDGED, Alert.loan_until.is_(None)),
    )
    late = Escalation.next_at < bindparam("overdue")
    columns = table_of(Alert).c
    # Written out, so that a plan that is kept knows the index over those that are not closed.
    closed: ColumnElement[str] = literal_column(f"'{AlertState.CLOSED}'")
    query = (
        select(columns.id, columns.site_id, columns.patient_id, (~amiss).label("has_step"))
        .outerjoin(table_of(Escalation), Escalation.alert_id == Alert.id)
        .where(Alert.state != closed, or_(amiss, late))
    )
    return Ready(query, frozenset({"overdue"}))


_BAD_ALERTS = _bad_alerts()


def bad_alerts(tx: Tx, overdue: datetime) -> Sequence[BadAlert]:
    """Alerts not closed that have no step to come, one older than `overdue`, or a loan amiss."""
    return [BadAlert(*row) for row in _BAD_ALERTS.ask(tx.session, {"overdue": overdue})]


def has_no_step(tx: Tx, alert_id: UUID) -> bool:
    """Whether that alert is still not closed and has no step to come, or a loan amiss."""
    return any(each.id == alert_id and not each.has_step for each in bad_alerts(tx, tx.now))


def waiting_since(tx: Tx) -> Mapping[Lane, datetime]:
    """For each lane with something due, since when the oldest of it is."""
    rows = tx.session.execute(
        select(Message.lane, func.min(Message.next_at))
        .where(Message.state == MessageState.QUEUED, Message.next_at <= tx.now)
        .group_by(Message.lane)
    )
    return {lane: since for lane, since in rows if since is not None}


def stuck_sending(tx: Tx, lease_ended: datetime) -> int:
    """Messages that nobody has reconciled although their lease ended before that."""
    query = select(func.count()).where(
        Message.state == MessageState.SENDING, Message.next_at < lease_ended
    )
    return tx.session.scalar(query) or 0


def unread_inbound(tx: Tx, received: datetime) -> int:
    """Texts that came in before that and nobody has handled."""
    query = select(func.count()).where(
        InboundMessage.state == InboundState.STORED, InboundMessage.received_at < received
    )
    return tx.session.scalar(query) or 0


def unsealed(tx: Tx, written: datetime) -> int:
    """Audit events written before that and not in the chain yet."""
    query = (
        select(func.count())
        .select_from(AuditPending)
        .join(AuditEvent, AuditEvent.id == AuditPending.event_id)
        .where(AuditEvent.at < written)
    )
    return tx.session.scalar(query) or 0


def silent_processes(tx: Tx, beat: datetime, gone: timedelta, stopped: str) -> int:
    """Processes that fell silent before `beat` without saying goodbye, within the time `gone`."""
    query = select(func.count()).where(
        Heartbeat.beat_at < beat, Heartbeat.beat_at >= tx.now - gone, Heartbeat.release != stopped
    )
    return tx.session.scalar(query) or 0


def unanswered_texts(tx: Tx, since: datetime, until: datetime) -> int:
    """Texts handed over between the two of which no callback came, if since then none came of any.

    A word of the provider's list, which is asked later, is about older ones: it is no callback.
    """
    waiting = select(func.count()).where(
        Message.channel == Channel.SMS,
        Message.state.in_((MessageState.ACCEPTED, MessageState.SENT)),
        Message.handed_over_at >= since,
        Message.handed_over_at < until,
    )
    called = (
        select(DeliveryEvent.id)
        .join(Message, Message.id == DeliveryEvent.message_id)
        .where(
            DeliveryEvent.id >= first_id(since),
            Message.channel == Channel.SMS,
            Message.handed_over_at >= since,
        )
        .correlate(None)
        .exists()
    )
    return tx.session.scalar(waiting.where(~called)) or 0


def from_the_future(tx: Tx, now: datetime) -> int:
    """Signs of life and audit events that are later than `now`: the database's clock went back."""
    beats = select(func.count()).where(Heartbeat.beat_at > now)
    events = select(func.count()).where(AuditEvent.id >= first_id(now))
    return (tx.session.scalar(beats) or 0) + (tx.session.scalar(events) or 0)


def quarantined(tx: Tx) -> int:
    """Rows that failed repeatedly, were set aside, and wait for a person."""
    timed = (PlanAssignment, Occurrence, Task)
    counts = (
        select(func.count()).select_from(table).where(table.quarantined_at.is_not(None))
        for table in timed
    )
    return sum(tx.session.scalar(query) or 0 for query in counts)
