"""Links: only the hash of a token is kept; the token is derived again when it is sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Personal, words
from rsm.invitations.model import Door


class Link(Personal, Base):
    """One link to one survey. It is spent when the survey is finished, not when it is opened."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("occurrence_id", "serial"),)

    occurrence_id: Mapped[UUID] = mapped_column(ForeignKey("occurrence.id"))
    serial: Mapped[int]
    ring_key: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    birth_failures: Mapped[int] = mapped_column(server_default="0")
    birth_locked_until: Mapped[datetime | None]
    door: Mapped[Door] = mapped_column(words(Door), server_default="patient")
    proxy_id: Mapped[UUID | None] = mapped_column(ForeignKey("proxy.id"))
    expires_at: Mapped[datetime | None]  # of a tablet: it opens nothing afterwards
