"""The unit of work: one transaction, one `now`, one actor, one scope."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from rsm.kernel.clock import Clock
from rsm.kernel.ids import Ids, new_id
from rsm.kernel.vault import Vault
from rsm.kernel.words import SYSTEM, Actor

_ENTER = text(
    "SELECT clock_timestamp(), set_config('rsm.sites', :sites, true),"
    " set_config('rsm.patient', :patient, true)"
)


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
        self.session.flush()
        self.session.execute(_ENTER, _settings(scope))
        self.scope = scope

    def wake(self, lane: str) -> None:
        """Wake the workers of `lane` when this commits (LISTEN/NOTIFY; the tick is the net)."""
        if lane not in self._wakes:
            self._wakes.add(lane)
            self.session.execute(text("SELECT pg_notify('rsm_wake', :lane)"), {"lane": lane})


def _settings(scope: Scope) -> dict[str, str]:
    return {"sites": scope.setting, "patient": str(scope.patient) if scope.patient else ""}


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
            told: datetime = session.execute(_ENTER, _settings(scope)).one()[0]
            now = self._clock.now() if self._clock else told.astimezone(UTC)
            tx = Tx(session, now, self.ids, self.vault, actor, scope)
            yield tx
            if session.in_transaction():  # else it was undone on purpose
                tx.settle()

    def close(self) -> None:
        self.engine.dispose()


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


def make_engine(url: str, *, pool_size: int = CONNECTIONS - _SPARE, name: str = "rsm") -> Engine:
    """An engine that fails fast: pool waits 5 s, connecting 5 s, a statement 30 s, a lock 10 s,
    a host that is gone 20 s."""
    return create_engine(
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
            + _SERVER_PROBES,
            **PROBES,
        },
    )
