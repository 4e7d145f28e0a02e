"""Bring the database to this release: roles, then migrations, one process at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, create_engine, text

from rsm.db.roles import ensure_roles

_LOCK = 0x52534D00  # advisory lock: whoever comes second waits, then finds nothing to do
_SCRIPTS = Path(__file__).parent / "migrations"


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


def migrate(engine: Engine, metadata: MetaData, keys: Mapping[str, bytes]) -> None:
    """Upgrade to the newest revision in one transaction: all of it, or none."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        ensure_roles(connection, keys)
        config = Config(attributes={"connection": connection, "metadata": metadata})
        config.set_main_option("script_location", str(_SCRIPTS))
        command.upgrade(config, "head")
