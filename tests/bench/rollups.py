"""Roll-ups at growing sizes: how long a backlog takes, and how long it takes to read five years.

Patients of five years are written past all triggers (`tests.bulk_year`), one note says that
everything has changed, and the worker's rounds work it off. The larger size contains the smaller.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from time import perf_counter, process_time

from fastapi.testclient import TestClient

from rsm.db.work import Database, Scope, Tx
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.metrics import rollup
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import by_month, figures
from rsm.metrics.model import Days
from rsm.security import staff
from rsm.security.model import NewStaff
from tests import bulk_year
from tests.bench.figures import Figure
from tests.bench.history import ROLLED_UP
from tests.bench.statements import counted
from tests.bench.ward import Ward
from tests.clinic import build_clinic
from tests.web_desk import at_desk

ABOUT = """A manager's pages over five years, and figures of all measures at once as reports read
them; and the roll-up of everything from the beginning, as after an upgrade. Responses, by size:
what stands. A page is asked for in its own process: CPU is that of Python, without the database."""
SIZES = (10_000,)  # to write 100,000 and to roll them up takes more than a minute
LARGE = (100_000, 1_000_000)
REPEATS = 9
_DAYS = 1820
_SLICE = 3_000  # patients drawn and written at once
_A_PATIENT = 34  # responses in five years, of those whom `bulk_year` draws
_PERIOD = Days(
    bulk_year.BEGINS + timedelta(days=bulk_year.DAYS - _DAYS),
    bulk_year.BEGINS + timedelta(days=bulk_year.DAYS),
)
_RESPONSES = "SELECT count(*) FROM response WHERE instrument ->> 'hash' = '0'"
_THERE = "SELECT count(*) FROM patient WHERE id < '01000001-0000-0000-0000-000000000000'"
_EVERYTHING = "INSERT INTO measure_change (site_id) VALUES (:site)"
_NUMBERS = ("+12025550198", "+12025550199")
_PAGES = {
    "manager's page, 4 weeks": "?weeks=4",
    "manager's page, 5 years": "?weeks=260",
    "completed by sex, 5 years": "/equity?by=sex&weeks=260",
    "workers, 2 years": "/workers?months=24",
}


def measure(ward: Ward, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """Each size in turn, as far as it is not there yet, at a site of its own."""
    clinic = build_clinic(ward.web, name="Fernhill Clinic", numbers=_NUMBERS)
    alone = replace(ward, clinic=clinic)
    with _manager(alone) as browser:
        return [figure for size in sizes for figure in _at(alone, size, browser)]


@contextmanager
def _manager(ward: Ward) -> Iterator[TestClient]:
    """Somebody who manages the site, signed in on the day on which the five years end."""
    clock = VirtualClock(datetime.combine(_PERIOD.last, time(16), UTC))
    db = Database(ward.web.engine, ward.web.ids, ward.web.vault, clock)
    clinic = replace(ward.clinic, db=db)
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "ines@fernhill.example.org", "Ines Gil")
        who = staff.create(tx, new)
        staff.grant(tx, who, clinic.site, Role.MANAGER)
    with at_desk(clinic, clock, who) as browser:
        yield browser


def _at(ward: Ward, size: int, browser: TestClient) -> Iterator[Figure]:
    there = ward.count(_THERE)
    _write(ward, size, there)
    responses = ward.count(_RESPONSES)
    name = f"{responses:,} responses"
    ward.run(ROLLED_UP)
    ward.run(_EVERYTHING, site=ward.clinic.site)
    started = perf_counter()
    rollup.roll_up_all(ward.worker)
    taken = perf_counter() - started
    note = f"{responses / taken:,.0f} responses a second, one worker"
    yield Figure(f"{name}: all rolled up anew", "s", (taken,), note=note)
    site = ward.clinic.site
    for page, query in _PAGES.items():
        yield _page(ward, f"{name}: {page}", browser, f"/sites/{site}{query}")
    yield _read(ward, f"{name}: every measure", lambda tx: figures(tx, site, _PERIOD))
    yield _read(ward, f"{name}: by sex", lambda tx: figures(tx, site, _PERIOD, Dimension.SEX))
    yield _read(
        ward,
        f"{name}: a run chart of months",
        lambda tx: by_month(tx, site, _PERIOD, "weekly_adherence"),
    )


def _write(ward: Ward, size: int, there: int) -> None:
    """In slices: a million responses at once would be gigabytes of what was drawn."""
    upto = max(there + 1, size // _A_PATIENT)
    for first in range(there, upto, _SLICE):
        more = min(_SLICE, upto - first)
        bulk_year.write(
            ward.owner, ward.clinic, bulk_year.draw(size + first - there, more, _DAYS, first)
        )


def _page(ward: Ward, name: str, browser: TestClient, address: str) -> Figure:
    """Milliseconds of each repeat after the first two, with CPU and statements of one."""

    def ask() -> None:
        browser.get(address).raise_for_status()

    ask()
    with counted(ward.web.engine) as seen:
        ask()
    statements = sum(count for name, count in seen.items() if name != "COMMIT")
    before = process_time()
    taken = _times(ask)
    cpu = (process_time() - before) * 1000 / len(taken)
    return Figure(name, "ms", taken, note=f"{cpu:.0f} ms of CPU, {statements} statements")


def _read(ward: Ward, name: str, read: Callable[[Tx], object]) -> Figure:
    """Milliseconds of each repeat after the first, over all five years."""

    def ask() -> None:
        with ward.web.begin(Scope.site(ward.clinic.site)) as tx:
            read(tx)

    ask()
    return Figure(name, "ms", _times(ask))


def _times(ask: Callable[[], None]) -> tuple[float, ...]:
    taken = []
    for _ in range(REPEATS):
        started = perf_counter()
        ask()
        taken.append((perf_counter() - started) * 1000)
    return tuple(taken)
