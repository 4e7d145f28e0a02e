"""The post room: what is to go out, what became of it, what came in, and who said stop."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Sited, words
from rsm.kernel.words import Audience, Channel
from rsm.messaging.incoming import InboundState
from rsm.messaging.ledger import OptAction, OptPurpose
from rsm.messaging.model import Lane, MessageState, TextState, Verdict


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
        # Site by site in turn, each straight from the index: a backlog is never sorted.
        Index(
            "ix_message_turn",
            "site_id",
            "lane",
            "state",
            "next_at",
            "id",
            postgresql_where=sql("state IN ('queued', 'sending')"),
        ),
        Index("ix_message_patient_claimed", "patient_id", "claimed_at"),
        # Ids follow from keys, not from the time: what was written lately is found by its block.
        Index("ix_message_created_at", "created_at", postgresql_using="brin"),
        # How often one person was told lately: asked for each alert.
        Index(
            "ix_message_staff_created",
            "staff_id",
            "created_at",
            postgresql_where=sql("staff_id IS NOT NULL"),
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
        Index("ix_message_redact", "redact_at", postgresql_where=sql("redact_at IS NOT NULL")),
        # Test patients are few: whether each channel was tried is asked before a site goes live.
        Index("ix_message_tried", "site_id", "handed_over_at", postgresql_where=sql("is_test")),
    )

    business_key: Mapped[str] = mapped_column(unique=True)
    lane: Mapped[Lane] = mapped_column(words(Lane))
    channel: Mapped[Channel] = mapped_column(words(Channel))
    audience: Mapped[Audience] = mapped_column(words(Audience))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
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
    planned_at: Mapped[datetime | None]  # when it was to leave, whatever became of it since
    claimed_at: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    sender: Mapped[str | None]  # the number or address of ours that it left from
    segments: Mapped[int | None]
    text_version: Mapped[str | None]  # the site's own wording, if it has one
    fallback_of: Mapped[UUID | None]  # the message that did not arrive on another channel
    redact_at: Mapped[datetime | None]  # when the provider is asked to forget the body
    redacted_at: Mapped[datetime | None]
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
        Index(
            "ix_inbound_message_redact",
            "redact_at",
            postgresql_where=sql("redact_at IS NOT NULL"),
        ),
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
    redact_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]


class OptEvent(Sited, Base):
    """The opt-out ledger: the latest line for an address and a sender decides (P8)."""

    __tablename__ = "opt_event"
    __table_args__ = (Index("ix_opt_event_address", "address_hash", "sender", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    address_hash: Mapped[bytes]
    sender: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    purpose: Mapped[OptPurpose] = mapped_column(words(OptPurpose), server_default="all")
    action: Mapped[OptAction] = mapped_column(words(OptAction))
    source: Mapped[str]  # see `OptSource`
    reason: Mapped[str | None]  # a word of `OptReason`, where staff recorded it
    by: Mapped[UUID | None]
    at: Mapped[datetime]


class SiteText(Sited, Base):
    """A site's own wording of one text, in one language, for one channel."""

    __tablename__ = "site_text"
    __table_args__ = (
        UniqueConstraint("site_id", "purpose", "language", "channel", "version"),
        Index(
            "uq_site_text_published",
            "site_id",
            "purpose",
            "language",
            "channel",
            unique=True,
            postgresql_where=sql("state = 'published'"),
        ),
    )

    purpose: Mapped[str]
    language: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    version: Mapped[int]
    state: Mapped[TextState] = mapped_column(words(TextState))
    subject: Mapped[str | None]  # of an e-mail
    body: Mapped[str]
    author: Mapped[UUID | None]
    reviewer: Mapped[str | None]  # who read it: named when it is published
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]


class Breaker(Sited, Base):
    """A patient to whom more was about to be sent than a day allows: nothing goes out until a
    person has looked why."""

    __tablename__ = "breaker"
    __table_args__ = (
        Index(
            "uq_breaker_tripped",
            "patient_id",
            unique=True,
            postgresql_where=sql("released_at IS NULL"),
        ),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    tripped_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]


class Listed(Sited, Base):
    """An entry of the provider's own list that was none of ours when it was read."""

    __tablename__ = "listed"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        Index("ix_listed_unknown", "to_hash", "body_hash"),
        Index("ix_listed_open", "read_at", postgresql_where=sql("verdict = 'unknown'")),
    )

    provider_id: Mapped[str]
    sender: Mapped[str]
    to_hash: Mapped[bytes]
    body_hash: Mapped[bytes]
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime]
    verdict: Mapped[Verdict] = mapped_column(words(Verdict))
    message_id: Mapped[UUID | None]


class SendingHold(Base):
    """Nothing goes out to patients while one stands: the provider's history is to be read first."""

    __tablename__ = "sending_hold"
    __table_args__ = (
        Index(
            "uq_sending_hold_standing",
            "reason",
            unique=True,
            postgresql_where=sql("lifted_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]  # "restore"
    since: Mapped[datetime]
    covers_from: Mapped[datetime]  # up to here our own record is whole
    lifted_at: Mapped[datetime | None]
    findings: Mapped[Document] = mapped_column(server_default="{}")


class Lifeline(Base):
    """One row that counts on while the system lives: a copy of it outside tells a restore."""

    __tablename__ = "lifeline"

    name: Mapped[str] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(BigInteger)
    beat_at: Mapped[datetime]
    server: Mapped[str]  # which PostgreSQL cluster: a restored dump lives in another one


class Reconciliation(Base):
    """One reading of the provider's list beside our record."""

    __tablename__ = "reconciliation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]  # "daily", "restore"
    covers_from: Mapped[datetime]
    covers_until: Mapped[datetime]
    done_at: Mapped[datetime]
    listed: Mapped[int]
    unknown: Mapped[int]
    missing: Mapped[int]
    recovered: Mapped[int]
