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

from rsm.alerts.model import QuietReason
from rsm.alerts.states import ExpectedEnd, ReleaseState, Tier
from rsm.db.base import Base, Document, Identified, Listing, Personal, Published, Sited, words
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
        CheckConstraint("minutes_spent BETWEEN 0 AND 1440", name="minutes_spent"),
        Index("ix_alert_site_opened", "site_id", "opened_at"),
        Index(
            "ix_alert_site_closed",
            "site_id",
            "closed_at",
            postgresql_where=text("closed_at IS NOT NULL"),
        ),
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
    minutes_spent: Mapped[int | None]  # as whoever closed it said
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
    first_value: Mapped[float | None]
    previous_value: Mapped[float | None]
    current_value: Mapped[float]
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


class ExpectedLevel(Personal, Base):
    """A grade up to which a nurse expects one symptom of one patient, for 30 days at most."""

    __tablename__ = "expected_level"
    __table_args__ = (
        CheckConstraint("grade BETWEEN 1 AND 3", name="grade"),
        CheckConstraint("until > since AND until <= since + interval '30 days'", name="until"),
        CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended"),
        Index(
            "uq_expected_level_standing",
            "patient_id",
            "symptom",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    symptom: Mapped[str]
    grade: Mapped[int]
    since: Mapped[datetime]
    until: Mapped[datetime]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    reason_sealed: Mapped[bytes]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[ExpectedEnd | None] = mapped_column(words(ExpectedEnd))
    ended_by: Mapped[UUID | None]
    broken_by: Mapped[UUID | None]  # the report


class SuppressedFinding(Personal, Base):
    """A finding that was not told anew, and why: quiet on purpose is counted (P15)."""

    __tablename__ = "suppressed_finding"
    __table_args__ = (
        UniqueConstraint(
            *("response_id", "rule", "item", "reason", "current_value"),
            name="uq_suppressed_finding_once",
        ),
        Index("ix_suppressed_finding_site_at", "site_id", "at"),
    )

    response_id: Mapped[UUID]
    occurrence_id: Mapped[UUID]
    rule: Mapped[str]
    symptom: Mapped[str]
    item: Mapped[str]
    level: Mapped[Level] = mapped_column(words(Level))
    current_value: Mapped[float]
    reason: Mapped[QuietReason] = mapped_column(words(QuietReason))
    sentence: Mapped[str]  # the finding in words, as an alert would have said it
    rule_pack: Mapped[Document]  # pin
    alert_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert.id"), index=True)  # added to
    expected_id: Mapped[UUID | None] = mapped_column(ForeignKey("expected_level.id"))
    at: Mapped[datetime]
    is_test: Mapped[bool]


class RuleOverride(Identified, Base):
    """What an organisation, a site, a team or one patient's nurse changes of a pack, for a time.

    `body` is its TOML; that of a patient is sealed. All but a patient's need a second person.
    """

    __tablename__ = "rule_override"
    __table_args__ = (
        CheckConstraint("(tier = 'organisation') = (site_id IS NULL)", name="site"),
        CheckConstraint("(tier = 'team') = (team_id IS NOT NULL)", name="team"),
        CheckConstraint("(tier = 'patient') = (patient_id IS NOT NULL)", name="patient"),
        CheckConstraint("(tier = 'patient') = (body_sealed IS NOT NULL)", name="sealed"),
        CheckConstraint("(body IS NULL) = (body_sealed IS NOT NULL)", name="body"),
        CheckConstraint("until > since", name="until"),
        CheckConstraint("decided_by <> author_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("team.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    tier: Mapped[Tier] = mapped_column(words(Tier))
    rule_pack: Mapped[Document]  # pin of the pack that it was written for
    body: Mapped[str | None]
    body_sealed: Mapped[bytes | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    written_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # withdrawn, refused or ended before its time
    ended_by: Mapped[UUID | None]


class RuleRelease(Sited, Base):
    """A pack on its way at a site: draft, shadow, live, retired; two people let it go live."""

    __tablename__ = "rule_release"
    __table_args__ = (
        CheckConstraint("decided_by <> asked_by", name="two_people"),
        CheckConstraint("(asked_at IS NULL) = (asked_by IS NULL)", name="asked"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
        CheckConstraint(
            "state <> 'live' OR (asked_at IS NOT NULL AND decided_at IS NOT NULL)", name="live"
        ),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        Index(
            "uq_rule_release_live",
            "site_id",
            unique=True,
            postgresql_where=text("state = 'live'"),
        ),
        Index(
            "uq_rule_release_shadow",
            "site_id",
            unique=True,
            postgresql_where=text("state = 'shadow'"),
        ),
    )

    rule_pack: Mapped[Document]  # pin
    title: Mapped[str]
    body: Mapped[str]  # the whole TOML; changed only while it is a draft
    state: Mapped[ReleaseState] = mapped_column(words(ReleaseState))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    drafted_at: Mapped[datetime]
    shadow_since: Mapped[datetime | None]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    asked_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # why it is to go live
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    decided_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    retired_by: Mapped[UUID | None]


class ShadowJudgement(Personal, Base):
    """What a pack in shadow makes of one report: told to nobody."""

    __tablename__ = "shadow_judgement"
    __table_args__ = (
        UniqueConstraint("release_id", "response_id"),
        Index("ix_shadow_judgement_release_at", "release_id", "at"),
    )

    release_id: Mapped[UUID] = mapped_column(ForeignKey("rule_release.id"))
    response_id: Mapped[UUID]
    occurrence_id: Mapped[UUID]
    level: Mapped[Level | None] = mapped_column(words(Level))
    findings: Mapped[Listing]  # [{"rule", "item", "level", "own"}]
    in_doubt: Mapped[bool]  # a person would have had to look
    at: Mapped[datetime]  # of the answers
    judged_at: Mapped[datetime]
    is_test: Mapped[bool]
