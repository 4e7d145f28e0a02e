"""Whose key a questionnaire has, everybody who wrote on a draft, and drafts piloted."""

import sqlalchemy as sa
from alembic import op

from rsm.db.migrations.security_0006 import protect_owners

revision = "0006"
down_revision = "0005"

_INSTANT = sa.DateTime(timezone=True)
_CHANNELS = ("web", "sms", "voice", "email", "staff", "tablet", "paper")

# A key belongs to the site whose draft was the first version of it: the shelf has none before.
_OWNERS = """
INSERT INTO instrument_owner (key, site_id, since)
  SELECT DISTINCT ON (d.key) d.key, d.site_id, d.published_at FROM instrument_draft d
  WHERE d.published_at IS NOT NULL AND d.key <> '' AND NOT EXISTS (
    SELECT FROM instrument_version v WHERE v.key = d.key AND v.published_at < d.published_at)
  ORDER BY d.key, d.published_at
"""
# Whoever changed a draft before this table was there stands in the audit trail.
_EDITORS = """
INSERT INTO instrument_draft_editor (draft_id, staff_id, site_id)
  SELECT id, author_id, site_id FROM instrument_draft
  UNION SELECT id, updated_by, site_id FROM instrument_draft
  UNION SELECT d.id, s.id, d.site_id FROM audit_event a
    JOIN instrument_draft d ON d.id = a.subject_id JOIN staff_account s ON s.id = a.actor_id
    WHERE a.action IN ('instrument_draft.written', 'instrument_draft.changed')
"""
_READ = ("instrument_draft", "audit_event")


def upgrade() -> None:
    _owner()
    _editor()
    _pilot()
    # Policies are forced on whoever owns the tables: she would find nothing to copy.
    for table in _READ:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_OWNERS)
    op.execute(_EDITORS)
    for table in _READ:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    protect_owners()


def _owner() -> None:
    op.create_table(
        "instrument_owner",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_instrument_owner_site_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_instrument_owner")),
    )


def _editor() -> None:
    table = "instrument_draft_editor"
    op.create_table(
        table,
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        *_keys(table, draft_id="instrument_draft", staff_id="staff_account", site_id="site"),
        sa.PrimaryKeyConstraint("draft_id", "staff_id", name=op.f(f"pk_{table}")),
    )


def _pilot() -> None:
    table, staff = "instrument_pilot", "staff_account"
    channel = sa.Enum(
        *_CHANNELS, name="channel", native_enum=False, create_constraint=True, length=40
    )
    op.create_table(
        table,
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("channel", channel, nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("begun_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("unclear", sa.Text(), server_default="", nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_keys(
            table, draft_id="instrument_draft", begun_by=staff, answered_by=staff, site_id="site"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f("ix_instrument_pilot_draft_id"), table, ["draft_id"], unique=False)


def _keys(table: str, **others: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, other in others.items()
    )
