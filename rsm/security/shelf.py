"""Published versions: a version, once published, never changes, and publishing is audited (P11).

One shelf holds one kind of thing (instruments, rule packs, policies) in its own table.
"""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.base import Published
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import ActorKind, Pin
from rsm.security.audit import Subject, record


class Pinned(Protocol):
    """Something with a key, a version and the hash of its content."""

    @property
    def pin(self) -> Pin: ...


Thing = TypeVar("Thing", bound=Pinned)
_KEPT_AT_MOST = 64


class Shelf(Generic[Thing]):
    """The published versions of one kind. `read` makes a thing of a body and a name for errors."""

    def __init__(
        self, kind: str, table: type[Published], read: Callable[[str, str], Thing]
    ) -> None:
        self._kind = kind
        self._table = table
        self._read = read
        # Content hash → the thing: what has a hash cannot change, so it is never out of date.
        self._kept: dict[str, Thing] = {}

    def publish(self, tx: Tx, thing: Thing, body: str) -> Pin:
        """Keep this version for ever; the same content again changes nothing.

        Raises `Invalid` when `body` says something else than `thing`, `Conflict` when key and
        version stand for another content.
        """
        pin = thing.pin
        if self._read(body, pin.key).pin != pin:
            raise Invalid(Problem("body", f"is not the text of {pin.key} {pin.version}"))
        if self._add(tx, pin, body):
            record(tx, f"{self._kind}.published", Subject(self._kind), None, **pin.document)
        elif self._row(tx, pin) is None:
            what = f"{pin.key} {pin.version} is published with another content"
            raise Conflict(f"{what}: raise version")
        return pin

    def load(self, tx: Tx, pin: Pin) -> Thing:
        """The published thing; `NotFound` when this exact content was never published."""
        kept = self._kept.get(pin.hash)
        if kept is not None:
            return kept
        row = self._row(tx, pin)
        if row is None:
            raise NotFound(f"{self._kind} {pin.key} {pin.version} is not published")
        thing = self._read(row.body, f"{pin.key} {pin.version}")
        if thing.pin != pin:
            raise Invalid(Problem(f"{pin.key} {pin.version}", "is not what was published"))
        if len(self._kept) >= _KEPT_AT_MOST:
            self._kept.clear()
        self._kept[pin.hash] = thing
        return thing

    def body(self, tx: Tx, pin: Pin) -> str:
        """Its text as it was published; `NotFound` when this exact content never was."""
        row = self._row(tx, pin)
        if row is None:
            raise NotFound(f"{self._kind} {pin.key} {pin.version} is not published")
        return row.body

    def find(self, tx: Tx, key: str, version: str) -> Pin:
        """The pin of a published version; `NotFound` when there is none of that name."""
        table = self._table
        row = tx.session.scalar(select(table).where(table.key == key, table.version == version))
        if row is None:
            raise NotFound(f"{self._kind} {key} {version} is not published")
        return row.pin

    def _add(self, tx: Tx, pin: Pin, body: str) -> bool:
        """False when key and version stand already, with whatever content."""
        new = insert(self._table).values(
            key=pin.key,
            version=pin.version,
            hash=pin.hash,
            body=body,
            published_at=tx.now,
            published_by=tx.actor.id if tx.actor.kind is ActorKind.STAFF else None,
        )
        kept = new.on_conflict_do_nothing().returning(self._table.key)
        return tx.session.execute(kept).first() is not None

    def _row(self, tx: Tx, pin: Pin) -> Published | None:
        table = self._table
        return tx.session.scalar(
            select(table).where(
                table.key == pin.key, table.version == pin.version, table.hash == pin.hash
            )
        )
