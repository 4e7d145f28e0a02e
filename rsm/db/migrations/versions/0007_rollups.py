"""Figures: roll-ups by day, what changed since they were made, and by whom figures are divided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0007 import note_changes, protect_rollups

revision = "0007"
down_revision = "0006"

_INSTANT = sa.DateTime(timezone=True)
_DIMENSIONS = (
    "all",
    "age",
    "sex",
    "ethnicity",
    "language",
    "channel",
    "insurance",
    "rurality",
    "deprivation",
    "worker",
)
_LEVELS = ("emergency", "urgent", "soon", "info")
_SURVEY_COUNTS = (
    "due",
    "sent",
    "delivered",
    "started",
    "completed",
    "completed_delivered",
    "by_self",
    "assisted",
    "late",
    "partial",
    "not_answered",
    "not_sent",
    "alerting",
    "baseline_due",
    "baseline_completed",
    "unscheduled",
)
_ALERT_COUNTS = ("opened", "acted", "not_actionable", "told", "nobody", "minutes_spent")
_ALERT_TIMES = ("view", "acknowledge", "close", "acknowledge_service", "close_service")


def upgrade() -> None:
    _patients()
    _changes()
    _rollup(
        "survey_day",
        (),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _SURVEY_COUNTS),
    )
    _rollup(
        "alert_day",
        (_words("level", "level", _LEVELS),),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _ALERT_COUNTS),
        *(sa.Column(name, postgresql.ARRAY(sa.Integer()), nullable=False) for name in _ALERT_TIMES),
    )
    # What came before is worked out at the worker's first round. Once policies are forced on the
    # table, its owner cannot say so.
    op.execute("INSERT INTO metric_change (site_id) SELECT id FROM site")
    protect_rollups()
    note_changes()


def _patients() -> None:
    op.add_column("patient", sa.Column("rurality", sa.Text(), nullable=True))
    op.add_column("patient", sa.Column("deprivation", sa.Text(), nullable=True))
    op.add_column("patient", sa.Column("born_decade", sa.Integer(), nullable=True))
    op.create_index(
        "ix_patient_undated", "patient", ["id"], postgresql_where=sa.text("born_decade IS NULL")
    )
    op.add_column("patient", sa.Column("worker_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_patient_worker_id"), "patient", "staff_account", ["worker_id"], ["id"]
    )


def _changes() -> None:
    op.create_table(
        "metric_change",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", _INSTANT, nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_metric_change")),
    )


def _rollup(table: str, key: tuple[sa.Column[str], ...], *columns: sa.Column[int]) -> None:
    op.create_table(
        table,
        sa.Column("site_id", sa.Uuid(), nullable=False),
        _words("dimension", "dimension", _DIMENSIONS),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *key,
        *columns,
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint(
            "site_id",
            "dimension",
            "value",
            "day",
            *(each.name for each in key),
            name=op.f(f"pk_{table}"),
        ),
    )


def _words(column: str, name: str, words: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)
