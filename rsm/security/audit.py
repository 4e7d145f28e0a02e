"""The audit trail: what transactions write, how it is chained, how a change is found out (P12).

A transaction only inserts its events, all of them just before it commits. The sealer, one at a
time, chains what has been committed: each link hashes the one before it and the event's canonical
content, per site. Update and delete are granted to nobody; `verify` finds a row that was changed,
removed or put in between.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from uuid import UUID

from sqlalchemy import delete, insert, select, text

from rsm.db.base import Document
from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.kernel.words import Actor
from rsm.security.tables import AuditEvent, AuditPending, AuditSeal

NO_SITE = UUID(int=0)
_SEALER = 0x52534D01  # advisory lock: one sealer at a time
# From chain to chain along the index, to the end of each: all that lies between is not read.
_HEADS = text(
    """
    WITH RECURSIVE known AS (
      (SELECT chain FROM audit_seal ORDER BY chain LIMIT 1)
      UNION ALL
      SELECT (SELECT s.chain FROM audit_seal s WHERE s.chain > known.chain ORDER BY s.chain LIMIT 1)
      FROM known WHERE known.chain IS NOT NULL
    )
    SELECT head.chain, head.position, head.hash FROM known CROSS JOIN LATERAL (
      SELECT s.chain, s.position, s.hash FROM audit_seal s
      WHERE s.chain = known.chain ORDER BY s.position DESC LIMIT 1
    ) AS head
    """
)


@dataclass(frozen=True)
class Subject:
    """What an event is about."""

    kind: str
    id: UUID | None = None
    patient_id: UUID | None = None


def record(
    tx: Tx, action: str, subject: Subject, site_id: UUID | None = None, **facts: object
) -> None:
    """Write one event. `facts` are ids, codes and counts: never a name, a number or an answer."""
    _add(tx, Event(action, subject, site_id, facts))


@dataclass(frozen=True)
class Event:
    """One of many events that are written together."""

    action: str
    subject: Subject
    site_id: UUID | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


def record_all(tx: Tx, events: Sequence[Event]) -> None:
    """As `record`, for many at once."""
    for event in events:
        _add(tx, event)


@dataclass(frozen=True)
class _Row:
    """An event that waits for the end of its transaction, by whoever acted when it happened."""

    id: UUID
    actor: Actor
    event: Event
    facts: str


def _add(tx: Tx, event: Event) -> None:
    """Whatever is wrong with it shows here, where it happened, and not at the end."""
    facts = json.dumps({name: _plain(value) for name, value in event.facts.items()})
    tx.at_end(_write, _Row(tx.new_id(), tx.actor, event, facts))


# Arrays rather than many VALUES: the statement is the same for any number of events.
_WRITE = Ready(
    text(
        """
    WITH event AS (
      INSERT INTO audit_event (id, at, site_id, actor_kind, actor_id, action, subject_kind,
        subject_id, patient_id, facts)
      SELECT id, :now, site_id, actor_kind, actor_id, action, subject_kind, subject_id,
        patient_id, CAST(facts AS jsonb)
      FROM unnest(CAST(:ids AS uuid[]), CAST(:sites AS uuid[]), CAST(:actor_kinds AS text[]),
        CAST(:actors AS uuid[]), CAST(:actions AS text[]), CAST(:kinds AS text[]),
        CAST(:subjects AS uuid[]), CAST(:patients AS uuid[]), CAST(:facts AS text[]))
        AS new(id, site_id, actor_kind, actor_id, action, subject_kind, subject_id, patient_id,
          facts)
      RETURNING id
    )
    INSERT INTO audit_pending (event_id) SELECT id FROM event
    """
    ),
    frozenset(
        {
            *("now", "ids", "sites", "actor_kinds", "actors", "actions", "kinds", "subjects"),
            *("patients", "facts"),
        }
    ),
)


def _write(tx: Tx, rows: list[_Row]) -> None:
    """All events of a transaction in one way to the server."""
    values: dict[str, object] = {
        "now": tx.now,
        "ids": [row.id for row in rows],
        "sites": [row.event.site_id for row in rows],
        "actor_kinds": [row.actor.kind.value for row in rows],
        "actors": [row.actor.id for row in rows],
        "actions": [row.event.action for row in rows],
        "kinds": [row.event.subject.kind for row in rows],
        "subjects": [row.event.subject.id for row in rows],
        "patients": [row.event.subject.patient_id for row in rows],
        "facts": [row.facts for row in rows],
    }
    _WRITE.ask(tx.session, values)


def _plain(value: object) -> object:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(entry) for entry in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def canonical(event: AuditEvent) -> bytes:
    """The content that is hashed: the same bytes whatever the driver, zone or key order."""
    content: Document = {
        "id": str(event.id),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "site": str(event.site_id),
        "actor": [event.actor_kind, str(event.actor_id)],
        "action": event.action,
        "subject": [event.subject_kind, str(event.subject_id), str(event.patient_id)],
        "facts": event.facts,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, event: AuditEvent) -> bytes:
    return hashlib.sha256(previous + canonical(event)).digest()


def seal(tx: Tx, limit: int = 2000) -> int:
    """Chain committed events, oldest first; returns how many. Runs as the worker, everywhere."""
    tx.settle()
    got = tx.session.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SEALER})
    if not got.scalar_one():
        return 0
    events = tx.session.scalars(
        select(AuditEvent)
        .join(AuditPending, AuditPending.event_id == AuditEvent.id)
        .order_by(AuditEvent.seq)
        .limit(limit)
    ).all()
    if not events:
        return 0
    tx.session.execute(insert(AuditSeal), list(_links(tx, events)))
    done = [event.id for event in events]
    tx.session.execute(delete(AuditPending).where(AuditPending.event_id.in_(done)))
    return len(events)


def _links(tx: Tx, events: Iterable[AuditEvent]) -> Iterator[dict[str, object]]:
    """The next links of the chains, as rows."""
    heads: dict[UUID, tuple[int, bytes]] = {}
    for event in events:
        chain = event.site_id or NO_SITE
        position, previous = heads.get(chain) or _head(tx, chain)
        heads[chain] = (position + 1, link(previous, event))
        yield {
            "chain": chain,
            "position": position + 1,
            "event_id": event.id,
            "hash": heads[chain][1],
            "sealed_at": tx.now,
        }


def _head(tx: Tx, chain: UUID) -> tuple[int, bytes]:
    row = tx.session.execute(
        select(AuditSeal.position, AuditSeal.hash)
        .where(AuditSeal.chain == chain)
        .order_by(AuditSeal.position.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else (0, b"")


def heads(tx: Tx) -> dict[UUID, tuple[int, str]]:
    """Each chain's length and head hash: they leave the house with the heartbeat."""
    rows = tx.session.execute(_HEADS)
    return {chain: (position, digest.hex()) for chain, position, digest in rows}


