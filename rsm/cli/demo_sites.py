"""The months of several sites side by side: a process for each, on one database.

They end with this process, however it ends: it stops them, and without it there is neither a
database nor anybody who hears how far they are.
"""

import gc
import logging
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, cast

from sqlalchemy import create_engine, event

from rsm.bootstrap import Addresses, open_database
from rsm.cli.demo import ctrl_c_is_ours
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.ids import SeededIds
from rsm.simulate import months
from rsm.simulate.months import Doors, Part, Play
from rsm.simulate.post import PastText
from rsm.simulate.progress import Progress

if TYPE_CHECKING:
    from psycopg import Connection as PsycopgConnection

_END_SECONDS = 5.0
_GARBAGE = 100_000  # many short transactions: an eighth of the time, for a little memory
_PREPARED = 2_000  # more statements than the product has
# The same statements, a hundred thousand times: planned once. No statement runs long enough to be
# compiled. What is lost with the machine is made anew: no log book says that it is whole.
_OPTIONS = (
    "-c timezone=UTC -c synchronous_commit=off -c plan_cache_mode=force_generic_plan -c jit=off"
)


@dataclass(frozen=True, repr=False)
class _Job:
    """What a process needs to know."""

    addresses: Addresses
    keys: Mapping[str, bytes]
    part: Part


@dataclass(frozen=True)
class _News:
    """How far a site has come; with `texts` it is there."""

    share: float
    words: str
    texts: tuple[PastText, ...] | None = None


def side_by_side(addresses: Addresses, keys: Mapping[str, bytes]) -> Play:
    """Let each site's months pass in a process of its own, all at once."""

    def play(parts: Sequence[Part], progress: Progress) -> list[tuple[PastText, ...]]:
        with ExitStack() as stack:
            readers = [stack.enter_context(_running(_Job(addresses, keys, part))) for part in parts]
            return _Listening(parts, readers, progress).until_done()

    return play


@contextmanager
def _running(job: _Job) -> Iterator[Connection]:
    """A process at work, and what it tells; it ends with the block."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_play, args=(job, writer), daemon=True)
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
class _Listening:
    """Hears all sites until each is there; one that falls silent before is an error."""

    parts: Sequence[Part]
    readers: Sequence[Connection]
    progress: Progress
    _last: dict[Connection, _News] = field(default_factory=dict)

    def until_done(self) -> list[tuple[PastText, ...]]:
        waiting = list(self.readers)
        while waiting:
            for reader in wait(waiting):
                self._hear(cast("Connection", reader))
            self._tell()
            waiting = [one for one in waiting if self._texts(one) is None]
        return [self._texts(reader) or () for reader in self.readers]

    def _hear(self, reader: Connection) -> None:
        try:
            self._last[reader] = reader.recv()
        except EOFError:
            name = self.parts[self.readers.index(reader)].site.blueprint.name
            raise Conflict(f"the months of {name} could not be made: see above") from None

    def _texts(self, reader: Connection) -> tuple[PastText, ...] | None:
        news = self._last.get(reader)
        return news.texts if news else None

    def _tell(self) -> None:
        """Sites count by their patients; the words are those of the one that is furthest behind."""
        if len(self._last) < len(self.readers):
            return
        sizes = [len(part.people) for part in self.parts]
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


def _play(job: _Job, writer: Connection) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.set_threshold(_GARBAGE)
    gc.freeze()
    logging.getLogger("rsm").setLevel(logging.ERROR)  # numbers that nobody can reach are planned
    part = job.part
    try:
        with doors(job.addresses, job.keys, part.begin, part.seed) as opened:
            texts = months.play(opened, part, _Pipe(writer))
        writer.send(_News(1.0, "done", texts))
    except BrokenPipeError:
        return  # nobody waits for it any more


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
    """The same door on connections that are good for the same few statements over and over."""
    db.close()
    db.engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"options": _OPTIONS, "prepare_threshold": 1},
    )

    @event.listens_for(db.engine, "connect")
    def _set(connection: "PsycopgConnection[object]", _record: object) -> None:
        connection.prepared_max = _PREPARED

    return db
