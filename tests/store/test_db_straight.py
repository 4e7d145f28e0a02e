"""Connections that go straight to libpq: as psycopg's own, but what is prepared is kept."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from rsm.db.migrate import disposed
from rsm.db.straight import StraightConnection, straight
from tests.conftest import Server

VALUES = {
    "number": 7,
    "words": "it's 100 %",
    "id": UUID(int=5),
    "bytes": b"\x00\xff",
    "at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    "day": date(2026, 3, 29),
    "many": [UUID(int=1), UUID(int=2)],
    "none": None,
}
ALL = "SELECT " + ", ".join(f"%({name})s AS {name}" for name in VALUES)
PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE %(any)s"


@pytest.fixture
def plain(server: Server) -> str:
    return server.url.replace("+psycopg", "")


@pytest.fixture
def connection(plain: str) -> Iterator[StraightConnection]:
    with straight(plain) as made:
        yield made


def ask(connection: psycopg.Connection[TupleRow], sql: str, **values: object) -> list[TupleRow]:
    return connection.cursor().execute(sql, values).fetchall()


def test_rows_columns_and_counts_are_psycopgs_own(
    plain: str, connection: StraightConnection
) -> None:
    with psycopg.connect(plain) as usual:
        expected = usual.cursor().execute(ALL, VALUES)
        got = connection.cursor().execute(ALL, VALUES)
        assert str(got.description) == str(expected.description)
        assert got.rowcount == expected.rowcount == 1
        assert got.fetchall() == expected.fetchall()


def test_one_cursor_reads_one_statement_after_the_other(connection: StraightConnection) -> None:
    cursor = connection.cursor()
    for number, words in ((1, "one"), (2, "two"), (3, None)):
        cursor.execute("SELECT %(number)s, %(words)s", {"number": number, "words": words})
        assert cursor.fetchall() == [(number, words)]


def test_what_was_not_committed_is_undone(connection: StraightConnection) -> None:
    ask_for = "SELECT set_config('application_name', %(name)s, false)"
    ask(connection, ask_for, name="kept")
    connection.commit()
    ask(connection, ask_for, name="undone")
    connection.rollback()
    assert ask(connection, "SELECT current_setting(%(name)s)", name="application_name") == [
        ("kept",)
    ]


def test_the_first_statement_opens_a_transaction(connection: StraightConnection) -> None:
    ask(connection, ALL, **VALUES)
    connection.commit()
    ask(connection, ALL, **VALUES)  # it is prepared now, and travels with its BEGIN
    assert connection.info.transaction_status.name == "INTRANS"
    connection.commit()
    assert connection.info.transaction_status.name == "IDLE"


def test_what_is_prepared_outlives_a_rollback(connection: StraightConnection) -> None:
    ask(connection, ALL, **VALUES)
    assert ask(connection, PREPARED, any=True) == [(2,)]
    connection.rollback()
    assert ask(connection, PREPARED, any=True) == [(2,)]
    assert ask(connection, ALL, **VALUES) == ask(connection, ALL, **VALUES)


def test_the_isolation_that_was_asked_for_is_that_of_each_transaction(
    connection: StraightConnection,
) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    asked = "SELECT current_setting(%(name)s)"
    for _ in range(2):  # not prepared, and prepared
        assert ask(connection, asked, name="transaction_isolation") == [("repeatable read",)]
        connection.rollback()


def test_a_statement_that_commits_itself_opens_no_transaction(
    connection: StraightConnection,
) -> None:
    connection.autocommit = True
    ask(connection, "SELECT set_config('application_name', %(name)s, false)", name="stands")
    assert connection.info.transaction_status.name == "IDLE"
    connection.rollback()
    asked = "SELECT current_setting(%(name)s)"
    assert ask(connection, asked, name="application_name") == [("stands",)]


def test_what_is_prepared_does_not_grow_for_ever(
    connection: StraightConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rsm.db.straight._MOST", 2)
    ask(connection, ALL, **VALUES)
    assert ask(connection, PREPARED, any=True) == [(2,)]
    for number in range(3):
        connection.rollback()
        assert ask(connection, f"SELECT %(one)s + {number}", one=1) == [(1 + number,)]
        assert connection.info.transaction_status.name == "INTRANS"
    assert ask(connection, PREPARED, any=True) == [(2,)]


def test_an_error_is_psycopgs_own_and_undone_by_a_savepoint(
    connection: StraightConnection,
) -> None:
    ask(connection, "SELECT %(one)s", one=1)
    connection.cursor().execute("SAVEPOINT before", {})
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        ask(connection, "SELECT 1 / %(none)s", none=0)
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        ask(connection, "SELECT %(one)s", one=1)
    connection.cursor().execute("ROLLBACK TO SAVEPOINT before", {})
    assert ask(connection, "SELECT %(one)s", one=1) == [(1,)]


def test_the_error_of_a_first_statement_leaves_a_connection_that_works(
    connection: StraightConnection,
) -> None:
    for _ in range(2):  # not prepared, and prepared
        with pytest.raises(psycopg.errors.DivisionByZero):
            ask(connection, "SELECT 1 / %(none)s", none=0)
        connection.rollback()
    with pytest.raises(psycopg.errors.SyntaxError):
        ask(connection, "SELECT FROM WHERE %(one)s", one=1)
    connection.rollback()
    assert ask(connection, "SELECT %(one)s", one=1) == [(1,)]


def test_a_commit_that_the_server_refuses_is_told_and_the_connection_works(
    connection: StraightConnection,
) -> None:
    deferred = "PRIMARY KEY DEFERRABLE INITIALLY DEFERRED"
    connection.execute(f"CREATE TEMPORARY TABLE once (one integer {deferred})")
    for _ in range(2):
        ask(connection, "INSERT INTO once VALUES (%(one)s) RETURNING one", one=1)
    with pytest.raises(psycopg.errors.UniqueViolation, match="duplicate key"):
        connection.commit()
    assert connection.info.transaction_status.name == "IDLE"
    assert ask(connection, "SELECT %(one)s", one=1) == [(1,)]


def test_the_commit_of_what_has_failed_undoes_it_as_psycopgs_own(
    connection: StraightConnection,
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        ask(connection, "SELECT 1 / %(none)s", none=0)
    connection.commit()
    connection.commit()  # nothing stands open any more
    assert connection.info.transaction_status.name == "IDLE"


def test_a_server_that_is_gone_at_the_commit_is_told_as_such(server: Server, plain: str) -> None:
    engine = straight_engine(server.url)
    with disposed(engine), engine.connect() as connection, psycopg.connect(plain) as other:
        pid = connection.execute(text("SELECT pg_backend_pid() + :none"), {"none": 0}).scalar()
        other.execute("SELECT pg_terminate_backend(%(pid)s, 5000)", {"pid": pid})
        with pytest.raises(OperationalError) as caught:
            connection.commit()
        assert caught.value.connection_invalidated


@pytest.mark.parametrize("within", [False, True])
def test_a_server_that_is_gone_is_told_as_such(server: Server, plain: str, within: bool) -> None:
    engine = straight_engine(server.url)
    with disposed(engine), engine.connect() as connection, psycopg.connect(plain) as other:
        pid = connection.execute(text("SELECT pg_backend_pid() + :none"), {"none": 0}).scalar()
        if not within:
            connection.commit()
        other.execute("SELECT pg_terminate_backend(%(pid)s, 5000)", {"pid": pid})
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("SELECT pg_backend_pid() + :none"), {"none": 0})
        assert caught.value.connection_invalidated


def test_sqlalchemy_works_as_ever(server: Server) -> None:
    engine = straight_engine(server.url)
    with disposed(engine):
        with engine.begin() as connection:
            found = connection.execute(
                text("SELECT :one AS one, :two AS two"), {"one": 1, "two": 2}
            )
            assert [row._asdict() for row in found] == [{"one": 1, "two": 2}]
        with engine.connect() as connection, pytest.raises(DBAPIError, match="division by zero"):
            connection.execute(text("SELECT 1 / :none"), {"none": 0})


def straight_engine(url: str) -> Engine:
    engine = create_engine(url)

    @event.listens_for(engine, "do_connect")
    def _connect(
        _dialect: object, _record: object, given: list[str], named: dict[str, object]
    ) -> StraightConnection:
        return straight(*given, **named)

    return engine
