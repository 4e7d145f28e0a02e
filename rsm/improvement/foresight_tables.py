"""What a site asked of simulated months: a row is its own timer until the months are over."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Sited, words
from rsm.improvement.foresight_model import ForesightState, Programme

_OPEN = "state IN ('queued', 'running')"


class Foresight(Sited, Base):
    """One question, one at a time for each site. `pack` and `roster` are TOML as they stood when it
    was asked; `result` is what `rsm simulate` writes as `result.json`."""

    __tablename__ = "foresight"
    __table_args__ = (
        Index("ix_foresight_site_id_asked_at", "site_id", "asked_at"),
        Index("ix_foresight_due", "next_at", postgresql_where=text(_OPEN)),
        Index("uq_foresight_open", "site_id", unique=True, postgresql_where=text(_OPEN)),
        CheckConstraint(f"({_OPEN}) = (next_at IS NOT NULL)", name="next"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result"),
    )

    asked_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    asked_at: Mapped[datetime]
    programme: Mapped[Programme] = mapped_column(words(Programme))
    patients: Mapped[int]
    weeks: Mapped[int]
    minutes_per_alert: Mapped[float]
    pack: Mapped[str | None]
    roster: Mapped[str | None]
    state: Mapped[ForesightState] = mapped_column(words(ForesightState))
    next_at: Mapped[datetime | None]  # queued: since it was asked; running: when the lease ends
    attempts: Mapped[int] = mapped_column(server_default="0")
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]
    problem: Mapped[str | None]
