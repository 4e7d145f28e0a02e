"""Surveys by text, by a proxy's own link, on the clinic's tablet, from paper; judged while idle."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0005 import protect_doors

revision = "0005"
down_revision = "0004"

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_INSTANT = sa.DateTime(timezone=True)
_CHANNELS = ("web", "sms", "voice", "email", "staff", "tablet", "paper")
_WITH_CHANNEL = (
    ("alert", "acknowledged_by_channel"),
    ("alert_event", "channel"),
    ("answer_event", "channel"),
    ("contact_point", "channel"),
    ("message", "channel"),
    ("opt_event", "channel"),
    ("patient", "channel"),
    ("response", "channel"),
    ("sender_address", "channel"),
    ("site_text", "channel"),
)
_RELATIONS = ("partner", "child", "parent", "sibling", "other_relative", "friend", "carer")


def upgrade() -> None:
    for table, column in _WITH_CHANNEL:
        _new_channels(table, column)
    _proxy()
    _conversation()
    _columns()
    _instruments()
    protect_doors()


def _new_channels(table: str, column: str) -> None:
    name = op.f(f"ck_{table}_channel")
    op.drop_constraint(name, table)
    listed = ", ".join(f"'{word}'" for word in _CHANNELS)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def _words(kind: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=kind, native_enum=False, create_constraint=True, length=40)


def _proxy() -> None:
    op.create_table(
        "proxy",
        sa.Column("relation", _words("relation", *_RELATIONS), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        *_personal("proxy"),
    )
    op.create_index(op.f("ix_proxy_patient_id"), "proxy", ["patient_id"], unique=False)
    op.create_index(
        "uq_proxy_active",
        "proxy",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("stage", _words("conversationstage", "who", "asking", "words"), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repeats", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column(
            "outcome",
            _words("conversationend", "sent", "link", "other_door", "closed", "stopped"),
            nullable=True,
        ),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        *_personal("conversation"),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_conversation_occurrence_id")
        ),
    )
    op.create_index(
        op.f("ix_conversation_patient_id"), "conversation", ["patient_id"], unique=False
    )
    op.create_index("ix_conversation_occurrence", "conversation", ["occurrence_id"], unique=False)
    op.create_index(
        "uq_conversation_open",
        "conversation",
        ["phone_hash", "sender"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _personal(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The columns and keys of a row that belongs to one patient of one site."""
    return (
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f(f"fk_{table}_patient_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _columns() -> None:
    op.add_column("patient", sa.Column("answers_by_text_since", _INSTANT, nullable=True))
    for table in ("response", "answer_event"):
        op.add_column(table, sa.Column("relation", _words("relation", *_RELATIONS), nullable=True))
    op.add_column("response", sa.Column("answered_on", sa.Date(), nullable=True))
    op.add_column(
        "response", sa.Column("backfilled", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column("response", sa.Column("texts_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("response", sa.Column("judge_at", _INSTANT, nullable=True))
    op.create_index(
        "ix_response_judge",
        "response",
        ["judge_at"],
        unique=False,
        postgresql_where=sa.text("judge_at IS NOT NULL"),
    )
    op.add_column("answer_event", sa.Column("picked", _JSON, nullable=True))
    op.add_column("answer_event", sa.Column("text_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "link",
        sa.Column(
            "door",
            _words("door", "patient", "proxy", "tablet"),
            server_default="patient",
            nullable=False,
        ),
    )
    op.add_column("link", sa.Column("proxy_id", sa.Uuid(), nullable=True))
    op.add_column("link", sa.Column("expires_at", _INSTANT, nullable=True))
    op.create_foreign_key(op.f("fk_link_proxy_id"), "link", "proxy", ["proxy_id"], ["id"])


def _instruments() -> None:
    op.create_table(
        "instrument_retired",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("retired_at", _INSTANT, nullable=False),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_instrument_retired")),
    )
    op.create_table(
        "instrument_draft",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=False),
        sa.Column("discarded_at", _INSTANT, nullable=True),
        sa.Column("published_at", _INSTANT, nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["staff_account.id"], name=op.f(f"fk_instrument_draft_{column}")
            )
            for column in ("author_id", "updated_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_instrument_draft_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instrument_draft")),
    )
    op.create_index(
        "ix_instrument_draft_open",
        "instrument_draft",
        ["site_id"],
        unique=False,
        postgresql_where=sa.text("discarded_at IS NULL AND published_at IS NULL"),
    )
