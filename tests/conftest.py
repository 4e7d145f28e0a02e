"""What every test may ask for: a standing clock, a seeded source of ids, a database of its own.

One PostgreSQL serves the whole run (embedded; on memory, without fsync). It is migrated once into
a template; each test that asks gets a clone, so that tests may commit and race for real. With a
database, passwords cost little; what they cost in production, tests/unit/security looks at.
"""

import fcntl
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis.internal.conjecture import providers
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from rsm.bootstrap import metadata
from rsm.db import embedded
from rsm.db.migrate import migrate
from rsm.db.roles import WEB, WORKER, url_as
from rsm.db.work import Database, make_engine
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds, SystemIds
from rsm.kernel.vault import Vault
from rsm.security import passwords
from rsm.security.keyring import KeyRing
from rsm.security.tables import RingSecret
from tests.databases import Doors, Shelf, Waiting, fresh_name, waiting

MONDAY_NINE = datetime(2026, 10, 19, 13, 0, tzinfo=UTC)  # 9:00 in New York
KEYS = {"test": bytes(range(1, 33))}
SECRET = bytes(range(33, 65))
_TEMPLATE = "rsm_template"
_PREFIX = "rsm-test-"
_DAY_SECONDS = 24 * 3600
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "scram_iterations": "1",  # each test logs on several times
}
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# The same examples wherever it runs, however slow the machine, whether or not CI is in the
# environment; `--hypothesis-profile=default` draws others.
settings.load_profile("ci")
# And whatever ran before in the same process: else constants of those of our modules that are
# loaded by then would be drawn as well.
providers._get_local_constants = lambda: providers._local_constants


@dataclass
class Server:
    """The run's PostgreSQL: `url` is the superuser's; `lock` a file for taking turns."""

    url: str
    lock: Path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Roles are the whole server's: whoever makes or alters them keeps the others waiting."""
        with self.lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def url_of(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    def close(self) -> None:
        self._connection.close()

    @cached_property
    def _connection(self) -> psycopg.Connection:
        return psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    @cached_property
    def shelf(self) -> Shelf:
        return Shelf(self.run, _TEMPLATE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Name the run here, so that the controller knows which folder is its own at the end."""
    if hasattr(config.option, "testrunuid") and config.option.testrunuid is None:
        config.option.testrunuid = SystemIds().bytes(16).hex()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: to look through all of them for garbage takes seconds.
    And to look for it as often as Python would is a twentieth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest) -> Path:
    """A folder that all workers of this run share, in memory where the machine allows it."""
    folder = folder_of(request.config)
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def folder_of(config: pytest.Config) -> Path:
    told = getattr(config, "workerinput", None)
    uid: str = told["testrunuid"] if told else config.getoption("testrunuid")
    return _roots()[0] / f"{_PREFIX}{uid[:12]}"


def _roots() -> list[Path]:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    roots = [memory] if os.access(memory, os.W_OK) else []
    return [*roots, Path(tempfile.gettempdir())]


@pytest.fixture(scope="session")
def server(run_folder: Path) -> Iterator[Server]:
    """The shared server, with the migrated template in it."""
    with embedded.start(run_folder / "server", settings=_FAST) as running:
        shared = Server(running.url, run_folder / "roles.lock")
        with shared.alone():
            _ensure_template(shared)
        yield shared
        shared.close()


def _ensure_template(server: Server) -> None:
    engine = create_engine(server.url)
    with engine.connect() as connection:
        there = connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": _TEMPLATE}
        ).first()
    engine.dispose()
    if there:
        return
    password = make_url(server.url).password
    server.run(f"ALTER ROLE postgres PASSWORD '{password}'")  # the same, with fewer iterations
    server.run("CREATE DATABASE rsm_making")
    making = create_engine(server.url_of("rsm_making"))
    migrate(making, metadata(), KEYS)
    with making.begin() as connection:
        wrapped = KeyRing(KEYS, b"", SystemIds()).wrap(SECRET, "ring:installation")
        secret = RingSecret(name="installation", ring_key="test", wrapped=wrapped)
        with Session(connection) as session:
            session.add(secret)
            session.commit()
    making.dispose()
    server.run(f"ALTER DATABASE rsm_making RENAME TO {_TEMPLATE}")


@pytest.fixture
def database(server: Server) -> Iterator[Waiting]:
    """A database of this test's own, made at its first use."""
    with pytest.MonkeyPatch.context() as patch, waiting(fresh_name(), server.shelf) as place:
        patch.setattr(passwords, "_HASHER", _QUICK)
        yield place


@pytest.fixture
def lazy_url(server: Server, database: Waiting) -> str:
    """The superuser's URL, for engines of this process: the database may not be there yet."""
    return server.url_of(database.name)


@pytest.fixture
def owner_url(lazy_url: str, database: Waiting) -> str:
    """The superuser's URL, for whoever will connect to it: a freshly cloned database."""
    database.make()
    return lazy_url


@pytest.fixture
def owner(lazy_url: str) -> Iterator[Engine]:
    """The superuser's engine on this test's database: row-level security does not bind it."""
    engine = create_engine(lazy_url)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(MONDAY_NINE)


@pytest.fixture
def ids() -> SeededIds:
    return SeededIds("test")


@pytest.fixture
def vault(ids: SeededIds) -> Vault:
    return KeyRing(KEYS, SECRET, ids)


@pytest.fixture
def web_db(lazy_url: str, ids: SeededIds, vault: Vault, clock: VirtualClock) -> Iterator[Database]:
    """The web process's door: its role cannot bypass row-level security."""
    db = Database(make_engine(url_as(lazy_url, WEB, KEYS)), ids, vault, clock)
    yield db
    db.close()


@pytest.fixture
def worker_db(
    lazy_url: str, ids: SeededIds, vault: Vault, clock: VirtualClock
) -> Iterator[Database]:
    """The worker's door: its role may look everywhere, to see what is due."""
    db = Database(make_engine(url_as(lazy_url, WORKER, KEYS)), ids, vault, clock)
    yield db
    db.close()


@pytest.fixture
def doors(web_db: Database, worker_db: Database, owner: Engine) -> Doors:
    """For what many tests begin with and the pages' role alone cannot build."""
    return Doors(web_db, worker_db, owner)


@pytest.hookimpl(trylast=True)  # after the server has been given back
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run's folder goes with the run: the controller outlives all workers."""
    if hasattr(session.config, "workerinput"):
        return
    shutil.rmtree(folder_of(session.config), ignore_errors=True)
    clear_away(_roots()[0], time.time())


def clear_away(root: Path, now: float) -> None:
    """What runs that were killed left behind: a day old, and nobody's. Others may be running."""
    for folder in root.glob(f"{_PREFIX}*"):
        try:
            is_old = now - folder.stat().st_mtime > _DAY_SECONDS
            if is_old and _unused(folder / "server"):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another run has just taken it away
            continue


def _unused(data_dir: Path) -> bool:
    if not (data_dir / "postgres.users").exists():
        return True
    with (data_dir / "postgres.users").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
