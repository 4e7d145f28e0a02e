"""A database of the first release, with people in it, becomes one of this release.

Filled by SQL, since the program that filled it is gone: whoever follows the weekly plan goes on
following it, pauses go on, and what waits in the outbox still goes out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

from rsm.bootstrap import metadata
from rsm.db import migrate as migrations
from rsm.db.migrate import migrate
from rsm.db.roles import WORKER, ensure_roles, url_as
from rsm.db.work import EVERYWHERE, Database, make_engine
from rsm.flow import pauses
from rsm.flow.outbound import open_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.vault import Vault
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from tests.conftest import KEYS, MONDAY_NINE, Server
from tests.databases import fresh_name

SITE, ANNA, BERT, CLEO = (UUID(int=n) for n in range(1, 5))
WEEKLY = "d895ad116dd0650cd26be39b849de603bc72b22952f861a8df06636a427e481a"
WEEK = timedelta(days=7)

# One site; Anna is due, Bert is in hospital without an end, Cleo travels until tomorrow.
_PEOPLE = f"""
INSERT INTO organisation (id, name, created_at)
  VALUES ('{UUID(int=9)}', 'Lakeside', '{MONDAY_NINE}');
INSERT INTO site (id, organisation_id, name, sender_name, zone, languages, clinic_phone,
    emergency_number, safety_contact_name, safety_contact_phone, service_hours, texts_from,
    texts_until, instrument, rule_pack, policy, plan, routes, created_at)
  SELECT '{SITE}', '{UUID(int=9)}', 'Lakeside', 'Lakeside', 'America/New_York', '{{en}}',
    '+12025550100', '911', 'Ruth Cole', '+12025550101', '{{}}', '08:00', '21:00', pin, pin, pin,
    '{{"key": "weekly", "version": "1", "hash": "{WEEKLY}"}}', '[]', '{MONDAY_NINE}'
  FROM (SELECT '{{"key": "x", "version": "1", "hash": "0"}}'::jsonb AS pin);
INSERT INTO sender_address (address, site_id, audience, channel)
  VALUES ('+12025550140', '{SITE}', 'patient', 'sms');
INSERT INTO patient (id, site_id, status, name_sealed, record_number_sealed, record_number_hash,
    birth_date_sealed, language, interpreter, zone, channel, weekday, local_time, is_test,
    created_at)
  SELECT id, '{SITE}', CASE WHEN id = '{ANNA}' THEN 'enrolled' ELSE 'paused' END, '', '',
    id::text::bytea, '', 'en', false, 'America/New_York', 'sms', 0, '09:00', false, '{MONDAY_NINE}'
  FROM unnest(ARRAY['{ANNA}', '{BERT}', '{CLEO}']::uuid[]) AS id;
INSERT INTO plan_assignment (id, site_id, patient_id, plan, weekday, local_time, zone, starts_on,
    active, next_key, next_at)
  SELECT id, site_id, id, '{{"key": "weekly", "version": "1", "hash": "{WEEKLY}"}}', 0, '09:00',
    zone, '2026-10-12', id = '{ANNA}', '2026-10-19', CASE WHEN id = '{ANNA}' THEN created_at END
  FROM patient;
INSERT INTO pause (id, site_id, patient_id, reason, started_at, until, ended_at) VALUES
  ('{UUID(int=21)}', '{SITE}', '{BERT}', 'inpatient', '{MONDAY_NINE - WEEK}', NULL, NULL),
  ('{UUID(int=22)}', '{SITE}', '{CLEO}', 'travel', '{MONDAY_NINE}', '{MONDAY_NINE + WEEK}', NULL),
  ('{UUID(int=23)}', '{SITE}', '{ANNA}', 'request', '{MONDAY_NINE}', NULL, '{MONDAY_NINE}');
"""

# What waits, what is under way, what was handed over and what is over.
_MESSAGES = f"""
INSERT INTO message (id, site_id, patient_id, business_key, lane, channel, audience, purpose,
    language, fields, state, next_at, claim, claimed_at, provider_id, body_hash, created_at)
  SELECT id, '{SITE}', '{ANNA}', 'survey:' || state, 'survey', 'sms', 'patient', 'survey_invite',
    'en', '{{}}', state,
    CASE WHEN state IN ('queued', 'sending') THEN at END, CASE WHEN state <> 'queued' THEN id END,
    CASE WHEN state <> 'queued' THEN at END,
    CASE WHEN state NOT IN ('queued', 'sending') THEN 'SM' || state END, '', at
  FROM (SELECT gen_random_uuid() AS id, state, '{MONDAY_NINE}'::timestamptz AS at
    FROM unnest(ARRAY['queued', 'sending', 'accepted', 'delivered']) AS state);
