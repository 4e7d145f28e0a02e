"""The journal of improvement, cycles, the trial period, and going live."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0010 import keep_unsent, protect_improvement

revision = "0010"
down_revision = "0009"

_INSTANT = sa.DateTime(timezone=True)
_ENTRY_KINDS = ("training", "champion", "threshold", "channel", "staffing", "text", "other")
_STAGES = ("plan", "do", "study", "act", "adopted", "adapted", "abandoned")
_CHECKS = ("thresholds", "texts", "safety_contact")


def upgrade() -> None:
    op.add_column("site", sa.Column("live_since", _INSTANT, nullable=True))
    op.execute("UPDATE site SET live_since = created_at")  # they run already
    _journal()
    _cycles()
    _trial()
    _before_going_live()
    _signature()
    few = sa.text("is_test")
    op.create_index(
        "ix_message_tried", "message", ["site_id", "handed_over_at"], postgresql_where=few
    )
    protect_improvement()
    keep_unsent()


def _journal() -> None:
    _table(
        "journal_entry",
        sa.Column("thread", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.Uuid(), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        _words("kind", "entrykind", _ENTRY_KINDS),
        *(_text(name) for name in ("title", "words", "strategy", "barrier")),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), server_default="false", nullable=False),
        *_who("journal_entry", "written_by", "written_at"),
        _foreign("journal_entry", "replaces", "journal_entry"),
    )
    op.create_index("ix_journal_entry_thread", "journal_entry", ["thread"])
    op.create_index("ix_journal_entry_site_day", "journal_entry", ["site_id", "on_day"])
    _unique("uq_journal_entry_replaces", "journal_entry", ["replaces"])
    first = "source IS NOT NULL AND replaces IS NULL"
    _unique("uq_journal_entry_source", "journal_entry", ["site_id", "source"], first)


def _cycles() -> None:
    _table(
        "improvement_cycle",
        *(_text(name) for name in ("aim", "measure", "target")),
        sa.Column("starts_on", sa.Date(), nullable=False),
        *_who("improvement_cycle", "opened_by", "opened_at"),
    )
    op.create_index("ix_improvement_cycle_site", "improvement_cycle", ["site_id", "opened_at"])
    _table(
        "improvement_step",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _words("stage", "cyclestage", _STAGES),
        _text("words"),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        *_who("improvement_step", "by", "at"),
        _foreign("improvement_step", "cycle_id", "improvement_cycle"),
        _foreign("improvement_step", "owner_id", "staff_account"),
        sa.CheckConstraint("number >= 1", name=op.f("ck_improvement_step_number")),
    )
    _unique("uq_improvement_step_number", "improvement_step", ["cycle_id", "number"])


def _trial() -> None:
    _table(
        "site_trial",
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("first_enrolled", sa.Integer(), nullable=True),
        _text("aim"),
        *_who("site_trial", "begun_by", "begun_at"),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.Column("mend", sa.Text(), server_default="", nullable=False),
        _foreign("site_trial", "ended_by", "staff_account"),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_site_trial_days")),
        sa.CheckConstraint("first_enrolled >= 1", name=op.f("ck_site_trial_first")),
    )
    _unique("uq_site_trial_open", "site_trial", ["site_id"], "ended_at IS NULL")
    _table(
        "pilot_member",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("trial_id", sa.Uuid(), nullable=False),
        *_who("pilot_member", "joined_by", "joined_at"),
        sa.Column("left_at", _INSTANT, nullable=True),
        _foreign("pilot_member", "patient_id", "patient"),
        _foreign("pilot_member", "trial_id", "site_trial"),
    )
    op.create_index(op.f("ix_pilot_member_patient_id"), "pilot_member", ["patient_id"])
    op.create_index("ix_pilot_member_trial", "pilot_member", ["trial_id"])
    _unique("uq_pilot_member_standing", "pilot_member", ["patient_id"], "left_at IS NULL")


def _before_going_live() -> None:
    _table(
        "staff_training",
        sa.Column("on_day", sa.Date(), nullable=False),
        _text("name"),
        _text("topic"),
        *_who("staff_training", "recorded_by", "recorded_at"),
    )
    op.create_index("ix_staff_training_site", "staff_training", ["site_id", "on_day"])
    _table(
        "go_live_check",
        _words("kind", "checkkind", _CHECKS),
        *(_text(name) for name in ("subject", "seen", "label")),
        *_who("go_live_check", "by", "at"),
    )
    op.create_index("ix_go_live_check_site", "go_live_check", ["site_id", "kind", "subject", "at"])


def _signature() -> None:
    _table(
        "go_live_signature",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _words("extent", "extent", ("pilot", "everybody")),
        sa.Column("signed_by", sa.Uuid(), nullable=False),
        _text("name"),
        _text("words"),
        sa.Column("signed_at", _INSTANT, nullable=False),
        sa.Column("frozen", postgresql.JSONB(), nullable=False),
        _foreign("go_live_signature", "signed_by", "staff_account"),
        sa.UniqueConstraint("seq", name=op.f("uq_go_live_signature_seq")),
    )
    op.create_index("ix_go_live_signature_site", "go_live_signature", ["site_id", "extent"])


# --- parts ----------------------------------------------------------------------------------------


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        *parts,
        _foreign(name, "site_id", "site"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )


def _who(table: str, by: str, at: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Who did it, if it was a person, and when."""
    return (
        sa.Column(by, sa.Uuid(), nullable=True),
        sa.Column(at, _INSTANT, nullable=False),
        _foreign(table, by, "staff_account"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _words(column: str, name: str, words: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=False)


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _unique(name: str, table: str, columns: list[str], where: str | None = None) -> None:
    which = sa.text(where) if where else None
    op.create_index(name, table, columns, unique=True, postgresql_where=which)
