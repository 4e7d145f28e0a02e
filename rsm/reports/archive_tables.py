"""Which files hold rows that have left the database, and by what they are known."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from rsm.db.base import Base, Sited


class ArchivedFile(Sited, Base):
    """One file of a site's month of a table. Rows are only ever added, before any row of the month
    is let go. The audit trail has the same of each (`archive.stored`)."""

    __tablename__ = "archived_file"
    __table_args__ = (
        UniqueConstraint("site_id", "of_table", "month", "part"),
        CheckConstraint("part > 0 AND row_count > 0", name="counts"),
    )

    of_table: Mapped[str]
    month: Mapped[date]  # its first day, UTC
    part: Mapped[int]  # 1; what came to light later has a file of its own
    row_count: Mapped[int]
    digest: Mapped[str]  # over its rows, whatever wrote the file
    sha256: Mapped[str]  # of the file
    stored_at: Mapped[datetime]
