"""Figures of the small clinic that is worked out by hand (`tests.hand_clinic`)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, update

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Level
from rsm.messaging.model import Lane, MessageState
from rsm.metrics import gauges, rollup
from rsm.metrics import service as metrics
from rsm.metrics.figures import Figure, Together, by_week
from rsm.metrics.model import AlertCounts, Days, LevelFigures
from rsm.patients.tables import Patient
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import FIRST, HOUR, C, M, Rows, enrol_and_survey, raise_alerts, surveys

FOUR_WEEKS = Days(FIRST - timedelta(weeks=1), FIRST + timedelta(weeks=3))


@dataclass(frozen=True)
class Shown:
    """What a site's page is made of."""

    surveys: Counter[str]
    weeks: Mapping[date, Figure]  # completed of those due
    alerts: Mapping[Level, AlertCounts]
    levels: Mapping[Level, LevelFigures]
    measures: Mapping[str, Figure]


def site_figures(
    clinic: Clinic, web_db: Database, worker_db: Database, days: Days = FOUR_WEEKS
) -> Shown:
    """As the site's page reads them, once all is rolled up."""
    rollup.roll_up_all(worker_db)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        together = Together(tx, clinic.site, (days,))
        alerts, took = together.alerts(days), together.took(days, ("acknowledge", "close"))
        levels = metrics.levels(tx, clinic.site, alerts, took)
        return Shown(
            surveys=surveys(tx, clinic.site, days).get("", Counter()),
            weeks=by_week(tx, clinic.site, days, "completed").get("", {}),
            alerts=alerts,
            levels={each.level: each for each in levels},
            measures=dict(together.of(days)),
        )


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def rows(owner: Engine, clinic: Clinic) -> Rows:
    return Rows(owner, clinic.site, SeededIds("metrics"))


@pytest.fixture
def figures(clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database) -> Shown:
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    return site_figures(clinic, web_db, worker_db)


def test_surveys_come_out_as_worked_out_by_hand(figures: Shown) -> None:
    assert figures.surveys == Counter(
        due=7,
        called_off=1,
        sent=5,
        delivered=3,
        started=4,
        completed=3,
        partial=1,
        not_answered=2,
        not_sent=1,
        completed_delivered=2,
        by_self=3,
        baseline_due=3,
        baseline_completed=2,
    )
    assert figures.measures["completed"].part == 3
    weeks = {monday: (week.part, week.whole) for monday, week in figures.weeks.items()}
    days = [FIRST + timedelta(weeks=week) for week in range(3)]
    assert weeks == {days[0]: (2, 3), days[1]: (1, 3), days[2]: (0, 1)}


def test_alerts_come_out_as_worked_out_by_hand(figures: Shown) -> None:
    urgent, soon = figures.levels[Level.URGENT], figures.levels[Level.SOON]
    assert (urgent.opened, urgent.acknowledged, urgent.closed, urgent.open_now) == (3, 2, 2, 1)
    assert urgent.close.buckets == (1, 1, 0, 1)  # the open one counts as over 7 days
    assert urgent.close.median == 50 * HOUR
    assert urgent.close.p90 is None
    assert urgent.acknowledge.buckets == (1, 0, 1, 1)
    assert urgent.acknowledge.median == 2 * HOUR
    assert soon.close.buckets == (0, 0, 0, 1)
    assert figures.levels[Level.EMERGENCY].opened == 0
    told = [(each.told, each.nobody) for each in figures.alerts.values()]
    assert [sum(each) for each in zip(*told, strict=True)] == [2, 1]


def test_reach_counts_those_never_asked_and_no_test_patient(figures: Shown) -> None:
    reach = figures.measures["reach"]
    assert (reach.part, reach.whole) == (3, 4)


def test_a_patient_marked_as_test_later_leaves_every_figure(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann")
    rows.survey(ann, 0, C)
    rows.alert(Level.URGENT, None, None, patient_id=ann)
    with owner.begin() as connection:
        connection.execute(update(Patient).values(is_test=True))
    figures = site_figures(clinic, web_db, worker_db)
    assert figures.surveys == Counter()
    assert sum(each.opened + each.open_now for each in figures.levels.values()) == 0


def test_what_lies_outside_the_period_or_the_site_is_not_counted(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann")
    rows.survey(ann, 0, C)
    earlier = Days(FIRST - timedelta(weeks=4), FIRST - timedelta(days=1))
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    assert site_figures(clinic, web_db, worker_db).surveys["due"] == 1
    assert site_figures(clinic, web_db, worker_db, earlier).surveys == Counter()
    assert site_figures(other, web_db, worker_db).surveys == Counter()


def test_gauges_show_the_whole_house_without_test_patients(
    clinic: Clinic, rows: Rows, worker_db: Database
) -> None:
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    with worker_db.begin(EVERYWHERE) as tx:
        shown = gauges.read(tx)
    site = "lakeside-clinic"
    assert shown.alerts_open[(site, "urgent")] == 1
    assert shown.alerts_open[(site, "emergency")] == 0
    stages = [shown.alerts[(site, "urgent", one)] for one in ("opened", "acknowledged", "closed")]
    assert stages == [3, 2, 2]
    half = timedelta(minutes=65).total_seconds()  # between ten minutes and two hours
    assert shown.alert_seconds[(site, "urgent", "acknowledged", "0.5")] == half
    assert (site, "emergency", "opened") not in shown.alerts  # a test patient's
    assert shown.unacknowledged[(site, "urgent")] == timedelta(days=10).total_seconds()
    assert shown.escalations[(site, "told")] == 2
    assert shown.escalations[(site, "nobody")] == 1
    assert shown.messages == {(site, "sms", "delivered"): 3, (site, "sms", "sent"): 2}
    of_the_last_week = dict.fromkeys(((site, "missed"), (site, "cancelled"), (site, "open")), 1)
    assert shown.surveys == of_the_last_week
    assert shown.nobody_on_duty == {(site,): 0}
    assert shown.queue_age == {(lane.value,): 0.0 for lane in Lane}


def test_a_message_that_is_due_ages_its_lane(
    clinic: Clinic, rows: Rows, worker_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann")
    survey = rows.survey(ann, 0, C)
    due = MONDAY_NINE - timedelta(minutes=3)
    rows.text(survey, ann, MessageState.QUEUED, next_at=due)
    with worker_db.begin(EVERYWHERE) as tx:
        shown = gauges.read(tx)
    assert shown.queue_age[("survey",)] == 180.0
    assert shown.queue_age[("emergency",)] == 0.0


def test_a_survey_whose_text_was_kept_back_was_never_asked(
    clinic: Clinic, rows: Rows, web_db: Database, worker_db: Database
) -> None:
    """She had said STOP: nobody asked her, so she did not fail to answer."""
    ann = clinic.enrol_patient("Ann")
    survey = rows.survey(ann, 0, M, miss_reason="not_answered")
    rows.text(survey, ann, MessageState.SUPPRESSED, handed_over_at=None)
    counts = site_figures(clinic, web_db, worker_db).surveys
    assert counts == Counter(due=1, not_sent=1, baseline_due=1)
