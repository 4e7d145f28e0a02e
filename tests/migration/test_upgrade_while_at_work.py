"""An upgrade while others work: what is in its way is waited out, and nothing is half done."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from rsm.bootstrap import metadata
from rsm.db import migrate as module
from rsm.db.migrate import migrate
from tests.conftest import KEYS, Server


def upgrades_answers(config: Config, _: str) -> None:
    """A revision that needs `answer_event` for itself, and has done something before."""
    connection = config.attributes["connection"]
    connection.execute(text("CREATE TABLE made_by_the_upgrade (id int)"))
    connection.execute(text("LOCK TABLE answer_event IN ACCESS EXCLUSIVE MODE"))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, server: Server) -> Iterator[None]:
    monkeypatch.setattr(module, "_PATIENCE", "50ms")
    monkeypatch.setattr(command, "upgrade", upgrades_answers)
    with server.alone():
        yield


def test_a_table_that_somebody_uses_is_tried_again(owner: Engine) -> None:
    undone: list[bool] = []
    with owner.connect() as other:
        other.execute(text("LOCK TABLE answer_event IN ROW EXCLUSIVE MODE"))

        def pause() -> None:
            made = other.execute(text("SELECT to_regclass('made_by_the_upgrade') IS NULL"))
            undone.append(made.scalar_one())
            other.rollback()

        migrate(owner, metadata(), KEYS, pause)
    assert undone == [True]
    with owner.connect() as connection:
        connection.execute(text("SELECT * FROM made_by_the_upgrade"))


def test_after_so_many_tries_it_says_so(owner: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ATTEMPTS", 2)
    with owner.connect() as other:
        other.execute(text("LOCK TABLE answer_event IN ROW EXCLUSIVE MODE"))
        with pytest.raises(OperationalError, match="lock timeout"):
            migrate(owner, metadata(), KEYS, lambda: None)
