"""Links that prove an e-mail address: whoever presses the button behind one reads the mail there.

Nothing is stored: the link proves itself by a MAC over the account, its end and the address as it
is, so that it is void once the address is another. It opens nothing: to prove twice is as once.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Expired
from rsm.security import staff
from rsm.security.keyring import CannotOpen
from rsm.security.model import StaffView

LIFE = timedelta(days=3)
PATH = "/login/email/"
_PURPOSE = "staff.email"
_BODY, _MAC_BYTES = 24, 16


@dataclass(frozen=True)
class _Claim:
    """What a link says: whose address, and until when."""

    body: bytes
    mac: bytes
    key_id: str

    @property
    def staff_id(self) -> UUID:
        return UUID(bytes=self.body[:16])

    @property
    def seconds(self) -> int:
        return int.from_bytes(self.body[16:], "big")


def url(tx: Tx, person: StaffView, ends: datetime, public_url: str) -> str:
    """The link that she gets by e-mail; the same again for the same end."""
    body = person.id.bytes + int(ends.timestamp()).to_bytes(8, "big")
    mac = _mac(tx, tx.vault.current, body, person.email)
    token = f"{tx.vault.current}.{base64.urlsafe_b64encode(body + mac).decode()}"
    return f"{public_url}{PATH}{token}"


def claimed(tx: Tx, token: str) -> StaffView:
    """Whose address the link is about. Changes nothing. Raises `Expired` for one that is not good:
    too old, or sent to another address than she has now."""
    claim = _read(token)
    found = staff.many(tx, [claim.staff_id]).get(claim.staff_id) if claim else None
    if claim is None or found is None or found.disabled or not _is_good(tx, claim, found.email):
        raise Expired("this link is no longer good")
    return found


def prove(tx: Tx, token: str) -> StaffView:
    """She has read the mail: the address is hers. Raises `Expired`."""
    person = claimed(tx, token)
    staff.verify_email(tx, person.id)
    return person


def _read(token: str) -> _Claim | None:
    key_id, _, text = token.partition(".")
    try:
        raw = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _BODY + _MAC_BYTES:
        return None
    return _Claim(raw[:_BODY], raw[_BODY:], key_id)


def _is_good(tx: Tx, claim: _Claim, email: str) -> bool:
    try:
        right = hmac.compare_digest(claim.mac, _mac(tx, claim.key_id, claim.body, email))
    except CannotOpen:
        return False
    return right and tx.now.timestamp() < claim.seconds


def _mac(tx: Tx, key_id: str, body: bytes, email: str) -> bytes:
    return tx.vault.mac(key_id, _PURPOSE, body + email.encode())[:_MAC_BYTES]
