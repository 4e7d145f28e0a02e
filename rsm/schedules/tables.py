"""Which plan a patient follows, and the windows that came due."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Listing, Personal, Published, Timed, words
from rsm.kernel.words import SurveyState


class PlanVersion(Published, Base):
    """A plan as its site published it. It never changes."""

    __tablename__ = "plan_version"


class PlanAssignment(Personal, Timed, Base):
    """One patient's plan. `next_at` opens the next window; while active it is never empty (P1)."""

    __tablename__ = "plan_assignment"
    __table_args__ = (
        CheckConstraint("NOT active OR next_at IS NOT NULL", name="next"),
        Index(
            "uq_plan_assignment_active",
            "patient_id",
            unique=True,
            postgresql_where=text("active"),
        ),
        Index("ix_plan_assignment_due", "next_at", postgresql_where=text("active")),
        Index("ix_plan_assignment_site", "site_id", "next_at", postgresql_where=text("active")),
        Index(
            "ix_plan_assignment_quarantined",
            "quarantined_at",
            postgresql_where=text("quarantined_at IS NOT NULL"),
        ),
    )

    plan: Mapped[Document]  # pin
    weekday: Mapped[int]
    local_time: Mapped[time]
    zone: Mapped[str]
    starts_on: Mapped[date]
    active: Mapped[bool]
    ended_at: Mapped[datetime | None]
    next_key: Mapped[str]  # the window to come; empty while it waits for a date to be known
    ends_on: Mapped[date | None]  # no window opens later than on this local date
    end_reason: Mapped[str | None]  # "completed", "replaced", "ended"
    zone_data: Mapped[str] = mapped_column(server_default="")  # with which `next_at` was derived


class Occurrence(Personal, Timed, Base):
    """One window of one patient: the survey that is asked in it.

    `next_at` is its next transition: the next reminder, else the closing.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("patient_id", "window_key"),
        CheckConstraint(
            "state NOT IN ('scheduled', 'open', 'started') OR next_at IS NOT NULL", name="next"
        ),
        Index(
            "ix_occurrence_due",
            "next_at",
            postgresql_where=text("state IN ('scheduled', 'open', 'started')"),
        ),
        Index("ix_occurrence_site_opens", "site_id", "opens_at"),
        Index("ix_occurrence_opens_at", "opens_at"),  # ids are not in the order of time
        Index(
            "ix_occurrence_quarantined",
            "quarantined_at",
            postgresql_where=text("quarantined_at IS NOT NULL"),
        ),
    )

    assignment_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_assignment.id"))
    window_key: Mapped[str]
    local_date: Mapped[date]
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    reminders: Mapped[Listing]  # instants, ISO 8601, UTC
    reminded: Mapped[int] = mapped_column(server_default="0")
    call_at: Mapped[datetime | None]  # when it goes onto the call list
    called: Mapped[bool] = mapped_column(server_default="false")  # it stands, or stood, on it
    asks: Mapped[Listing] = mapped_column(server_default="[]")  # which instruments fell together
    state: Mapped[SurveyState] = mapped_column(words(SurveyState))
    miss_reason: Mapped[str | None]  # "not_answered", or why it was never asked
    instrument: Mapped[Document]  # pin
    language: Mapped[str]
    scheduled: Mapped[bool]  # False: the patient reported of her own accord
    first_viewed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    is_test: Mapped[bool]
