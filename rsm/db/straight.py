"""Connections that go straight to libpq: for a process that does one thing after the other.

psycopg asks in a way in which others may run meanwhile, and forgets at every ROLLBACK what the
server has ready. Months under a virtual clock ask a million times, alone: here a statement is
prepared once for the life of the connection (so nobody may change tables meanwhile), the first of a
transaction travels with its BEGIN, and the process waits within libpq. Values, rows and errors are
psycopg's own. What commits each statement by itself (AUTOCOMMIT) goes the way of psycopg.
"""

from collections.abc import Sequence
from typing import Any, NoReturn, Self, cast

import psycopg
from psycopg import pq
from psycopg.abc import Buffer, Params, Query
from psycopg.adapt import Transformer
from psycopg.errors import OperationalError, error_from_result
from psycopg.rows import TupleRow

_MOST = 4_000  # more than the product asks; what lists vary beyond that is parsed each time
_ENCODING = "utf-8"  # of our databases, and so of what their server says
_FINE = frozenset({pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY})


class StraightCursor(psycopg.Cursor[TupleRow]):
    """Every statement that is given values is a prepared one. Raises as psycopg's own."""

    def execute(
        self,
        query: Query,
        params: Params | None = None,
        *,
        prepare: bool | None = None,
        binary: bool | None = None,
    ) -> Self:
        """As psycopg's, in one thread only, and nothing else at the same time."""
        known = self._own
        if not isinstance(query, str) or params is None or self.closed or known.autocommit:
            return super().execute(cast("bytes", query), params, prepare=prepare, binary=binary)
        self._reset()
        if not hasattr(self, "_tx"):
            self._tx = Transformer(self)
        asked = self._convert_query(query, params)
        key = (asked.query, asked.types)
        name = known.ready.get(key)
        if name is None and len(known.ready) >= _MOST:
            return super().execute(query, params, prepare=False, binary=binary)
        if name is None:
            name = f"straight_{len(known.ready)}".encode()
            self._begin()
            self._check(self._pgconn.prepare(name, asked.query, asked.types))
            known.ready[key] = name
        given = cast("Sequence[Buffer]", asked.params), asked.formats
        if self._pgconn.transaction_status == pq.TransactionStatus.IDLE:
            result = self._begin_with(name, *given)
        else:
            result = self._pgconn.exec_prepared(name, *given)
        self._check(result)
        self._set_results([result])
        return self

    @property
    def _own(self) -> "StraightConnection":
        return cast("StraightConnection", self._conn)

    def _begin(self) -> None:
        if self._pgconn.transaction_status == pq.TransactionStatus.IDLE:
            self._check(self._pgconn.exec_(self._own.beginning))

    def _begin_with(
        self, name: bytes, params: Sequence[Buffer], formats: Sequence[pq.Format] | None
    ) -> pq.abc.PGresult:
        """BEGIN and the first statement in one way to the server."""
        ask = self._pgconn
        ask.enter_pipeline_mode()
        try:
            ask.send_query_params(self._own.beginning, None)
            ask.send_query_prepared(name, params, formats)
            ask.pipeline_sync()
            answers = [ask.get_result() for _ in range(5)]  # each ends with none; then the sync
        finally:
            if ask.status == pq.ConnStatus.OK:
                ask.exit_pipeline_mode()
        begun, first = answers[0], answers[2]
        if begun is None or first is None:
            _lost(ask)
        self._check(begun)
        return first

    def _check(self, result: pq.abc.PGresult) -> None:
        _check(self._pgconn, result)


class StraightConnection(psycopg.Connection[TupleRow]):
    """`ready`: what the server has prepared, by statement and types."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.cursor_factory = StraightCursor
        self.ready: dict[tuple[bytes, tuple[int, ...]], bytes] = {}

    @property
    def beginning(self) -> bytes:
        """Opens a transaction, at the isolation that was asked for."""
        return self._get_tx_start_command()

    def commit(self) -> None:
        """As psycopg's, within libpq. Raises as it does."""
        if self.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            _check(self.pgconn, self.pgconn.exec_(b"COMMIT"))


def straight(*given: str, **named: Any) -> StraightConnection:
    """A connection of this kind; psycopg itself has nothing prepared that it would take back, and
    ours with it."""
    return StraightConnection.connect(*given, **{**named, "prepare_threshold": None})


def _check(ask: pq.abc.PGconn, result: pq.abc.PGresult) -> None:
    if result.status in _FINE:
        return
    if ask.status != pq.ConnStatus.OK and not _state(result):
        _lost(ask)
    raise error_from_result(result, encoding=_ENCODING)


def _lost(ask: pq.abc.PGconn) -> NoReturn:
    raise OperationalError(ask.get_error_message(_ENCODING))


def _state(result: pq.abc.PGresult) -> bytes | None:
    return result.error_field(pq.DiagnosticField.SQLSTATE)
