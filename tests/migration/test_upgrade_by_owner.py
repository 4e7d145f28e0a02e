"""A clinic at work is upgraded by whoever owns its tables and is no superuser: the policies that
are forced on every owner are forced on the migrations too."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from rsm.bootstrap import metadata
from rsm.db import migrate as migrations
from rsm.db.roles import LOOKUP, ensure_roles
from tests.conftest import KEYS, MONDAY_NINE, Server
from tests.databases import fresh_name

LAKESIDE, ANN, BEA, DRAFT = (UUID(int=number) for number in range(1, 5))

# `sleep` was published from Lakeside's draft, which Ann wrote, and on which Bea wrote too.
_ROWS = f"""
INSERT INTO organisation (id, name, created_at) VALUES ('{LAKESIDE}', 'Lakeside', '{MONDAY_NINE}');
INSERT INTO site (id, organisation_id, name, sender_name, zone, languages, clinic_phone,
    emergency_number, safety_contact_name, safety_contact_phone, service_hours, texts_from,
    texts_until, instrument, rule_pack, policy, plan, routes, created_at)
  SELECT id, id, 'Lakeside', 'Lakeside', 'America/New_York', '{{en}}', '+12025550100', '911',
    'Ruth Cole', '+12025550101', '{{}}', '08:00', '21:00', '{{}}', '{{}}', '{{}}', '{{}}', '[]',
    '{MONDAY_NINE}'
  FROM organisation;
INSERT INTO staff_account (id, organisation_id, email, name, created_at)
  SELECT id, '{LAKESIDE}', id::text, 'Somebody', '{MONDAY_NINE}'
  FROM unnest(ARRAY['{ANN}', '{BEA}']::uuid[]) AS id;
INSERT INTO instrument_version (key, version, hash, body, published_at)
  VALUES ('sleep', '1.0.0', 'a', '', '{MONDAY_NINE}');
INSERT INTO instrument_draft (id, site_id, key, body, revision, author_id, created_at, updated_at,
    updated_by, published_at)
  VALUES ('{DRAFT}', '{LAKESIDE}', 'sleep', '', 1, '{ANN}', '{MONDAY_NINE}', '{MONDAY_NINE}',
    '{ANN}', '{MONDAY_NINE}');
INSERT INTO audit_event (id, at, site_id, actor_kind, actor_id, action, subject_kind, subject_id)
  VALUES ('{UUID(int=21)}', '{MONDAY_NINE}', '{LAKESIDE}', 'staff', '{BEA}',
    'instrument_draft.changed', 'instrument_draft', '{DRAFT}');
"""
_HAND_OVER = """
CREATE ROLE {owner} NOSUPERUSER NOBYPASSRLS;
GRANT ALL ON SCHEMA public TO {owner} WITH GRANT OPTION;
GRANT {lookup} TO {owner};
DO $$ DECLARE each regclass; BEGIN
  FOR each IN SELECT oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
  LOOP EXECUTE 'ALTER TABLE ' || each || ' OWNER TO {owner}'; END LOOP;
END $$;
SET LOCAL ROLE {owner};
"""


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection, "metadata": metadata()})
    config.set_main_option("script_location", str(migrations._SCRIPTS))
    command.upgrade(config, revision)


@pytest.fixture(scope="module")
def upgraded(server: Server) -> Iterator[Engine]:
    """A database of revision 0005 with these rows, brought up to date by its tables' owner."""
    name = fresh_name()
    server.run(f"CREATE DATABASE {name}")
    engine = create_engine(server.url_of(name))
    try:
        with server.alone(), engine.begin() as connection:
            ensure_roles(connection, KEYS)
            _upgrade(connection, "0005")
            connection.exec_driver_sql(_ROWS)
            connection.exec_driver_sql(_HAND_OVER.format(owner=f"owner_{name}", lookup=LOOKUP))
            _upgrade(connection, "head")
        yield engine
    finally:
        engine.dispose()
        server.run(f"DROP DATABASE {name} WITH (FORCE)")
        with server.alone():
            server.run(f"DROP ROLE IF EXISTS owner_{name}")


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_its_figures_wait_to_be_worked_out(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT site_id, patient_id FROM measure_change") == [(LAKESIDE, None)]


def test_whoever_was_at_work_stays_live(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT live_since = created_at FROM site") == [(True,)]


def test_its_questionnaires_stay_its_own(upgraded: Engine) -> None:
    assert rows(upgraded, "SELECT key, site_id FROM instrument_owner") == [("sleep", LAKESIDE)]


def test_whoever_wrote_on_a_draft_is_known_to_have(upgraded: Engine) -> None:
    query = "SELECT staff_id FROM instrument_draft_editor ORDER BY 1"
    assert rows(upgraded, query) == [(ANN,), (BEA,)]


def test_every_policy_is_forced_as_before(upgraded: Engine) -> None:
    """Whoever owns the tables sees no patient of any site."""
    query = """SELECT relname FROM pg_class WHERE relrowsecurity AND NOT relforcerowsecurity"""
    assert rows(upgraded, query) == []
