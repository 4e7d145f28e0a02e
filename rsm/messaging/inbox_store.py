"""All SQL of the inbox and the opt-out ledger. Texts are sealed and opened here, nowhere else."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from rsm.db.work import Tx
from rsm.kernel.keywords import Keyword
from rsm.messaging.incoming import InboundState, InboundView, Origin, Unopened
from rsm.messaging.model import IncomingText
from rsm.messaging.tables import InboundMessage
from rsm.patients import service as patients
from rsm.security import patient_keys
from rsm.sites import service as sites


def add_inbound(tx: Tx, text: IncomingText, origin: Origin, next_at: datetime) -> UUID | None:
    """Store a text; None when the provider had handed it in before."""
    inbound_id = tx.new_id()
    seal = _Sealer(tx, origin.patient_id, inbound_id)
    wanted = upsert(InboundMessage).values(
        id=inbound_id,
        site_id=origin.site_id,
        provider=text.provider,
        provider_id=text.provider_id,
        patient_id=origin.patient_id,
        staff_id=origin.staff_id,
        audience=origin.audience,
        from_sealed=seal.seal(text.sender, "inbound.from"),
        from_hash=patients.address_hash(tx, text.sender),
        to_address=text.to,
        body_sealed=seal.seal(text.body, "inbound.body"),
        received_at=text.received_at or tx.now,
        state=InboundState.STORED,
        next_at=next_at,
        redact_at=tx.now + timedelta(days=sites.get(tx, origin.site_id).provider_keeps_days),
        reading=f"{_BY_PROVIDER}{text.keyword}" if text.keyword else None,
    )
    once = wanted.on_conflict_do_nothing(
        index_elements=[InboundMessage.provider, InboundMessage.provider_id]
    )
    return tx.session.execute(once.returning(InboundMessage.id)).scalar_one_or_none()


_BY_PROVIDER = "provider:"  # until we have read a text ourselves


class _Sealer:
    """The patient's own key where a text is hers, so that erasure reaches it; else the ring's.

    Whoever was erased has no key any more: what she texts after that is kept as a stranger's is.
    """

    def __init__(self, tx: Tx, patient_id: UUID | None, row_id: UUID) -> None:
        self._tx = tx
        self._row_id = row_id
        self._box = patient_keys.boxes(tx, [patient_id]).get(patient_id) if patient_id else None

    def seal(self, text: str, field: str) -> bytes:
        if self._box is not None:
            return self._box.seal(text, f"{field}:{self._row_id}")
        return self._tx.vault.seal(text.encode(), f"{field}:{self._row_id}")

    def open(self, sealed: bytes, field: str) -> str:
        if self._box is not None:
            return self._box.open(sealed, f"{field}:{self._row_id}")
        return self._tx.vault.open(sealed, f"{field}:{self._row_id}").decode()


def inbound(tx: Tx, inbound_id: UUID, *, lock: bool) -> InboundView | None:
    """One text, opened. Locked ones are skipped while somebody else holds them."""
    query = select(InboundMessage).where(InboundMessage.id == inbound_id)
    if lock:
        query = query.where(InboundMessage.state == InboundState.STORED)
        query = query.with_for_update(skip_locked=True)
    row = tx.session.scalar(query.execution_options(populate_existing=True))
    return _opened(tx, row) if row is not None else None


def lock_unopened(tx: Tx, inbound_id: UUID) -> Unopened | None:
    """Hold a text that is still to be handled, whether or not it can be opened."""
    m = InboundMessage
    query = (
        select(m.id, m.site_id, m.audience, m.patient_id, m.staff_id, m.attempts)
        .where(m.id == inbound_id, m.state == InboundState.STORED)
        .with_for_update(skip_locked=True)
    )
    row = tx.session.execute(query).first()
    return Unopened(row[0], Origin(*row[1:5]), row[5]) if row else None


def _opened(tx: Tx, row: InboundMessage) -> InboundView:
    seal = _Sealer(tx, row.patient_id, row.id)
    reading = row.reading or ""
    said = reading.removeprefix(_BY_PROVIDER) if reading.startswith(_BY_PROVIDER) else ""
    return InboundView(
        id=row.id,
        origin=Origin(row.site_id, row.audience, row.patient_id, row.staff_id),
        sender=seal.open(row.from_sealed, "inbound.from"),
        sender_hash=row.from_hash,
        to=row.to_address,
        body=seal.open(row.body_sealed, "inbound.body"),
        keyword=Keyword(said) if said else None,
        received_at=row.received_at,
        state=row.state,
        attempts=row.attempts,
    )


def change_inbound(tx: Tx, inbound_id: UUID, **values: object) -> None:
    tx.session.execute(
        update(InboundMessage).where(InboundMessage.id == inbound_id).values(**values)
    )


def stored(tx: Tx, *which: ColumnElement[bool], limit: int = 100) -> list[tuple[UUID, UUID]]:
    """Texts that nobody has handled yet, oldest first: (id, site)."""
    query = select(InboundMessage.id, InboundMessage.site_id)
    query = query.where(InboundMessage.state == InboundState.STORED, *which)
    ordered = query.order_by(InboundMessage.received_at, InboundMessage.id).limit(limit)
    return [(inbound_id, site_id) for inbound_id, site_id in tx.session.execute(ordered)]


def stored_before(tx: Tx, inbound_id: UUID) -> list[UUID]:
    """Earlier texts of this one's conversation that nobody has handled, the oldest first."""
    this, other = aliased(InboundMessage), InboundMessage
    query = (
        select(other.id)
        .join(this, (this.from_hash == other.from_hash) & (this.to_address == other.to_address))
        .where(
            this.id == inbound_id,
            other.state == InboundState.STORED,
            other.received_at < this.received_at,
        )
        .order_by(other.received_at, other.id)
        .limit(100)
    )
    return list(tx.session.scalars(query))


def conversation(tx: Tx, sender_hash: bytes, to: str, since: datetime) -> list[UUID]:
    """The texts of one conversation since then."""
    query = select(InboundMessage.id).where(
        InboundMessage.from_hash == sender_hash,
        InboundMessage.to_address == to,
        InboundMessage.received_at >= since,
    )
    return list(tx.session.scalars(query))


def lock_conversation(tx: Tx, sender_hash: bytes) -> None:
    """Texts from one phone are handled one after another."""
    key = int.from_bytes(sender_hash[:8], "big", signed=True)
    tx.session.execute(select(func.pg_advisory_xact_lock(key)))
