"""All SQL of the outbox. Addresses are sealed and opened here and nowhere else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.messaging.model import Draft, Due, Lane, MessageState, MessageView, StatusReport
from rsm.messaging.tables import DeliveryEvent, Message

_PLAIN = tuple(name for name in MessageView.__dataclass_fields__ if name != "address")
_HANDED_OVER = (
    MessageState.SENDING,
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
    MessageState.UNCONFIRMED,
)


def add(tx: Tx, draft: Draft) -> UUID | None:
    """The new row's id; None when the business key stands already."""
    message_id = tx.new_id()
    sealed = _seal(tx, draft.address, message_id) if draft.address else None
    wanted = insert(Message).values(
        id=message_id,
        site_id=draft.site_id,
        business_key=draft.business_key,
        lane=draft.lane,
        channel=draft.channel,
        audience=draft.audience,
        patient_id=draft.patient_id,
        staff_id=draft.staff_id,
        address_sealed=sealed,
        occurrence_id=draft.occurrence_id,
        alert_id=draft.alert_id,
        purpose=draft.purpose,
        language=draft.language,
        fields=dict(draft.fields),
        state=MessageState.QUEUED,
        next_at=draft.not_before or tx.now,
        not_after=draft.not_after,
        created_at=tx.now,
        is_test=draft.is_test,
    )
    added = wanted.on_conflict_do_nothing(index_elements=[Message.business_key])
    return tx.session.execute(added.returning(Message.id)).scalar_one_or_none()


def _seal(tx: Tx, address: str, message_id: UUID) -> bytes:
    return tx.vault.seal(address.encode(), f"message.address:{message_id}")


def due(tx: Tx, state: MessageState, lanes: Sequence[Lane], limit: int) -> list[Due]:
    """What is due in this state, sites in turn, so that one site's flood delays no other."""
    turn = func.row_number().over(
        partition_by=Message.site_id, order_by=(Message.next_at, Message.id)
    )
    waiting = (
        select(
            Message.id,
            Message.site_id,
            Message.patient_id,
            Message.alert_id,
            Message.next_at,
            turn.label("turn"),
        )
        .where(Message.lane.in_(lanes), Message.state == state, Message.next_at <= tx.now)
        .subquery()
    )
    c = waiting.c
    query = select(c.id, c.site_id, c.patient_id, c.alert_id).order_by(c.turn, c.next_at, c.id)
    return [Due(*row) for row in tx.session.execute(query.limit(limit))]


def silent(tx: Tx, since: datetime, until: datetime, limit: int) -> list[Due]:
    """What was handed over in this span and has had no final word since; the oldest first."""
    query = (
        select(Message.id, Message.site_id, Message.patient_id, Message.alert_id)
        .where(
            Message.state.in_((MessageState.ACCEPTED, MessageState.SENT)),
            Message.handed_over_at > since,
            Message.handed_over_at <= until,
        )
        .order_by(Message.handed_over_at, Message.id)
    )
    return [Due(*row) for row in tx.session.execute(query.limit(limit))]


def lock_due(tx: Tx, message_id: UUID, state: MessageState) -> MessageView | None:
    """The row, held, if it is still due in this state and nobody else holds it."""
    query = (
        select(Message)
        .where(Message.id == message_id, Message.state == state, Message.next_at <= tx.now)
        .with_for_update(skip_locked=True)
    )
    return _one(tx, query.execution_options(populate_existing=True))


def lock(tx: Tx, message_id: UUID) -> MessageView | None:
    query = select(Message).where(Message.id == message_id).with_for_update()
    return _one(tx, query.execution_options(populate_existing=True))


def peek(tx: Tx, message_id: UUID) -> Due | None:
    """Where a message belongs, without holding it."""
    query = select(Message.id, Message.site_id, Message.patient_id, Message.alert_id)
    row = tx.session.execute(query.where(Message.id == message_id)).first()
    return Due(*row) if row else None


def _one(tx: Tx, query: Select[Message]) -> MessageView | None:
    row = tx.session.scalar(query)
    if row is None:
        return None
    address = None
    if row.address_sealed is not None:
        address = tx.vault.open(row.address_sealed, f"message.address:{row.id}").decode()
    return MessageView(**{name: getattr(row, name) for name in _PLAIN}, address=address)


def change(tx: Tx, message_id: UUID, *conditions: ColumnElement[bool], **values: object) -> bool:
    """Set columns if the conditions (compare-and-set) still hold; whether they did."""
    query = update(Message).where(Message.id == message_id, *conditions).values(**values)
    return tx.session.execute(query.returning(Message.id)).first() is not None


def held_by(claim: UUID) -> ColumnElement[bool]:
    """The condition that this claim is still the one that counts."""
    return (Message.claim == claim) & (Message.state == MessageState.SENDING)


def cancel(tx: Tx, reason: str, *whose: ColumnElement[bool]) -> list[Due]:
    """Cancel what is still queued; what a worker holds already is looked at when it is claimed."""
    gone = tx.session.execute(
        update(Message)
        .where(Message.state == MessageState.QUEUED, *whose)
        .values(
            state=MessageState.CANCELLED, reason=reason, next_at=None, claim=None, settled_at=tx.now
        )
        .returning(Message.id, Message.site_id, Message.patient_id, Message.alert_id)
    )
    return [Due(*row) for row in gone]


def handed_over_since(tx: Tx, patient_id: UUID, since: datetime) -> int:
    """How many messages to this patient were, or may have been, handed over since then."""
    query = select(func.count()).where(
        Message.patient_id == patient_id,
        Message.state.in_(_HANDED_OVER),
        Message.claimed_at >= since,
    )
    return tx.session.execute(query).scalar_one()


def known_provider_ids(tx: Tx, provider_ids: Collection[str]) -> set[str]:
    """Those of them that belong to a message of ours already."""
    query = select(Message.provider_id).where(Message.provider_id.in_(provider_ids))
    return {known for known in tx.session.scalars(query) if known is not None}


def created_since(tx: Tx, business_keys: Collection[str], since: datetime) -> int:
    """How many of the messages with these keys were written since then."""
    query = select(func.count()).where(
        Message.business_key.in_(business_keys), Message.created_at >= since
    )
    return tx.session.execute(query).scalar_one()


def add_event(tx: Tx, message: MessageView, report: StatusReport) -> bool:
    """Keep a provider's word on a message; False when we have it already."""
    wanted = insert(DeliveryEvent).values(
        id=tx.new_id(),
        site_id=message.site_id,
        message_id=message.id,
        provider_id=report.provider_id,
        state=report.state,
        error_code=report.error_code,
        received_at=tx.now,
    )
    once = wanted.on_conflict_do_nothing(
        index_elements=[DeliveryEvent.provider_id, DeliveryEvent.state]
    )
    return tx.session.execute(once.returning(DeliveryEvent.id)).first() is not None
