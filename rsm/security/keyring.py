"""Encryption at rest: AES-256-GCM under a ring of keys, and keyed hashes for exact search.

The ring comes from `RSM_SECRET_KEYS` ("id:base64", comma separated, first one wraps). It wraps keys
and nothing else: a data key per patient, and the installation's secret, which is drawn once and
seals what belongs to no patient and hashes for look-up. Rotation adds a new first key, re-wraps
those keys (`rsm keys rotate`), then drops the old one: no text and no hash changes.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import Ids

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"


class CannotOpen(Exception):
    """A ciphertext that no key of the ring opens: wrong ring, wrong place, or tampered with."""


def parse_keys(text: str) -> dict[str, bytes]:
    """The ring from its setting; the first key seals.

    Raises `Invalid` for a key that is not 32 bytes of base64, is repeated, or is weak.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, encoded = entry.partition(":")
        keys[_fresh_name(name, keys)] = _decode(name, encoded)
    if not keys:
        raise Invalid(Problem("RSM_SECRET_KEYS", "no key", "run `rsm keys new` and set its output"))
    return keys


def _fresh_name(name: str, keys: Mapping[str, bytes]) -> str:
    if not name.isalnum() or len(name) > 32:
        raise Invalid(Problem("RSM_SECRET_KEYS", "a key without an id", 'write "id:base64"'))
    if name in keys:
        raise Invalid(Problem("RSM_SECRET_KEYS", f"the id {name} stands twice", "rename one"))
    return name


def _decode(name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):  # not base64, or not even ASCII
        key = b""
    if len(key) != KEY_BYTES:
        raise Invalid(
            Problem("RSM_SECRET_KEYS", f"key {name} is not 32 bytes in base64", "rsm keys new")
        )
    if len(set(key)) < 12:
        raise Invalid(Problem("RSM_SECRET_KEYS", f"key {name} is weak", "rsm keys new"))
    return key


def new_key(name: str, ids: Ids) -> str:
    """A fresh entry for `RSM_SECRET_KEYS`."""
    return f"{name}:{base64.b64encode(ids.bytes(KEY_BYTES)).decode()}"


@dataclass(frozen=True, repr=False)
class Box:
    """One AES-GCM key. `context` is bound to the ciphertext and must be given again to open it."""

    key: bytes
    ids: Ids

    def seal(self, plain: bytes, context: str) -> bytes:
        nonce = self.ids.bytes(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(self.key).encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, context: str) -> bytes:
        if sealed[:1] != _FORMAT:
            raise CannotOpen("unknown format")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(self.key).decrypt(nonce, body, context.encode())
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a nonce
            raise CannotOpen("wrong key, wrong place, or changed") from error


class KeyRing:
    """The vault of an installation (see `rsm.kernel.vault.Vault`)."""

    def __init__(self, keys: Mapping[str, bytes], secret: bytes, ids: Ids) -> None:
        self._boxes = {name: Box(key, ids) for name, key in keys.items()}
        self._macs = {name: hashlib.sha256(b"rsm mac" + key).digest() for name, key in keys.items()}
        self._texts = Box(hmac.digest(secret, b"rsm texts", "sha256"), ids)
        self._lookup_key = hmac.digest(secret, b"rsm lookup", "sha256")
        self.current = next(iter(keys))

    def seal(self, plain: bytes, context: str) -> bytes:
        return self._texts.seal(plain, context)

    def open(self, sealed: bytes, context: str) -> bytes:
        return self._texts.open(sealed, context)

    def wrap(self, key: bytes, context: str) -> bytes:
        name = self.current.encode()
        return bytes([len(name)]) + name + self._boxes[self.current].seal(key, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        length = wrapped[0] if wrapped else 0
        name = wrapped[1 : 1 + length].decode(errors="replace")
        box = self._boxes.get(name)
        if box is None:
            raise CannotOpen(f"wrapped with key {name!r}, which is not in RSM_SECRET_KEYS")
        return box.open(wrapped[1 + length :], context)

    def lookup(self, purpose: str, text: str) -> bytes:
        return hmac.digest(self._lookup_key, f"{purpose}\x00{text}".encode(), "sha256")

    def mac(self, key_id: str, purpose: str, message: bytes) -> bytes:
        key = self._macs.get(key_id)
        if key is None:
            raise CannotOpen(f"made with key {key_id}, which is not in RSM_SECRET_KEYS")
        return hmac.digest(key, purpose.encode() + b"\x00" + message, "sha256")
