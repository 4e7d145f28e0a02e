"""Links by which a person sets her own password: after an invitation, or a reset.

Nothing is stored: the link proves itself by a MAC over the account, its end, and the password
hash as it is, so that it works once. Whoever hands it over must know whom: it is not sent by us.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Expired
from rsm.security import passwords, staff, store
from rsm.security.keyring import CannotOpen
from rsm.security.tables import StaffAccount

LIFE = timedelta(days=3)
_PURPOSE = "staff.invitation"
_MAC_BYTES = 16


@dataclass(frozen=True)
class Invitation:
    """A way in, good once and until `expires_at`: the page is `<public URL>/login/set/<token>`."""

    token: str = field(repr=False)
    expires_at: datetime

    def url(self, public_url: str) -> str:
        return f"{public_url}/login/set/{self.token}"


def invite(tx: Tx, staff_id: UUID) -> Invitation:
    """A link for her to set her password; earlier links stay good until one was used."""
    account = staff.locked(tx, staff_id)
    seconds = int((tx.now + LIFE).timestamp())
    body = staff_id.bytes + seconds.to_bytes(8, "big")
    mac = _mac(tx, tx.vault.current, account, body)
    token = f"{tx.vault.current}.{base64.urlsafe_b64encode(body + mac).decode()}"
    staff.note(tx, "staff.invited", staff_id)
    return Invitation(token, datetime.fromtimestamp(seconds, UTC))


def invited(tx: Tx, token: str) -> UUID:
    """Who may set her password with this link. Changes nothing. Raises `Expired`."""
    key_id, _, text = token.partition(".")
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        raw = b""
    body, mac = raw[:24], raw[24:]
    account = store.account(tx.session, UUID(bytes=body[:16])) if len(body) == 24 else None
    if account is None or not _is_good(tx, key_id, account, body, mac):
        raise Expired("this link is no longer good")
    return account.id


def set_password(tx: Tx, staff_id: UUID, password: str) -> None:
    """Set her password; she is signed out everywhere, and links handed out before are void.

    Raises `Invalid` for a password that is too short or too easily guessed.
    """
    account = staff.locked(tx, staff_id)
    passwords.check(password, account.email)
    account.password_hash = passwords.hash_password(password, tx.ids)
    account.failures, account.locked_until = 0, None
    staff.note(tx, "staff.password_set", staff_id)
    staff.end_sessions(tx, staff_id)


def accept(tx: Tx, token: str, password: str) -> UUID:
    """Use the link: once, also when two post at the same time."""
    staff.locked(tx, invited(tx, token))
    staff_id = invited(tx, token)
    set_password(tx, staff_id, password)
    return staff_id


def _is_good(tx: Tx, key_id: str, account: StaffAccount, body: bytes, mac: bytes) -> bool:
    try:
        right = hmac.compare_digest(mac, _mac(tx, key_id, account, body))
    except CannotOpen:
        return False
    fresh = tx.now.timestamp() < int.from_bytes(body[16:], "big")
    return right and fresh and account.disabled_at is None


def _mac(tx: Tx, key_id: str, account: StaffAccount, body: bytes) -> bytes:
    bound = body + (account.password_hash or "").encode()
    return tx.vault.mac(key_id, _PURPOSE, bound)[:_MAC_BYTES]
