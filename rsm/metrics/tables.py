"""Roll-ups: what a day came to at a site, and which days must be worked out again.

Rows here are derived: they can be dropped and made anew from the other rooms' rows at any time.
Triggers on those rows note every change that a figure depends on (`MetricChange`), whoever makes
it, so that late answers, corrections and deletions are never forgotten.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Integer
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, words
from rsm.kernel.words import Level
from rsm.metrics.dimensions import Dimension

_MINUTES = ARRAY(Integer)


class MetricChange(Base):
    """Something changed that figures of a site depend on: of a survey, an alert, a patient, a day;
    of everything if no more is said. It is taken away once the figures are right again."""

    __tablename__ = "metric_change"

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    site_id: Mapped[UUID]  # without a key: to look it up would cost more than the row
    on_day: Mapped[date | None]
    occurrence_id: Mapped[UUID | None]
    alert_id: Mapped[UUID | None]
    opened_at: Mapped[datetime | None]  # of an alert, which may be gone when this is read
    patient_id: Mapped[UUID | None]


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
    sent: Mapped[int]
    delivered: Mapped[int]
    started: Mapped[int]
    completed: Mapped[int]
    completed_delivered: Mapped[int]
    by_self: Mapped[int]
    assisted: Mapped[int]
    late: Mapped[int]
    partial: Mapped[int]
    not_answered: Mapped[int]
    not_sent: Mapped[int]
    alerting: Mapped[int]
    baseline_due: Mapped[int]
    baseline_completed: Mapped[int]
    unscheduled: Mapped[int]


class AlertDay(_OfDay, Base):
    """Alerts by the day, on the site's clock, on which they were opened.

    The arrays have one entry for each alert, in whole minutes; NULL is not yet. `service` counts
    only minutes within the site's service hours.
    """

    __tablename__ = "alert_day"

    level: Mapped[Level] = mapped_column(words(Level), primary_key=True)
    opened: Mapped[int]
    acted: Mapped[int]
    not_actionable: Mapped[int]
    told: Mapped[int]
    nobody: Mapped[int]
    minutes_spent: Mapped[int]
    view: Mapped[list[int | None]] = mapped_column(_MINUTES)
    acknowledge: Mapped[list[int | None]] = mapped_column(_MINUTES)
    close: Mapped[list[int | None]] = mapped_column(_MINUTES)
    acknowledge_service: Mapped[list[int | None]] = mapped_column(_MINUTES)
    close_service: Mapped[list[int | None]] = mapped_column(_MINUTES)
