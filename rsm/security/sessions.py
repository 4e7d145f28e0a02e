"""Log-in, second factor, idle lock: what a browser's cookie is worth.

A refused log-in is an answer and no exception, so that its count and its audit event are committed
by the transaction that refuses. The answer is the same for every reason and for unknown accounts.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from rsm.db.work import NOWHERE, Database, Tx
from rsm.kernel.vault import Vault
from rsm.security import passwords, second_factor, staff, store
from rsm.security.decide import (
    CODE_LIFE,
    SESSION_LIFE,
    Attempt,
    SessionFacts,
    pause_after,
    refusal,
    session_state,
)
from rsm.security.model import Enrolled, LogIn, Needs, Refusal, Session, SessionState
from rsm.security.tables import StaffAccount, StaffSession

_TOKEN_BYTES = 32
_TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class _Checked:
    """A password held against the hash that stood then; `fresh` replaces an outdated hash."""

    staff_id: UUID | None
    hashed: str | None
    right: bool
    fresh: str | None


def log_in(db: Database, email: str, password: str) -> LogIn:
    """First step. The token opens nothing until the second factor has been given.

    The password is checked between two transactions: it takes long, anybody may ask for it, and
    who holds a connection meanwhile takes it from patients. `Busy` when too many are at it.
    """
    with db.begin(NOWHERE) as tx:
        account = store.account_by_email(tx.session, email.strip().casefold())
        staff_id, hashed = (account.id, account.password_hash) if account else (None, None)
    right = passwords.verify(hashed, password)
    outdated = right and hashed is not None and passwords.needs_rehash(hashed)
    fresh = passwords.hash_password(password, db.ids) if outdated else None
    with db.begin(NOWHERE) as tx:
        return _judge(tx, _Checked(staff_id, hashed, right, fresh))


def _judge(tx: Tx, checked: _Checked) -> LogIn:
    """By the account as it is now: a hash that changed meanwhile makes the password wrong."""
    if checked.staff_id is None or checked.hashed is None:
        staff.note(tx, "session.refused", checked.staff_id, reason=Refusal.UNKNOWN)
        return LogIn()
    account = staff.locked(tx, checked.staff_id)
    if not _passes(tx, account, checked.right and account.password_hash == checked.hashed):
        return LogIn()
    if checked.fresh is not None:
        account.password_hash = checked.fresh
    if account.totp_confirmed_at is None:
        second_factor.begin(tx, account.id)
        return LogIn(_start(tx, account), Needs.ENROL_SECOND_FACTOR)
    return LogIn(_start(tx, account), Needs.SECOND_FACTOR)


def confirm(tx: Tx, token: str, code: str) -> str | None:
    """Second step: a code of the authenticator app, or a recovery code.

    Returns the token that is good from now on (another one: whoever saw the first gains nothing),
    or None when the code is refused or the first step is too long ago.
    """
    found = _load(tx, token, SessionState.NEEDS_CODE)
    if found is None:
        return None
    right = not _is_paused(tx, found[1]) and second_factor.accepts(tx, found[1], code)
    if not _passes(tx, found[1], right):
        return None
    return _complete(tx, *found)


def enrol(tx: Tx, token: str, code: str) -> Enrolled | None:
    """Second step of the first log-in: the first code of a new second factor."""
    found = _load(tx, token, SessionState.NEEDS_ENROLMENT)
    if found is None:
        return None
    paused = _is_paused(tx, found[1])
    codes = None if paused else second_factor.confirm(tx, found[1].id, code)
    if not _passes(tx, found[1], codes is not None) or codes is None:
        return None
    return Enrolled(_complete(tx, *found), codes)


def find(tx: Tx, token: str) -> Session | None:
    """Whose token this is; None when it is unknown or over. Changes nothing."""
    found = store.session_by_hash(tx.session, _hash(token))
    if found is None:
        return None
    row, account = found
    roles = store.roles(tx.session, account.id)
    state = session_state(_facts(row, account, may_work=bool(roles)), tx.now)
    if state is None:
        return None
    return Session(
        token_hash=row.token_hash,
        staff_id=account.id,
        organisation_id=account.organisation_id,
        name=account.name,
        email=account.email,
        language=account.language,
        state=state,
        roles=roles,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )


def touch(tx: Tx, session: Session) -> None:
    """The person did something (a poll by the page is nothing): the idle clock starts anew."""
    if session.state is SessionState.READY and tx.now - session.seen_at >= _TOUCH_EVERY:
        store.touch(tx.session, session.token_hash, tx.now, _TOUCH_EVERY)


def lock(tx: Tx, token: str) -> None:
    """Lock at once, as after fifteen idle minutes."""
    found = _load(tx, token, SessionState.READY)
    if found is not None:
        found[0].locked_at = tx.now
        staff.note(tx, "session.locked", found[1].id)


def unlock(tx: Tx, token: str, proof: str) -> bool:
    """Open a locked session again, by the password or a code."""
    found = _load(tx, token, SessionState.LOCKED)
    if found is None:
        return False
    row, account = found
    is_code = re.fullmatch(r"[0-9]{3}\s?[0-9]{3}", proof.strip())
    right = not _is_paused(tx, account) and (
        second_factor.accepts(tx, account, proof) if is_code else _is_password(account, proof)
    )
    if not _passes(tx, account, right):
        return False
    row.locked_at, row.seen_at = None, tx.now
    account.failures, account.locked_until = 0, None
    staff.note(tx, "session.unlocked", account.id)
    return True


def end(tx: Tx, token: str) -> None:
    """Sign out."""
    found = store.session_by_hash(tx.session, _hash(token))
    if found is not None and found[0].ended_at is None:
        found[0].ended_at = tx.now
        staff.note(tx, "session.ended", found[1].id, count=1)


def csrf_token(vault: Vault, token: str) -> str:
    """What every form of this session carries: nobody else can make it."""
    return _text(vault.mac(vault.current, "csrf", token.encode()))


def is_csrf_token(vault: Vault, token: str, given: str) -> bool:
    return hmac.compare_digest(csrf_token(vault, token).encode(), given.encode())


def _start(tx: Tx, account: StaffAccount) -> str:
    token = _text(tx.ids.bytes(_TOKEN_BYTES))
    tx.session.add(
        StaffSession(
            token_hash=_hash(token),
            staff_id=account.id,
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + CODE_LIFE,
        )
    )
    tx.session.flush()
    return token


def _complete(tx: Tx, row: StaffSession, account: StaffAccount) -> str:
    """Both factors are given: a new token for a new, longer session."""
    row.ended_at = tx.now
    token = _start(tx, account)
    fresh = tx.session.get_one(StaffSession, _hash(token))
    fresh.second_factor_at = tx.now
    fresh.expires_at = tx.now + SESSION_LIFE
    account.failures, account.locked_until = 0, None
    staff.note(tx, "session.started", account.id)
    return token


def _load(tx: Tx, token: str, state: SessionState) -> tuple[StaffSession, StaffAccount] | None:
    """The session if it stands exactly there, its account held against others' tries."""
    found = store.session_by_hash(tx.session, _hash(token))
    if found is None:
        return None
    account = staff.locked(tx, found[1].id)
    tx.session.refresh(found[0])
    may_work = bool(store.roles(tx.session, account.id))
    if session_state(_facts(found[0], account, may_work=may_work), tx.now) is not state:
        return None
    return found[0], account


