"""The signed cookie of a visit: what fits into it, and what it lets a browser see."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.instruments.proctcae import proctcae_structure
from rsm.kernel.ids import SeededIds
from rsm.security.keyring import KeyRing
from rsm.web.patient_pass import COOKIE, STAYS, Pass, read, sign

NOW = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)
LINK = UUID("01a1543f-5880-783a-8bc7-064000000000")
OTHER = UUID("01a1543f-5880-783a-8bc7-064000000001")
MOST_OF_A_COOKIE = 3900  # of 4096, with its name
MINUTE = timedelta(minutes=1)


@pytest.fixture
def vault() -> KeyRing:
    return KeyRing({"2026-10": bytes(range(32))}, bytes(32), SeededIds("pass"))


def answered(count: int) -> Pass:
    given = Pass(LINK, NOW)
    for place in range(1, count + 1):
        given = given.with_given(place, NOW + place * MINUTE)
    return given


def test_what_was_given_is_known_again_by_its_place_and_time(vault: KeyRing) -> None:
    kept = read(vault, sign(vault, answered(3), NOW), LINK, NOW)
    assert kept is not None
    assert kept.has_given(2, NOW + 2 * MINUTE)
    assert not kept.has_given(2, NOW + 3 * MINUTE)
    assert not kept.has_given(4, NOW + 2 * MINUTE)


def test_nothing_is_known_of_another_link_or_after_an_hour(vault: KeyRing) -> None:
    cookie = sign(vault, answered(3), NOW)
    assert read(vault, cookie, OTHER, NOW) is None
    assert read(vault, cookie, LINK, NOW + STAYS) is None


@pytest.mark.parametrize("count", [len(proctcae_structure().items), 500])
def test_it_fits_into_a_cookie_whatever_the_questionnaire(vault: KeyRing, count: int) -> None:
    cookie = sign(vault, answered(count), NOW)
    assert len(COOKIE) + len(cookie) < MOST_OF_A_COOKIE
    kept = read(vault, cookie, LINK, NOW)
    assert kept is not None
    assert kept.has_given(count, NOW + count * MINUTE)


def test_an_answer_given_again_is_known_by_its_last_time(vault: KeyRing) -> None:
    given = answered(2).with_given(1, NOW + 9 * MINUTE)
    assert given.has_given(1, NOW + 9 * MINUTE)
    assert not given.has_given(1, NOW + MINUTE)
