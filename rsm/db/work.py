"""The unit of work: one transaction, one `now`, one actor, one scope."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    Text,
    bindparam,
    cast,
    create_engine,
    event,
    func,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from rsm.db.ready import Ready
from rsm.kernel.clock import Clock
from rsm.kernel.ids import Ids, new_id
from rsm.kernel.vault import Vault
from rsm.kernel.words import SYSTEM, Actor

_SITES: ColumnElement[str] = literal_column("'rsm.sites'")
_PATIENT: ColumnElement[str] = literal_column("'rsm.patient'")
_PLANS: ColumnElement[str] = literal_column("'plan_cache_mode'")
_ENTER = Ready(
    select(
        func.clock_timestamp().label("told"),
        func.set_config(_SITES, bindparam("sites"), true()).label("sites"),
        func.set_config(_PATIENT, bindparam("patient"), true()).label("patient"),
    ),
    frozenset({"sites", "patient"}),
)
_NOTIFY = Ready(
    select(func.pg_notify("rsm_wake", bindparam("lane")).label("woken")), frozenset({"lane"})
)
_ALLOW = text("SELECT set_config('idle_in_transaction_session_timeout', :pause, true)")
LookUp = Select[UUID, UUID, *tuple[Any, ...]]


@dataclass(frozen=True)
class Scope:
    """Which rows a transaction may see: row-level security reads it from the session."""

    sites: frozenset[UUID] = frozenset()
    patient: UUID | None = None
    everywhere: bool = False  # honoured for the worker's role only

    @classmethod
    def site(cls, *sites: UUID) -> "Scope":
        return cls(frozenset(sites))

    @classmethod
    def of_patient(cls, site: UUID, patient: UUID) -> "Scope":
        return cls(frozenset({site}), patient)

    @property
    def setting(self) -> str:
        return "*" if self.everywhere else ",".join(sorted(str(site) for site in self.sites))


NOWHERE = Scope()
EVERYWHERE = Scope(everywhere=True)
Row = TypeVar("Row")
Result = TypeVar("Result")


class _HopeLost(BaseException):
    """An error where a savepoint was only hoped for: no handler on the way may have it."""


@contextmanager
def _hoped_for() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise _HopeLost from error


@dataclass
class Tx:
    """An open transaction. Rooms read and write through `session` and never commit.

    What is only added, and read by nobody before the commit, may wait for it (`at_end`).
    """

    session: Session
    now: datetime
    ids: Ids
    vault: Vault
    actor: Actor
    scope: Scope
    _wakes: set[str] = field(default_factory=set)
    _waiting: dict[Callable[[Any, Any], None], list[Any]] = field(default_factory=dict)
    _optimistic: bool = False

    def new_id(self) -> UUID:
        return new_id(self.ids, self.now)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A nested transaction: an error inside undoes only what was done inside."""
        if self._optimistic:
            with _hoped_for():
                yield
            return
        waiting, woken = self._waiting, set(self._wakes)
        known = {write: len(rows) for write, rows in waiting.items()}
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            for write, rows in waiting.items():  # what was settled meanwhile is undone with it
                del rows[known.get(write, 0) :]
            self._waiting, self._wakes = waiting, woken
            raise

    def optimistically(self, work: Callable[[], Result]) -> Result:
        """`work` under one savepoint; those inside it cost nothing while all goes well.

        At the first error inside one of them all of it is undone and done once more, with
        savepoints that hold: so `work` changes nothing but this transaction.
        """
        if self._optimistic:
            return work()
        try:
            with self.savepoint():
                self._optimistic = True
                return work()
        except _HopeLost:
            pass
        finally:
            self._optimistic = False
        return work()

    def at_end(self, write: Callable[["Tx", list[Row]], None], row: Row) -> None:
        """Let `write` have this row, with all others that wait for it, just before the commit."""
        self._waiting.setdefault(write, []).append(row)

    def settle(self) -> None:
        """Write what waits now: before it is read, before the scope changes, at the end."""
        waiting, self._waiting = self._waiting, {}
        for write, rows in waiting.items():
            if rows:
                write(self, list(rows))  # ours is cut when a savepoint is undone

    def narrow(self, scope: Scope) -> None:
        """Change what this transaction sees, once the row that we hold has told us whose it is."""
        self.settle()
        _ENTER.ask(self.session, _settings(scope))
        self.scope = scope

    def allow_pauses(self) -> None:
        """Longer work between two statements than a process is else believed to be alive for: for
        whoever holds no row that others wait for, as an export."""
        self.session.execute(_ALLOW, {"pause": str(_PAUSE)})

    def wake(self, lane: str) -> None:
        """Wake the workers of `lane` when this commits (LISTEN/NOTIFY; the tick is the net)."""
        if lane not in self._wakes:
            self._wakes.add(lane)
            _NOTIFY.ask(self.session, {"lane": lane})


