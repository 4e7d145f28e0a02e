"""Plans as data, call lists, pauses that end, consent texts, senders' rates, restores."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0002 import protect_plans_and_messages

revision = "0002"
down_revision = "0001"

# What the first release shipped as `weekly`: whoever follows it goes on following it.
_WEEKLY_1 = """\
# One survey a week, at the weekday and hour that the patient chose, on the patient's own clock.
# A Monday opening at 09:00 reminds on Tuesday at 09:00 and closes on Wednesday at 21:00.

key = "weekly"
version = "1"

# Hours on the wall after the opening (24 is the same hour of the next day).
reminders_after_hours = [24]

# At the first 21:00 that leaves at least this many hours.
[closing]
after_hours = 54
at = "21:00"

# A reminder that falls outside of these hours waits for the morning.
[sending_hours]
opens = "08:00"
closes = "21:00"
"""
_WEEKLY_1_HASH = "d895ad116dd0650cd26be39b849de603bc72b22952f861a8df06636a427e481a"

_TASK_KINDS = (
    "reach_another_way",
    "check_contact",
    "not_delivered",
    "read_text",
    "check_row",
    "call_patient",
    "end_pause",
    "confirm_pause",
    "unclear_stop",
    "unreached",
    "silent",
    "needs_date",
    "plan_over",
    "release_texts",
)
_PAUSE_REASONS = (
    "inpatient",
    "travel",
    "request",
    "wrong_number",
    "hospice",
    "reported_hospital",
    "reported_death",
)


def upgrade() -> None:
    _tables()
    _columns()
    _words("task", "kind", "taskkind", _TASK_KINDS)
    _words("pause", "reason", "pausereason", _PAUSE_REASONS)
    op.execute(
        "UPDATE pause SET next_at = COALESCE(until, started_at + interval '7 days')"
        " WHERE ended_at IS NULL"
    )
    op.create_check_constraint(
        op.f("ck_pause_next"), "pause", "ended_at IS NOT NULL OR next_at IS NOT NULL"
    )
    op.execute("UPDATE message SET planned_at = created_at WHERE planned_at IS NULL")
    # What the last release left at the provider is deleted there as well.
    op.execute(
        "UPDATE message SET redact_at = COALESCE(handed_over_at, created_at) + interval '7 days'"
        " WHERE provider_id IS NOT NULL AND channel = 'sms'"
    )
    op.execute("UPDATE inbound_message SET redact_at = received_at + interval '7 days'")
    _keep_the_first_plan()
    protect_plans_and_messages()


def _words(table: str, column: str, kind: str, words: tuple[str, ...]) -> None:
    """New words of a closed list."""
    name = op.f(f"ck_{table}_{kind}")
    op.drop_constraint(name, table)
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def _keep_the_first_plan() -> None:
    op.execute(
        sa.text(
            "INSERT INTO plan_version (key, version, hash, body, published_at)"
            " VALUES ('weekly', '1', :hash, :body, CURRENT_TIMESTAMP)"
        ).bindparams(hash=_WEEKLY_1_HASH, body=_WEEKLY_1)
    )


def _tables() -> None:
    op.create_table(
        "lifeline",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lifeline")),
    )
    op.create_table(
        "plan_version",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_plan_version")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("covers_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covers_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_table(
        "sending_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covers_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "findings",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_hold")),
    )
    op.create_index(
        "uq_sending_hold_standing",
        "sending_hold",
        ["reason"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "consent_text",
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_consent_text_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint(
            "site_id", "version", "language", name=op.f("uq_consent_text_site_id_version_language")
        ),
    )
    op.create_table(
        "listed",
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("to_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum(
                "ours",
                "unknown",
                "taken",
                name="verdict",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_listed_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listed")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_listed_provider_id")),
    )
    op.create_index("ix_listed_unknown", "listed", ["to_hash", "body_hash"], unique=False)
    op.create_index(
        "ix_listed_open",
        "listed",
        ["read_at"],
        unique=False,
        postgresql_where=sa.text("verdict = 'unknown'"),
    )
    op.create_table(
        "site_text",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "sms",
                "voice",
                "email",
                "staff",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "retired",
                name="textstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.Uuid(), nullable=True),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_text_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_text")),
        sa.UniqueConstraint(
            "site_id",
            "purpose",
            "language",
            "channel",
            "version",
            name=op.f("uq_site_text_site_id_purpose_language_channel_version"),
        ),
    )
    op.create_index(
        "uq_site_text_published",
        "site_text",
        ["site_id", "purpose", "language", "channel"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "breaker",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("tripped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_breaker_patient_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_breaker_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaker")),
    )
    op.create_index(op.f("ix_breaker_patient_id"), "breaker", ["patient_id"], unique=False)
    op.create_index(
        "uq_breaker_tripped",
        "breaker",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "call_attempt",
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "reached",
                "voicemail",
                "no_answer",
                "wrong_number",
                "refused",
                "too_ill",
                name="calloutcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_call_attempt_patient_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_call_attempt_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_attempt")),
    )
    op.create_index(
        op.f("ix_call_attempt_occurrence_id"), "call_attempt", ["occurrence_id"], unique=False
    )
    op.create_index(
        op.f("ix_call_attempt_patient_id"), "call_attempt", ["patient_id"], unique=False
    )
    op.create_index("ix_call_attempt_site_at", "call_attempt", ["site_id", "at"], unique=False)
    op.create_table(
        "sender_pace",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("handed_over", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address"], ["sender_address.address"], name=op.f("fk_sender_pace_address")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_sender_pace_site_id")),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_sender_pace")),
    )
    op.create_table(
        "treatment_event",
        sa.Column(
            "kind",
            sa.Enum(
                "treatment_start",
                "treatment_end",
                "surgery",
                "radiotherapy_start",
                "radiotherapy_end",
                "progression",
                name="treatmenteventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_treatment_event_patient_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_treatment_event_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatment_event")),
        sa.UniqueConstraint("patient_id", "kind", name=op.f("uq_treatment_event_patient_id_kind")),
    )
    op.create_index(
        op.f("ix_treatment_event_patient_id"), "treatment_event", ["patient_id"], unique=False
    )


def _columns() -> None:
    op.add_column("consent", sa.Column("text_hash", sa.Text(), nullable=True))
    op.add_column("consent", sa.Column("language", sa.Text(), nullable=True))
    op.add_column(
        "consent",
        sa.Column(
            "form",
            sa.Enum(
                "paper",
                "electronic",
                "verbal",
                "text",
                name="consentform",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "consent",
        sa.Column(
            "purposes",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default='["surveys"]',
            nullable=False,
        ),
    )
    op.add_column("consent", sa.Column("evidence_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "inbound_message", sa.Column("redact_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "inbound_message", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_inbound_message_redact",
        "inbound_message",
        ["redact_at"],
        unique=False,
        postgresql_where=sa.text("redact_at IS NOT NULL"),
    )
    op.add_column("message", sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("sender", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("segments", sa.Integer(), nullable=True))
    op.add_column("message", sa.Column("text_version", sa.Text(), nullable=True))
    op.add_column("message", sa.Column("fallback_of", sa.Uuid(), nullable=True))
    op.add_column("message", sa.Column("redact_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_message_redact",
        "message",
        ["redact_at"],
        unique=False,
        postgresql_where=sa.text("redact_at IS NOT NULL"),
    )
    op.create_index(
        "ix_message_turn",
        "message",
        ["site_id", "lane", "state", "next_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_message_created_at", "message", ["created_at"], unique=False, postgresql_using="brin"
    )
    op.drop_index(op.f("ix_message_patient_id"), "message")
    op.create_index(
        "ix_message_patient_claimed", "message", ["patient_id", "claimed_at"], unique=False
    )
    op.create_index("ix_occurrence_opens_at", "occurrence", ["opens_at"], unique=False)
    op.add_column("occurrence", sa.Column("call_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "occurrence", sa.Column("called", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "occurrence",
        sa.Column(
            "asks",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
    )
    op.add_column(
        "opt_event",
        sa.Column(
            "purpose",
            sa.Enum(
                "all",
                "surveys",
                "reminders",
                name="optpurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="all",
            nullable=False,
        ),
    )
    op.add_column("opt_event", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("opt_event", sa.Column("by", sa.Uuid(), nullable=True))
    op.add_column("patient", sa.Column("contact_from", sa.Time(), nullable=True))
    op.add_column("patient", sa.Column("contact_until", sa.Time(), nullable=True))
    op.add_column("pause", sa.Column("source", sa.Text(), server_default="staff", nullable=False))
    op.add_column("pause", sa.Column("inbound_id", sa.Uuid(), nullable=True))
    op.add_column("pause", sa.Column("asked", sa.Integer(), server_default="0", nullable=False))
    op.add_column("pause", sa.Column("note_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("pause", sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pause", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("pause", sa.Column("quarantined_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_pause_due",
        "pause",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.add_column("plan_assignment", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("plan_assignment", sa.Column("end_reason", sa.Text(), nullable=True))
    op.add_column(
        "plan_assignment", sa.Column("zone_data", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "sender_address",
        sa.Column(
            "kind",
            sa.Enum(
                "long_code",
                "toll_free",
                "short_code",
                "email",
                name="senderkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="long_code",
            nullable=False,
        ),
    )
    op.add_column(
        "sender_address", sa.Column("per_second", sa.Double(), server_default="1", nullable=False)
    )
    op.add_column("sender_address", sa.Column("daily_cap", sa.Integer(), nullable=True))
    op.add_column(
        "sender_address",
        sa.Column(
            "registration",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
    )
    op.add_column(
        "site",
        sa.Column(
            "calendar",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
    )
    op.add_column(
        "site", sa.Column("spread_minutes", sa.Integer(), server_default="60", nullable=False)
    )
    op.add_column(
        "site", sa.Column("provider_keeps_days", sa.Integer(), server_default="7", nullable=False)
    )
    op.add_column("task", sa.Column("occurrence_id", sa.Uuid(), nullable=True))
    op.add_column("task", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
