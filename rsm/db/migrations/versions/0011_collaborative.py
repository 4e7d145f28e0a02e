"""Aggregates of other systems, what sites share, and the role of a collaborative's lead."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0011 import protect_collaborative

revision = "0011"
down_revision = "0010"

_INSTANT = sa.DateTime(timezone=True)
_ROLES = ("nurse", "clinician", "coordinator", "manager", "administrator", "lead")
_STAGES = "stage IN ('preparing', 'trial', 'live')"
_CURRENT = sa.text("replaced_at IS NULL")


def upgrade() -> None:
    _role_of_lead()
    _agreed()
    _members()
    _files()
    _sites()
    _figures()
    _learned()
    protect_collaborative()


def _role_of_lead() -> None:
    words = ", ".join(f"'{role}'" for role in _ROLES)
    for table in ("staff_role", "task"):
        name = op.f(f"ck_{table}_role")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"role IN ({words})")


def _agreed() -> None:
    op.create_table(
        "collaborative",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("single", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("single", name=op.f("ck_collaborative_single")),
        sa.CheckConstraint("months IN (1, 3, 6, 12)", name=op.f("ck_collaborative_months")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborative")),
        sa.UniqueConstraint("single", name=op.f("uq_collaborative_single")),
    )
    op.create_table(
        "collaborative_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborative_key")),
        sa.UniqueConstraint("public", name=op.f("uq_collaborative_key_public")),
    )
    op.create_index(
        "uq_collaborative_key_in_use",
        "collaborative_key",
        [sa.text("(retired_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _members() -> None:
    op.create_table(
        "collaborative_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collaborative_member")),
        sa.UniqueConstraint("public", name=op.f("uq_collaborative_member_public")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_collaborative_member_fingerprint")),
    )


def _files() -> None:
    op.create_table(
        "aggregate_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_at", _INSTANT, nullable=True),
        _of_member("aggregate_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aggregate_file")),
        sa.UniqueConstraint("hash", name=op.f("uq_aggregate_file_hash")),
    )
    op.create_index(
        "uq_aggregate_file_current",
        "aggregate_file",
        ["member_id", "period"],
        unique=True,
        postgresql_where=_CURRENT,
    )


def _sites() -> None:
    op.create_table(
        "collaborative_site",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("named", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("stage", sa.Text(), server_default="preparing", nullable=False),
        sa.Column("joined_at", _INSTANT, nullable=False),
        sa.Column("joined_by", sa.Uuid(), nullable=True),
        sa.Column("left_at", _INSTANT, nullable=True),
        sa.CheckConstraint(_STAGES, name=op.f("ck_collaborative_site_stage")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_collaborative_site_site_id")
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_collaborative_site")),
        sa.UniqueConstraint("code", name=op.f("uq_collaborative_site_code")),
    )
    op.create_table(
        "foreign_site",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("issued_at", _INSTANT, nullable=False),
        sa.CheckConstraint(_STAGES, name=op.f("ck_foreign_site_stage")),
        _of_member("foreign_site"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_foreign_site")),
    )


def _figures() -> None:
    op.create_table(
        "shared_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("whole", sa.Integer(), nullable=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("replaced_at", _INSTANT, nullable=True),
        sa.CheckConstraint(
            "(part IS NULL) = (whole IS NULL)", name=op.f("ck_shared_figure_withheld")
        ),
        # Whoever writes: a cell that could tell of a few people cannot be stored.
        sa.CheckConstraint(
            "part >= 10 AND whole - part >= 10", name=op.f("ck_shared_figure_large_enough")
        ),
        sa.CheckConstraint("EXTRACT(day FROM period) = 1", name=op.f("ck_shared_figure_month")),
        sa.CheckConstraint(
            "(member_id IS NULL) = (file_id IS NULL)", name=op.f("ck_shared_figure_origin")
        ),
        _of_member("shared_figure"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["aggregate_file.id"], name=op.f("fk_shared_figure_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_figure")),
    )
    op.create_index(
        "uq_shared_figure_current",
        "shared_figure",
        ["period", "measure", "code"],
        unique=True,
        postgresql_where=_CURRENT,
    )
    op.create_index("ix_shared_figure_file", "shared_figure", ["file_id"])


def _learned() -> None:
    op.create_table(
        "shared_lesson",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("barrier", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_lesson")),
    )
    op.create_index(op.f("ix_shared_lesson_code"), "shared_lesson", ["code"])
    op.create_table(
        "exchange_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "pack",
                "text",
                name="offerkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("refers", postgresql.JSONB(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("offered_at", _INSTANT, nullable=False),
        sa.Column("offered_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_offer")),
    )
    op.create_index(
        "uq_exchange_offer_open",
        "exchange_offer",
        ["code", "hash"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def _of_member(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_member_id")
    return sa.ForeignKeyConstraint(["member_id"], ["collaborative_member.id"], name=name)
