"""What was exported: to whom, of which days, how much, and by what the files are known."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Sited, words
from rsm.reports.export_model import Dates, Format, Shape, Way


class ExportRun(Sited, Base):
    """One export that left the house. Rows are only ever added; of the data they hold nothing."""

    __tablename__ = "export_run"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint("NOT identified OR reason_sealed IS NOT NULL", name="reason"),
        CheckConstraint("NOT identified OR made_by IS NOT NULL", name="by_a_person"),
        Index("ix_export_run_site_made", "site_id", "made_at"),
    )

    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    way: Mapped[Way] = mapped_column(words(Way))
    project: Mapped[str]  # for whom: it decides the pseudonyms
    first_day: Mapped[date]
    last_day: Mapped[date]
    format: Mapped[Format] = mapped_column(words(Format))
    shape: Mapped[Shape] = mapped_column(words(Shape))
    dates: Mapped[Dates] = mapped_column(words(Dates))
    identified: Mapped[bool]
    with_tests: Mapped[bool]
    reason_sealed: Mapped[bytes | None]
    counts: Mapped[Document]  # table → rows
    hash: Mapped[str]  # of the list of all files with theirs
