"""All SQL about accounts, roles, sessions and keys. Never commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from rsm.db.ready import Ready
from rsm.db.statements import among, rows, table_of
from rsm.kernel.words import Role
from rsm.security.tables import ApiKey, StaffAccount, StaffRole, StaffSession

_ROLE = table_of(StaffRole).c
_ACCOUNTS = Ready(rows(StaffAccount).where(among(StaffAccount.id, "people")), frozenset({"people"}))
_ROLES_AT = Ready(
    select(_ROLE.staff_id, _ROLE.role).where(_ROLE.site_id == bindparam("site")),
    frozenset({"site"}),
)
_ROLES_OF = Ready(
    select(_ROLE.site_id, _ROLE.role).where(_ROLE.staff_id == bindparam("who")),
    frozenset({"who"}),
)


def account(db: Db, staff_id: UUID) -> StaffAccount | None:
    return db.get(StaffAccount, staff_id)


def lock_account(db: Db, staff_id: UUID) -> StaffAccount | None:
    """The account as it stands now; others who want to change it wait."""
    db.flush()
    held = {"key_share": True}  # sessions may still be added, roles granted
    return db.get(StaffAccount, staff_id, populate_existing=True, with_for_update=held)


def account_by_email(db: Db, email: str) -> StaffAccount | None:
    return db.scalars(select(StaffAccount).where(StaffAccount.email == email)).one_or_none()


def accounts(db: Db, staff_ids: Collection[UUID]) -> Sequence[StaffAccount]:
    """Read as they stand; nothing is written to them."""
    return _ACCOUNTS.ask(db, {"people": list(staff_ids)}) if staff_ids else []


def enabled_by_phone(db: Db, phone_hash: bytes) -> Sequence[UUID]:
    return db.scalars(
        select(StaffAccount.id)
        .where(StaffAccount.phone_hash == phone_hash, StaffAccount.disabled_at.is_(None))
        .order_by(StaffAccount.id)
    ).all()


def add_role(db: Db, role: StaffRole) -> bool:
    """Whether it was new."""
    done = db.scalars(
        insert(StaffRole)
        .values(
            staff_id=role.staff_id,
            site_id=role.site_id,
            role=role.role,
            granted_at=role.granted_at,
            granted_by=role.granted_by,
        )
        .on_conflict_do_nothing()
        .returning(StaffRole.staff_id)
    )
    return done.first() is not None


def remove_role(db: Db, staff_id: UUID, site_id: UUID, role: Role) -> bool:
    """Whether it was there."""
    of_hers = (StaffRole.staff_id == staff_id, StaffRole.site_id == site_id, StaffRole.role == role)
    gone = db.scalars(delete(StaffRole).where(*of_hers).returning(StaffRole.staff_id))
    return gone.first() is not None


def roles(db: Db, staff_id: UUID) -> dict[UUID, frozenset[Role]]:
    """Site → the roles that she has there."""
    return _grouped((site, role) for site, role in _ROLES_OF.ask(db, {"who": staff_id}))


def roles_at(db: Db, site_id: UUID) -> dict[UUID, frozenset[Role]]:
    """Person → the roles that she has at this site."""
    return _grouped((staff, role) for staff, role in _ROLES_AT.ask(db, {"site": site_id}))


def _grouped(pairs: Iterable[tuple[UUID, Role]]) -> dict[UUID, frozenset[Role]]:
    found: dict[UUID, frozenset[Role]] = {}
    for key, role in pairs:
        found[key] = found.get(key, frozenset()) | {role}
    return found


def session_by_hash(db: Db, token_hash: bytes) -> tuple[StaffSession, StaffAccount] | None:
    row = db.execute(
        select(StaffSession, StaffAccount)
        .join(StaffAccount, StaffAccount.id == StaffSession.staff_id)
        .where(StaffSession.token_hash == token_hash)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def touch(db: Db, token_hash: bytes, now: datetime, every: timedelta) -> None:
    """Note that the person is there; nobody waits for another request that notes the same."""
    stale = (
        select(StaffSession.token_hash)
        .where(
            StaffSession.token_hash == token_hash,
            StaffSession.seen_at <= now - every,
            StaffSession.locked_at.is_(None),
        )
        .with_for_update(skip_locked=True)
    )
    db.execute(
        update(StaffSession)
        .where(StaffSession.token_hash.in_(stale))
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def end_sessions(db: Db, staff_id: UUID, now: datetime) -> int:
    """End all of her sessions; returns how many were still running."""
    ended = db.scalars(
        update(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > now,
        )
        .values(ended_at=now)
        .returning(StaffSession.token_hash)
    )
    return len(ended.all())


def last_seen(db: Db, staff_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    rows = db.execute(
        select(StaffSession.staff_id, func.max(StaffSession.seen_at))
        .where(StaffSession.staff_id.in_(staff_ids), StaffSession.second_factor_at.is_not(None))
        .group_by(StaffSession.staff_id)
    )
    return {row[0]: row[1] for row in rows}


def key_by_hash(db: Db, key_hash: bytes) -> ApiKey | None:
    return db.scalars(select(ApiKey).where(ApiKey.key_hash == key_hash)).one_or_none()


def keys_of(db: Db, site_id: UUID) -> Sequence[ApiKey]:
    return db.scalars(
        select(ApiKey).where(ApiKey.site_id == site_id).order_by(ApiKey.created_at, ApiKey.id)
    ).all()


def key(db: Db, site_id: UUID, key_id: UUID) -> ApiKey | None:
    return db.scalars(
        select(ApiKey).where(ApiKey.site_id == site_id, ApiKey.id == key_id)
    ).one_or_none()
