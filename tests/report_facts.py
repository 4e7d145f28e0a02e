"""A month of figures, made up as data: for tests of how a report is written, without a database."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from rsm.improvement.model import Entry, EntryKind
from rsm.kernel.words import Pin
from rsm.metrics.change_store import Changed
from rsm.metrics.definitions import MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure
from rsm.metrics.forecast import Week, Work, forecast
from rsm.metrics.measure import Kind
from rsm.metrics.statistics.change import Paired
from rsm.metrics.statistics.intervals import wilson
from rsm.metrics.statistics.survival import Seen, kaplan_meier
from rsm.reports.model import Month, Wanted
from rsm.web.reports_facts import DIVIDED, Facts, Figures, Funders, last_weeks, year_to

SITE = UUID(int=7)
OCTOBER = Month(date(2026, 10, 1))
PIN = Pin("weekly-symptoms", "1.0.0", "0")
COUNTS = {
    "eligible": 60,
    "approached": 52,
    "declined": 4,
    "reach": 41,
    "enrolled": 12,
    "due": 400,
    "sent": 380,
    "delivered": 372,
    "started": 310,
    "completed": 288,
    "completed_delivered": 280,
    "by_self": 250,
    "assisted": 38,
    "late": 9,
    "partial": 22,
    "not_answered": 70,
    "not_sent": 20,
    "alerting": 60,
    "baseline_due": 12,
    "baseline_completed": 9,
    "opened": 64,
    "pressing": 20,
    "closed_under_48h": 50,
    "closed_48_to_72h": 6,
    "closed_3_to_7d": 4,
    "closed_over_7d": 4,
    "acted": 33,
    "nobody": 1,
    "acknowledge_time": 42,
    "close_time": 700,
}
WHOLES = {
    "reach": "eligible",
    "approached": "eligible",
    "declined": "approached",
    "alerting": "started",
    "completed_delivered": "delivered",
    "baseline_completed": "baseline_due",
    **dict.fromkeys(("pressing", "acted"), "opened"),
    **dict.fromkeys(
        ("closed_under_48h", "closed_48_to_72h", "closed_3_to_7d", "closed_over_7d"), "opened"
    ),
}


def figures(**counts: int) -> Figures:
    """Every measure; what is not given is of nothing."""
    return {measure.id: _figure(measure.id, measure.kind, counts) for measure in MEASURES}


def _figure(name: str, kind: Kind, counts: Mapping[str, int]) -> Figure:
    if kind is not Kind.RATE:
        known = counts.get(name)
        return Figure(name, float(known or 0) if kind is Kind.COUNT else known)
    part, whole = counts.get(name, 0), counts.get(WHOLES.get(name, "due"), 0)
    part = min(part, whole)
    return Figure(name, float(part), whole, wilson(part, whole) if whole else None)


def rate(name: str, part: int, whole: int) -> Figure:
    return Figure(name, float(part), whole, wilson(part, whole))


def weeks(name: str, shares: list[int]) -> dict[date, Figure]:
    """So many of a hundred, week by week up to October's last whole week."""
    last = last_weeks(OCTOBER.days.last).last - timedelta(days=6)
    return {
        last - timedelta(days=7 * (len(shares) - 1 - place)): rate(name, share, 100)
        for place, share in enumerate(shares)
    }


def month_facts(language: str = "en", *, leaves: bool = False, funders: bool = True) -> Facts:
    """A usual month of a site with 100 patients."""
    wanted = Wanted(SITE, OCTOBER, language, funders=funders, leaves=leaves)
    groups: dict[Dimension, Mapping[str, Figure]] = {
        Dimension.AGE: {
            "1940": rate("completed", 50, 90),
            "1950": rate("completed", 118, 160),
            "1960": rate("completed", 120, 150),
        },
        Dimension.SEX: {
            "female": rate("completed", 152, 210),
            "": rate("completed", 136, 190),
        },
        Dimension.LANGUAGE: {
            "en": rate("completed", 220, 300),
            "es": rate("completed", 68, 100),
        },
    }
    nobody = {"": rate("completed", 288, 400)}
    every: dict[Dimension, Mapping[str, Figure]] = {
        each: groups.get(each, nobody) for each in DIVIDED
    }
    run = [80, 78, 82, 79, 81, 80, 77, 83, 80, 79, 78, 81, 70, 68, 71, 69, 70, 72, 71, 69]
    return Facts(
        wanted=wanted,
        site_name="Lakeside Clinic",
        patients_due=96,
        now=figures(**COUNTS),
        before=figures(**(COUNTS | {"completed": 330, "not_sent": 5})),
        weeks={
            "completed": weeks("completed", run),
            "not_sent": weeks("not_sent", [5] * 20),
            "alerting": weeks("alerting", [15, 17, 14, 16]),
        },
        groups=every,
        people={each: dict.fromkeys(values, 48) for each, values in every.items()},
        retention=kaplan_meier([Seen(float(1 + n % 30), n % 3 > 0) for n in range(80)]),
        entries=(
            Entry(UUID(int=1), date(2026, 8, 12), EntryKind.TRAINING, "Nurses trained", ""),
            Entry(UUID(int=2), date(2026, 9, 14), EntryKind.CHANNEL, "Calls began", ""),
        ),
        forecast=forecast([Week(100, 90, 14 + n % 3) for n in range(8)], 96, Work(700.0, 50)),
        is_last=True,
        funders=_funders() if funders else None,
    )


def _funders() -> Funders:
    pairs = Paired(25, 102.1, 110.4, 14.6, 15.3, 0.75)
    return Funders(
        cohort=year_to(OCTOBER.days.last),
        enrolled=52,
        asked=(PIN,),
        scores=(
            Changed("wellbeing.metric", 40, 25, 84.0, pairs),
            Changed("pain.max", 40, 2, 20.0, None),
            Changed("fatigue.max", 3, 3, 9.0, replace(pairs, n=3, sd_before=0, sd_after=0)),
        ),
        items=(Changed("pain.severity", 40, 25, 84.0, pairs),),
    )