def _settings(scope: Scope) -> dict[str, str]:
    return {"sites": scope.setting, "patient": str(scope.patient) if scope.patient else ""}


@cache
def _entering_as(look_up: LookUp) -> Ready:
    """As whom it finds, else as nobody. A patient's request asks by keys: plans that know what it
    asks for are no better, and to make one takes several times what it takes to run it."""
    whose = look_up.subquery("whose")
    site, patient = (func.coalesce(cast(whose.c[at], Text), "") for at in (0, 1))
    query = select(
        func.clock_timestamp().label("told"),
        func.set_config(_SITES, site, true()).label("sites"),
        func.set_config(_PATIENT, patient, true()).label("patient"),
        func.set_config(_PLANS, literal_column("'force_generic_plan'"), true()).label("plans"),
        *whose.c,
    )
    entered = select(true().label("entered")).subquery("entered")
    names = frozenset(bind.key for bind in look_up.compile().binds.values())
    return Ready(query.select_from(entered.outerjoin(whose, true())), names)


class Database:
    """One role's door to PostgreSQL. Without a `clock`, time is the database's own."""

    def __init__(self, engine: Engine, ids: Ids, vault: Vault, clock: Clock | None = None) -> None:
        self.engine = engine
        self.ids = ids
        self.vault = vault
        self._clock = clock

    @contextmanager
    def begin(self, scope: Scope, actor: Actor = SYSTEM) -> Iterator[Tx]:
        """A transaction: commits when the block ends well, else leaves nothing behind."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            tx = self._tx(session, _ENTER.ask(session, _settings(scope))[0].told, scope, actor)
            yield tx
            _end(tx)

    @contextmanager
    def begin_as(
        self, look_up: LookUp, given: Mapping[str, object]
    ) -> Iterator[tuple[Tx, tuple[Any, ...] | None]]:
        """A transaction as the patient whom `look_up` finds, and what it found: asked for in one
        way to the server. One that sees nothing, and None, where nobody is found.

        `look_up` passes row-level security, and tells site and patient first.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            told, _, _, _, *found = _entering_as(look_up).ask(session, given)[0]
            known = found[0] is not None
            scope = Scope.of_patient(found[0], found[1]) if known else NOWHERE
            tx = self._tx(session, told, scope, SYSTEM)
            yield tx, tuple(found) if known else None
            _end(tx)

    def _tx(self, session: Session, told: datetime, scope: Scope, actor: Actor) -> Tx:
        now = self._clock.now() if self._clock else told.astimezone(UTC)
        return Tx(session, now, self.ids, self.vault, actor, scope)

    def close(self) -> None:
        self.engine.dispose()


def _end(tx: Tx) -> None:
    if tx.session.in_transaction():  # else it was undone on purpose
        tx.settle()


_SPARE = 5  # beyond those that are kept
CONNECTIONS = 10 + _SPARE  # of a process, at most


# A host that was cut off says no goodbye: without these it is waited for until TCP gives up, a
# quarter of an hour here and hours at the server, which holds its locks so long. Seconds, but ms
# for the last one; both ends give up within the lease of a message that is being sent.
PROBES: Mapping[str, int] = MappingProxyType(
    {
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
)
_SERVER_PROBES = "".join(
    f" -c {name.replace('keepalives', 'tcp_keepalives')}={value}" for name, value in PROBES.items()
)

# A process that is frozen within a transaction (a stopped machine, a debugger, memory on disk)
# answers probes all the same, by its kernel, and would hold its rows for ever: a claim that nobody
# can take over, an alert that nobody can acknowledge. The server ends it at twice the lease of a
# message that is being sent; we compute for seconds between two statements.
_IDLE = 60_000
_PAUSE = 15 * 60_000
_PREPARED = 300  # statements that a connection keeps ready: more than we ever have of `Ready`


def make_engine(url: str, *, pool_size: int = CONNECTIONS - _SPARE, name: str = "rsm") -> Engine:
    """An engine that fails fast: pool waits 5 s, connecting 5 s, a statement 30 s, a lock 10 s,
    a host that is gone 20 s, a process that is frozen 60 s."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=_SPARE,
        pool_timeout=5,
        pool_pre_ping=True,
        hide_parameters=True,  # an error's text may be shown or logged: no answer, no number (P10)
        connect_args={
            "connect_timeout": 5,
            "application_name": name,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c lock_timeout=10000"
            f" -c idle_in_transaction_session_timeout={_IDLE}" + _SERVER_PROBES,
            **PROBES,
        },
    )
    event.listen(engine, "connect", _keep_prepared)
    return engine


def _keep_prepared(connection: psycopg.Connection[object], _record: object) -> None:
    connection.prepared_max = _PREPARED
