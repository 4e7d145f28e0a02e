"""Roll-ups at growing sizes: how long a backlog takes, and how long it takes to read five years.

Patients of five years are written past all triggers (`tests.bulk_year`), one note says that
everything has changed, and the worker's rounds work it off. The larger size contains the smaller.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from time import perf_counter

from rsm.db.work import Scope, Tx
from rsm.metrics import rollup
from rsm.metrics import service as metrics
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import by_month, figures
from rsm.metrics.model import Days
from tests import bulk_year
from tests.bench.figures import Figure
from tests.bench.ward import Ward

ABOUT = """Figures of a site over five years, all measures at once, as pages read them; and the
roll-up of everything from the beginning, as after an upgrade. Responses, by size: what stands."""
SIZES = (10_000, 100_000)
LARGE = (1_000_000,)
REPEATS = 5
_DAYS = 1820
_A_PATIENT = 100  # responses in five years, of those whom `bulk_year` draws
_PERIOD = Days(
    bulk_year.BEGINS + timedelta(days=bulk_year.DAYS - _DAYS),
    bulk_year.BEGINS + timedelta(days=bulk_year.DAYS),
)
_RESPONSES = "SELECT count(*) FROM response WHERE instrument ->> 'hash' = '0'"
_EVERYTHING = "INSERT INTO measure_change (site_id) SELECT id FROM site"


def measure(ward: Ward, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """Each size in turn, as far as it is not there yet."""
    return [figure for size in sizes for figure in _at(ward, size)]


def _at(ward: Ward, size: int) -> Iterator[Figure]:
    there = ward.count(
        "SELECT count(*) FROM patient WHERE id < '02000000-0000-0000-0000-000000000000'"
    )
    more = max(1, size // _A_PATIENT - there)
    bulk_year.write(ward.owner, ward.clinic, bulk_year.draw(size, more, _DAYS, there))
    responses = ward.count(_RESPONSES)
    name = f"{responses:,} responses"
    ward.run("TRUNCATE measure_change, rollup_due")
    ward.run(_EVERYTHING)
    started = perf_counter()
    rollup.roll_up_all(ward.worker)
    taken = perf_counter() - started
    note = f"{responses / taken:,.0f} responses a second, one worker"
    yield Figure(f"{name}: all rolled up anew", "s", (taken,), note=note)
    site = ward.clinic.site
    yield _read(ward, f"{name}: every measure", lambda tx: figures(tx, site, _PERIOD))
    yield _read(ward, f"{name}: by sex", lambda tx: figures(tx, site, _PERIOD, Dimension.SEX))
    yield _read(
        ward,
        f"{name}: a run chart of months",
        lambda tx: by_month(tx, site, _PERIOD, "weekly_adherence"),
    )
    yield _read(
        ward, f"{name}: the site's summary", lambda tx: metrics.site_figures(tx, site, _PERIOD)
    )


def _read(ward: Ward, name: str, read: Callable[[Tx], object]) -> Figure:
    """Milliseconds of each repeat after the first, over all five years."""
    taken = []
    for _ in range(REPEATS + 1):
        started = perf_counter()
        with ward.web.begin(Scope.site(ward.clinic.site)) as tx:
            read(tx)
        taken.append((perf_counter() - started) * 1000)
    return Figure(name, "ms", tuple(taken[1:]))
