"""The key ring and the database: the installation's secret, and rotation.

To rotate: put a new first key into `RSM_SECRET_KEYS`, migrate (which sets the roles' passwords and
re-wraps the secret), run `rsm keys rotate`, and only then take the old key away. Survey links
that were made with the old key die with it.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import Ids, new_code
from rsm.security import patient_keys
from rsm.security.keyring import KEY_BYTES, KeyRing, new_key
from rsm.security.tables import RingSecret

_NAME = "installation"
_CONTEXT = "ring:installation"


def new_keys(ids: Ids) -> str:
    """A fresh entry for `RSM_SECRET_KEYS`, with a name of its own."""
    return new_key(f"k{new_code(ids, 5).lower()}", ids)


def ensure_secret(connection: Connection, keys: Mapping[str, bytes], ids: Ids) -> None:
    """Draw the installation's secret if there is none; wrap it under the first key.

    Runs as the owner. Any number may call this at once, and again: what was drawn first stays.
    """
    wrapper = KeyRing(keys, b"", ids)
    fresh = wrapper.wrap(ids.bytes(KEY_BYTES), _CONTEXT)
    connection.execute(
        insert(RingSecret)
        .values(name=_NAME, ring_key=wrapper.current, wrapped=fresh)
        .on_conflict_do_nothing()
    )
    row = connection.execute(
        select(RingSecret.ring_key, RingSecret.wrapped)
        .where(RingSecret.name == _NAME)
        .with_for_update()
    ).one()
    if row.ring_key != wrapper.current:
        again = wrapper.wrap(wrapper.unwrap(row.wrapped, _CONTEXT), _CONTEXT)
        connection.execute(
            update(RingSecret)
            .where(RingSecret.name == _NAME)
            .values(ring_key=wrapper.current, wrapped=again)
        )


def open_ring(connection: Connection, keys: Mapping[str, bytes], ids: Ids) -> KeyRing:
    """The vault of this installation.

    Raises `Invalid` when the database was not migrated, `CannotOpen` with another's keys.
    """
    wrapped = connection.execute(
        select(RingSecret.wrapped).where(RingSecret.name == _NAME)
    ).scalar_one_or_none()
    if wrapped is None:
        raise Invalid(Problem("database", "has no secret of its own yet", "run `rsm migrate`"))
    secret = KeyRing(keys, b"", ids).unwrap(wrapped, _CONTEXT)
    return KeyRing(keys, secret, ids)


def rotate(tx: Tx, limit: int = 500) -> int:
    """Re-wrap one batch of patients' keys under the ring's first key; call until it returns 0.

    Runs as the worker, everywhere. The texts themselves stay as they are: only the keys that open
    them are wrapped anew (the installation's secret was by `ensure_secret`, which migrates).
    """
    return patient_keys.rewrap(tx, limit)
