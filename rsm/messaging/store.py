"""All SQL of the outbox. Addresses are sealed and opened here and nowhere else."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Uuid,
    bindparam,
    column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate

from rsm.db import statements
from rsm.db.ready import Ready
from rsm.db.statements import Kept, Query, by_id, table_of
from rsm.db.work import Tx
from rsm.kernel.ids import keyed_id
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import Draft, Due, Lane, MessageState, MessageView
from rsm.messaging.tables import Message

_PLAIN = tuple(name for name in MessageView.__dataclass_fields__ if name != "address")
_ON_THEIR_WAY = (MessageState.ACCEPTED, MessageState.SENT, MessageState.DELIVERED)

_ADD = Kept(
    Message,
    insert(table_of(Message))
    .on_conflict_do_nothing()  # of key or id: the one follows from the other
    .returning(table_of(Message).c.id),
)


def add(tx: Tx, draft: Draft) -> UUID | None:
    """The new row's id; None when the business key stands already.

    The id follows from the key, so that after a restore from backup it is the same again, and with
    it the callback address by which the provider knows the message.
    """
    message_id = keyed_id("message", draft.business_key)
    sealed = _seal(tx, draft.address, message_id) if draft.address else None
    values = {
        "id": message_id,
        "site_id": draft.site_id,
        "business_key": draft.business_key,
        "lane": draft.lane,
        "channel": draft.channel,
        "audience": draft.audience,
        "patient_id": draft.patient_id,
        "staff_id": draft.staff_id,
        "address_sealed": sealed,
        "occurrence_id": draft.occurrence_id,
        "alert_id": draft.alert_id,
        "purpose": draft.purpose,
        "language": draft.language,
        "fields": dict(draft.fields),
        "state": MessageState.QUEUED,
        "next_at": draft.not_before or tx.now,
        "planned_at": draft.not_before or tx.now,
        "not_after": draft.not_after,
        "fallback_of": draft.fallback_of,
        "created_at": tx.now,
        "is_test": draft.is_test,
    }
    return message_id if _ADD.first(tx, **values) is not None else None


def _seal(tx: Tx, address: str, message_id: UUID) -> bytes:
    return tx.vault.seal(address.encode(), _purpose(message_id))


def _purpose(message_id: UUID) -> str:
    return f"message.address:{message_id}"


DUE = text(
    """
    SELECT d.id, d.site_id, d.patient_id, d.alert_id
    FROM unnest(CAST(:sites AS uuid[])) AS site(id)
    CROSS JOIN unnest(CAST(:lanes AS text[])) WITH ORDINALITY AS lane(name, place)
    CROSS JOIN LATERAL (
      SELECT first.*, row_number() OVER (ORDER BY first.next_at, first.id) AS turn
      FROM (
        SELECT m.id, m.site_id, m.patient_id, m.alert_id, m.next_at FROM message m
        WHERE m.site_id = site.id AND m.lane = lane.name AND m.state = :state
          AND m.state IN ('queued', 'sending') AND m.next_at <= :now
        ORDER BY m.next_at, m.id LIMIT :most
      ) AS first
    ) AS d
    ORDER BY lane.place, d.turn, d.next_at, d.id LIMIT :most
    """
)
_OF_DUE = ("id", "site_id", "patient_id", "alert_id")
_DUE = Ready(
    DUE.columns(*(column(name, Uuid) for name in _OF_DUE)),
    frozenset({"sites", "lanes", "state", "now", "most"}),
)
# Of one index alone: what is being sent stands in it as well, and is little.
_ANY_DUE = Ready(
    text(
        """
    SELECT EXISTS (
      SELECT 1 FROM message m WHERE m.state IN ('queued', 'sending')
        AND m.lane = ANY(CAST(:lanes AS text[])) AND m.next_at <= :now
    ) AS some
    """
    ).columns(column("some", Boolean)),
    frozenset({"lanes", "now"}),
)


def any_due(tx: Tx, lanes: Sequence[Lane]) -> bool:
    """Whether anything may be due in these lanes; a lease that is over counts as well."""
    return bool(
        _ANY_DUE.ask(tx.session, {"lanes": [lane.value for lane in lanes], "now": tx.now})[0].some
    )


def due(
    tx: Tx, state: MessageState, sites: Sequence[UUID], lanes: Sequence[Lane], limit: int
) -> list[Due]:
    """What is due in this state: the lanes in the order given, and in each the sites in turn, so
    that one site's flood delays no other.

    Of each site and lane only the first `limit` are read, in the order of an index: the cost does
    not grow with the backlog.
    """
    values = {
        "sites": list(sites),
        "lanes": [lane.value for lane in lanes],
        "state": state.value,
        "now": tx.now,
        "most": limit,
    }
    return [Due(*row) for row in _DUE.ask(tx.session, values)]


def silent(tx: Tx, since: datetime, until: datetime, limit: int) -> list[Due]:
    """What was handed over in this span and has had no final word since; the oldest first."""
    query = (
        select(Message.id, Message.site_id, Message.patient_id, Message.alert_id)
        .where(
            Message.state.in_((MessageState.ACCEPTED, MessageState.SENT)),
            Message.handed_over_at > since,
            Message.handed_over_at <= until,
            Message.channel != Channel.EMAIL,  # no mail server keeps a list that could be asked
        )
        .order_by(Message.handed_over_at, Message.id)
    )
    return [Due(*row) for row in tx.session.execute(query.limit(limit))]


_HELD = Kept(Message, by_id(Message).with_for_update())
_HELD_IF_DUE = Kept(
    Message,
    by_id(Message)
    .where(Message.state == bindparam("state"), Message.next_at <= bindparam("now"))
    .with_for_update(skip_locked=True),
)
_PLACE = select(*(table_of(Message).c[name] for name in _OF_DUE))
_WHEREABOUTS = Kept(Message, cast("Query", _PLACE.where(Message.id == bindparam("id"))))


def lock_due(tx: Tx, message_id: UUID, state: MessageState) -> MessageView | None:
    """The row, held, if it is still due in this state and nobody else holds it."""
    row = _HELD_IF_DUE.first(tx, id=message_id, state=state, now=tx.now)
    return view(tx, row) if row is not None else None


def lock(tx: Tx, message_id: UUID) -> MessageView | None:
    row = _HELD.first(tx, id=message_id)
    return view(tx, row) if row is not None else None


def peek(tx: Tx, message_id: UUID) -> Due | None:
    """Where a message belongs, without holding it."""
    row = _WHEREABOUTS.first(tx, id=message_id)
    return Due(*cast("Iterable[Any]", row)) if row is not None else None


def view(tx: Tx, row: Message) -> MessageView:
    """The row as delivery sees it."""
    plain = {name: getattr(row, name) for name in _PLAIN}
    return MessageView(**plain, address=opened(tx, row.id, row.address_sealed))


def opened(tx: Tx, message_id: UUID, sealed: bytes | None) -> str | None:
    """The address that a row names itself, if it does."""
    return None if sealed is None else tx.vault.open(sealed, _purpose(message_id)).decode()


def change(tx: Tx, message_id: UUID, **values: object) -> None:
    """Set columns of a message that we hold."""
    statements.change(tx, Message, message_id, values)


_CLAIMED = Kept(
    Message,
    statements.changing(Message).where(
        Message.claim == bindparam("of_claim"), Message.state == MessageState.SENDING
    ),
)


def change_claimed(tx: Tx, message_id: UUID, claim: UUID, /, **values: object) -> bool:
    """Set columns if this claim is still the one that counts (compare-and-set); whether it is."""
    return _CLAIMED.first(tx, of_id=message_id, of_claim=claim, **values) is not None


def change_if(tx: Tx, message_id: UUID, *conditions: ColumnElement[bool], **values: object) -> bool:
    """Set columns if the conditions still hold; whether they did."""
    query = update(Message).where(Message.id == message_id, *conditions).values(**values)
    return tx.session.execute(query.returning(Message.id)).first() is not None


def cancel(tx: Tx, reason: str, *whose: ColumnElement[bool]) -> list[Due]:
    """Cancel what is still queued; what a worker holds already is looked at when it is claimed.

    In the order of ids, however the rows lie: the trail follows it.
    """
    gone = tx.session.execute(cancelling(*whose), {"why": reason, "at": tx.now})
    return sorted((Due(*row) for row in gone), key=lambda each: each.message_id)


def cancelling(
    *whose: ColumnElement[bool],
) -> ReturningUpdate[UUID, UUID, UUID | None, UUID | None]:
    """The statement of `cancel`: given `why`, and `at` which instant."""
    return (
        update(table_of(Message))
        .where(Message.state == MessageState.QUEUED, *whose)
        .values(
            state=MessageState.CANCELLED,
            reason=bindparam("why"),
            next_at=None,
            claim=None,
            settled_at=bindparam("at", type_=DateTime(timezone=True)),
        )
        .returning(Message.id, Message.site_id, Message.patient_id, Message.alert_id)
    )


_OF_ALERT = Ready(
    cancelling(Message.alert_id == bindparam("alert")), frozenset({"alert", "why", "at"})
)


def cancel_of_alert(tx: Tx, alert_id: UUID, reason: str) -> list[Due]:
    """As `cancel`, of what is about this alert: somebody takes or closes it, many times a day."""
    gone = _OF_ALERT.ask(tx.session, {"alert": alert_id, "why": reason, "at": tx.now})
    return sorted((Due(*row) for row in gone), key=lambda each: each.message_id)


_LIST = 20261  # first key of our advisory locks on entries of a provider's list
_HOLD = text(
    """
    SELECT pg_advisory_xact_lock(:list, each.key) FROM (
      SELECT DISTINCT hashtext(id) AS key FROM unnest(CAST(:ids AS text[])) AS id ORDER BY key
    ) AS each
    """
)


def known_provider_ids(tx: Tx, provider_ids: Collection[str]) -> set[str]:
    """Those of them that belong to a message of ours already; until the end nobody else decides
    about any of them."""
    tx.session.execute(_HOLD, {"list": _LIST, "ids": list(provider_ids)})
    query = select(Message.provider_id).where(Message.provider_id.in_(provider_ids))
    return {known for known in tx.session.scalars(query) if known is not None}


def arrived(tx: Tx, occurrence_ids: Collection[UUID]) -> set[UUID]:
    """The surveys of which a message was handed over to a carrier, and is not known to be lost."""
    query = select(Message.occurrence_id).where(
        Message.occurrence_id.in_(occurrence_ids),
        Message.audience == Audience.PATIENT,
        Message.state.in_(_ON_THEIR_WAY),
    )
    return {each for each in tx.session.scalars(query) if each is not None}


def written_since(tx: Tx, business_keys: Collection[str], since: datetime) -> list[str]:
    """Those of these keys that a message written since then has."""
    query = select(Message.business_key).where(
        Message.business_key.in_(business_keys), Message.created_at >= since
    )
    return list(tx.session.scalars(query))
