"""Everything that a monthly report is made of, read once: from roll-ups, for one site and month."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from rsm.db.work import Tx
from rsm.improvement import service as improvement
from rsm.improvement.model import Entry
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Pin
from rsm.metrics import asked_store, change_store, courses, forecast_store
from rsm.metrics import figures as measures
from rsm.metrics.asked_store import People
from rsm.metrics.change_store import Changed, Cohort
from rsm.metrics.definitions import MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure
from rsm.metrics.forecast import Forecast
from rsm.metrics.model import Days
from rsm.metrics.statistics.survival import Step
from rsm.reports import decide
from rsm.reports.model import FEWEST_PATIENTS, Month, Wanted
from rsm.sites import service as sites

WEEKS = 26  # on the run charts
RUNS = ("completed", "not_sent", "alerting")
# By whom completion is divided; by worker is the supervision sheet's, not a report's.
DIVIDED = tuple(each for each in Dimension if each not in {Dimension.ALL, Dimension.WORKER})

Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Funders:
    """The part for funders: how many people the cohort has, what they were asked, what changed."""

    cohort: Days
    enrolled: int
    asked: Sequence[Pin]
    scores: Sequence[Changed]
    items: Sequence[Changed]


@dataclass(frozen=True)
class Facts:
    """One month. `weeks`: measure → Monday → figure; `groups`: dimension → value → surveys."""

    wanted: Wanted
    site_name: str
    patients_due: int
    people: People  # with a survey due, by what they are
    now: Figures
    before: Figures
    weeks: Mapping[str, Mapping[date, Figure]]
    groups: Mapping[Dimension, Mapping[str, Figure]]  # completed of those due
    retention: Sequence[Step]
    entries: Sequence[Entry]
    forecast: Forecast | None  # after the last month alone: of an earlier one it is known by now
    is_last: bool
    funders: Funders | None

    @property
    def month(self) -> Month:
        return self.wanted.month

    @property
    def small(self) -> bool:
        """Whether it leaves the house, and is of so few people that one could be recognised."""
        return self.wanted.leaves and self.patients_due < FEWEST_PATIENTS


def read(tx: Tx, wanted: Wanted) -> Facts:
    """All of it; the transaction must see the site."""
    site = sites.get(tx, wanted.site_id)
    days, before = wanted.month.days, wanted.month.before.days
    weeks = last_weeks(days.last)
    people = asked_store.patients_by(tx, site.id, days)
    is_last = wanted.month == decide.last_over(tx.now, site.zone)
    return Facts(
        wanted=wanted,
        site_name=site.name,
        patients_due=sum(people[Dimension.ALL].values()),
        people=people,
        now=_of_all(tx, wanted, days),
        before=_of_all(tx, wanted, before),
        weeks={each: _by_week(tx, wanted, weeks, each) for each in RUNS},
        groups={each: measures.by_value(tx, site.id, days, "completed", each) for each in DIVIDED},
        retention=courses.retention(tx, site.id, year_to(days.last)),
        entries=improvement.entries(tx, site.id, weeks, wanted.language),
        forecast=_forecast(tx, wanted, weeks, site.zone) if is_last else None,
        is_last=is_last,
        funders=_funders(tx, wanted, site.zone) if wanted.funders else None,
    )


def last_weeks(last: date) -> Days:
    """Whole weeks up to that day: from a Monday to a Sunday."""
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return Days(sunday - timedelta(days=7 * WEEKS - 1), sunday)


def year_to(last: date) -> Days:
    """The twelve months that end with this day, the last of its month."""
    month = Month.of(last)
    first = month.first.replace(year=month.first.year - 1)
    return Days(Month(first).after.first, last)


def _of_all(tx: Tx, wanted: Wanted, days: Days) -> Figures:
    return measures.figures(tx, wanted.site_id, days).get("", {})


def _by_week(tx: Tx, wanted: Wanted, days: Days, measure: str) -> Mapping[date, Figure]:
    return measures.by_week(tx, wanted.site_id, days, measure).get("", {})


def _forecast(tx: Tx, wanted: Wanted, weeks: Days, zone: str) -> Forecast | None:
    return forecast_store.of_site(tx, wanted.site_id, weeks.last + timedelta(days=1), zone)


def _funders(tx: Tx, wanted: Wanted, zone: str) -> Funders:
    days = year_to(wanted.month.days.last)
    cohort = Cohort(_begins(days.first, zone), _begins(days.last + timedelta(days=1), zone))
    return Funders(
        cohort=days,
        enrolled=change_store.enrolled(tx, wanted.site_id, cohort),
        asked=change_store.asked(tx, wanted.site_id, cohort),
        scores=change_store.of_scores(tx, wanted.site_id, cohort),
        items=change_store.of_items(tx, wanted.site_id, cohort),
    )


def _begins(day: date, zone: str) -> datetime:
    return start_instant(datetime.combine(day, time()), zone_named(zone))


@cache
def definitions_version() -> str:
    """Which version of the measures' definitions this release has: a hash of all of them."""
    return hashlib.sha256(repr(MEASURES).encode()).hexdigest()[:12]
