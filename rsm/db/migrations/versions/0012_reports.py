"""Who gets which report, and what was exported."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0012 import protect_reports
from rsm.db.migrations.security_0012b import protect_exports

revision = "0012"
down_revision = "0011"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _report_subscriptions()
    _report_runs()
    protect_reports()
    _export_runs()
    protect_exports()


def _report_subscriptions() -> None:
    table = "report_subscription"
    op.create_table(
        table,
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("funders", sa.Boolean(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("day BETWEEN 1 AND 10", name=op.f(f"ck_{table}_day")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f(f"fk_{table}_staff_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(
        op.f("uq_report_subscription_active"),
        table,
        ["site_id", "staff_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _report_runs() -> None:
    table = "report_run"
    op.create_table(
        table,
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("funders", sa.Boolean(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("html_hash", sa.Text(), nullable=False),
        sa.Column("headlines", postgresql.JSONB(), nullable=False),
        sa.Column("small", sa.Boolean(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "site_id",
            "month",
            "language",
            "funders",
            name=op.f(f"uq_{table}_site_id_month_language_funders"),
        ),
    )


def _export_runs() -> None:
    table = "export_run"
    op.create_table(
        table,
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        _export_words("way", "page", "command"),
        sa.Column("project", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        _export_words("format", "csv", "parquet"),
        _export_words("shape", "long", "wide"),
        _export_words("dates", "study_day", "calendar"),
        sa.Column("identified", sa.Boolean(), nullable=False),
        sa.Column("with_tests", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f(f"ck_{table}_days")),
        sa.CheckConstraint(
            "NOT identified OR reason_sealed IS NOT NULL", name=op.f(f"ck_{table}_reason")
        ),
        sa.CheckConstraint(
            "NOT identified OR made_by IS NOT NULL", name=op.f(f"ck_{table}_by_a_person")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff_account.id"], name=op.f(f"fk_{table}_made_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f("ix_export_run_site_made"), table, ["site_id", "made_at"])


def _export_words(column: str, *words: str) -> sa.Column[str]:
    kind = sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)
