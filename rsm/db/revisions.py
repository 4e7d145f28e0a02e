"""Which revision this release needs, and which one the database has."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from rsm.db.work import Tx

_SCRIPTS = Path(__file__).parent / "migrations"


@cache
def needed() -> str | None:
    """The newest revision among our scripts."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return ScriptDirectory.from_config(config).get_current_head()


def applied(tx: Tx) -> str | None:
    """The revision that the database stands at."""
    found: str | None = tx.session.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found
