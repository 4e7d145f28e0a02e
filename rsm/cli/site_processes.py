"""The months of several sites side by side: a process for each, on one database.

They end with this process, however it ends: it stops them, and without it there is neither a
database nor anybody who hears how far they are.
"""

import logging
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from rsm.bootstrap import Addresses, open_database
from rsm.bootstrap.memory import settle
from rsm.cli.demo import ctrl_c_is_ours
from rsm.db.straight import StraightConnection, straight
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, RsmError
from rsm.kernel.ids import SeededIds
from rsm.simulate.months import Doors
from rsm.simulate.progress import Progress

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

_END_SECONDS = 5.0
_ASK_SECONDS = 0.2  # how often the sites hear whether to stop
# The same statements, a hundred thousand times: planned once. No statement runs long enough to be
# compiled. What is lost with the machine is made anew: nothing says that it is whole.
_OPTIONS = (
    "-c timezone=UTC -c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c jit=off"
)
# Classes of PostgreSQL's error codes: connection, resources, state, intervention, system, internal.
_OF_THE_SERVER = frozenset({"08", "53", "55", "57", "58", "XX"})
NO_MEMORY = "53200"  # as PostgreSQL calls it; of our own process as well
Stop = Callable[[], bool]
Made = TypeVar("Made")


class DatabaseLost(RsmError):
    """A site's process failed, or its database; `sqlstate` says how, if it still could."""

    def __init__(self, name: str, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate
        super().__init__(f"the months of {name} lost their database")


class ProcessEnded(Conflict):
    """A site's process ended before its time; it has said itself why."""


@dataclass(frozen=True, repr=False)
class Job(Generic[Made]):
    """What a site's process needs to know. `size` is the weight of its progress among the others;
    `work` is a function of a module, or a `partial` of one."""

    addresses: Addresses
    keys: Mapping[str, bytes]
    name: str
    size: int
    begin: datetime
    seed: str
    work: Callable[[Doors, Progress, Stop], Made]


@dataclass(frozen=True)
class _Done(Generic[Made]):
    """A site is there."""

    made: Made


@dataclass(frozen=True)
class _Lost:
    """A site's database has failed."""

    sqlstate: str | None


@dataclass(frozen=True)
class _News(Generic[Made]):
    """How far a site has come."""

    share: float
    words: str
    end: _Done[Made] | _Lost | None = None


def side_by_side(jobs: Sequence[Job[Made]], progress: Progress, stop: Stop) -> list[Made]:
    """Do every job in a process of its own, all at once; what each has made, in their order.

    Raises `DatabaseLost`, and `ProcessEnded` when one ends before its time.
    """
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    with ExitStack() as stack:
        readers = [stack.enter_context(_running(job, stopped)) for job in jobs]
        return _Listening(jobs, readers, progress).until_done(stop, stopped)


@contextmanager
def _running(job: Job[Made], stopped: "Event") -> Iterator[Connection]:
    """A process at work, and what it tells; it ends with the block."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, writer, stopped), daemon=True)
    with ctrl_c_is_ours():
        process.start()
    writer.close()
    try:
        yield reader
    finally:
        _end(process)
        reader.close()


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(_END_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


@dataclass
class _Listening(Generic[Made]):
    """Hears all sites until each is there; one that falls silent before is an error."""

    jobs: Sequence[Job[Made]]
    readers: Sequence[Connection]
    progress: Progress
    _last: dict[Connection, _News[Made]] = field(default_factory=dict)

    def until_done(self, stop: Stop, stopped: "Event") -> list[Made]:
        waiting = list(self.readers)
        while waiting:
            for reader in wait(waiting, _ASK_SECONDS):
                self._hear(cast("Connection", reader))
                self._tell()
            if stop():
                stopped.set()
            waiting = [one for one in waiting if self._done(one) is None]
        done = (self._done(reader) for reader in self.readers)
        return [one.made for one in done if one is not None]

    def _hear(self, reader: Connection) -> None:
        name = self.jobs[self.readers.index(reader)].name
        try:
            self._last[reader] = reader.recv()
        except EOFError:
            what = "could not be made: see above, or it was killed, as for want of memory"
            raise ProcessEnded(f"the months of {name} {what}") from None
        end = self._last[reader].end
        if isinstance(end, _Lost):
            raise DatabaseLost(name, end.sqlstate)

    def _done(self, reader: Connection) -> _Done[Made] | None:
        news = self._last.get(reader)
        return news.end if news and isinstance(news.end, _Done) else None

    def _tell(self) -> None:
        """Sites count by their patients; the words are those of the one that is furthest behind."""
        if len(self._last) < len(self.readers):
            return
        sizes = [job.size for job in self.jobs]
        news = [self._last[reader] for reader in self.readers]
        done = sum(size * one.share for size, one in zip(sizes, news, strict=True))
        slowest = min(news, key=lambda one: one.share)
        self.progress.at(min(done / max(1, sum(sizes)), 0.99), slowest.words)


# --- in the site's process -----------------------------------------------------------------------


@dataclass
class _Pipe:
    """Tells the parent of each hundredth."""

    writer: Connection
    _told: int = -1

    def at(self, share: float, words: str) -> None:
        if int(100 * share) > self._told:
            self._told = int(100 * share)
            self.writer.send(_News(share, words))


def _work(job: Job[Made], writer: Connection, stopped: "Event") -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    settle()
    logging.getLogger("rsm").setLevel(logging.ERROR)  # numbers that nobody can reach are planned
    try:
        writer.send(_News(1.0, "done", _made(job, writer, stopped)))
    except BrokenPipeError:
        return  # nobody waits for it any more


def _made(job: Job[Made], writer: Connection, stopped: "Event") -> _Done[Made] | _Lost:
    try:
        with doors(job.addresses, job.keys, job.begin, job.seed) as opened:
            return _Done(job.work(opened, _Pipe(writer), stopped.is_set))
    except MemoryError:
        return _Lost(NO_MEMORY)
    except DBAPIError as error:
        if is_of_the_server(error):
            return _Lost(getattr(error.orig, "sqlstate", None))
        raise


def is_of_the_server(error: DBAPIError) -> bool:
    """Not of a statement: the server is gone, lets nobody in, or has no room left."""
    state: str | None = getattr(error.orig, "sqlstate", None)
    lost = error.connection_invalidated or (isinstance(error, OperationalError) and state is None)
    return lost or (state or "")[:2] in _OF_THE_SERVER


# --- doors ---------------------------------------------------------------------------------------


@contextmanager
def doors(
    addresses: Addresses, keys: Mapping[str, bytes], begin: datetime, seed: str
) -> Iterator[Doors]:
    """The two doors on a virtual clock."""
    clock, ids = VirtualClock(begin), SeededIds(seed)
    web = _door(addresses.web, open_database(addresses.web, keys, "rsm demo web", clock, ids))
    worker = _door(addresses.worker, open_database(addresses.worker, keys, "rsm demo", clock, ids))
    try:
        yield Doors(web, worker, clock, ids)
    finally:
        web.close()
        worker.close()


def _door(url: str, db: Database) -> Database:
    """The same door on connections that are good for the same few statements over and over. Every
    transaction ends before they are given back: they are not rolled back once more."""
    db.close()
    db.engine = create_engine(
        url,
        hide_parameters=True,
        pool_reset_on_return=None,
        connect_args={"options": _OPTIONS},
    )

    @event.listens_for(db.engine, "do_connect")
    def _connect(
        _dialect: object, _record: object, given: list[str], named: dict[str, object]
    ) -> StraightConnection:
        return straight(*given, **named)

    return db
