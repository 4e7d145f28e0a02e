"""The key ring and the database: the look-up key, and rotation.

To rotate: put a new first key into `RSM_SECRET_KEYS`, migrate (which sets the roles' passwords and
re-wraps the look-up key), run `rsm keys rotate`, and only then take the old key away. Survey links
that were made with the old key die with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import Ids, new_code
from rsm.security import patient_keys, second_factor, staff
from rsm.security.keyring import KEY_BYTES, KeyRing, new_key, seal_prefix
from rsm.security.tables import RingSecret, StaffAccount

_LOOKUP = "lookup"
_CONTEXT = "ring:lookup"


@dataclass(frozen=True)
class Rotated:
    """How many rows one batch re-wrapped; none: all is under the current key."""

    data_keys: int
    accounts: int

    @property
    def is_done(self) -> bool:
        return self.data_keys + self.accounts == 0


def new_keys(ids: Ids) -> str:
    """A fresh entry for `RSM_SECRET_KEYS`, with a name of its own."""
    return new_key(f"k{new_code(ids, 5).lower()}", ids)


def ensure_lookup_key(connection: Connection, keys: Mapping[str, bytes], ids: Ids) -> None:
    """Draw the look-up key if there is none; wrap it under the first key. Runs as the owner.

    Any number may call this at once, and again: the key that was drawn first stays.
    """
    wrapper = KeyRing(keys, b"", ids)
    fresh = wrapper.seal(ids.bytes(KEY_BYTES), _CONTEXT)
    connection.execute(
        insert(RingSecret)
        .values(name=_LOOKUP, ring_key=wrapper.current, wrapped=fresh)
        .on_conflict_do_nothing()
    )
    row = connection.execute(
        select(RingSecret.ring_key, RingSecret.wrapped)
        .where(RingSecret.name == _LOOKUP)
        .with_for_update()
    ).one()
    if row.ring_key != wrapper.current:
        again = wrapper.seal(wrapper.open(row.wrapped, _CONTEXT), _CONTEXT)
        connection.execute(
            update(RingSecret)
            .where(RingSecret.name == _LOOKUP)
            .values(ring_key=wrapper.current, wrapped=again)
        )


def open_ring(connection: Connection, keys: Mapping[str, bytes], ids: Ids) -> KeyRing:
    """The vault of this installation.

    Raises `Invalid` when the database was not migrated, `CannotOpen` with another's keys.
    """
    wrapped = connection.execute(
        select(RingSecret.wrapped).where(RingSecret.name == _LOOKUP)
    ).scalar_one_or_none()
    if wrapped is None:
        raise Invalid(Problem("database", "has no look-up key yet", "run `rsm migrate`"))
    lookup_key = KeyRing(keys, b"", ids).open(wrapped, _CONTEXT)
    return KeyRing(keys, lookup_key, ids)


def rotate(tx: Tx, limit: int = 500) -> Rotated:
    """Re-wrap one batch under the ring's first key (worker, everywhere); call until it is done.

    The texts themselves stay as they are: only the keys that open them, and what the ring seals
    directly (phones and second factors of staff), are sealed anew.
    """
    return Rotated(patient_keys.rewrap(tx, limit), _rotate_accounts(tx, limit))


def _rotate_accounts(tx: Tx, limit: int) -> int:
    prefix = seal_prefix(tx.vault.current)
    stale = tx.session.scalars(
        select(StaffAccount)
        .where(
            or_(
                func.substr(StaffAccount.phone_sealed, 1, len(prefix)) != prefix,
                func.substr(StaffAccount.totp_sealed, 1, len(prefix)) != prefix,
            )
        )
        .order_by(StaffAccount.id)
        .limit(limit)
        .with_for_update(key_share=True)
    ).all()
    for account in stale:
        account.phone_sealed = _again(tx, account.phone_sealed, staff.phone_context(account))
        account.totp_sealed = _again(tx, account.totp_sealed, second_factor.totp_context(account))
    tx.session.flush()
    return len(stale)


def _again(tx: Tx, sealed: bytes | None, context: str) -> bytes | None:
    return None if sealed is None else tx.vault.seal(tx.vault.open(sealed, context), context)
