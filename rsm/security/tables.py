"""Who may do what, what they did, and the keys that open what they read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, validates
from sqlalchemy.types import Text

from rsm.db.base import Base, Document, Identified, words
from rsm.kernel.words import ActorKind, Role


class StaffAccount(Identified, Base):
    """A member of staff. E-mail is the log-in; the phone is sealed under the key ring."""

    __tablename__ = "staff_account"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str] = mapped_column(unique=True)
    email_verified_at: Mapped[datetime | None]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    phone_sealed: Mapped[bytes | None]
    phone_hash: Mapped[bytes | None] = mapped_column(index=True)
    phone_verified_at: Mapped[datetime | None]
    password_hash: Mapped[str | None]
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_hashes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @validates("email")
    def _is_unproven(self, _name: str, email: str) -> str:
        """Whoever writes another address: nobody has shown that mail reaches her there."""
        if email != self.email:
            self.email_verified_at = None
        return email


class StaffRole(Base):
    """One role of one person at one site."""

    __tablename__ = "staff_role"

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(words(Role), primary_key=True)
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None]


class StaffSession(Base):
    """A browser that logged in: only the hash of its cookie is kept."""

    __tablename__ = "staff_session"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]  # idle: the second factor opens it again
    ended_at: Mapped[datetime | None]


class ApiKey(Identified, Base):
    """A machine's key for one site: only its hash is kept."""

    __tablename__ = "api_key"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), index=True)
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The answer that a POST once got, so that a repeat gets the same and does nothing."""

    __tablename__ = "idempotency_key"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    principal: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class DataKey(Base):
    """A patient's data key, wrapped by the key ring. Destroying it erases the patient."""

    __tablename__ = "data_key"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    ring_key: Mapped[str] = mapped_column(index=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]


class RingSecret(Base):
    """A secret of the installation , wrapped by the key ring."""

    __tablename__ = "ring_secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    ring_key: Mapped[str]
    wrapped: Mapped[bytes]


class AuditEvent(Identified, Base):
    """Who did what to which record: ids and codes, never a name or a value."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_site_id_seq", "site_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    at: Mapped[datetime]
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    actor_kind: Mapped[ActorKind] = mapped_column(words(ActorKind))
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None] = mapped_column(index=True)
    facts: Mapped[Document] = mapped_column(server_default=text("'{}'"))


class AuditPending(Base):
    """Events that the sealer has not chained yet."""

    __tablename__ = "audit_pending"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"), primary_key=True)


class AuditSeal(Base):
    """The chain: each link hashes the one before it and the event that it seals.

    `chain` is the site, or the nil UUID for events that belong to none.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (
        UniqueConstraint("event_id"),
        CheckConstraint("position > 0", name="position"),
    )

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_event.id"))
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime]
