"""Identifiers, nonces and codes come from a port, so that a seed determines a simulation."""

import hashlib
import os
from datetime import datetime
from typing import Protocol
from uuid import UUID

# No 0/O, 1/I/L, 5/S, 2/Z, 8/B, no vowels: read out on a phone, never a word.
CODE_ALPHABET = "3469CDFGHJKMNPQRTVWXY"


class Ids(Protocol):
    """A source of unpredictable bytes. In production it is the operating system's."""

    def bytes(self, count: int) -> bytes:
        """`count` bytes that nobody can guess."""
        ...


class SystemIds:
    """The operating system's randomness."""

    def bytes(self, count: int) -> bytes:
        return os.urandom(count)


class SeededIds:
    """The same bytes for the same seed: for tests and simulations, never in production."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._drawn = 0

    def bytes(self, count: int) -> bytes:
        self._drawn += 1
        key = self._seed + self._drawn.to_bytes(8, "big")
        return hashlib.shake_256(key).digest(count)


def new_id(ids: Ids, now: datetime) -> UUID:
    """A time-ordered UUID (version 7, RFC 9562): neighbours in time are neighbours in the index."""
    millis = int(now.timestamp() * 1000)
    random = int.from_bytes(ids.bytes(10), "big")
    value = (millis & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | (random >> 62 & 0xFFF) << 64
    value |= 0b10 << 62 | (random & (1 << 62) - 1)
    return UUID(int=value)


def keyed_id(*key: object) -> UUID:
    """The one id that `key` has (version 8, RFC 9562): the same again after a restore from backup.

    For rows that are made from what is known beforehand, so that what went out before a restore is
    recognised after it.
    """
    digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value &= ~(0xF << 76) & ~(0b11 << 62)
    return UUID(int=value | 0x8 << 76 | 0b10 << 62)


def new_code(ids: Ids, length: int = 4) -> str:
    """A short code that a person can read out and type, such as `K7QM`: not a secret."""
    return "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in ids.bytes(length))
