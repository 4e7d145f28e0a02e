"""The second factor: time-based codes (RFC 6238), each step once, and ten recovery codes."""

import base64
import hmac
import re
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError

from rsm.db.work import Tx
from rsm.kernel.ids import new_code
from rsm.security import staff, store
from rsm.security.model import FactorEnrolment
from rsm.security.tables import StaffAccount

ISSUER = "RSM"
RECOVERY_CODES = 10
_SECRET_BYTES = 20
_WINDOW = 1  # one step of 30 s to either side: phones' clocks are off by a little
_CODE_LENGTH = 12


def begin(tx: Tx, staff_id: UUID) -> FactorEnrolment:
    """Draw a secret, unless one waits already; it counts once a first code has confirmed it."""
    account = staff.locked(tx, staff_id)
    if account.totp_sealed is None:
        secret = base64.b32encode(tx.ids.bytes(_SECRET_BYTES))
        account.totp_sealed = tx.vault.seal(secret, totp_context(account))
        account.totp_confirmed_at = None
    return _enrolment(tx, account)


def pending(tx: Tx, staff_id: UUID) -> FactorEnrolment | None:
    """The secret that waits for its first code; None when there is none, or it counts already."""
    account = store.account(tx.session, staff_id)
    if account is None or account.totp_sealed is None or account.totp_confirmed_at is not None:
        return None
    return _enrolment(tx, account)


def confirm(tx: Tx, staff_id: UUID, code: str) -> tuple[str, ...] | None:
    """Take the first code: from now on it counts. Returns the recovery codes, shown this once."""
    account = staff.locked(tx, staff_id)
    if account.totp_confirmed_at is not None or not _is_step(tx, account, code):
        return None
    account.totp_confirmed_at = tx.now
    codes = tuple(new_code(tx.ids, _CODE_LENGTH) for _ in range(RECOVERY_CODES))
    account.recovery_hashes = [_hash(tx, account, code) for code in codes]
    staff.note(tx, "second_factor.enrolled", staff_id)
    return tuple("-".join(re.findall("....", code)) for code in codes)


def accepts(tx: Tx, account: StaffAccount, code: str) -> bool:
    """Is it a code of the present step, not used before, or an unused recovery code?"""
    if account.totp_confirmed_at is None:
        return False
    return _is_step(tx, account, code) or _is_recovery(tx, account, code)


def reset(tx: Tx, staff_id: UUID) -> None:
    """Forget a lost second factor: she is signed out and enrols another at her next log-in."""
    account = staff.locked(tx, staff_id)
    account.totp_sealed = account.totp_confirmed_at = account.totp_last_step = None
    account.recovery_hashes = []
    staff.note(tx, "second_factor.reset", staff_id)
    staff.end_sessions(tx, staff_id)


def totp_context(account: StaffAccount) -> str:
    return f"staff.totp:{account.id}"


def _totp(tx: Tx, account: StaffAccount) -> pyotp.TOTP:
    if account.totp_sealed is None:
        raise ValueError("no second factor")
    secret = tx.vault.open(account.totp_sealed, totp_context(account)).decode()
    return pyotp.TOTP(secret, name=account.email, issuer=ISSUER)


def _enrolment(tx: Tx, account: StaffAccount) -> FactorEnrolment:
    totp = _totp(tx, account)
    return FactorEnrolment(totp.secret, totp.provisioning_uri())


def _is_step(tx: Tx, account: StaffAccount, code: str) -> bool:
    """A step counts once: whoever looked over the shoulder is late."""
    digits = re.sub(r"\s", "", code)
    if account.totp_sealed is None or not re.fullmatch("[0-9]{6}", digits):
        return False
    try:
        step = _totp(tx, account).verify_and_get_timecode(
            digits, for_time=tx.now, valid_window=_WINDOW
        )
    except OTPVerificationError:
        return False
    if account.totp_last_step is not None and step <= account.totp_last_step:
        return False
    account.totp_last_step = step
    return True


def _is_recovery(tx: Tx, account: StaffAccount, code: str) -> bool:
    plain = re.sub(r"[\s-]", "", code).upper()
    if len(plain) != _CODE_LENGTH:
        return False
    given = _hash(tx, account, plain)
    left = [kept for kept in account.recovery_hashes if not hmac.compare_digest(kept, given)]
    if len(left) == len(account.recovery_hashes):
        return False
    account.recovery_hashes = left
    staff.note(tx, "second_factor.recovery_code_used", account.id, left=len(left))
    return True


def _hash(tx: Tx, account: StaffAccount, code: str) -> str:
    """Keyed, since the codes are short enough to be tried offline."""
    return tx.vault.lookup("staff.recovery", f"{account.id}:{code}").hex()
