"""Indexes of what is asked every minute and on every page, so that nothing grows with what is over.

Found by `tests/store/test_store_hot_plans.py`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# Name → table, columns, and which rows it holds.
_INDEXES = {
    "ix_occurrence_quarantined": ("occurrence", ("quarantined_at",), "quarantined_at IS NOT NULL"),
    "ix_plan_assignment_quarantined": (
        "plan_assignment",
        ("quarantined_at",),
        "quarantined_at IS NOT NULL",
    ),
    "ix_task_quarantined": ("task", ("quarantined_at",), "quarantined_at IS NOT NULL"),
    "ix_task_open": ("task", ("site_id", "kind"), "state = 'open'"),
    "ix_task_done": ("task", ("site_id", "kind", "opened_at"), "outcome = 'done'"),
    "ix_conversation_asked": ("conversation", ("asked_at",), "ended_at IS NULL"),
    "ix_plan_assignment_site": ("plan_assignment", ("site_id", "next_at"), "active"),
    "ix_alert_site_closed": ("alert", ("site_id", "closed_at"), "closed_at IS NOT NULL"),
    "ix_response_site_submitted": (
        "response",
        ("site_id", "submitted_at"),
        "submitted_at IS NOT NULL",
    ),
}


def upgrade() -> None:
    for name, (table, columns, which) in _INDEXES.items():
        op.create_index(op.f(name), table, list(columns), postgresql_where=sa.text(which))
