"""Rosters that change, hand-over, calendar feeds; what else nurses do with an alert."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0004 import protect_rosters

revision = "0004"
down_revision = "0003"

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
    "assigned",
    "snoozed",
    "held",
    "bundled",
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
    "rewrite_override",
    "call_back",
    "not_ready",
    "roster_gap",
)


def upgrade() -> None:
    _tables()
    _uses()
    _columns()
    _words("alert_event", "kind", "alerteventkind", _EVENT_KINDS)
    _words("task", "kind", "taskkind", _TASK_KINDS)
    protect_rosters()


def _words(table: str, column: str, kind: str, words: tuple[str, ...]) -> None:
    """New words of a closed list."""
    name = op.f(f"ck_{table}_{kind}")
    op.drop_constraint(name, table)
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def _columns() -> None:
    op.add_column("alert", sa.Column("minutes_spent", sa.Integer(), nullable=True))
    op.add_column("duty_shift", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organisation", sa.Column("routes", _JSON, nullable=True))
    op.add_column(
        "site",
        sa.Column(
            "holiday_rule",
            sa.Enum(
                "as_usual",
                "as_sunday",
                name="holidayrule",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            server_default="as_usual",
            nullable=False,
        ),
    )
    op.add_column(
        "staff_account", sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("team", sa.Column("service_hours", _JSON, nullable=True))
    op.create_check_constraint(
        op.f("ck_alert_minutes_spent"), "alert", "minutes_spent BETWEEN 0 AND 1440"
    )
    op.create_index(
        "ix_message_staff_created",
        "message",
        ["staff_id", "created_at"],
        unique=False,
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )


def _uses() -> None:
    op.create_table(
        "setting_use",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column(
            "setting",
            sa.Enum(
                "policy",
                "routes",
                name="setting",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content", _JSON, nullable=False),
        sa.Column("former", _JSON, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_setting_use_organisation_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_setting_use_site_id")),
        sa.ForeignKeyConstraint(
            ["used_by"], ["staff_account.id"], name=op.f("fk_setting_use_used_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_use")),
    )
    op.create_index(
        op.f("ix_setting_use_organisation_id"), "setting_use", ["organisation_id"], unique=False
    )
    op.create_index(
        "ix_setting_use_site_id_used_at", "setting_use", ["site_id", "used_at"], unique=False
    )


def _tables() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("only_own", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_calendar_feed_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_calendar_feed_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_staff_id"), "calendar_feed", ["staff_id"], unique=False)
    op.create_table(
        "staff_absence",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("since < until", name=op.f("ck_staff_absence_until")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_staff_absence_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_staff_absence_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_staff_absence_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_absence")),
    )
    op.create_index(op.f("ix_staff_absence_staff_id"), "staff_absence", ["staff_id"], unique=False)
    op.create_table(
        "duty_cover",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("covered_by", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("since < until", name=op.f("ck_duty_cover_until")),
        sa.CheckConstraint("staff_id <> covered_by", name=op.f("ck_duty_cover_two_people")),
        sa.ForeignKeyConstraint(
            ["covered_by"], ["staff_account.id"], name=op.f("fk_duty_cover_covered_by")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_cover_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_cover_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_duty_cover_staff_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_cover_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_cover")),
    )
    op.create_index(op.f("ix_duty_cover_team_id"), "duty_cover", ["team_id"], unique=False)
    op.create_table(
        "duty_cycle",
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("weeks BETWEEN 1 AND 52", name=op.f("ck_duty_cycle_weeks")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_cycle_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_cycle_site_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_cycle_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_cycle")),
    )
    op.create_index(op.f("ix_duty_cycle_team_id"), "duty_cycle", ["team_id"], unique=False)
    op.create_table(
        "duty_day_shift",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_duty_day_shift_rank")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_day_shift_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_day_shift_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_duty_day_shift_staff_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_day_shift_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_day_shift")),
    )
    op.create_index(op.f("ix_duty_day_shift_team_id"), "duty_day_shift", ["team_id"], unique=False)
    op.create_table(
        "duty_override",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("instead_of", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.Integer(), server_default="1", nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_duty_override_rank")),
        sa.CheckConstraint("since < until", name=op.f("ck_duty_override_until")),
        sa.CheckConstraint("staff_id <> instead_of", name=op.f("ck_duty_override_two_people")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_override_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["instead_of"], ["staff_account.id"], name=op.f("fk_duty_override_instead_of")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_override_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_duty_override_staff_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_override_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_override")),
    )
    op.create_index(op.f("ix_duty_override_team_id"), "duty_override", ["team_id"], unique=False)
    op.create_table(
        "duty_rotation",
        sa.Column("people", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("changes_at", sa.Time(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("cardinality(people) >= 1", name=op.f("ck_duty_rotation_people")),
        sa.CheckConstraint("every_days >= 1", name=op.f("ck_duty_rotation_every_days")),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_duty_rotation_rank")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_rotation_created_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_rotation_site_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_rotation_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_rotation")),
    )
    op.create_index(op.f("ix_duty_rotation_team_id"), "duty_rotation", ["team_id"], unique=False)
    op.create_table(
        "duty_swap",
        sa.Column("one_id", sa.Uuid(), nullable=False),
        sa.Column("one_duty_id", sa.Uuid(), nullable=False),
        sa.Column("one_day", sa.Date(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("other_duty_id", sa.Uuid(), nullable=False),
        sa.Column("other_day", sa.Date(), nullable=False),
        sa.Column("one_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("other_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("one_id <> other_id", name=op.f("ck_duty_swap_two_people")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_account.id"], name=op.f("fk_duty_swap_created_by")
        ),
        sa.ForeignKeyConstraint(["one_id"], ["staff_account.id"], name=op.f("fk_duty_swap_one_id")),
        sa.ForeignKeyConstraint(
            ["other_id"], ["staff_account.id"], name=op.f("fk_duty_swap_other_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_swap_site_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_duty_swap_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_swap")),
    )
    op.create_index(op.f("ix_duty_swap_team_id"), "duty_swap", ["team_id"], unique=False)
    op.create_table(
        "hand_over_note",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("about_duty_id", sa.Uuid(), nullable=True),
        sa.Column("about_day", sa.Date(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("read_by", sa.Uuid(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["read_by"], ["staff_account.id"], name=op.f("fk_hand_over_note_read_by")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_hand_over_note_site_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_hand_over_note_team_id")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["staff_account.id"], name=op.f("fk_hand_over_note_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_note")),
    )
    op.create_index(
        "ix_hand_over_note_team_at", "hand_over_note", ["team_id", "written_at"], unique=False
    )
    op.create_table(
        "duty_cycle_shift",
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_duty_cycle_shift_rank")),
        sa.CheckConstraint("week >= 0", name=op.f("ck_duty_cycle_shift_week")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_duty_cycle_shift_weekday")),
        sa.ForeignKeyConstraint(
            ["cycle_id"], ["duty_cycle.id"], name=op.f("fk_duty_cycle_shift_cycle_id")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_duty_cycle_shift_site_id")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_account.id"], name=op.f("fk_duty_cycle_shift_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_cycle_shift")),
    )
    op.create_index(
        op.f("ix_duty_cycle_shift_cycle_id"), "duty_cycle_shift", ["cycle_id"], unique=False
    )
