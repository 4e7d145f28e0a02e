"""Alerts, what they found, and everything that happened to them."""

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
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Published, Sited, words
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Channel, Level


class RulePackVersion(Published, Base):
    """One immutable rule pack; `body` is its TOML."""

    __tablename__ = "rule_pack_version"


class Alert(Sited, Base):
    """One thing that a nurse must look at. `business_key` keeps it to one per survey."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'acknowledged') = (loan_until IS NOT NULL)", name="acknowledged"),
        Index("ix_alert_worklist", "site_id", "level", postgresql_where=text("state <> 'closed'")),
        Index("ix_alert_site_opened", "site_id", "opened_at"),
    )

    business_key: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str]  # read out, typed in a text: valid for the alert's life
    kind: Mapped[AlertKind] = mapped_column(words(AlertKind))
    level: Mapped[Level] = mapped_column(words(Level))
    state: Mapped[AlertState] = mapped_column(words(AlertState))
    epoch: Mapped[int] = mapped_column(server_default="1")  # raised by each re-opening
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    occurrence_id: Mapped[UUID | None] = mapped_column(index=True)
    response_id: Mapped[UUID | None]
    reason: Mapped[str]
    rule_pack: Mapped[Document | None]  # pin
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    route_reason: Mapped[str | None]
    opened_at: Mapped[datetime]
    target_at: Mapped[datetime]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    acknowledged_at: Mapped[datetime | None]  # the first time
    acknowledged_by_channel: Mapped[Channel | None] = mapped_column(words(Channel))
    loan_until: Mapped[datetime | None]
    first_viewed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    outcome: Mapped[str | None]
    is_test: Mapped[bool]


class Finding(Sited, Base):
    """One rule that fired on one item, with the values it saw."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("alert_id", "response_id", "rule", "item"),)

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), index=True)
    response_id: Mapped[UUID]
    rule: Mapped[str]
    symptom: Mapped[str]
    item: Mapped[str]
    level: Mapped[Level] = mapped_column(words(Level))
    first_value: Mapped[int | None]
    previous_value: Mapped[int | None]
    current_value: Mapped[int]
    reason: Mapped[str]
    at: Mapped[datetime]


class AlertEvent(Sited, Base):
    """One line of an alert's timeline. The highest `seq` of a site is its worklist's version."""

    __tablename__ = "alert_event"
    __table_args__ = (
        Index("ix_alert_event_alert", "alert_id", "seq"),
        Index("ix_alert_event_site_seq", "site_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    kind: Mapped[AlertEventKind] = mapped_column(words(AlertEventKind))
    at: Mapped[datetime]
    staff_id: Mapped[UUID | None]
    channel: Mapped[Channel | None] = mapped_column(words(Channel))
    code: Mapped[str | None]  # coded action, outcome, step reason
    note_sealed: Mapped[bytes | None]
