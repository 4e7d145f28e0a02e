"""Who is told next, and when: one row per alert, never without a next step while it is open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Published, Timed, words
from rsm.escalation.states import EscalationState


class PolicyVersion(Published, Base):
    """One immutable escalation policy; `body` is its TOML."""

    __tablename__ = "policy_version"


class Escalation(Timed, Base):
    """An alert's place on its ladder. The policy's version is frozen here when it opens."""

    __tablename__ = "escalation"
    __table_args__ = (
        CheckConstraint("(state = 'done') = (next_at IS NULL)", name="next"),
        Index("ix_escalation_due", "next_at", postgresql_where=text("state <> 'done'")),
    )

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    policy: Mapped[Document]  # pin
    state: Mapped[EscalationState] = mapped_column(words(EscalationState))
    epoch: Mapped[int]
    step: Mapped[int]  # the next step to take, from 0
    lap: Mapped[int]
    reason: Mapped[str]
    since: Mapped[datetime]
