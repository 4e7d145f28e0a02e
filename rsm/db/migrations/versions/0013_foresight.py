"""What a site asked of simulated months before it went live."""

import sqlalchemy as sa
from alembic import op

from rsm.db.migrations.security_0013 import protect_foresight

revision = "0013"
down_revision = "0012"

_INSTANT = sa.DateTime(timezone=True)
_PROGRAMMES = ("demo", "esym", "pro-tect", "star")
_STATES = ("queued", "running", "done", "failed")
_OPEN = "state IN ('queued', 'running')"


def upgrade() -> None:
    table = "foresight"
    op.create_table(
        table,
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=False),
        _words("programme", _PROGRAMMES),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("minutes_per_alert", sa.Float(), nullable=False),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("roster", sa.Text(), nullable=True),
        _words("state", _STATES, "foresightstate"),
        sa.Column("next_at", _INSTANT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("begun_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"({_OPEN}) = (next_at IS NOT NULL)", name=op.f("ck_foresight_next")),
        sa.CheckConstraint(
            "(state = 'done') = (result IS NOT NULL)", name=op.f("ck_foresight_result")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["staff_account.id"], name=op.f("fk_foresight_asked_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_foresight_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foresight")),
    )
    op.create_index("ix_foresight_site_id_asked_at", table, ["site_id", "asked_at"])
    op.create_index("ix_foresight_due", table, ["next_at"], postgresql_where=sa.text(_OPEN))
    op.create_index(
        "uq_foresight_open", table, ["site_id"], unique=True, postgresql_where=sa.text(_OPEN)
    )
    protect_foresight()


def _words(column: str, words: tuple[str, ...], name: str = "") -> sa.Column[str]:
    kind = sa.Enum(
        *words, name=name or column, native_enum=False, create_constraint=True, length=40
    )
    return sa.Column(column, kind, nullable=False)
