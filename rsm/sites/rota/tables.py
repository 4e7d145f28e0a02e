"""Rosters as rows: what is planned, what was changed, notes at hand-over, calendar feeds.

Rows are ended or withdrawn, never removed: who was on duty in March can be told in May.
"""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Sited


class _OfTeam(Sited):
    """A row of one team's roster: who wrote it, and when it was taken back."""

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class DutyCycle(_OfTeam, Base):
    """A plan of several weeks, over and over."""

    __tablename__ = "duty_cycle"
    __table_args__ = (CheckConstraint("weeks BETWEEN 1 AND 52", name="weeks"),)

    first_day: Mapped[date]
    weeks: Mapped[int]
    ends_on: Mapped[date | None]


class DutyCycleShift(Sited, Base):
    """A shift in one week of a cycle; the first week is 0."""

    __tablename__ = "duty_cycle_shift"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("week >= 0", name="week"),
        CheckConstraint("rank >= 1", name="rank"),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("duty_cycle.id"), index=True)
    week: Mapped[int]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    weekday: Mapped[int]  # Monday is 0
    starts: Mapped[time]
    ends: Mapped[time]
    rank: Mapped[int]


class DutyRotation(_OfTeam, Base):
    """People in sequence, each for some days, around the clock."""

    __tablename__ = "duty_rotation"
    __table_args__ = (
        CheckConstraint("every_days >= 1", name="every_days"),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("cardinality(people) >= 1", name="people"),
    )

    people: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    first_day: Mapped[date]
    every_days: Mapped[int]
    changes_at: Mapped[time]
    rank: Mapped[int]
    ends_on: Mapped[date | None]


class DutyDayShift(_OfTeam, Base):
    """A shift of one date, which then has none of its weekday's."""

    __tablename__ = "duty_day_shift"
    __table_args__ = (CheckConstraint("rank >= 1", name="rank"),)

    day: Mapped[date]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    starts: Mapped[time]
    ends: Mapped[time]
    rank: Mapped[int]


class DutySwap(_OfTeam, Base):
    """Two people exchange two shifts, once both have agreed."""

    __tablename__ = "duty_swap"
    __table_args__ = (CheckConstraint("one_id <> other_id", name="two_people"),)

    one_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    one_duty_id: Mapped[UUID]
    one_day: Mapped[date]
    other_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    other_duty_id: Mapped[UUID]
    other_day: Mapped[date]
    one_agreed_at: Mapped[datetime | None]
    other_agreed_at: Mapped[datetime | None]


class DutyOverride(_OfTeam, Base):
    """Somebody in another's place for a time, or besides all others."""

    __tablename__ = "duty_override"
    __table_args__ = (
        CheckConstraint("since < until", name="until"),
        CheckConstraint("staff_id <> instead_of", name="two_people"),
        CheckConstraint("rank >= 1", name="rank"),
    )

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    instead_of: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]
    rank: Mapped[int] = mapped_column(server_default="1")


class DutyCover(_OfTeam, Base):
    """Somebody covers a person for a time."""

    __tablename__ = "duty_cover"
    __table_args__ = (
        CheckConstraint("since < until", name="until"),
        CheckConstraint("staff_id <> covered_by", name="two_people"),
    )

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    covered_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    since: Mapped[datetime]
    until: Mapped[datetime]


class StaffAbsence(Sited, Base):
    """A person is away, in every team of the site."""

    __tablename__ = "staff_absence"
    __table_args__ = (CheckConstraint("since < until", name="until"),)

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class HandOverNote(Sited, Base):
    """What the one who goes tells the one who comes; sealed, since it may name patients."""

    __tablename__ = "hand_over_note"
    __table_args__ = (Index("ix_hand_over_note_team_at", "team_id", "written_at"),)

    team_id: Mapped[UUID] = mapped_column(ForeignKey("team.id"))
    about_duty_id: Mapped[UUID | None]
    about_day: Mapped[date | None]
    written_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    written_at: Mapped[datetime]
    text_sealed: Mapped[bytes]
    read_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    read_at: Mapped[datetime | None]


class CalendarFeed(Sited, Base):
    """A secret address under which a calendar program reads duties; only its hash is kept."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("token_hash"),)

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), index=True)
    token_hash: Mapped[bytes]
    only_own: Mapped[bool]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
