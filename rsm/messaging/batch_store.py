"""SQL of the outbox for many rows at once: one statement a step, whatever the size of a batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, column, func, select, text, update

from rsm.db.ready import Ready
from rsm.db.statements import Kept, among, table_of
from rsm.db.work import Tx
from rsm.messaging.model import MessageState, MessageView
from rsm.messaging.store import opened
from rsm.messaging.tables import Breaker, Message

# A row is read as a view, but for the address, which is sealed.
_SEALED = "address_sealed"
_ADDRESS = list(MessageView.__dataclass_fields__).index("address")
_COLUMNS = [
    table_of(Message).c[_SEALED if name == "address" else name]
    for name in MessageView.__dataclass_fields__
]
# What may have come to her: whatever a provider was given, or may have been.
_HANDED_OVER = (
    MessageState.SENDING,
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
    MessageState.UNCONFIRMED,
)


@dataclass(frozen=True)
class Claim:
    """One row's claim: from the commit on it is never sent again."""

    id: UUID
    claim: UUID
    body_hash: bytes
    sender: str
    segments: int | None
    text_version: str | None


@dataclass(frozen=True)
class Taken:
    """What a provider answered for one claim."""

    id: UUID
    claim: UUID
    provider_id: str
    state: MessageState


_STILL_DUE = (
    among(Message.id, "ids"),
    Message.state == MessageState.QUEUED,
    Message.next_at <= bindparam("now"),
)
_FREE = Kept(Message, select(table_of(Message).c.id).where(*_STILL_DUE))
_HELD = Ready(
    select(*_COLUMNS).where(*_STILL_DUE).order_by(Message.id).with_for_update(skip_locked=True),
    frozenset({"ids", "now"}),
)


