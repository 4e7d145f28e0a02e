"""Bring the database to this release: roles, then migrations, one process at a time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, text
from sqlalchemy.exc import OperationalError

from rsm.db.roles import ensure_roles

_LOCK = 0x52534D00  # advisory lock: whoever comes second waits, then finds nothing to do
_SCRIPTS = Path(__file__).parent / "migrations"
_ATTEMPTS = 20
# For a table that others use: as long as we wait, whoever comes after us waits behind us.
_PATIENCE = "4s"
_IN_THE_WAY = frozenset({"40P01", "55P03"})  # a ring of waits; a lock that was not to be had


@contextmanager
def disposed(engine: Engine) -> Iterator[None]:
    """No connection is left open behind the block, however it ends."""
    try:
        yield
    finally:
        engine.dispose()


def ensure_database(server_url: str, name: str) -> None:
    """Make the database on this server if there is none of this name."""
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with disposed(engine), engine.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if connection.execute(known, {"name": name}).first() is None:
            connection.execute(text(f"CREATE DATABASE {name}"))


def _a_second() -> None:
    sleep(1)


def migrate(
    engine: Engine,
    metadata: MetaData,
    keys: Mapping[str, bytes],
    pause: Callable[[], None] = _a_second,
) -> None:
    """Upgrade to the newest revision in one transaction: all of it, or none.

    Others may be at work meanwhile. Where they are in the way all is undone, and after a pause
    tried again; at last the error of the database is raised.
    """
    for left in reversed(range(_ATTEMPTS)):
        try:
            _upgrade(engine, metadata, keys)
        except OperationalError as error:
            if left == 0 or getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY:
                raise
            pause()
        else:
            break


def _upgrade(engine: Engine, metadata: MetaData, keys: Mapping[str, bytes]) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
        ensure_roles(connection, keys)
        config = Config(attributes={"connection": connection, "metadata": metadata})
        config.set_main_option("script_location", str(_SCRIPTS))
        command.upgrade(config, "head")
