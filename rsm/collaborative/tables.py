"""What sites share, and what came from other systems. No table here can hold a patient."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.collaborative.model import OfferKind
from rsm.db.base import Base, Document, Identified, words

_CURRENT = text("replaced_at IS NULL")


class CollaborativeRow(Identified, Base):
    """The collaborative that this installation takes part in: there is one at most."""

    __tablename__ = "collaborative"
    __table_args__ = (
        CheckConstraint("single", name="single"),
        CheckConstraint("months IN (1, 3, 6, 12)", name="months"),
    )

    single: Mapped[bool] = mapped_column(unique=True, server_default="true")
    key: Mapped[str]
    name: Mapped[str]
    months: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class CollaborativeKey(Identified, Base):
    """What this installation signs with. The private half is sealed; one key is in use at most."""

    __tablename__ = "collaborative_key"
    __table_args__ = (
        Index(
            "uq_collaborative_key_in_use",
            text("(retired_at IS NULL)"),
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    public: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None]


class CollaborativeMember(Identified, Base):
    """Another installation, and the key that its files are signed with."""

    __tablename__ = "collaborative_member"

    name: Mapped[str]
    public: Mapped[bytes] = mapped_column(unique=True)
    fingerprint: Mapped[str] = mapped_column(unique=True)
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]


class AggregateFile(Identified, Base):
    """A file that was taken in, as it came. A later one of the same period replaces it."""

    __tablename__ = "aggregate_file"
    __table_args__ = (
        Index(
            "uq_aggregate_file_current",
            "member_id",
            "period",
            unique=True,
            postgresql_where=_CURRENT,
        ),
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("collaborative_member.id"))
    hash: Mapped[str] = mapped_column(unique=True)
    period: Mapped[date]
    issued_at: Mapped[datetime]
    received_at: Mapped[datetime]
    received_by: Mapped[UUID | None]
    body: Mapped[str]
    signature: Mapped[bytes]
    replaced_at: Mapped[datetime | None]


class CollaborativeSite(Base):
    """A site of ours that takes part: under a code, named only where it agreed."""

    __tablename__ = "collaborative_site"
    __table_args__ = (CheckConstraint("stage IN ('preparing', 'trial', 'live')", name="stage"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    named: Mapped[bool] = mapped_column(server_default="false")
    stage: Mapped[str] = mapped_column(server_default="preparing")
    joined_at: Mapped[datetime]
    joined_by: Mapped[UUID | None]
    left_at: Mapped[datetime | None]


class ForeignSite(Base):
    """A site of another system, as the newest file of that system says."""

    __tablename__ = "foreign_site"
    __table_args__ = (CheckConstraint("stage IN ('preparing', 'trial', 'live')", name="stage"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("collaborative_member.id"))
    name: Mapped[str | None]
    stage: Mapped[str | None]
    period: Mapped[date]
    issued_at: Mapped[datetime]


class SharedFigure(Identified, Base):
    """One rate of one site and period, or that it is withheld: small cells cannot be stored."""

    __tablename__ = "shared_figure"
    __table_args__ = (
        CheckConstraint("(part IS NULL) = (whole IS NULL)", name="withheld"),
        CheckConstraint("part >= 10 AND whole - part >= 10", name="large_enough"),
        CheckConstraint("EXTRACT(day FROM period) = 1", name="month"),
        CheckConstraint("(member_id IS NULL) = (file_id IS NULL)", name="origin"),
        Index(
            "uq_shared_figure_current",
            "period",
            "measure",
            "code",
            unique=True,
            postgresql_where=_CURRENT,
        ),
        Index("ix_shared_figure_file", "file_id"),
    )

    code: Mapped[str]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("collaborative_member.id"))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("aggregate_file.id"))
    period: Mapped[date]
    measure: Mapped[str]
    definition: Mapped[str]
    part: Mapped[int | None]
    whole: Mapped[int | None]
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class SharedLesson(Identified, Base):
    """A copy of a journal's entry that its site shares; gone when it is shared no more."""

    __tablename__ = "shared_lesson"

    code: Mapped[str] = mapped_column(index=True)
    on_day: Mapped[date]
    title: Mapped[str]
    words: Mapped[str]
    strategy: Mapped[str]
    barrier: Mapped[str]


class ExchangeOffer(Identified, Base):
    """A published pack or text that a site offers, as it was when it was offered."""

    __tablename__ = "exchange_offer"
    __table_args__ = (
        Index(
            "uq_exchange_offer_open",
            "code",
            "hash",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    code: Mapped[str]
    kind: Mapped[OfferKind] = mapped_column(words(OfferKind))
    title: Mapped[str]
    hash: Mapped[str]
    body: Mapped[str]
    refers: Mapped[Document]
    author: Mapped[str]
    evidence: Mapped[str]
    offered_at: Mapped[datetime]
    offered_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