def _facts(row: StaffSession, account: StaffAccount, *, may_work: bool) -> SessionFacts:
    return SessionFacts(
        expires_at=row.expires_at,
        seen_at=row.seen_at,
        ended=row.ended_at is not None,
        locked=row.locked_at is not None,
        has_second_factor=row.second_factor_at is not None,
        account_has_second_factor=account.totp_confirmed_at is not None,
        may_work=may_work and account.disabled_at is None,
    )


def _passes(tx: Tx, account: StaffAccount, right: bool) -> bool:
    """Judge one secret given for a held account; count and note a refusal."""
    attempt = Attempt(
        right=right,
        disabled=account.disabled_at is not None,
        has_role=bool(store.roles(tx.session, account.id)),
        paused_until=account.locked_until,
    )
    reason = refusal(attempt, tx.now)
    if reason is None:
        return True
    if reason is Refusal.WRONG:
        account.failures += 1
        account.locked_until = pause_after(account.failures, tx.now)
    staff.note(tx, "session.refused", account.id, reason=reason, failures=account.failures)
    return False


def _is_paused(tx: Tx, account: StaffAccount) -> bool:
    """While it pauses even the right secret is refused, so none is looked at, and none used up."""
    return account.locked_until is not None and tx.now < account.locked_until


def _is_password(account: StaffAccount, proof: str) -> bool:
    return passwords.verify(account.password_hash, proof)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode().rstrip("=")
