"""Roll-ups: what a day came to at a site, and which days must be worked out again.

Rows here are derived: they can be dropped and made anew from the other rooms' rows at any time.
Triggers on those rows note every change that a figure depends on (`MeasureChange`), whoever makes
it, so that late answers, corrections and deletions are never forgotten.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, ForeignKey, Identity, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, words
from rsm.kernel.words import Audience, Channel, Level
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Span
from rsm.patients.model import EndReason, PatientStatus


class Due(StrEnum):
    """What is worked out by a slower job, once a minute, and not with each round."""

    WEEK = "week"
    MONTH = "month"
    WRITTEN = "written"  # a day's messages


class MeasureChange(Base):
    """Something changed that figures of a site depend on. It is taken away once they are right.

    Of a day, a survey or more, an alert (or the instant at which one opened that may be gone),
    messages by the hours in which they were written. A patient beside any of these has to have her
    course worked out again; alone she stands for all days of hers, unless it is `course_only`. A
    note that says nothing is of everything of the site.
    """

    __tablename__ = "measure_change"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    site_id: Mapped[UUID]  # without a key: to look it up would cost more than the row
    on_day: Mapped[date | None]
    occurrence_id: Mapped[UUID | None]
    alert_id: Mapped[UUID | None]
    opened_at: Mapped[datetime | None]
    patient_id: Mapped[UUID | None]
    course_only: Mapped[bool] = mapped_column(server_default="false")
    occurrence_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    written_at: Mapped[list[datetime] | None] = mapped_column(ARRAY(DateTime(timezone=True)))


class RollupDue(Base):
    """A week, a month or a day's messages that must be worked out again."""

    __tablename__ = "rollup_due"

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    what: Mapped[Due] = mapped_column(words(Due), primary_key=True)
    begins: Mapped[date] = mapped_column(primary_key=True)


class RollupCheck(Base):
    """When a site's roll-ups were last held against their recomputation, and how many differed."""

    __tablename__ = "rollup_check"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    checked_at: Mapped[datetime]
    wrong: Mapped[int]


class _OfDay:
    """The key of a roll-up: one day of one site, for those with one value of one dimension."""

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    dimension: Mapped[Dimension] = mapped_column(words(Dimension), primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)  # empty: not recorded
    day: Mapped[date] = mapped_column(primary_key=True)


class SurveyDay(_OfDay, Base):
    """Surveys by the local date of their window (`definitions` says what each column counts)."""

    __tablename__ = "survey_day"

    due: Mapped[int]
    called_off: Mapped[int]
    sent: Mapped[int]
    delivered: Mapped[int]
    started: Mapped[int]
    completed: Mapped[int]
    completed_delivered: Mapped[int]
    by_self: Mapped[int]
    assisted: Mapped[int]
    by_proxy: Mapped[int]
    by_staff: Mapped[int]
    late: Mapped[int]
    partial: Mapped[int]
    not_answered: Mapped[int]
    not_sent: Mapped[int]
    alerting: Mapped[int]
    items_answered: Mapped[int]
    items_alerting: Mapped[int]
    baseline_due: Mapped[int]
    baseline_completed: Mapped[int]
    unscheduled: Mapped[int]


class AlertDay(_OfDay, Base):
    """Alerts by the day, on the site's clock, on which they were opened.

    Times are whole minutes, four bytes for each alert that has come so far (`packed`); `service`
    counts only minutes within the site's service hours.
    """

    __tablename__ = "alert_day"

    level: Mapped[Level] = mapped_column(words(Level), primary_key=True)
    opened: Mapped[int]
    acted: Mapped[int]
    not_actionable: Mapped[int]
    about_symptoms: Mapped[int]
    expected: Mapped[int]
    repeats: Mapped[int]
    taken_late: Mapped[int]
    told: Mapped[int]
    nobody: Mapped[int]
    minutes_spent: Mapped[int]
    view: Mapped[bytes]
    acknowledge: Mapped[bytes]
    close: Mapped[bytes]
    view_service: Mapped[bytes]
    acknowledge_service: Mapped[bytes]
    close_service: Mapped[bytes]


class SurveySpan(Base):
    """Patients by calendar week or month: with a survey due, with a report, with an alert of one.

    A week begins on Monday; each patient counts once in it.
    """

    __tablename__ = "survey_span"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"), primary_key=True)
    dimension: Mapped[Dimension] = mapped_column(words(Dimension), primary_key=True)
    span: Mapped[Span] = mapped_column(words(Span), primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    begins: Mapped[date] = mapped_column(primary_key=True)
    due: Mapped[int]
    answered: Mapped[int]
    alerting: Mapped[int]


class MessageDay(_OfDay, Base):
    """Messages that a provider took, by the day of the site's clock on which they were written.

    Those to staff are of nobody in particular: their value is empty.
    """

    __tablename__ = "message_day"

    audience: Mapped[Audience] = mapped_column(words(Audience), primary_key=True)
    channel: Mapped[Channel] = mapped_column(words(Channel), primary_key=True)
    taken: Mapped[int]
    failed: Mapped[int]
    segments: Mapped[int]


class PatientCourse(Base):
    """One patient's way from eligible to her last report. Days are of the site's clock, those of
    reports the local dates of their windows. Test patients have none.

    `asked`: a survey left for her, or somebody spoke to her about one, or she reported.
    `later_…` are planned surveys after the first. `events` are ends by death or hospice, stays in
    hospital, and admissions by a nurse's word; `silent_events` those without a report in the 28
    days before.
    """

    __tablename__ = "patient_course"
    __table_args__ = (
        Index("ix_patient_course_enrolled_on", "site_id", "enrolled_on"),
        Index("ix_patient_course_entered_on", "site_id", "entered_on"),
        Index("ix_patient_course_events", "site_id", postgresql_where=text("events <> '{}'")),
    )

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    status: Mapped[PatientStatus] = mapped_column(words(PatientStatus))
    entered_on: Mapped[date]
    approached: Mapped[bool]
    asked: Mapped[bool]
    enrolled_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[EndReason | None] = mapped_column(words(EndReason))
    first_report_on: Mapped[date | None]
    last_report_on: Mapped[date | None]
    baseline_completed: Mapped[bool]
    due: Mapped[int]
    sent: Mapped[int]
    delivered: Mapped[int]
    completed: Mapped[int]
    later_due: Mapped[int]
    later_completed: Mapped[int]
    weeks_due: Mapped[int]
    weeks_answered: Mapped[int]
    months_due: Mapped[int]
    months_answered: Mapped[int]
    alerts: Mapped[int]
    events: Mapped[list[date]] = mapped_column(ARRAY(Date))
    silent_events: Mapped[list[date]] = mapped_column(ARRAY(Date))
