"""A simulated month with the provider at its worst and workers killed at random (P1, P2)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rsm.db.roles import WEB, url_as
from rsm.db.work import Database, make_engine
from rsm.flow import publish
from rsm.kernel.ids import SystemIds
from rsm.kernel.vault import Vault
from tests.campaign import judges
from tests.campaign.clock import SharedClock
from tests.campaign.month import BEGINS, Month, Size
from tests.clinic import build_clinic
from tests.conftest import KEYS
from tests.processes import Installation, installation

SHORT = Size(patients=20, days=5, kills=4, step=timedelta(hours=2))
WHOLE = Size(patients=2000, days=30, kills=200, minutes=25)


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    return tmp_path / "clock"


@pytest.fixture
def db(owner_url: str, vault: Vault, clock_file: Path) -> Iterator[Database]:
    clock = SharedClock(clock_file)
    clock.set(BEGINS)
    made = Database(make_engine(url_as(owner_url, WEB, KEYS)), SystemIds(), vault, clock)
    yield made
    made.close()


@pytest.fixture
def house(owner_url: str) -> Iterator[Installation]:
    with installation(owner_url) as made:
        yield made


def live(size: Size, db: Database, house: Installation, owner: Engine, clock_file: Path) -> Month:
    clinic = build_clinic(db)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    month = Month(clinic, house, owner, db, SharedClock(clock_file), clock_file, size)
    month.run()
    return month


@pytest.mark.soak
def test_some_days_of_storms_and_deaths(
    db: Database, house: Installation, owner: Engine, clock_file: Path
) -> None:
    all_is_well(live(SHORT, db, house, owner, clock_file), SHORT)


@pytest.mark.soak
def test_a_month_of_storms_and_deaths(
    db: Database, house: Installation, owner: Engine, clock_file: Path
) -> None:
    all_is_well(live(WHOLE, db, house, owner, clock_file), WHOLE)


def all_is_well(month: Month, size: Size) -> None:
    share = month.lived / timedelta(days=size.days)
    assert month.killed >= int(size.kills * share)
    assert month.answered > size.patients * size.days * share / 60, "little was put to the test"
    assert judges.astray(month) == []
    assert judges.doubled(month) == []
    assert judges.unknown(month) == []
    assert judges.at_night(month) == []
    assert judges.unaccounted(month) == []
    assert judges.stranded(month) == []
    if share < 1:
        told = f"all is well after {month.lived.days} of {size.days} days"
        pytest.skip(f"{told}: there are no more in {size.minutes:.0f} minutes of this machine")
