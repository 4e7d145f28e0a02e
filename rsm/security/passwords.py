"""Passwords: Argon2id (RFC 9106), at least twelve characters, nothing that everybody tries."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rsm.kernel.errors import Busy, Crowded, Invalid, Problem
from rsm.kernel.ids import Ids

MIN_LENGTH = 12
MAX_LENGTH = 200
_ENOUGH_LEFT = 8
_ENOUGH_DIFFERENT = 5
_HASHER = PasswordHasher()
# Each verification takes 64 MiB: a storm of log-ins waits here instead of eating the machine.
_GATE = BoundedSemaphore(4)
GATE_SECONDS = 2.0
_RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def hash_password(password: str, ids: Ids) -> str:
    """The hash to keep. Call `check` first. `Busy` when too many are at it."""
    with _gate():
        return _HASHER.hash(_normal(password), salt=ids.bytes(16))


def verify(hashed: str | None, password: str) -> bool:
    """Is it the password? Without a hash as much time is spent, so that timing tells nothing.

    `Busy` when too many are at it.
    """
    try:
        with _gate():
            return _HASHER.verify(hashed or _nobody(), _normal(password)) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@contextmanager
def _gate() -> Iterator[None]:
    """Few at a time; who has waited for long is sent away, so that the line has an end."""
    if not _GATE.acquire(timeout=GATE_SECONDS):
        raise Busy(Crowded.SIGN_IN, "too many people are signing in at this moment")
    try:
        yield
    finally:
        _GATE.release()


def needs_rehash(hashed: str) -> bool:
    """Was it made with other parameters than today's?"""
    return _HASHER.check_needs_rehash(hashed)


def check(password: str, email: str, where: str = "password") -> None:
    """Raises `Invalid` for a password that is too short, too common, or made of the e-mail."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        raise Invalid(Problem(where, f"use at least {MIN_LENGTH} characters", "a few words do"))
    if len(text) > MAX_LENGTH:
        raise Invalid(Problem(where, f"use at most {MAX_LENGTH} characters"))
    if is_guessable(text, email):
        raise Invalid(
            Problem(where, "this is among the first that others would try", "use a few words")
        )


def is_guessable(password: str, email: str) -> bool:
    """Is little left when the e-mail, common words and runs are taken out?"""
    rest = _normal(password).casefold()
    if len(set(rest)) < _ENOUGH_DIFFERENT:
        return True
    for word in sorted((*_parts(email), *_common()), key=len, reverse=True):
        rest = rest.replace(word, "")
    rest = _without_runs(rest)
    return len(re.sub(r"[\W_]", "", rest)) < _ENOUGH_LEFT


def _parts(email: str) -> set[str]:
    """`d.reyes@lakeside.example.org` → `reyes`, `lakeside`, `example`: pieces of 4 or more."""
    local, _, domain = email.casefold().partition("@")
    pieces = [local, *re.split(r"[._+-]", local), *re.split(r"[.-]", domain)[:-1]]
    return {piece for piece in pieces if len(piece) >= 4}


def _without_runs(text: str) -> str:
    """`text` without four or more neighbours of the alphabet, the digits or a keyboard row."""
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        for length in range(len(run), 3, -1):
            for start in range(len(run) - length + 1):
                text = text.replace(run[start : start + length], "")
    return text


@cache
def _common() -> tuple[str, ...]:
    lines = (Path(__file__).parent / "common_words.txt").read_text().splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def _normal(password: str) -> str:
    """The same password from every keyboard (NFKC, RFC 8265)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobody() -> str:
    """A hash that no log-in matches, made with today's parameters."""
    return _HASHER.hash("nobody", salt=b"sixteen bytes ok")
