"""The post room: what is to go out, what became of it, what came in, and who said stop."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Sited, words
from rsm.kernel.words import Audience, Channel
from rsm.messaging.model import InboundState, Lane, MessageState, OptAction


class Message(Sited, Base):
    """One message to one recipient: written before any provider is called (P2).

    `business_key` says which message this is (occurrence, purpose, number), never which try.
    The body is rendered from `purpose`, `language` and `fields` when it is sent, and not kept.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_due",
            "lane",
            "next_at",
            postgresql_where=sql("state IN ('queued', 'sending')"),
        ),
        CheckConstraint("state NOT IN ('queued', 'sending') OR next_at IS NOT NULL", name="next"),
        CheckConstraint(
            "patient_id IS NOT NULL OR staff_id IS NOT NULL OR address_sealed IS NOT NULL",
            name="recipient",
        ),
        Index("ix_message_provider_id", "provider_id"),
        Index(
            "ix_message_silent",
            "handed_over_at",
            postgresql_where=sql("state IN ('accepted', 'sent')"),
        ),
    )

    business_key: Mapped[str] = mapped_column(unique=True)
    lane: Mapped[Lane] = mapped_column(words(Lane))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    address_sealed: Mapped[bytes | None]  # a safety contact, or the number that a reply goes to
    occurrence_id: Mapped[UUID | None] = mapped_column(index=True)
    alert_id: Mapped[UUID | None] = mapped_column(index=True)
    purpose: Mapped[str]
    language: Mapped[str]
    fields: Mapped[Document]
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    reason: Mapped[str | None]
    next_at: Mapped[datetime | None]  # due, or while sending: when the lease ends
    not_after: Mapped[datetime | None]
    claim: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
    body_hash: Mapped[bytes | None]  # to find it in the provider's list
    is_test: Mapped[bool] = mapped_column(server_default="false")


class DeliveryEvent(Sited, Base):
    """Every callback as it came: states are derived from these by rank."""

    __tablename__ = "delivery_event"
    __table_args__ = (UniqueConstraint("provider_id", "state"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)
    provider_id: Mapped[str]
    state: Mapped[MessageState] = mapped_column(words(MessageState))
    error_code: Mapped[str | None]
    received_at: Mapped[datetime]


class InboundMessage(Sited, Base):
    """A text that came in: stored before anything else is done with it."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("ix_inbound_message_conversation", "from_hash", "received_at"),
        Index("ix_inbound_message_stored", "next_at", postgresql_where=sql("state = 'stored'")),
    )

    provider: Mapped[str]
    provider_id: Mapped[str]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    from_sealed: Mapped[bytes]
    from_hash: Mapped[bytes]
    to_address: Mapped[str]
    body_sealed: Mapped[bytes]
    received_at: Mapped[datetime]
    state: Mapped[InboundState] = mapped_column(words(InboundState))
    next_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    reading: Mapped[str | None]


class OptEvent(Sited, Base):
    """The opt-out ledger: the latest line for an address and a sender decides (P8)."""

    __tablename__ = "opt_event"
    __table_args__ = (Index("ix_opt_event_address", "address_hash", "sender", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    address_hash: Mapped[bytes]
    sender: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    action: Mapped[OptAction] = mapped_column(words(OptAction))
    source: Mapped[str]  # "text", "provider", "staff"
    at: Mapped[datetime]
