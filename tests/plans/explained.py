"""What PostgreSQL does for a statement: which rows of large tables it reads, and reads in vain."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.plans.captured import Captured

IN_VAIN = 60  # rows that a scan may read and throw away, besides as many as it keeps
MOST = 1000  # rows of one large table that one scan may keep
Node = Mapping[str, object]
_GIVEN = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class Scan:
    """One scan of a table; `kept` and `removed` are rows of all its loops."""

    kind: str
    table: str
    index: str
    kept: float
    removed: float

    @property
    def fault(self) -> str | None:
        """What is wrong with it on a large table; None when all is well."""
        if self.kind == "Seq Scan":
            return "reads it from one end to the other"
        if self.removed > IN_VAIN + self.kept:
            return f"reads {self.removed:.0f} rows in vain, by {self.index}"
        if self.kept > MOST:
            return f"reads {self.kept:.0f} rows, by {self.index}"
        return None


@dataclass(frozen=True)
class Fault:
    """A statement that reads too much of one table."""

    one: Captured
    table: str
    what: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what} ({self.one.short})"


def faults(
    connection: Connection, captured: Iterable[Captured], large: Collection[str]
) -> list[Fault]:
    """What is wrong with these statements on the large tables."""
    return [
        Fault(one, scan.table, scan.fault)
        for one in captured
        for scan in scans(connection, one)
        if scan.table in large and scan.fault is not None
    ]


def scans(connection: Connection, one: Captured) -> list[Scan]:
    """Every scan of a table in its plan. It is executed, and undone."""
    with connection.begin_nested() as attempt:
        connection.execute(text("SET LOCAL random_page_cost = 1.1"))  # as on a solid state disk
        connection.execute(text(f"SET LOCAL ROLE {one.role}"))
        connection.execute(
            text("SELECT set_config('rsm.sites', :s, true), set_config('rsm.patient', :p, true)"),
            {"s": one.sites, "p": one.patient},
        )
        plan = _plan(connection, one)
        attempt.rollback()
    return [scan for node in _nodes(plan) for scan in _scan(node)]


def _plan(connection: Connection, one: Captured) -> Node:
    """What only reads is executed; a change may not be possible a second time."""
    analyze = "ANALYZE, TIMING OFF, " if one.verb == "SELECT" else ""
    explain = f"EXPLAIN ({analyze}FORMAT JSON)"
    try:
        told = _kept(connection, one, explain) if one.is_kept else _anew(connection, one, explain)
    except (DBAPIError, psycopg.Error) as error:
        error.add_note(one.short)
        raise
    return told[0]["Plan"]


def _anew(connection: Connection, one: Captured, explain: str) -> list[dict[str, Node]]:
    """With a plan that knows the values."""
    asked = f"{explain} {one.statement}"
    found: list[dict[str, Node]] = connection.exec_driver_sql(
        asked, dict(one.parameters)
    ).scalar_one()
    return found


def _kept(connection: Connection, one: Captured, explain: str) -> list[dict[str, Node]]:
    """With the plan that serves whatever values, as a patient's request has it."""
    names = list(dict.fromkeys(_GIVEN.findall(one.statement)))
    places = {name: f"${number}" for number, name in enumerate(names, 1)}
    numbered = _GIVEN.sub(lambda found: places[found[1]], one.statement)
    values = f"({', '.join(f'%({name})s' for name in names)})" if names else ""
    connection.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    connection.exec_driver_sql(f"PREPARE kept AS {numbered}")
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    with psycopg.ClientCursor(driver) as asks:  # EXECUTE takes its values as they are written
        asks.execute(f"{explain} EXECUTE kept{values}".encode(), dict(one.parameters))
        found = asks.fetchall()[0][0]
    connection.exec_driver_sql("DEALLOCATE kept")
    return cast("list[dict[str, Node]]", found)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for each in cast("list[Node]", node.get("Plans", [])):
        yield from _nodes(each)


def _scan(node: Node) -> Iterator[Scan]:
    table = node.get("Relation Name")
    if table is None or node["Node Type"] == "ModifyTable":
        return
    if node.get("Actual Loops") == 0:
        return  # there was nothing to look up
    index = node.get("Index Name") or _bitmap(node)
    loops = _number(node, "Actual Loops")
    kept = _number(node, "Actual Rows") * loops
    removed = _number(node, "Rows Removed by Filter") + _number(
        node, "Rows Removed by Index Recheck"
    )
    yield Scan(str(node["Node Type"]), str(table), str(index), kept, removed * loops)


def _bitmap(node: Node) -> str:
    """The indexes that a bitmap is made from."""
    return ", ".join(str(each["Index Name"]) for each in _nodes(node) if "Index Name" in each)


def _number(node: Node, name: str) -> float:
    return float(cast("float", node.get(name, 0)))