INSERT INTO task (id, site_id, patient_id, business_key, kind, state, role, reason, opened_at,
    due_at, next_at)
  VALUES ('{UUID(int=31)}', '{SITE}', '{ANNA}', 'not_delivered:1', 'not_delivered', 'open', 'nurse',
    'The phone could not be reached.', '{MONDAY_NINE}', '{MONDAY_NINE}', '{MONDAY_NINE}');
"""


@pytest.fixture
def upgraded_url(server: Server) -> Iterator[str]:
    """A database of the first release with these people in it, brought up to date."""
    name = fresh_name()
    server.run(f"CREATE DATABASE {name}")
    url = server.url_of(name)
    engine = create_engine(url)
    with server.alone():
        with engine.begin() as connection:
            ensure_roles(connection, KEYS)
            config = Config(attributes={"connection": connection, "metadata": metadata()})
            config.set_main_option("script_location", str(migrations._SCRIPTS))
            command.upgrade(config, "0001")
        with engine.begin() as connection:
            connection.exec_driver_sql(_PEOPLE)
            connection.exec_driver_sql(_MESSAGES)
        migrate(engine, metadata(), KEYS)
    engine.dispose()
    yield url
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def upgraded(upgraded_url: str) -> Iterator[Engine]:
    engine = create_engine(upgraded_url)
    yield engine
    engine.dispose()


@pytest.fixture
def db(upgraded_url: str, vault: Vault, clock: VirtualClock) -> Iterator[Database]:
    db = Database(make_engine(url_as(upgraded_url, WORKER, KEYS)), SeededIds("w"), vault, clock)
    yield db
    db.close()


def rows(engine: Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_whoever_follows_the_weekly_plan_goes_on_following_it(
    upgraded: Engine, db: Database
) -> None:
    assert open_due(db) == 1
    assert rows(upgraded, "SELECT patient_id, window_key, state FROM occurrence") == [
        (ANNA, "2026-10-19", "open")
    ]
    ((next_key, next_at),) = rows(
        upgraded, f"SELECT next_key, next_at FROM plan_assignment WHERE patient_id = '{ANNA}'"
    )
    assert (next_key, next_at) == ("2026-10-26", MONDAY_NINE + WEEK)


def test_pauses_that_run_go_on_and_ask_to_be_ended(
    upgraded: Engine, db: Database, clock: VirtualClock
) -> None:
    running = "SELECT patient_id, next_at FROM pause WHERE ended_at IS NULL ORDER BY id"
    assert rows(upgraded, running) == [(BERT, MONDAY_NINE), (CLEO, MONDAY_NINE + WEEK)]
    pauses.pauses_due(db)
    assert rows(upgraded, "SELECT kind, patient_id FROM task WHERE kind <> 'not_delivered'") == [
        ("end_pause", BERT)
    ]


def test_what_waits_in_the_outbox_is_still_due(upgraded: Engine, db: Database) -> None:
    with db.begin(EVERYWHERE) as tx:
        (due,) = messaging.due(tx, list(Lane), 10)
        (unsure,) = messaging.unsure(tx, 10)
    states = rows(
        upgraded,
        f"SELECT state FROM message WHERE id IN ('{due.message_id}', '{unsure.message_id}')",
    )
    assert sorted(states) == [("queued",), ("sending",)]
    planned = rows(upgraded, "SELECT DISTINCT planned_at FROM message")
    assert planned == [(datetime(2026, 10, 19, 13, tzinfo=UTC),)]
    assert rows(upgraded, "SELECT kind, state FROM task") == [("not_delivered", "open")]


def test_every_message_stands_in_the_ledger_of_contacts(upgraded: Engine) -> None:
    states = rows(upgraded, "SELECT state FROM contact_attempt ORDER BY state")
    assert states == [("accepted",), ("delivered",), ("queued",), ("sending",)]


def test_bodies_that_lie_at_the_provider_are_deleted_there_in_their_turn(upgraded: Engine) -> None:
    planned = rows(upgraded, "SELECT state, redact_at FROM message ORDER BY state")
    assert planned == [
        ("accepted", MONDAY_NINE + WEEK),
        ("delivered", MONDAY_NINE + WEEK),
        ("queued", None),
        ("sending", None),
    ]
