"""`Idempotency-Key`: a POST that is sent again gets the answer of the first, and does nothing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.security.tables import IdempotencyKey

LIFE = timedelta(hours=24)
_MAX_LENGTH = 255


@dataclass(frozen=True)
class Call:
    """One POST: who sends what under which key. `content` is method, path and body."""

    site_id: UUID
    principal: UUID
    key: str
    content: bytes


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes


def once(tx: Tx, call: Call, act: Callable[[], Answer]) -> Answer:
    """Act and keep the answer, or give the answer that is kept.

    Two at the same time: the second waits for the first to commit. Raises `Conflict` when the key
    was used for something else. An exception of `act` keeps nothing, so it may be tried again.
    """
    if not 0 < len(call.key) <= _MAX_LENGTH:
        raise Invalid(Problem("Idempotency-Key", f"1 to {_MAX_LENGTH} characters"))
    if not _claim(tx, call):
        return _kept(tx, call)
    answer = act()
    tx.session.execute(
        update(IdempotencyKey)
        .where(*_row(call))
        .values(status=answer.status, body=tx.vault.seal(answer.body, _context(call)))
    )
    return answer


def forget(tx: Tx) -> int:
    """Drop what is older than a day (worker only); returns how many."""
    old = delete(IdempotencyKey).where(IdempotencyKey.created_at < tx.now - LIFE)
    return len(tx.session.scalars(old.returning(IdempotencyKey.key)).all())


def _claim(tx: Tx, call: Call) -> bool:
    made = tx.session.scalars(
        insert(IdempotencyKey)
        .values(
            site_id=call.site_id,
            principal=call.principal,
            key=call.key,
            request_hash=_digest(tx, call),
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    return made.first() is not None


def _kept(tx: Tx, call: Call) -> Answer:
    kept = tx.session.scalars(select(IdempotencyKey).where(*_row(call))).one()
    if kept.request_hash != _digest(tx, call):
        raise Conflict("this Idempotency-Key was used for another request")
    if kept.status is None or kept.body is None:
        raise Conflict("this request is being worked on")
    return Answer(kept.status, tx.vault.open(kept.body, _context(call)))


def _row(call: Call) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.site_id == call.site_id,
        IdempotencyKey.principal == call.principal,
        IdempotencyKey.key == call.key,
    )


def _digest(tx: Tx, call: Call) -> bytes:
    """Keyed, since a request may hold nothing but a name or a number."""
    return tx.vault.lookup("idempotency", hashlib.sha256(call.content).hexdigest())


def _context(call: Call) -> str:
    return f"idempotency:{call.site_id}:{call.principal}:{call.key}"
