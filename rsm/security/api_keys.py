"""Keys for machines: shown once as `rsm_<id>_<secret>`, kept as a hash, one site, closed scopes."""

import base64
import hashlib
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.security import audit, store
from rsm.security.audit import Subject
from rsm.security.model import ApiKeyView, ApiScope
from rsm.security.tables import ApiKey

_SHAPE = re.compile(r"rsm_([0-9a-f]{32})_([A-Za-z0-9-]{43,})")
_USED_EVERY = timedelta(minutes=1)


def create(
    tx: Tx, site_id: UUID, name: str, scopes: Collection[ApiScope], expires_at: datetime | None
) -> tuple[UUID, str]:
    """A new key and its text, which is shown this once."""
    problems = []
    if not name.strip():
        problems.append(Problem("name", "is empty"))
    if not scopes:
        problems.append(Problem("scopes", "choose at least one"))
    if expires_at is not None and expires_at <= tx.now:
        problems.append(Problem("expires_at", "is past"))
    if problems:
        raise Invalid(problems)
    key_id = tx.new_id()
    # "_" parts the key's text, so the secret has none.
    secret = base64.urlsafe_b64encode(tx.ids.bytes(32)).decode().rstrip("=").replace("_", "-")
    text = f"rsm_{key_id.hex}_{secret}"
    tx.session.add(
        ApiKey(
            id=key_id,
            site_id=site_id,
            name=name.strip(),
            key_hash=_hash(text),
            scopes=sorted(scopes),
            created_at=tx.now,
            created_by=tx.actor.id,
            expires_at=expires_at,
        )
    )
    tx.session.flush()
    audit.record(tx, "api_key.created", Subject("api_key", key_id), site_id, scopes=sorted(scopes))
    return key_id, text


def find(tx: Tx, text: str) -> ApiKeyView | None:
    """The key of this text, if it is good now; notes its use once a minute."""
    if not _SHAPE.fullmatch(text):
        return None
    row = store.key_by_hash(tx.session, _hash(text))
    if row is None or row.revoked_at is not None:
        return None
    if row.expires_at is not None and tx.now >= row.expires_at:
        return None
    if row.used_at is None or tx.now - row.used_at >= _USED_EVERY:
        row.used_at = tx.now
    return _view(row)


def revoke(tx: Tx, site_id: UUID, key_id: UUID) -> None:
    """The key opens nothing from now on."""
    row = store.key(tx.session, site_id, key_id)
    if row is None:
        raise NotFound("no such key")
    if row.revoked_at is None:
        row.revoked_at = tx.now
        audit.record(tx, "api_key.revoked", Subject("api_key", key_id), site_id)


def of_site(tx: Tx, site_id: UUID) -> list[ApiKeyView]:
    """All keys of the site, the oldest first, the revoked included."""
    return [_view(row) for row in store.keys_of(tx.session, site_id)]


def _view(row: ApiKey) -> ApiKeyView:
    return ApiKeyView(
        id=row.id,
        site_id=row.site_id,
        name=row.name,
        scopes=frozenset(ApiScope(scope) for scope in row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )


def _hash(text: str) -> bytes:
    """Plain SHA-256 is enough: the secret has 256 bits, nobody can try them."""
    return hashlib.sha256(text.encode()).digest()
