"""Work for people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Sited, Timed, words
from rsm.kernel.words import Role, TaskState
from rsm.tasks.model import TaskKind, TaskOutcome


class Task(Sited, Timed, Base):
    """One thing to do. `business_key` makes it once only; `next_at` is when it is overdue."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("state <> 'open' OR next_at IS NOT NULL", name="next"),
        Index("ix_task_due", "next_at", postgresql_where=text("state = 'open'")),
        Index("ix_task_open", "site_id", "kind", postgresql_where=text("state = 'open'")),
        Index(
            "ix_task_done",
            "site_id",
            "kind",
            "opened_at",
            postgresql_where=text("outcome = 'done'"),
        ),
        Index(
            "ix_task_quarantined",
            "quarantined_at",
            postgresql_where=text("quarantined_at IS NOT NULL"),
        ),
    )

    business_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[TaskKind] = mapped_column(words(TaskKind))
    state: Mapped[TaskState] = mapped_column(words(TaskState))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[UUID | None]
    outcome: Mapped[TaskOutcome | None] = mapped_column(words(TaskOutcome))
    note_sealed: Mapped[bytes | None]
    occurrence_id: Mapped[UUID | None]
    not_before: Mapped[datetime | None]  # the next try of a call
    is_test: Mapped[bool] = mapped_column(server_default="false")
