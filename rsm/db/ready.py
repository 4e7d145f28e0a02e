"""Statements that are ready for the driver: put together once, then handed to psycopg as they are.

Between a statement and PostgreSQL stand SQLAlchemy's cache keys, contexts, results and rows: 0.2 to
0.35 ms of CPU each time, of which psycopg needs 0.05. What every submit asks goes past them. All
else stays as it is: the session's connection and transaction, its events, its errors, and what the
types of columns make of their values.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn, cast

import psycopg
from sqlalchemy import Column, Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlalchemy.sql.selectable import ReturnsRows

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
_CURSOR = "ready.cursor"  # in `Session.info`, which lives as long as the transaction
_Cursor = psycopg.Cursor[tuple[Any, ...]]
_Process = Callable[[Any], Any] | None


class Ready:
    """A statement for values under these names; of several values as a list: see `among`."""

    def __init__(self, statement: ClauseElement, names: frozenset[str]) -> None:
        compiled = statement.compile(
            dialect=_DIALECT,
            column_keys=sorted(names),
            compile_kwargs={"render_postcompile": True},
        )
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("this is no statement that could be executed")
        self._sql = compiled.string
        forgotten = {b.key for b in compiled.bind_names if b.required and b.key not in names}
        if forgotten:
            raise TypeError(f"no value is given for {', '.join(sorted(forgotten))}")
        self._given = [each for each in _binds(compiled) if each[1] in names]
        self._constants = {
            place: process(value) if process else value
            for place, name, value, process in _binds(compiled)
            if name not in names
        } | _defaults(compiled)
        self._columns = _columns(statement)
        self._row = _row([column.key for column in self._columns])
        self._read: list[tuple[int, Callable[[Any], Any]]] | None = None

    def ask(self, session: Session, given: Mapping[str, object]) -> list[Any]:
        """Its rows, with their columns by name; none of a statement that returns nothing."""
        session.flush()  # as objects were changed, so it is read
        values = dict(self._constants)
        for place, name, _, process in self._given:
            values[place] = process(given[name]) if process else given[name]
        connection = session.connection()
        cursor = _cursor(session, connection)
        try:
            _execute(connection, cursor, self._sql, values)
            return self._rows(cursor) if self._columns else []
        except psycopg.Error as error:
            _raise(connection, self._sql, error)

    def _rows(self, cursor: _Cursor) -> list[Any]:
        if self._read is None:  # what a type makes of its values follows from what comes
            self._read = list(_readers(self._columns, cursor))
        if not self._read:
            return [self._row(row) for row in cursor.fetchall()]
        return [self._row(self._as_read(row)) for row in cursor.fetchall()]

    def _as_read(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for at, process in self._read or ():
            values[at] = process(values[at])
        return values


# --- put together --------------------------------------------------------------------------------


def _binds(compiled: SQLCompiler) -> Iterator[tuple[str, str, Any, _Process]]:
    """Where a value stands in the statement, under which name it is given, else what it is, and
    what is made of it for the driver."""
    for bind, place in compiled.bind_names.items():
        process = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        yield place, bind.key, bind.effective_value, process


def _defaults(compiled: SQLCompiler) -> dict[str, Any]:
    """Values of columns that a new row has where none is given."""
    found = {}
    for column in compiled.insert_prefetch if compiled.isinsert else ():
        if not isinstance(column.default, ScalarElementColumnDefault):
            raise TypeError(f"{column}: only a plain default can be put in")
        found[column.key] = column.default.arg
    return found


def _columns(statement: ClauseElement) -> list[Column[Any]]:
    return list(statement.exported_columns) if isinstance(statement, ReturnsRows) else []


def _row(names: list[str]) -> Callable[[Iterable[object]], object]:
    made: Any = namedtuple("Row", names)  # type: ignore[misc] # noqa: PYI024 - a table's columns
    make: Callable[[Iterable[object]], object] = made._make
    return make


def _readers(
    columns: list[Column[Any]], cursor: _Cursor
) -> Iterator[tuple[int, Callable[[Any], Any]]]:
    """Of which columns the values are not yet as they are read, and what makes them so."""
    for at, (column, found) in enumerate(zip(columns, cursor.description or (), strict=True)):
        impl = column.type.dialect_impl(_DIALECT)
        process = impl.result_processor(_DIALECT, found.type_code)
        if process is not None:
            yield at, process


# --- asked ---------------------------------------------------------------------------------------


def _cursor(session: Session, connection: Connection) -> _Cursor:
    """One for all that a transaction asks: all rows are fetched before the next is asked."""
    known: tuple[Connection, _Cursor] | None = session.info.get(_CURSOR)
    if known is None or known[0] is not connection:
        made = cast("_Cursor", connection.connection.cursor())
        known = session.info[_CURSOR] = (connection, made)
    return known[1]


def _execute(
    connection: Connection, cursor: _Cursor, sql: str, values: Mapping[str, object]
) -> None:
    """Whoever listens to the engine hears of it (tests count and explain statements)."""
    for hear in connection.dispatch.before_cursor_execute:
        hear(connection, cursor, sql, values, None, False)
    cursor.execute(sql, values, prepare=True)  # it will be asked again: parsed but once
    for hear in connection.dispatch.after_cursor_execute:
        hear(connection, cursor, sql, values, None, False)


def _raise(connection: Connection, sql: str, error: psycopg.Error) -> NoReturn:
    """As SQLAlchemy raises it, without a value; a connection that is gone is not used again."""
    driver = connection.connection.driver_connection
    gone = driver is None or driver.closed
    if gone:
        connection.invalidate(error)
    raise DBAPIError.instance(
        sql,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=gone,
        dialect=_DIALECT,
    ) from error
