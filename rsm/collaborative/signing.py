"""Signatures under aggregate files: Ed25519 over canonical JSON. Pure.

A public key is known by its fingerprint, which two people can read to one another on the phone.
"""

import base64
import binascii
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rsm.kernel.errors import Invalid, Problem

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_FOR = b"rsm collaborative aggregate 1\n"  # a signature under anything else is none under this
_DIGITS = 20  # of a fingerprint: 80 bits


def canonical(document: object) -> bytes:
    """The same bytes for the same content, whatever the order of its keys and its blanks."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def public_of(private: bytes) -> bytes:
    """The public half of a private key of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def sign(private: bytes, content: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).sign(_FOR + content)


def is_signed(public: bytes, signature: bytes, content: bytes) -> bool:
    """Whether whoever has the private half signed exactly this."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _FOR + content)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """Twenty hex digits that stand for the key."""
    return hashlib.sha256(public).hexdigest()[:_DIGITS]


def spoken(digits: str) -> str:
    """A fingerprint as it is read out: `4f2a 91c0 …`."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def written(public: bytes) -> str:
    """A public key as it is sent to others: base64."""
    return base64.b64encode(public).decode()


def read_public(text: str) -> bytes:
    """The public key in a text. Raises `Invalid` for anything else."""
    found = unbase64(text.strip())
    if found is None or len(found) != KEY_BYTES:
        mend = "paste it as the other installation shows it: 44 characters, the last one ="
        raise Invalid(Problem("public", "is no public key", mend))
    return found


def unbase64(text: str) -> bytes | None:
    """What base64 stands for; None for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
