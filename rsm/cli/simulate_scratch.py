"""Databases to be thrown away: a simulation never touches one that somebody needs.

By default they lie in an embedded server of their own, in a temporary folder, which goes with the
command. With `--database-url` they are made beside others on that server, and dropped afterwards;
its roles keep the passwords that they have.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from rsm.bootstrap import Addresses, bring_up_to_date
from rsm.cli.site_processes import NO_MEMORY, DatabaseLost, ProcessEnded, is_of_the_server
from rsm.db import embedded
from rsm.db.migrate import disposed
from rsm.db.roles import WEB, WORKER, url_as
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.ids import Ids, SystemIds
from rsm.security.keyring import parse_keys
from rsm.security.ring import new_keys
from rsm.settings import read_settings

# A machine that stops takes the months with it: they are made again from their seed.
# Its folder may be memory (a tmpfs): of its journal it keeps little.
_FAST = MappingProxyType(
    {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_wal_size": "256MB",
    }
)
_PREFIX = "rsm_simulated_"
_DISK_FULL = "53100"  # of PostgreSQL's error codes
_LITTLE = 32 * 1024 * 1024  # less than two segments of its journal
# So much is set aside: a server whose disk is full could not even stop.
_SET_ASIDE = "set-aside"


@dataclass(frozen=True, repr=False)
class Scratch:
    """A server on which databases may be made. `kept`: where they are found afterwards."""

    server: URL
    keys: Mapping[str, bytes]
    ids: Ids
    keep: bool
    folder: Path | None = None  # of an embedded server
    kept: list[str] = field(default_factory=list)

    @contextmanager
    def database(self) -> Iterator[Addresses]:
        """A fresh, migrated database until the end of the block."""
        name = _PREFIX + self.ids.bytes(6).hex()
        self._run(f"CREATE DATABASE {name}")
        owner = self.server.set(database=name).render_as_string(hide_password=False)
        addresses = Addresses(
            owner=owner, web=url_as(owner, WEB, self.keys), worker=url_as(owner, WORKER, self.keys)
        )
        try:
            bring_up_to_date(addresses, self.keys)
            yield addresses
        except BaseException:
            self._make_room()
            raise
        finally:
            if self.keep:
                self.kept.append(name)
            else:
                self._drop(name)

    def _make_room(self) -> None:
        if self.folder is not None:
            (self.folder / _SET_ASIDE).unlink(missing_ok=True)

    def _drop(self, name: str) -> None:
        try:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        except DBAPIError:
            if self.folder is None:  # else it goes with its folder
                print(f"The database {name} could not be dropped.", file=sys.stderr)

    def problem(self, error: BaseException) -> Problem | None:
        """What became of the database, if that is why the months could not go on."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        state = getattr(cause, "sqlstate", None)
        where = "the simulation's database"
        if state == _DISK_FULL or self._is_full():
            mend = "free space, set TMPDIR to a larger disk, or simulate fewer patients or weeks"
            return Problem(where, "has no space left on its disk", mend)
        if state == NO_MEMORY or isinstance(error, MemoryError):
            mend = "simulate fewer patients or weeks, or on a larger machine"
            return Problem("the simulation", "has no memory left", mend)
        lost = isinstance(error, DBAPIError) and is_of_the_server(error)
        if lost or isinstance(error, DatabaseLost):
            said = f"is gone ({state})" if state else "is gone"
            return Problem(where, said, "simulate again: the same seed gives the same months")
        return None

    def why(self, error: BaseException) -> str:
        """The same in a few words, for whatever error it was."""
        problem = self.problem(error)
        if problem is not None:
            return f"{problem.where} {problem.what}"
        if isinstance(error, ProcessEnded):
            return "a process ended with an error"
        return str(error).splitlines()[0] if str(error) else type(error).__name__

    def _is_full(self) -> bool:
        return self.folder is not None and shutil.disk_usage(self.folder).free < _LITTLE

    def _run(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT", hide_parameters=True)
        with disposed(engine), engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def scratch(url: str | None, *, keep: bool) -> Iterator[Scratch]:
    """A server for the time of the block: an embedded one, or that of an owner's `url`."""
    if url is not None:
        yield _on_server(url, keep)
        return
    ids = SystemIds()
    folder = Path(tempfile.gettempdir()).resolve() / f"rsm-simulate-{ids.bytes(6).hex()}"
    with ExitStack() as stack:
        running = embedded.start(folder, settings=_FAST)
        if not keep:
            stack.callback(_throw_away, folder, running.cluster)
        stack.callback(running.stop)
        with suppress(OSError):  # then it is nearly full already, and soon says so itself
            (folder / _SET_ASIDE).write_bytes(bytes(_LITTLE))
        keys = new_keys(ids)
        made = Scratch(make_url(running.url), parse_keys(keys), ids, keep, folder)
        if keep:
            stack.callback(_say_where, made, folder, keys)
        yield made


def _throw_away(folder: Path, cluster: Path) -> None:
    """Started by root, the cluster may lie elsewhere, in a folder of its own."""
    shutil.rmtree(cluster, ignore_errors=True)
    if cluster.parent != folder:
        with suppress(OSError):
            cluster.parent.rmdir()
    shutil.rmtree(folder, ignore_errors=True)


def _say_where(made: Scratch, folder: Path, keys: str) -> None:
    note = folder / "secret.keys"
    note.touch(mode=0o600)
    note.write_text(keys, encoding="utf-8")
    print(f"Kept: the server in {folder}, databases {', '.join(made.kept)}; keys in {note.name}")


def _on_server(url: str, keep: bool) -> Scratch:
    """Raises `Invalid` when its roles are of another installation: they would get new passwords."""
    ids, settings = SystemIds(), read_settings()
    try:
        server = make_url(url).set(drivername="postgresql+psycopg")
    except ArgumentError:
        mend = "as postgresql://owner:password@host/postgres"
        raise Invalid(Problem("--database-url", "is no address", mend)) from None
    own = settings.secret_keys
    keys = parse_keys(own.get_secret_value() if own else new_keys(ids))
    engine = create_engine(server, hide_parameters=True)
    with disposed(engine):
        if _has_roles(engine) and not _let_in(url_as(_text(server), WEB, keys)):
            what = f"has a role {WEB} with a password of other keys, which would be changed"
            mend = "set that installation's RSM_SECRET_KEYS, or leave the address out"
            raise Invalid(Problem("--database-url", what, mend))
    return Scratch(server, keys, ids, keep)


def _has_roles(engine: Engine) -> bool:
    with engine.connect() as connection:
        known = text("SELECT 1 FROM pg_roles WHERE rolname IN (:web, :worker)")
        return connection.execute(known, {"web": WEB, "worker": WORKER}).first() is not None


def _let_in(address: str) -> bool:
    engine = create_engine(address, hide_parameters=True)
    with disposed(engine):
        try:
            engine.connect().close()
        except OperationalError:
            return False
    return True


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
