"""Rules that clinicians own: expected levels, counted quiet, overrides, releases, shadow."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0003 import protect_rules

revision = "0003"
down_revision = "0002"

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_EVENT_KINDS = (
    "opened",
    "worsened",
    "added",
    "repeated",
    "told",
    "nobody",
    "viewed",
    "acknowledged",
    "expired",
    "action",
    "closed",
    "reopened",
)
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
    "read_digest",
)


def upgrade() -> None:
    _tables()
    for column in ("first_value", "previous_value", "current_value"):
        op.alter_column("finding", column, type_=sa.Double())  # numbers and scores fire rules too
    op.create_index(op.f("ix_opt_event_patient_id"), "opt_event", ["patient_id"])
    _words("alert_event", "kind", "alerteventkind", _EVENT_KINDS)
    _words("task", "kind", "taskkind", _TASK_KINDS)
    protect_rules()


def _words(table: str, column: str, kind: str, words: tuple[str, ...]) -> None:
    """New words of a closed list."""
    name = op.f(f"ck_{table}_{kind}")
    op.drop_constraint(name, table)
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def _tables() -> None:
    op.create_table(
        "rule_release",
        sa.Column("rule_pack", _JSON, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "shadow",
                "live",
                "retired",
                name="releasestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shadow_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_rule_release_retired")
        ),
        sa.CheckConstraint(
            "state <> 'live' OR (asked_at IS NOT NULL AND decided_at IS NOT NULL)",
            name=op.f("ck_rule_release_live"),
        ),
        sa.CheckConstraint(
            "(asked_at IS NULL) = (asked_by IS NULL)", name=op.f("ck_rule_release_asked")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_rule_release_decided")
        ),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_rule_release_two_people")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["staff_account.id"], name=op.f("fk_rule_release_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_account.id"], name=op.f("fk_rule_release_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_account.id"], name=op.f("fk_rule_release_decided_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rule_release_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_release")),
    )
    op.create_index(
        "uq_rule_release_live",
        "rule_release",
        ["site_id"],
        unique=True,
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "uq_rule_release_shadow",
        "rule_release",
        ["site_id"],
        unique=True,
        postgresql_where=sa.text("state = 'shadow'"),
    )
    op.create_table(
        "expected_level",
        sa.Column("symptom", sa.Text(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_because",
            sa.Enum(
                "broken",
                "ended",
                "replaced",
                name="expectedend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("broken_by", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "until > since AND until <= since + interval '30 days'",
            name=op.f("ck_expected_level_until"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_expected_level_ended")
        ),
        sa.CheckConstraint("grade BETWEEN 1 AND 3", name=op.f("ck_expected_level_grade")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_expected_level_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["staff_account.id"], name=op.f("fk_expected_level_set_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_expected_level_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expected_level")),
    )
    op.create_index(
        op.f("ix_expected_level_patient_id"), "expected_level", ["patient_id"], unique=False
    )
    op.create_index(
        "uq_expected_level_standing",
        "expected_level",
        ["patient_id", "symptom"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "rule_override",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column(
            "tier",
            sa.Enum(
                "organisation",
                "site",
                "team",
                "patient",
                name="tier",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rule_pack", _JSON, nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(tier = 'organisation') = (site_id IS NULL)", name=op.f("ck_rule_override_site")
        ),
        sa.CheckConstraint(
            "(tier = 'patient') = (body_sealed IS NOT NULL)", name=op.f("ck_rule_override_sealed")
        ),
        sa.CheckConstraint(
            "(tier = 'patient') = (patient_id IS NOT NULL)", name=op.f("ck_rule_override_patient")
        ),
        sa.CheckConstraint(
            "(tier = 'team') = (team_id IS NOT NULL)", name=op.f("ck_rule_override_team")
        ),
        sa.CheckConstraint(
            "(body IS NULL) = (body_sealed IS NOT NULL)", name=op.f("ck_rule_override_body")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name=op.f("ck_rule_override_decided")
        ),
        sa.CheckConstraint("decided_by <> author_id", name=op.f("ck_rule_override_two_people")),
        sa.CheckConstraint("until > since", name=op.f("ck_rule_override_until")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_account.id"], name=op.f("fk_rule_override_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_account.id"], name=op.f("fk_rule_override_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_rule_override_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_rule_override_patient_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_rule_override_site_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_rule_override_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_override")),
    )
    op.create_index(
        op.f("ix_rule_override_organisation_id"), "rule_override", ["organisation_id"], unique=False
    )
    op.create_index(
        op.f("ix_rule_override_patient_id"), "rule_override", ["patient_id"], unique=False
    )
    op.create_table(
        "shadow_judgement",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "info",
                "soon",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("findings", _JSON, nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_shadow_judgement_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["rule_release.id"], name=op.f("fk_shadow_judgement_release_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_shadow_judgement_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_judgement")),
        sa.UniqueConstraint(
            "release_id", "response_id", name=op.f("uq_shadow_judgement_release_id_response_id")
        ),
    )
    op.create_index(
        op.f("ix_shadow_judgement_patient_id"), "shadow_judgement", ["patient_id"], unique=False
    )
    op.create_index(
        "ix_shadow_judgement_release_at", "shadow_judgement", ["release_id", "at"], unique=False
    )
    op.create_table(
        "suppressed_finding",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("occurrence_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("symptom", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "info",
                "soon",
                "urgent",
                "emergency",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("current_value", sa.Double(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "already_open",
                "expected",
                "digest",
                name="quietreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("rule_pack", _JSON, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("expected_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_suppressed_finding_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["expected_id"], ["expected_level.id"], name=op.f("fk_suppressed_finding_expected_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_suppressed_finding_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["site.id"], name=op.f("fk_suppressed_finding_site_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed_finding")),
        sa.UniqueConstraint(
            "response_id",
            "rule",
            "item",
            "reason",
            "current_value",
            name=op.f("uq_suppressed_finding_once"),
        ),
    )
    op.create_index(
        op.f("ix_suppressed_finding_alert_id"), "suppressed_finding", ["alert_id"], unique=False
    )
    op.create_index(
        op.f("ix_suppressed_finding_patient_id"), "suppressed_finding", ["patient_id"], unique=False
    )
    op.create_index(
        "ix_suppressed_finding_site_at", "suppressed_finding", ["site_id", "at"], unique=False
    )
