"""Questionnaires that were published before anybody asked whose they are, and by whom written."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from rsm.bootstrap import metadata
from rsm.db import migrate as migrations
from rsm.db.roles import ensure_roles
from tests.conftest import KEYS, Server
from tests.databases import fresh_name

LAKESIDE, HILLSIDE, ANN, BEA, CLEO = (UUID(int=number) for number in range(1, 6))
FIRST, SECOND, THEIRS, OPEN = (UUID(int=number) for number in range(11, 15))
EARLY, LATER = "2026-10-01T09:00:00Z", "2026-10-02T09:00:00Z"

# Ours stood there before a site published under its key; `sleep` was Lakeside's first.
_SHELF = f"""
INSERT INTO instrument_version (key, version, hash, body, published_at) VALUES
  ('weekly', '1.0.0', 'a', '', '{EARLY}'), ('weekly', '9.0.0', 'b', '', '{LATER}'),
  ('sleep', '1.0.0', 'c', '', '{EARLY}'), ('sleep', '2.0.0', 'd', '', '{LATER}');
INSERT INTO instrument_draft (id, site_id, key, body, revision, author_id, created_at, updated_at,
    updated_by, published_at) VALUES
  ('{FIRST}', '{LAKESIDE}', 'sleep', '', 1, '{ANN}', '{EARLY}', '{EARLY}', '{ANN}', '{EARLY}'),
  ('{SECOND}', '{HILLSIDE}', 'sleep', '', 1, '{BEA}', '{EARLY}', '{EARLY}', '{BEA}', '{LATER}'),
  ('{THEIRS}', '{HILLSIDE}', 'weekly', '', 1, '{BEA}', '{EARLY}', '{EARLY}', '{BEA}', '{LATER}'),
  ('{OPEN}', '{LAKESIDE}', 'sleep', '', 3, '{ANN}', '{EARLY}', '{LATER}', '{BEA}', NULL);
INSERT INTO staff_account (id, organisation_id, email, name, created_at)
  SELECT id, id, id::text, 'Somebody', '{EARLY}'
  FROM unnest(ARRAY['{ANN}', '{BEA}', '{CLEO}']::uuid[]) AS id;
INSERT INTO audit_event (id, at, site_id, actor_kind, actor_id, action, subject_kind, subject_id)
  VALUES ('{UUID(int=21)}', '{EARLY}', '{LAKESIDE}', 'staff', '{CLEO}', 'instrument_draft.changed',
    'instrument_draft', '{OPEN}');
"""


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection, "metadata": metadata()})
    config.set_main_option("script_location", str(migrations._SCRIPTS))
    command.upgrade(config, revision)


@pytest.fixture
def upgraded(server: Server) -> Iterator[Engine]:
    """A database of revision 0005 with these questionnaires in it, at revision 0006."""
    name = fresh_name()
    server.run(f"CREATE DATABASE {name}")
    engine = create_engine(server.url_of(name))
    with server.alone(), engine.begin() as connection:
        ensure_roles(connection, KEYS)
        _upgrade(connection, "0005")
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # rows alone
        connection.exec_driver_sql(_SHELF)
        _upgrade(connection, "0006")
    yield engine
    engine.dispose()
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_key_is_whose_draft_was_its_first_version(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT key, site_id FROM instrument_owner") == [("sleep", LAKESIDE)]


def test_everybody_who_wrote_on_a_draft_is_known(upgraded: Engine) -> None:
    query = f"SELECT staff_id FROM instrument_draft_editor WHERE draft_id = '{OPEN}' ORDER BY 1"
    assert rows(upgraded, query) == [(ANN,), (BEA,), (CLEO,)]
    others = query.replace(str(OPEN), str(FIRST))
    assert rows(upgraded, others) == [(ANN,)]
