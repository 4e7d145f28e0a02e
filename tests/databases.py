"""Databases of tests: each test has its own, made at its first use; what many begin with, once.

A test's database waits until somebody connects. A builder that comes earlier (a clinic, a ward)
gets a clone of one in which the same has been built before: the same rows, the same objects, and
the source of ids where building leaves it. Nothing that a test sees tells which of the two it was.
"""

import copy
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util import LRUCache

from rsm.db.work import Database, make_engine
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds, SystemIds

Made = TypeVar("Made")


@dataclass(frozen=True)
class _Built:
    """What a builder made, in which database, and how often it drew from the source of ids."""

    name: str
    making: Database
    made: object
    drawn: int


@dataclass
class Shelf:
    """One server's databases, as one process of tests makes and keeps them."""

    run: Callable[[str], None]
    template: str
    built: dict[Hashable, _Built] = field(default_factory=dict)
    _left: list[str] = field(default_factory=list)

    def clone(self, name: str, source: str) -> None:
        self.run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")

    def leave(self, name: str) -> None:
        """Drop it when the next one is left: by then whoever was connected has gone, for which
        PostgreSQL would wait."""
        self._left.append(name)
        if len(self._left) > 1:
            self.run(f"DROP DATABASE {self._left.pop(0)} WITH (FORCE)")


@dataclass
class Waiting:
    """A database that is made at its first use."""

    name: str
    shelf: Shelf
    is_made: bool = False
    _lock: Lock = field(default_factory=Lock)

    def make(self, source: str | None = None) -> None:
        with self._lock:
            if not self.is_made:
                self.shelf.clone(self.name, source or self.shelf.template)
                self.is_made = True


_by_name: dict[str, Waiting] = {}


def fresh_name() -> str:
    """A name that no other test has, whichever process it runs in."""
    return f"t{SystemIds().bytes(16).hex()}"


@contextmanager
def waiting(name: str, shelf: Shelf) -> Iterator[Waiting]:
    """A database of this name, from its first use to the end of the block."""
    place = _by_name[name] = Waiting(name, shelf)
    try:
        yield place
    finally:
        del _by_name[name]
        if place.is_made:
            shelf.leave(name)


@event.listens_for(Engine, "do_connect")
def _make_at_first_use(*told: object) -> None:
    parameters = told[-1]
    assert isinstance(parameters, dict)
    place = _by_name.get(parameters.get("dbname", ""))
    if place is not None:
        place.make()


def furnished(db: Database, what: Hashable, build: Callable[[Database], Made]) -> Made:
    """`build(db)`: by cloning where `db` is as the fixtures make it and nobody has used it yet."""
    place, ids, clock = _by_name.get(db.engine.url.database or ""), db.ids, db._clock
    if place is None or place.is_made:
        return build(db)
    if not isinstance(ids, SeededIds) or not isinstance(clock, VirtualClock) or ids._drawn:
        return build(db)
    key = (what, ids._seed, clock.now())
    built = place.shelf.built.get(key) or _build(place.shelf, db, build)
    assert clock.now() == key[-1], "building moves no clock"
    place.shelf.built[key] = built
    place.make(built.name)
    ids._drawn = built.drawn
    made: Made = copy.deepcopy(built.made, {id(built.making): db})  # type: ignore[assignment]
    return made


def _build(shelf: Shelf, db: Database, build: Callable[[Database], object]) -> _Built:
    assert isinstance(db.ids, SeededIds)
    name = f"{db.engine.url.database}_built"
    shelf.clone(name, shelf.template)
    making = _beside(db, name, db)
    made = build(making)
    making.close()  # what is cloned has no other connection
    return _Built(name, making, made, db.ids._drawn)


def _beside(door: Database, name: str, like: Database) -> Database:
    """The same role's door to the database of that name, with ids, vault and clock of `like`."""
    return Database(make_engine(_url(door.engine, name)), like.ids, like.vault, like._clock)


def _url(engine: Engine, name: str) -> str:
    return engine.url.set(database=name).render_as_string(hide_password=False)


@dataclass(frozen=True)
class Doors:
    """All doors of one database, for a builder that needs more than the pages' own."""

    web: Database
    worker: Database
    owner: Engine

    def furnished(self, what: Hashable, build: Callable[["Doors"], Made]) -> Made:
        """`build(doors)`, as `furnished`: what it gives back keeps neither `worker` nor `owner`."""
        return furnished(self.web, what, lambda place: self._through(place, build))

    def _through(self, place: Database, build: Callable[["Doors"], Made]) -> Made:
        if place is self.web:
            return build(self)
        name = place.engine.url.database or ""
        worker, owner = _beside(self.worker, name, place), create_engine(_url(self.owner, name))
        made = build(Doors(place, worker, owner))
        worker.close()
        owner.dispose()
        return made


# --- what one test's engine compiled serves the next ----------------------------------------------

_COMPILED_AT_MOST = 4000
_first: list[Engine] = []


def _share_compiled(engine: Engine) -> None:
    """Engines of one process differ in nothing but the database: to compile every statement anew
    for each is a seventh of a run."""
    if not _first or not hasattr(_first[0].dialect, "server_version_info"):
        _first[:] = [engine]  # until it has met a server it knows nothing to share
        engine._compiled_cache = LRUCache(_COMPILED_AT_MOST)
    else:
        engine.dialect = engine.pool._dialect = _first[0].dialect
        engine._compiled_cache = _first[0]._compiled_cache


PGDialect_psycopg.engine_created = staticmethod(_share_compiled)  # type: ignore[method-assign] # the hook is a class's
