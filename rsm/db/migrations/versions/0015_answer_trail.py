"""How old answers were given, packed: their events leave for the archive."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0015 import let_answer_events_go, protect_answer_trail

revision = "0015"
down_revision = "0014"

_CHANNELS = ("web", "sms", "voice", "email", "staff", "tablet", "paper")
_REPORTERS = ("self", "proxy", "staff")
_RELATIONS = ("partner", "child", "parent", "sibling", "other_relative", "friend", "carer")


def upgrade() -> None:
    table = "answer_trail"
    op.create_table(
        table,
        sa.Column("response_id", sa.Uuid(), nullable=False),
        _words("channel", _CHANNELS),
        _words("reporter", _REPORTERS),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        _words("relation", _RELATIONS, nullable=True),
        _many("seq", sa.BigInteger()),
        _many("item", sa.Text()),
        _many("status", sa.Text()),
        _many("value", sa.Integer()),
        _many("at", sa.DateTime(timezone=True)),
        _many("picked", postgresql.JSONB()),
        _many("in_words", sa.Boolean()),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_foreign(column) for column in ("patient", "response", "site")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for column in ("patient_id", "response_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    protect_answer_trail()
    let_answer_events_go()


def _words(column: str, words: tuple[str, ...], *, nullable: bool = False) -> sa.Column[str]:
    kind = sa.Enum(*words, name=column, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=nullable)


def _many(column: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(column, postgresql.ARRAY(kind), nullable=False)


def _foreign(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_answer_trail_{table}_id")
    return sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=name)
