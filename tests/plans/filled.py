"""A small clinic's rows a thousand times over: years of many sites, made by the database.

Every table of what happens to patients is multiplied, whatever columns it has: ids, keys and hashes
are new ones (the same in every table, so that rows belong together), the time is up to half a year
earlier. The oldest copies are written first, as life does. One copy in seven is of the clinic's own
site. What is open is copied in the latest of several thousand only, and is due later than
anything that the clinic has asked about; what is settled always.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.types import Enum

from rsm.bootstrap import metadata

ROWS = 5_000  # of each table, at least
_COPIES = 4096  # of a table that has but one or two rows of its own; of others every so-manieth
_WITHOUT_PATIENT = {
    *("alert_event", "audit_event", "audit_seal", "delivery_event", "escalation", "finding"),
    *("idempotency_key", "listed", "message", "patient"),
}
_QUEUES = {"measure_change"}  # emptied as it is filled
_TIMERS = {"next_at", "judge_at", "redact_at"}
_KEYS = {"business_key", "provider_id"}
# Which rows are settled, where `next_at` does not say it.
_SETTLED = {
    "alert": "state = 'closed'",
    "plan_assignment": "true",  # everybody follows a plan, and is asked some day
    "task": "state <> 'open'",
    "conversation": "ended_at IS NOT NULL",
    "pause": "ended_at IS NOT NULL",
    "response": "state <> 'draft'",
    "listed": "verdict <> 'unknown'",
}
_OPEN = "(n <= 80)"
_MOVED = f"(CASE WHEN {_OPEN} THEN 0 ELSE 1 + n * 25 / {_COPIES} END)"  # weeks
# Ids are in the order of time, and stay so; their other half is new.
_ID = f"""CREATE FUNCTION pg_temp.other(id uuid, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((('x' || left(hex, 12))::bit(48)::bigint
    - {_MOVED} * 604800000 - n) & 281474976710655), 12, '0') || left(md5(hex || n), 20))::uuid
  FROM (SELECT replace(id::text, '-', '') AS hex) of $$"""
_SITE = """CREATE FUNCTION pg_temp.place(id uuid, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT CASE WHEN n % 7 = 0 THEN id ELSE md5(id::text || 'at' || n % 7)::uuid END $$"""


def fill(connection: Connection, since: datetime) -> set[str]:
    """Multiply; open rows fall due after `since`. Returns the tables that are large now."""
    for statement in (_ID, _SITE, "SET LOCAL session_replication_role = replica"):
        connection.execute(text(statement))
    large = {table.name for table in _multiplied() if _copy(connection, table, since)}
    connection.execute(text("ANALYZE"))
    return large


def _multiplied() -> Iterator[Table]:
    for table in metadata().sorted_tables:
        personal = table.name in _WITHOUT_PATIENT or "patient_id" in table.columns
        if personal and table.name not in _QUEUES:
            yield table


def _copy(connection: Connection, table: Table, since: datetime) -> bool:
    settled = _SETTLED.get(table.name, "next_at IS NULL" if "next_at" in table.columns else "true")
    base = connection.execute(
        text(f"SELECT count(*) FROM {table.name} WHERE {settled}")
    ).scalar_one()
    if not base:
        return False
    step = 1  # a power of two, so that copies of one table have theirs in the others
    while base * _COPIES // (2 * step) >= ROWS:
        step *= 2
    columns = [column for column in table.columns if column.identity is None]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_value(column) for column in columns)
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} t,"
            f" generate_series(CAST({step} AS bigint), {_COPIES}, {step}) n"
            f" WHERE ({settled}) OR {_OPEN} ORDER BY n DESC"
        ),
        {"since": since} if ":since" in values else {},
    )
    return True


def _value(column: Column[object]) -> str:
    """What a copy has in this column."""
    name = f't."{column.name}"'
    special = {
        "site_id": f"pg_temp.place({name}, n)",
        "chain": f"pg_temp.place({name}, n)",
        "position": f"{name} + n * 1000000",
    }
    if column.name in special:
        return special[column.name]
    if column.name in _TIMERS:
        later = "CAST(:since AS timestamptz) + interval '1 day' + n * interval '1 minute'"
        always = "true" if column.table.name == "plan_assignment" else _OPEN
        return f"CASE WHEN {name} IS NOT NULL AND {always} THEN {later} END"
    return _by_type(column, name)


def _by_type(column: Column[object], name: str) -> str:
    kind = column.type
    if isinstance(kind, Uuid):
        return name if _is_of_the_house(column) else f"pg_temp.other({name}, n)"
    if isinstance(kind, DateTime):
        return f"{name} - {_MOVED} * interval '7 days'"
    if isinstance(kind, Date):
        return f"{name} - CAST({_MOVED} * 7 AS integer)"
    if isinstance(kind, LargeBinary) and column.name.endswith("_hash"):
        return f"{name} || int8send(n)"
    if isinstance(kind, Text) and not isinstance(kind, Enum) and _must_differ(column):
        return f"{name} || ':' || n"
    return name


def _is_of_the_house(column: Column[object]) -> bool:
    """It names somebody or something that is not multiplied: a nurse, a team, a site."""
    names = {table.name for table in _multiplied()}
    return any(key.column.table.name not in names for key in column.foreign_keys)


def _must_differ(column: Column[object]) -> bool:
    """No other column of a unique constraint tells the copies apart."""
    table = column.table
    unique = [
        *(each.columns for each in table.constraints if isinstance(each, UniqueConstraint)),
        *(index.columns for index in table.indexes if index.unique),
        table.primary_key.columns,
    ]
    return column.name in _KEYS or any(
        column.name in columns
        and not any(
            (
                isinstance(other.type, Uuid)
                and other.name != "site_id"
                and not _is_of_the_house(other)
            )
            or other.name.endswith("_hash")
            for other in columns
        )
        for columns in unique
    )
