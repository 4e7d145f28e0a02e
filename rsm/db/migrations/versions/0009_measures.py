"""Measures by patient, week, month and message, and one note for each batch of messages."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rsm.db.migrations.security_0009 import note_changes, protect_measures

revision = "0009"
down_revision = "0008"

_INSTANT = sa.DateTime(timezone=True)
_DIMENSIONS = (
    "all",
    "age",
    "sex",
    "ethnicity",
    "language",
    "channel",
    "insurance",
    "rurality",
    "deprivation",
    "worker",
)
_SPANS = ("week", "month")
_DUE = (*_SPANS, "written")
_CHANNELS = ("web", "sms", "voice", "email", "staff", "tablet", "paper")
_STATUSES = ("eligible", "approached", "declined", "enrolled", "paused", "ended")
_ENDS = ("death", "withdrawal", "treatment_stopped", "moved_away", "hospice", "other")
_MORE = {
    "survey_day": ("called_off", "by_proxy", "by_staff", "items_answered", "items_alerting"),
    "alert_day": ("about_symptoms", "expected", "repeats", "taken_late"),
}
_STAGES = ("view", "acknowledge", "close")
_TIMES = (*_STAGES, *(f"{stage}_service" for stage in _STAGES))
_OF_SPAN = ("due", "answered", "alerting")
_OF_MESSAGES = ("taken", "failed", "segments")
_OF_COURSE = (
    "due",
    "sent",
    "delivered",
    "completed",
    "later_due",
    "later_completed",
    "weeks_due",
    "weeks_answered",
    "months_due",
    "months_answered",
    "alerts",
)


def upgrade() -> None:
    for table, columns in _MORE.items():
        for name in columns:
            made = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
            op.add_column(table, made)
            op.alter_column(table, name, server_default=None)  # all of it is worked out again
    _minutes()
    _changes()
    _courses()
    _by_dimension("survey_span", (_words("span", "span", _SPANS), _day("begins")), _OF_SPAN)
    written = (
        _day("day"),
        _words("audience", "audience", ("patient", "staff")),
        _words("channel", "channel", _CHANNELS),
    )
    _by_dimension("message_day", written, _OF_MESSAGES)
    _due()
    _checks()
    whose = sa.text("worker_id IS NOT NULL")
    op.create_index(op.f("ix_patient_worker"), "patient", ["worker_id"], postgresql_where=whose)
    op.execute("INSERT INTO measure_change (site_id) SELECT id FROM site")  # before it is forced
    protect_measures()
    note_changes()


def _minutes() -> None:
    """As bytes: arrays of five years took most of a second to read."""
    table = "alert_day"
    for name in _TIMES:
        if name != "view_service":  # the only one that was not there
            op.drop_column(table, name)
        made = sa.Column(name, sa.LargeBinary(), nullable=False, server_default="")
        op.add_column(table, made)
        op.alter_column(table, name, server_default=None)


def _changes() -> None:
    """A queue of its own: a worker of before would take notes away and leave half of it undone."""
    op.drop_table("metric_change")
    op.create_table(
        "measure_change",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("occurrence_id", sa.Uuid(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", _INSTANT, nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("course_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("occurrence_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("written_at", postgresql.ARRAY(_INSTANT), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_measure_change")),
    )
    op.execute(
        "CREATE VIEW metric_change AS SELECT seq, site_id, on_day, occurrence_id, alert_id,"
        " opened_at, patient_id FROM measure_change WHERE false"
    )


def _courses() -> None:
    table, days = "patient_course", postgresql.ARRAY(sa.Date())
    op.create_table(
        table,
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        _words("status", "patientstatus", _STATUSES),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("approached", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        _words("end_reason", "endreason", _ENDS, nullable=True),
        sa.Column("first_report_on", sa.Date(), nullable=True),
        sa.Column("last_report_on", sa.Date(), nullable=True),
        sa.Column("baseline_completed", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _OF_COURSE),
        sa.Column("events", days, nullable=False),
        sa.Column("silent_events", days, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f(f"pk_{table}")),
    )
    for name in ("enrolled_on", "entered_on"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, ["site_id", name])
    some = sa.text("events <> '{}'")
    op.create_index(op.f(f"ix_{table}_events"), table, ["site_id"], postgresql_where=some)


def _due() -> None:
    op.create_table(
        "rollup_due",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        _words("what", "due", _DUE),
        _day("begins"),
        sa.PrimaryKeyConstraint("site_id", "what", "begins", name=op.f("pk_rollup_due")),
    )


def _checks() -> None:
    table = "rollup_check"
    op.create_table(
        table,
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("checked_at", _INSTANT, nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f(f"pk_{table}")),
    )


def _by_dimension(table: str, key: tuple[sa.Column[Any], ...], counts: tuple[str, ...]) -> None:
    op.create_table(
        table,
        sa.Column("site_id", sa.Uuid(), nullable=False),
        _words("dimension", "dimension", _DIMENSIONS),
        sa.Column("value", sa.Text(), nullable=False),
        *key,
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f(f"fk_{table}_site_id")),
        sa.PrimaryKeyConstraint(
            "site_id",
            "dimension",
            *(each.name for each in key if each.name == "span"),
            "value",
            *(each.name for each in key if each.name != "span"),
            name=op.f(f"pk_{table}"),
        ),
    )


def _day(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=False)


def _words(
    column: str, name: str, words: tuple[str, ...], nullable: bool = False
) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(column, kind, nullable=nullable)
