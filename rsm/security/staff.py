"""Members of staff: accounts, phones, roles. Who is disabled or has no role left is out at once."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.phones import e164
from rsm.kernel.words import Role
from rsm.security import audit, store
from rsm.security.audit import Subject
from rsm.security.model import NewStaff, Permission, Session, StaffView
from rsm.security.permissions import may
from rsm.security.tables import StaffAccount, StaffRole

PHONE_PURPOSE = "staff.phone"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def create(tx: Tx, new: NewStaff) -> UUID:
    """A new account, without password, second factor or role.

    Raises `Invalid` for an e-mail or phone that is none, `Conflict` for an e-mail that is taken.
    """
    email = normal_email(new.email)
    if not new.name.strip():
        raise Invalid(Problem("name", "is empty"))
    if store.account_by_email(tx.session, email) is not None:
        raise Conflict("this e-mail has an account already")
    account = StaffAccount(
        id=tx.new_id(),
        organisation_id=new.organisation_id,
        email=email,
        name=new.name.strip(),
        language=new.language,
        recovery_hashes=[],
        failures=0,
        created_at=tx.now,
    )
    _set_phone(tx, account, new.phone)
    try:
        with tx.savepoint():
            tx.session.add(account)
            tx.session.flush()
    except IntegrityError:
        raise Conflict("this e-mail has an account already") from None
    note(tx, "staff.created", account.id)
    return account.id


def rename(tx: Tx, staff_id: UUID, name: str, phone: str | None) -> None:
    """Change name and phone; another number must be verified again."""
    if not name.strip():
        raise Invalid(Problem("name", "is empty"))
    account = locked(tx, staff_id)
    before = account.name, account.phone_hash
    account.name = name.strip()
    _set_phone(tx, account, phone)
    if before != (account.name, account.phone_hash):
        note(tx, "staff.changed", staff_id, phone=before[1] != account.phone_hash)


def _set_phone(tx: Tx, account: StaffAccount, phone: str | None) -> None:
    number = e164(phone) if phone and phone.strip() else None
    hashed = tx.vault.lookup(PHONE_PURPOSE, number) if number else None
    if hashed == account.phone_hash:
        return
    account.phone_sealed = (
        tx.vault.seal(number.encode(), phone_context(account)) if number else None
    )
    account.phone_hash = hashed
    account.phone_verified_at = None


def phone_context(account: StaffAccount) -> str:
    return f"staff.phone:{account.id}"


def verify_phone(tx: Tx, staff_id: UUID) -> None:
    """She has shown that texts reach her."""
    locked(tx, staff_id).phone_verified_at = tx.now
    note(tx, "staff.phone_verified", staff_id)


def verify_email(tx: Tx, staff_id: UUID) -> None:
    """She has shown that e-mails reach her; void when the address is another
    (`StaffAccount.email`)."""
    locked(tx, staff_id).email_verified_at = tx.now
    note(tx, "staff.email_verified", staff_id)


def grant(tx: Tx, staff_id: UUID, site_id: UUID, role: Role) -> None:
    """Give her the role; nothing happens when she has it."""
    row = StaffRole(
        staff_id=staff_id, site_id=site_id, role=role, granted_at=tx.now, granted_by=tx.actor.id
    )
    if store.add_role(tx.session, row):
        audit.record(tx, "staff.granted", Subject("staff", staff_id), site_id, role=role)


def revoke(tx: Tx, staff_id: UUID, site_id: UUID, role: Role) -> None:
    """Take the role; with the last one her sessions end."""
    if not store.remove_role(tx.session, staff_id, site_id, role):
        return
    audit.record(tx, "staff.revoked", Subject("staff", staff_id), site_id, role=role)
    if not store.roles(tx.session, staff_id):
        end_sessions(tx, staff_id)


def disable(tx: Tx, staff_id: UUID) -> None:
    """She can do nothing from now on: her sessions end in this transaction."""
    account = locked(tx, staff_id)
    if account.disabled_at is None:
        account.disabled_at = tx.now
        note(tx, "staff.disabled", staff_id)
    end_sessions(tx, staff_id)


def enable(tx: Tx, staff_id: UUID) -> None:
    account = locked(tx, staff_id)
    if account.disabled_at is not None:
        account.disabled_at = None
        note(tx, "staff.enabled", staff_id)


def end_sessions(tx: Tx, staff_id: UUID) -> None:
    """Sign her out everywhere."""
    count = store.end_sessions(tx.session, staff_id, tx.now)
    if count:
        note(tx, "session.ended", staff_id, count=count)


def unpause(tx: Tx, staff_id: UUID) -> None:
    """Let her log in again although somebody failed too often."""
    account = locked(tx, staff_id)
    account.failures, account.locked_until = 0, None
    note(tx, "staff.unpaused", staff_id)


def get(tx: Tx, staff_id: UUID) -> StaffView:
    found = many(tx, [staff_id]).get(staff_id)
    if found is None:
        raise NotFound("no such member of staff")
    return found


def many(tx: Tx, staff_ids: Collection[UUID]) -> dict[UUID, StaffView]:
    return {one.id: _view(tx, one) for one in store.accounts(tx.session, set(staff_ids))}


def find(tx: Tx, email: str) -> StaffView | None:
    account = store.account_by_email(tx.session, normal_email(email))
    return _view(tx, account) if account else None


def by_phone(tx: Tx, number: str) -> list[UUID]:
    """The enabled people whose number (E.164) this is: one, as a rule."""
    return list(store.enabled_by_phone(tx.session, tx.vault.lookup(PHONE_PURPOSE, number)))


def with_role(tx: Tx, site_id: UUID, role: Role) -> list[UUID]:
    """The enabled people who have this role at the site, the longest known first."""
    having = {who for who, roles in at_site(tx, site_id).items() if role in roles}
    enabled = (one for one in store.accounts(tx.session, having) if one.disabled_at is None)
    return sorted(one.id for one in enabled)


def at_site(tx: Tx, site_id: UUID) -> dict[UUID, frozenset[Role]]:
    """Everybody who works at the site, the disabled included.

    A collaborative's lead does not: she is on no roster, and is told of no alert and no task.
    """
    working = {who: roles - {Role.LEAD} for who, roles in known_at(tx, site_id).items()}
    return {who: roles for who, roles in working.items() if roles}


def known_at(tx: Tx, site_id: UUID) -> dict[UUID, frozenset[Role]]:
    """Everybody with any role at the site: for whoever manages its accounts."""
    return store.roles_at(tx.session, site_id)


def sites(tx: Tx, staff_id: UUID) -> dict[UUID, frozenset[Role]]:
    """Site → her roles there."""
    return store.roles(tx.session, staff_id)


def works_at(tx: Tx, staff_id: UUID, site_id: UUID) -> bool:
    """Is she enabled, and has a role there other than to lead a collaborative?"""
    account = store.account(tx.session, staff_id)
    enabled = account is not None and account.disabled_at is None
    return enabled and bool(
        store.roles(tx.session, staff_id).get(site_id, frozenset()) - {Role.LEAD}
    )


def last_seen(tx: Tx, staff_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    return store.last_seen(tx.session, set(staff_ids))


def may_manage(tx: Tx, manager: Session, staff_id: UUID) -> bool:
    """May `manager` disable her or reset her log-in?

    Only whoever manages staff at every site where she works: else one site's administrator could
    take over an account that opens another site's patients.
    """
    return all(
        may(manager.roles.get(site, frozenset()), Permission.MANAGE_STAFF)
        for site in store.roles(tx.session, staff_id)
    )


def locked(tx: Tx, staff_id: UUID) -> StaffAccount:
    """Her account, held until the transaction ends."""
    account = store.lock_account(tx.session, staff_id)
    if account is None:
        raise NotFound("no such member of staff")
    return account


def note(tx: Tx, action: str, staff_id: UUID | None, **facts: object) -> None:
    """Write an event about an account: under the site from which it is managed, else under none."""
    site_id = next(iter(tx.scope.sites)) if len(tx.scope.sites) == 1 else None
    audit.record(tx, action, Subject("staff", staff_id), site_id, **facts)


def normal_email(email: str) -> str:
    """Raises `Invalid` when it is no e-mail address."""
    text = email.strip().casefold()
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise Invalid(Problem("email", "is not an e-mail address"))
    return text


def _view(tx: Tx, account: StaffAccount) -> StaffView:
    sealed = account.phone_sealed
    return StaffView(
        id=account.id,
        organisation_id=account.organisation_id,
        name=account.name,
        email=account.email,
        language=account.language,
        phone=tx.vault.open(sealed, phone_context(account)).decode() if sealed else None,
        phone_verified=account.phone_verified_at is not None,
        disabled=account.disabled_at is not None,
        has_password=account.password_hash is not None,
        has_second_factor=account.totp_confirmed_at is not None,
        phone_verified_at=account.phone_verified_at,
        email_verified=account.email_verified_at is not None,
        email_verified_at=account.email_verified_at,
    )
