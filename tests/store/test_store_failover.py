"""Two servers, one following the other: a promotion loses nothing that was committed."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from rsm.db import address
from rsm.db.work import NOWHERE, Database, make_engine
from rsm.kernel.ids import SystemIds
from rsm.kernel.vault import Vault
from rsm.worker.wakes import Wakes
from tests.campaign import postgres
from tests.campaign.postgres import NAME, Postgres


@pytest.fixture
def pair() -> Iterator[tuple[Postgres, Postgres]]:
    """A primary that waits for its standby at each commit."""
    with tempfile.TemporaryDirectory(prefix="rsm-pair-", ignore_cleanup_errors=True) as folder:
        place = postgres.open_folder(Path(folder))
        quick = {"fsync": "off", "shared_buffers": "8MB"}
        alone = postgres.make(place / "first", **quick)
        with postgres.running(alone):
            postgres.make_database(alone)
            second = alone.standby(place / "second", quick)
            alone.stop()
        first = replace(alone, settings={**quick, "synchronous_standby_names": "*"})
        with postgres.running(first), postgres.running(second):
            postgres.await_standby(first)
            yield first, second


def test_after_a_promotion_the_same_address_leads_to_the_new_primary(
    pair: tuple[Postgres, Postgres], vault: Vault
) -> None:
    first, second = pair
    who = first.url.rpartition("@")[0]
    url = address.read(f"{who}@127.0.0.1:{first.port},127.0.0.1:{second.port}/{NAME}")
    db = Database(make_engine(url.render_as_string(hide_password=False)), SystemIds(), vault)
    with db.begin(NOWHERE) as tx:
        tx.session.execute(text("CREATE TABLE thanked (id int)"))
    with db.begin(NOWHERE) as tx:
        tx.session.execute(text("INSERT INTO thanked VALUES (1)"))

    first.kill()
    with pytest.raises(OperationalError), db.begin(NOWHERE):  # nobody takes writes
        pass
    second.run("SELECT pg_promote()")

    with db.begin(NOWHERE) as tx:
        assert tx.session.scalars(text("SELECT id FROM thanked")).all() == [1]
        tx.session.execute(text("INSERT INTO thanked VALUES (2)"))
        asked = "SELECT current_setting('tcp_user_timeout'), current_setting('tcp_keepalives_idle')"
        assert tuple(tx.session.execute(text(asked)).one()) == ("15000", "5")
    with psycopg.connect(Wakes(db.engine.url, lambda _: None, Event())._url) as listening:
        assert listening.info.port == second.port
    db.close()
