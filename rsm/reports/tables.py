"""Who gets the monthly report, and each report as it was sent."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Listing, Sited


class ReportSubscription(Sited, Base):
    """One member of staff gets one site's reports; `ended_at` when no more."""

    __tablename__ = "report_subscription"
    __table_args__ = (
        CheckConstraint("day BETWEEN 1 AND 10", name="day"),
        Index(
            "uq_report_subscription_active",
            "site_id",
            "staff_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    day: Mapped[int]  # of the month after
    language: Mapped[str]
    funders: Mapped[bool]  # with the part for funders
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ReportRun(Sited, Base):
    """A report as it was sent. Rows are only ever added: a correction shows beside them."""

    __tablename__ = "report_run"
    __table_args__ = (UniqueConstraint("site_id", "month", "language", "funders"),)

    month: Mapped[date]  # its first day
    language: Mapped[str]
    funders: Mapped[bool]
    made_at: Mapped[datetime]
    digest: Mapped[str]  # of its figures
    definitions: Mapped[str]  # which version of the measures' definitions
    html_hash: Mapped[str]
    headlines: Mapped[Listing]
    small: Mapped[bool]  # too few patients for pictures to leave the house
    media_type: Mapped[str]
    file: Mapped[bytes]  # what was attached: aggregates, nobody's record