def still_due(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those that nobody has claimed since they were looked up; none of them is held."""
    return {row.id for row in _FREE.all(tx, ids=list(ids), now=tx.now)}


def lock_due(tx: Tx, ids: Collection[UUID]) -> list[MessageView]:
    """Those that are still queued and due and that nobody else holds, held, by id."""
    held = _HELD.ask(tx.session, {"ids": list(ids), "now": tx.now})
    return [_view(tx, row) for row in held]


def _view(tx: Tx, row: Any) -> MessageView:
    """Of a row with `_COLUMNS`, in their order."""
    values = list(row)
    values[_ADDRESS] = opened(tx, row.id, row.address_sealed)
    return MessageView(*values)


_CLAIM = Ready(
    text(
        """
    UPDATE message m SET state = 'sending', claim = new.claim, claimed_at = :now,
      next_at = :until, attempts = m.attempts + 1, body_hash = new.body_hash,
      sender = new.sender, segments = new.segments, text_version = new.text_version
    FROM unnest(CAST(:ids AS uuid[]), CAST(:claims AS uuid[]), CAST(:hashes AS bytea[]),
      CAST(:senders AS text[]), CAST(:segments AS integer[]), CAST(:texts AS text[]))
      AS new(id, claim, body_hash, sender, segments, text_version)
    WHERE m.id = new.id
    """
    ),
    frozenset({"now", "until", "ids", "claims", "hashes", "senders", "segments", "texts"}),
)


def claim(tx: Tx, claims: Sequence[Claim], until: datetime) -> None:
    """Mark rows that are held as being sent; their leases end at `until`."""
    values = {
        "now": tx.now,
        "until": until,
        "ids": [each.id for each in claims],
        "claims": [each.claim for each in claims],
        "hashes": [each.body_hash for each in claims],
        "senders": [each.sender for each in claims],
        "segments": [each.segments for each in claims],
        "texts": [each.text_version for each in claims],
    }
    _CLAIM.ask(tx.session, values)


_ACCEPT = Ready(
    text(
        """
    UPDATE message m SET state = new.state, provider_id = new.provider_id, reason = NULL,
      next_at = NULL, handed_over_at = :now,
      redact_at = CASE WHEN m.channel = 'sms' THEN CAST(:redact_at AS timestamptz) END,
      settled_at = CASE WHEN new.final THEN CAST(:now AS timestamptz) END,
      delivered_at = CASE WHEN new.state = 'delivered' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:claims AS uuid[]), CAST(:provider_ids AS text[]),
      CAST(:states AS text[]), CAST(:finals AS boolean[]))
      AS new(id, claim, provider_id, state, final)
    WHERE m.id = new.id AND m.claim = new.claim AND m.state = 'sending'
    RETURNING m.id
    """
    ).columns(column("id", Uuid)),
    frozenset({"now", "redact_at", "ids", "claims", "provider_ids", "states", "finals"}),
)
_ONLY_THE_ID = text(
    """
    UPDATE message m SET provider_id = new.provider_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:provider_ids AS text[])) AS new(id, provider_id)
    WHERE m.id = new.id AND m.provider_id IS NULL
    """
)


def accept(tx: Tx, taken: Sequence[Taken], redact_at: datetime) -> set[UUID]:
    """Record those whose claim still counts, and return them; of the others only the provider's
    id is kept."""
    values = {
        "now": tx.now,
        "redact_at": redact_at,
        "ids": [each.id for each in taken],
        "claims": [each.claim for each in taken],
        "provider_ids": [each.provider_id for each in taken],
        "states": [each.state.value for each in taken],
        "finals": [each.state.is_final for each in taken],
    }
    kept: set[UUID] = {row.id for row in _ACCEPT.ask(tx.session, values)}
    lost = [each for each in taken if each.id not in kept]
    if lost:
        ids, known = [each.id for each in lost], [each.provider_id for each in lost]
        tx.session.execute(_ONLY_THE_ID, {"ids": ids, "provider_ids": known})
    return kept


_HOLD = text(
    """
    UPDATE message m SET next_at = new.until, reason = new.reason
    FROM unnest(CAST(:ids AS uuid[]), CAST(:untils AS timestamptz[]), CAST(:reasons AS text[]))
      AS new(id, until, reason)
    WHERE m.id = new.id
    """
)


def hold(tx: Tx, held: Iterable[tuple[UUID, datetime, str]]) -> None:
    """Leave rows queued until then, and say why."""
    ids, untils, reasons = zip(*held, strict=True)
    tx.session.execute(_HOLD, {"ids": list(ids), "untils": list(untils), "reasons": list(reasons)})


# --- the most that a patient may be sent ----------------------------------------------------------

# Not a count of all that she ever got: at most `most` rows of her last day are looked at, straight
# from the index. What was sent before somebody released her does not count again.
_RECENT = Ready(
    text(
        """
    SELECT who.id, (
      SELECT count(*) FROM (
        SELECT 1 FROM message m
        WHERE m.patient_id = who.id AND m.audience = 'patient'
          AND m.claimed_at >= greatest(CAST(:since AS timestamptz), coalesce(
            (SELECT max(b.released_at) FROM breaker b WHERE b.patient_id = who.id),
            CAST(:since AS timestamptz)))
          AND m.state = ANY(CAST(:states AS text[]))
          AND m.purpose <> ALL(CAST(:outside AS text[]))
        LIMIT :most
      ) AS one
    ) AS sent FROM unnest(CAST(:patients AS uuid[])) AS who(id)
    """
    ).columns(column("id", Uuid), column("sent", BigInteger)),
    frozenset({"patients", "since", "states", "outside", "most"}),
)


def recent(
    tx: Tx, patients: Collection[UUID], since: datetime, outside: Collection[str], most: int
) -> dict[UUID, int]:
    """How many messages each of them was, or may have been, sent since then; counted to `most`."""
    values = {
        "patients": list(patients),
        "since": since,
        "states": [state.value for state in _HANDED_OVER],
        "outside": list(outside),
        "most": most,
    }
    return {row.id: row.sent for row in _RECENT.ask(tx.session, values)}


_TRIPPED = Ready(
    text(
        """
    SELECT patient_id FROM breaker
    WHERE patient_id = ANY(CAST(:patients AS uuid[])) AND released_at IS NULL
    """
    ).columns(column("patient_id", Uuid)),
    frozenset({"patients"}),
)


def tripped(tx: Tx, patients: Collection[UUID]) -> set[UUID]:
    """Those to whom nothing goes out until a person has looked why."""
    found = _TRIPPED.ask(tx.session, {"patients": list(patients)})
    return {row.patient_id for row in found}


def trip(tx: Tx, patient_id: UUID, site_id: UUID) -> UUID:
    """Let nothing more out to her. The caller holds her row, and has seen that none stands."""
    breaker = Breaker(id=tx.new_id(), site_id=site_id, patient_id=patient_id, tripped_at=tx.now)
    tx.session.add(breaker)
    tx.session.flush()
    return breaker.id


def release(tx: Tx, patient_id: UUID) -> UUID | None:
    """Lift what stands; None when nothing does."""
    lifted = tx.session.execute(
        update(Breaker)
        .where(Breaker.patient_id == patient_id, Breaker.released_at.is_(None))
        .values(released_at=tx.now, released_by=tx.actor.id)
        .returning(Breaker.id)
    )
    return lifted.scalar_one_or_none()


def let_go(tx: Tx, patient_id: UUID, reason: str) -> int:
    """What was held for her because of `reason` is due now; returns how many."""
    freed = tx.session.execute(
        update(Message)
        .where(
            Message.patient_id == patient_id,
            Message.state == MessageState.QUEUED,
            Message.reason == reason,
        )
        .values(next_at=func.least(Message.next_at, tx.now), reason=None)
        .returning(Message.id)
    )
    return len(freed.all())


def stopped_patients(tx: Tx) -> Mapping[UUID, int]:
    """How many patients' texts are stopped now, by site: for operators."""
    query = select(Breaker.site_id, func.count()).where(Breaker.released_at.is_(None))
    return {row[0]: row[1] for row in tx.session.execute(query.group_by(Breaker.site_id))}
