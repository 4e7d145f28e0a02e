"""The manager's page: figures of her site for a period she chooses, to nobody else."""

from datetime import UTC, date, datetime

import pytest

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.metrics.decide import CLOSE_BOUNDS, times
from rsm.metrics.model import Days, LevelFigures, SiteFigures, SurveyCounts
from rsm.metrics.service import WORST_FIRST
from rsm.web import site_findings as findings
from rsm.web.charts import RunPoint
from rsm.web.manager import as_many_before, last_weeks
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, browser

FOUR_WEEKS = Days(date(2026, 9, 21), date(2026, 10, 19))


def counts(completed: int, due: int) -> SurveyCounts:
    missed = due - completed
    return SurveyCounts(
        due=due, sent=due, delivered=due, started=completed, completed=completed,
        not_answered=missed,
    )  # fmt: skip


def figures(surveys: SurveyCounts, nobody: int = 0, open_urgent: int = 0) -> SiteFigures:
    none = times({}, CLOSE_BOUNDS)
    levels = tuple(
        LevelFigures(level, 0, 0, 0, open_urgent if level is Level.URGENT else 0, none, none)
        for level in WORST_FIRST
    )
    return SiteFigures(FOUR_WEEKS, surveys, {}, levels, 0, nobody, 3, 4)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def test_a_manager_sees_her_sites_figures(clinic: Clinic, clock: VirtualClock) -> None:
    clinic.enrol_patient()
    with at_desk(clinic, clock, clinic.charge) as client:
        page = client.get(f"/sites/{clinic.site}")
    assert page.status_code == 200
    assert "No survey was due in this period." in page.text
    assert "28 September 2026 to 19 October 2026" in page.text
    assert "1 of 1" in page.text  # reached, of eligible
    assert "Maria" not in page.text


@pytest.mark.parametrize(("weeks", "shown"), [(12, "12 weeks"), (26, "26 weeks"), (7, "4 weeks")])
def test_the_period_is_one_of_three(
    clinic: Clinic, clock: VirtualClock, weeks: int, shown: str
) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        page = client.get(f"/sites/{clinic.site}?weeks={weeks}")
    current = page.text.split('aria-current="true"')[1][:60]
    assert shown in current


def test_another_site_is_not_found(clinic: Clinic, clock: VirtualClock, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with at_desk(clinic, clock, clinic.charge) as client:
        assert client.get(f"/sites/{other.site}").status_code == 404


def test_without_signing_in_nothing_is_shown(clinic: Clinic) -> None:
    with browser(clinic) as client:
        answer = client.get(f"/sites/{clinic.site}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_period_begins_on_a_monday_of_the_sites_own_clock() -> None:
    sunday_evening = datetime(2026, 11, 2, 3, tzinfo=UTC)  # Sunday 22:00 in New York, winter time
    week = last_weeks(sunday_evening, "America/New_York", 1)
    assert week == Days(date(2026, 10, 26), date(2026, 11, 1))
    assert as_many_before(week) == Days(date(2026, 10, 19), date(2026, 10, 25))


def test_the_heading_is_the_worst_news() -> None:
    before = counts(90, 100)
    assert findings.heading(figures(counts(60, 100), nobody=1), before).startswith("Once nobody")
    assert findings.heading(figures(counts(60, 100)), before).startswith("Fewer surveys")
    assert findings.heading(figures(counts(99, 100)), before).startswith("More surveys")
    assert findings.heading(figures(counts(88, 100)), before) == (
        "88 % of the surveys due are finished."
    )


def test_a_few_surveys_are_no_trend() -> None:
    assert findings.heading(figures(counts(2, 4)), counts(3, 4)).startswith("50 %")


def test_the_funnel_says_where_most_is_lost() -> None:
    assert findings.funnel_caption(counts(60, 100)) == "Most is lost before the first question"
    assert findings.funnel_caption(counts(10, 10)) == "Nothing is lost on the way"
    assert findings.funnel_caption(counts(0, 0)) == "Nothing was due"


def test_open_urgent_alerts_are_counted_in_words() -> None:
    assert findings.levels_caption(figures(counts(1, 1)).levels) == "No urgent alert is open"
    two = figures(counts(1, 1), open_urgent=2)
    assert findings.levels_caption(two.levels) == "2 urgent alerts are open"


def test_the_line_is_named_by_its_last_week_with_surveys() -> None:
    points = [RunPoint("5 Oct", 1, 2), RunPoint("12 Oct", 0, 0)]
    assert findings.completion_caption(points) == "In the last week 50 % were finished"
    assert findings.completion_caption(points[1:]) == "Nothing was due"
