"""The tables that migrations make are the tables that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from rsm.bootstrap import metadata
from rsm.db.migrate import migrate
from tests.conftest import KEYS, Server


def test_models_equal_migrations(owner: Engine) -> None:
    options = {"compare_type": True, "compare_server_default": True}
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata()) == []


def test_migrating_twice_changes_nothing(owner: Engine, server: Server) -> None:
    with server.alone():
        migrate(owner, metadata(), KEYS)