@dataclass(frozen=True)
class Verdict:
    """What `verify` found. `unsealed` is the tail that the sealer has not reached yet."""

    sealed: int
    unsealed: int
    faults: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.faults


def verify(tx: Tx, known: Mapping[UUID, tuple[int, str]] | None = None) -> Verdict:
    """Walk every chain and hold it against the events.

    `known` are heads that left the house earlier (`heads`): without them a chain whose end was cut
    off, or which was sealed anew from the start, is as sound as any.
    """
    tx.settle()
    faults = [fault for chain, head in (known or {}).items() for fault in _lost(tx, chain, head)]
    sealed = 0
    chains = tx.session.scalars(select(AuditSeal.chain).distinct().order_by(AuditSeal.chain))
    for chain in chains.all():
        faults.extend(_walk(tx, chain))
        sealed += _head(tx, chain)[0]
    unsealed, strays = _outside(tx)
    faults += [f"event {event}: not in any chain" for event in strays]
    return Verdict(sealed, unsealed, tuple(faults))


def _walk(tx: Tx, chain: UUID) -> Iterator[str]:
    rows = tx.session.execute(
        select(AuditSeal, AuditEvent)
        .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
        .where(AuditSeal.chain == chain)
        .order_by(AuditSeal.position)
        .execution_options(yield_per=1000)
    )
    expected, previous = 1, b""
    for sealed, found in rows:
        event: AuditEvent | None = found  # an outer join may find none
        where = f"{_name(chain)}, position {sealed.position}"
        if sealed.position != expected:
            yield f"{where}: position {expected} is missing from the chain"
        if event is None:
            yield f"{where}: its event was removed"
        elif link(previous, event) != sealed.hash:
            yield f"{where}: event {event.id} does not match its seal"
        expected, previous = sealed.position + 1, sealed.hash


def _lost(tx: Tx, chain: UUID, head: tuple[int, str]) -> Iterator[str]:
    position, digest = head
    kept = tx.session.scalars(
        select(AuditSeal.hash).where(AuditSeal.chain == chain, AuditSeal.position == position)
    ).one_or_none()
    if kept is None or kept.hex() != digest:
        yield f"{_name(chain)}, position {position}: the chain is not the one that was known"


def _name(chain: UUID) -> str:
    return "no site" if chain == NO_SITE else f"site {chain}"


def _outside(tx: Tx) -> tuple[int, list[UUID]]:
    """How many events wait for the sealer, and those in no chain that do not even wait.

    In one statement: an event that is written, or sealed, between two would be in neither.
    """
    sealed = select(AuditSeal.event_id).where(AuditSeal.event_id == AuditEvent.id).exists()
    waits = select(AuditPending.event_id).where(AuditPending.event_id == AuditEvent.id).exists()
    found = tx.session.execute(select(AuditEvent.id, waits).where(~sealed)).all()
    strays = [event for event, is_waiting in found if not is_waiting]
    return len(found) - len(strays), strays
