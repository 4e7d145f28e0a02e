"""The door to before and after: a measure around the day of a change, with what it cannot show."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.improvement import service
from rsm.improvement.decide import Beside, around, compare, windows
from rsm.improvement.model import Comparison, Entry
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics import figures
from rsm.metrics.definitions import BY_ID, MEASURES
from rsm.metrics.figures import Figure
from rsm.metrics.measure import Basis, Kind, Measure
from rsm.metrics.model import Days
from rsm.sites import service as sites

WEEKS = (4, 8, 12, 26)
# Weeks and courses of patients are longer than the days before a change may be.
_BY_DAY = frozenset({Basis.WINDOW, Basis.OPENING, Basis.WRITING})


def measures() -> tuple[Measure, ...]:
    """Those that can be compared: rates that are divided by days."""
    return tuple(one for one in MEASURES if one.kind is Kind.RATE and one.basis in _BY_DAY)


@dataclass(frozen=True)
class Question:
    """Which measure, how many weeks on either side, and in which language changes are called."""

    measure: str
    weeks: int
    language: str = "en"


def before_after(tx: Tx, site_id: UUID, entry: Entry, asked: Question) -> Comparison:
    """The measure before and after the entry's day. Raises `Invalid` for one that is no rate of
    days, and for a number of weeks that is not offered."""
    measure, weeks = asked.measure, asked.weeks
    if BY_ID.get(measure) not in measures():
        raise Invalid(Problem("measure", "choose one from the list"))
    if weeks not in WEEKS:
        raise Invalid(Problem("weeks", "choose one from the list"))
    before, after = windows(entry.on, weeks)
    both = service.entries(tx, site_id, Days(before.first, after.last), asked.language)
    today = local_of(tx.now, zone_named(sites.get(tx, site_id).zone)).date()
    beside = Beside(
        weekly=_weekly(tx, site_id, entry.on, measure),
        others=[one for one in both if one.id != entry.id],
        today=today,
    )
    sides = (_counts(tx, site_id, before, measure), _counts(tx, site_id, after, measure))
    return compare(entry, measure, weeks, sides, beside)


def _counts(tx: Tx, site_id: UUID, days: Days, measure: str) -> tuple[int, int]:
    everybody = figures.figures(tx, site_id, days).get("", {})
    return _of(everybody.get(measure))


def _weekly(tx: Tx, site_id: UUID, on: date, measure: str) -> dict[date, tuple[int, int]]:
    weeks = figures.by_week(tx, site_id, around(on), measure).get("", {})
    return {monday: _of(figure) for monday, figure in weeks.items()}


def _of(figure: Figure | None) -> tuple[int, int]:
    if figure is None or figure.part is None or figure.whole is None:
        return 0, 0
    return round(figure.part), figure.whole
