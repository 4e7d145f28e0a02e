"""The port for secrets at rest. `rsm.security.keyring` implements it with AES-GCM and HMAC."""

from typing import Protocol


class Vault(Protocol):
    """Seals bytes under the key ring and derives keyed hashes.

    `context` names what is sealed ("patient.name:<id>"); opening needs the same context, so a
    ciphertext that is moved to another row or column does not open.
    """

    def seal(self, plain: bytes, context: str) -> bytes: ...

    def open(self, sealed: bytes, context: str) -> bytes: ...

    def lookup(self, purpose: str, text: str) -> bytes:
        """A keyed hash (32 bytes) for exact search; stable under rotation of sealing keys."""
        ...

    def mac(self, key_id: str, purpose: str, message: bytes) -> bytes:
        """An HMAC (32 bytes) under the named key of the ring."""
        ...

    @property
    def current(self) -> str:
        """The id of the key that seals today."""
        ...
