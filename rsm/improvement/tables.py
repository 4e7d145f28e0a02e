"""What a site wrote about its own improving, and who signed that it may send.

What was written is never changed: a correction is a further row that names the one it replaces.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Personal, Sited, words
from rsm.improvement.live_model import CheckKind, Extent
from rsm.improvement.model import CycleStage, EntryKind


class JournalEntry(Sited, Base):
    """What was changed and when. The row that no other replaces is the one that counts."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_site_day", "site_id", "on_day"),
        Index("uq_journal_entry_replaces", "replaces", unique=True),  # of two corrections one wins
        Index(
            "uq_journal_entry_source",
            "site_id",
            "source",
            unique=True,
            postgresql_where=sql("source IS NOT NULL AND replaces IS NULL"),
        ),
    )

    thread: Mapped[UUID] = mapped_column(index=True)  # the id of its first row: the entry's own
    revision: Mapped[int]
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    on_day: Mapped[date]
    kind: Mapped[EntryKind] = mapped_column(words(EntryKind))
    title: Mapped[str]
    words: Mapped[str]
    strategy: Mapped[str]
    barrier: Mapped[str]
    shared: Mapped[bool]
    source: Mapped[str | None]  # what the system noted, put into somebody's words
    withdrawn: Mapped[bool] = mapped_column(server_default="false")  # it was written by mistake
    written_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    written_at: Mapped[datetime]


class ImprovementCycle(Sited, Base):
    """Plan, do, study, act: what is tried, and by which measure it will be told."""

    __tablename__ = "improvement_cycle"
    __table_args__ = (Index("ix_improvement_cycle_site", "site_id", "opened_at"),)

    aim: Mapped[str]
    measure: Mapped[str]
    target: Mapped[str]
    starts_on: Mapped[date]
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    opened_at: Mapped[datetime]


class ImprovementStep(Sited, Base):
    """One step of a cycle; the latest says where it stands."""

    __tablename__ = "improvement_step"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        Index("uq_improvement_step_number", "cycle_id", "number", unique=True),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("improvement_cycle.id"))
    number: Mapped[int]
    stage: Mapped[CycleStage] = mapped_column(words(CycleStage))
    words: Mapped[str]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    due_on: Mapped[date]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    at: Mapped[datetime]


class SiteTrial(Sited, Base):
    """A trial period with a pilot group; a site has at most one that is not over."""

    __tablename__ = "site_trial"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="days"),
        CheckConstraint("first_enrolled >= 1", name="first"),
        Index(
            "uq_site_trial_open", "site_id", unique=True, postgresql_where=sql("ended_at IS NULL")
        ),
    )

    starts_on: Mapped[date]
    ends_on: Mapped[date]
    first_enrolled: Mapped[int | None]
    aim: Mapped[str]
    begun_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    begun_at: Mapped[datetime]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    ended_at: Mapped[datetime | None]
    mend: Mapped[str] = mapped_column(server_default="")


class PilotMember(Personal, Base):
    """A patient of the pilot group: whom a site may write to once a clinician signed for it."""

    __tablename__ = "pilot_member"
    __table_args__ = (
        Index(
            "uq_pilot_member_standing",
            "patient_id",
            unique=True,
            postgresql_where=sql("left_at IS NULL"),
        ),
        Index("ix_pilot_member_trial", "trial_id"),
    )

    trial_id: Mapped[UUID] = mapped_column(ForeignKey("site_trial.id"))
    joined_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class StaffTraining(Sited, Base):
    """Somebody was trained."""

    __tablename__ = "staff_training"
    __table_args__ = (Index("ix_staff_training_site", "site_id", "on_day"),)

    on_day: Mapped[date]
    name: Mapped[str]
    topic: Mapped[str]
    recorded_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    recorded_at: Mapped[datetime]


class GoLiveCheck(Sited, Base):
    """Somebody read or tried something, and it counts for exactly what she saw."""

    __tablename__ = "go_live_check"
    __table_args__ = (Index("ix_go_live_check_site", "site_id", "kind", "subject", "at"),)

    kind: Mapped[CheckKind] = mapped_column(words(CheckKind))
    subject: Mapped[str]
    seen: Mapped[str]
    label: Mapped[str]
    by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    at: Mapped[datetime]


class GoLiveSignature(Sited, Base):
    """A clinician signed that the site may send, and what she had before her."""

    __tablename__ = "go_live_signature"
    __table_args__ = (Index("ix_go_live_signature_site", "site_id", "extent"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    extent: Mapped[Extent] = mapped_column(words(Extent))
    signed_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    name: Mapped[str]  # as she was called then
    words: Mapped[str]
    signed_at: Mapped[datetime]
    frozen: Mapped[Document]
