"""Links: at least 128 bits, hashed at rest, derived when sent (lessons 50, 51, 54; decision 8)."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.invitations import service as invitations
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import NotFound
from tests.survey_world import World, build_world

BASE = "https://rsm.example.org"


@pytest.fixture
def world(web_db: Database) -> World:
    return build_world(web_db)


def issued(world: World) -> tuple[str, int]:
    survey = world.open_survey()
    with world.begin() as tx:
        serial = invitations.issue(tx, survey)
        return invitations.url(tx, survey.id, serial, BASE), serial


def test_a_link_opens_its_survey_before_a_site_is_known(world: World, web_db: Database) -> None:
    url, serial = issued(world)
    found = invitations.resolve(web_db, url.removeprefix(f"{BASE}/s/"))
    assert found is not None
    assert (found.patient_id, found.site_id) == (world.patient, world.clinic.site)
    assert serial == 1


def test_a_token_has_160_bits_and_names_nobody(world: World) -> None:
    url, _ = issued(world)
    token = url.removeprefix(f"{BASE}/s/")
    assert len(base64.b32decode(token.upper())) == 20


def test_only_the_hash_of_a_token_is_stored(world: World, owner: Engine) -> None:
    url, _ = issued(world)
    token = url.removeprefix(f"{BASE}/s/")
    with owner.connect() as connection:
        for table in ("link", "message", "audit_event", "occurrence"):
            rows = connection.execute(text(f"SELECT t::text FROM {table} t")).scalars()
            assert not [row for row in rows if token in row]


def test_the_address_is_derived_again_the_same(world: World) -> None:
    url, serial = issued(world)
    with world.begin() as tx:
        survey = tx.session.execute(text("SELECT id FROM occurrence")).scalar_one()
        assert invitations.url(tx, survey, serial, BASE) == url


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "a" * 33, "A" * 32, "../../etc", "é" * 32])
def test_what_was_never_a_link_opens_nothing(web_db: Database, token: str) -> None:
    assert invitations.resolve(web_db, token) is None


def test_a_second_link_is_another_one_and_both_open(world: World, web_db: Database) -> None:
    survey = world.open_survey()
    with world.begin() as tx:
        first = invitations.url(tx, survey.id, invitations.issue(tx, survey), BASE)
        second = invitations.url(tx, survey.id, invitations.issue(tx, survey), BASE)
    assert first != second
    for url in (first, second):
        found = invitations.resolve(web_db, url.rpartition("/")[2])
        assert found is not None
        assert found.occurrence_id == survey.id


def test_a_link_that_was_never_issued_has_no_address(world: World) -> None:
    survey = world.open_survey()
    with world.begin() as tx, pytest.raises(NotFound):
        invitations.url(tx, survey.id, 7, BASE)


def test_five_wrong_birth_dates_lock_for_a_quarter_of_an_hour(
    world: World, web_db: Database, clock: VirtualClock
) -> None:
    url, _ = issued(world)
    found = invitations.resolve(web_db, url.rpartition("/")[2])
    assert found is not None
    left = []
    for _ in range(5):
        with world.as_patient(web_db) as tx:
            seen = invitations.lock_for_birth_date(tx, found.link_id)
            left.append(invitations.note_birth_date(tx, seen, False).tries_left(tx.now))
    assert left == [4, 3, 2, 1, 0]
    clock.advance(timedelta(minutes=15))
    with world.as_patient(web_db) as tx:
        assert invitations.link(tx, found.link_id).tries_left(tx.now) == 5
        seen = invitations.lock_for_birth_date(tx, found.link_id)
        assert invitations.note_birth_date(tx, seen, False).tries_left(tx.now) == 4
        seen = invitations.lock_for_birth_date(tx, found.link_id)
        assert invitations.note_birth_date(tx, seen, True).tries_left(tx.now) == 5
