"""What the processes themselves leave in the database: heartbeats and named leases."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base


class Heartbeat(Base):
    """The last sign of life of one process."""

    __tablename__ = "heartbeat"

    process: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    release: Mapped[str]


class Lease(Base):
    """Who does what only one may do (metrics, sealing), and until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]
