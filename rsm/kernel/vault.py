"""The port for secrets at rest. `rsm.security.keyring` implements it with AES-GCM and HMAC."""

from typing import Protocol


class Vault(Protocol):
    """Seals bytes, wraps keys, and derives keyed hashes.

    `seal` and `open` use the installation's own key, which rotation leaves as it is; `wrap` and
    `unwrap` use the key ring, for keys alone. `context` names what is sealed
    ("patient.name:<id>"); opening needs the same context, so that a ciphertext that is moved to
    another row or column does not open.
    """

    def seal(self, plain: bytes, context: str) -> bytes: ...

    def open(self, sealed: bytes, context: str) -> bytes: ...

    def wrap(self, key: bytes, context: str) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: str) -> bytes: ...

    def lookup(self, purpose: str, text: str) -> bytes:
        """A keyed hash (32 bytes) for exact search; stable under rotation of sealing keys."""
        ...

    def mac(self, key_id: str, purpose: str, message: bytes) -> bytes:
        """An HMAC (32 bytes) under the named key of the ring."""
        ...

    @property
    def current(self) -> str:
        """The id of the ring's key that wraps today."""
        ...
