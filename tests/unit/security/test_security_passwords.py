"""Passwords: what is refused, and that only the right one is accepted."""

import argon2
import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.ids import SeededIds
from rsm.security import passwords

EMAIL = "d.reyes@lakeside.example.org"
IDS = SeededIds("passwords")


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "password1234",
        "Password!2026",
        "passwordpassword",
        "qwertyuiop123",
        "123456789012",
        "abcdefghijklm",
        "aaaaaaaaaaaaaaaa",
        "abababababababab",
        "letmein-letmein",
        "Lakeside2026!!",
        "reyes.reyes.reyes",
        "d.reyes@lakeside.example.org",
        "Winter2026!Winter",
        "x" * 201,
    ],
)
def test_a_password_that_others_would_try_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    ["eleven tall herons", "correct horse battery", "Tz7#kq9!Vw2m", "sopa de ajo el lunes"],
)
def test_a_few_words_or_enough_signs_are_accepted(password: str) -> None:
    passwords.check(password, EMAIL)


def test_only_the_right_password_is_accepted() -> None:
    hashed = passwords.hash_password("eleven tall herons", IDS)
    assert passwords.verify(hashed, "eleven tall herons")
    assert not passwords.verify(hashed, "eleven tall heron")
    assert not passwords.verify(hashed, "")


def test_it_is_argon2id_with_a_salt_of_its_own() -> None:
    first = passwords.hash_password("eleven tall herons", IDS)
    assert first.startswith("$argon2id$")
    assert first != passwords.hash_password("eleven tall herons", IDS)


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    hashed = passwords.hash_password("caf\u00e9 am Montagmorgen", IDS)
    assert passwords.verify(hashed, "cafe\u0301 am Montagmorgen")


def test_without_a_hash_no_password_is_right_but_the_work_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verified = []
    hasher = argon2.PasswordHasher()

    class Counting:
        hash = staticmethod(hasher.hash)

        def verify(self, hashed: str, password: str) -> bool:
            verified.append(hashed)
            return hasher.verify(hashed, password)

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    assert not passwords.verify(None, "nobody")
    assert not passwords.verify(None, "eleven tall herons")
    assert len(verified) == 2


def test_something_that_is_no_hash_lets_nobody_in() -> None:
    assert not passwords.verify("", "eleven tall herons")
    assert not passwords.verify("plain", "plain")


def test_a_hash_of_weaker_parameters_is_to_be_made_anew() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)
    assert passwords.needs_rehash(weak.hash("eleven tall herons"))
    assert not passwords.needs_rehash(passwords.hash_password("eleven tall herons", IDS))


def test_a_password_costs_whoever_guesses_what_owasp_asks_for() -> None:
    """Tests with a database hash cheaply; this is what runs in production."""
    kept = passwords.hash_password("a harmless riverbank", IDS)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
