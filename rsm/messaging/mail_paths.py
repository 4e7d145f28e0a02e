"""Addresses that say which message they belong to, and that only we can make.

A return path (where reports on a mail go) is the site's own sender with a seal behind a plus sign:
`lakeside+<message and seal>@rsm.example.org`, so that it needs no mailbox of its own. The link that
ends the mails holds the site, the message, the hash of the address that it was sent to, and a seal.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.vault import Vault

STOP_URL = "/mail/stop/"
# What stands before the @ has 64 characters at most (RFC 5321), 41 of which are ours.
LONGEST_SENDER = 23

_ID, _HASH, _PATH_SEAL, _STOP_SEAL = 16, 32, 9, 16
_PATH_CHARACTERS = 40


@dataclass(frozen=True)
class StopLink:
    """What a genuine link to end the mails is about."""

    site_id: UUID
    message_id: UUID
    address_hash: bytes = field(repr=False)


def check_sender(address: str) -> None:
    """Raises `Invalid` for an address that has no room for a return path."""
    local = address.rpartition("@")[0]
    if "+" in local or len(local) > LONGEST_SENDER:
        what = f"has a + or more than {LONGEST_SENDER} characters before the @"
        raise Invalid(Problem("address", what, "reports on each mail come back to name+…@"))


def return_path(vault: Vault, sender: str, message_id: UUID) -> str:
    """Where reports on this message, sent from `sender`, are to go."""
    local, _, domain = sender.rpartition("@")
    sealed = message_id.bytes + _path_seal(vault, sender, message_id)
    return f"{local}+{_written(sealed)}@{domain}"


def read_return_path(vault: Vault, path: str) -> tuple[str, UUID] | None:
    """The sender and the message of a genuine return path; None for any other address."""
    name, _, domain = path.lower().rpartition("@")
    local, _, mark = name.rpartition("+")
    read = _read(mark) if len(mark) == _PATH_CHARACTERS else b""
    if len(read) != _ID + _PATH_SEAL:
        return None
    sender, message_id = f"{local}@{domain}", UUID(bytes=read[:_ID])
    genuine = hmac.compare_digest(read[_ID:], _path_seal(vault, sender, message_id))
    return (sender, message_id) if genuine else None


def stop_url(vault: Vault, link: StopLink, base_url: str) -> str:
    """The link that ends the mails to this address."""
    told = link.site_id.bytes + link.message_id.bytes + link.address_hash
    return f"{base_url}{STOP_URL}{_written(told + _stop_seal(vault, told))}"


def read_stop_token(vault: Vault, token: str) -> StopLink | None:
    """What a genuine link is about; None for any other."""
    read = _read(token)
    told, seal = read[:-_STOP_SEAL], read[-_STOP_SEAL:]
    if len(told) != 2 * _ID + _HASH or not hmac.compare_digest(seal, _stop_seal(vault, told)):
        return None
    return StopLink(UUID(bytes=told[:_ID]), UUID(bytes=told[_ID : 2 * _ID]), told[2 * _ID :])


def _path_seal(vault: Vault, sender: str, message_id: UUID) -> bytes:
    # A look-up hash, which no rotation of keys changes: reports come days later.
    return vault.lookup("mail.return_path", f"{sender.lower()} {message_id}")[:_PATH_SEAL]


def _stop_seal(vault: Vault, told: bytes) -> bytes:
    return vault.lookup("mail.stop", told.hex())[:_STOP_SEAL]


def _written(data: bytes) -> str:
    """Letters and digits of one case: some mail servers do not keep the case of an address."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def _read(text: str) -> bytes:
    padded = text.upper() + "=" * (-len(text) % 8)
    try:
        return base64.b32decode(padded)
    except (binascii.Error, ValueError):
        return b""
