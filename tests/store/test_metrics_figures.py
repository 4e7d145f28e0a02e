"""A small clinic, worked out by hand, and the figures that must come out of it.

Lakeside, four weeks to Monday 19 October 2026, 9:00 in New York. Four patients were entered: three
enrolled, one eligible and never asked, and a test patient besides, who counts nowhere.

Surveys whose window opened in the period (Mondays 28 September, 5 and 12 October):

| patient | 28 Sep                | 5 Oct                      | 12 Oct                       |
|---------|-----------------------|----------------------------|------------------------------|
| Ann     | completed, delivered  | completed, delivered       | missed, not answered, sent   |
| Bea     | partial, delivered    | missed, not sent, no text  | cancelled (paused)           |
| Cora    | completed by a nurse  | missed, not answered, sent | open still                   |
| test    | completed, delivered  | completed, delivered       | completed, delivered         |

So of 7 due (9 less 1 cancelled, 1 open): sent 5 (Ann 3, Bea 1, Cora 1), delivered 3, started 4,
completed 3, partial 1, not answered 2, not sent 1.
By week: 28 September 2 of 3; 5 October 1 of 3; 12 October 0 of 1.

Alerts, from opening to acknowledgement and to closing:

| level     | acknowledged after | closed after      |
|-----------|--------------------|-------------------|
| urgent    | 10 min             | 1 h               |
| urgent    | 2 h                | 50 h              |
| urgent    | never              | open              |
| soon      | 5 h                | 8 days            |
| emergency | (test alert)       |                   |
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert, update

from rsm.alerts.tables import Alert, AlertEvent
from rsm.db.base import Base
from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import (
    AlertEventKind,
    AlertKind,
    AlertState,
    Audience,
    Channel,
    Level,
    SurveyState,
)
from rsm.messaging.model import Lane, MessageState
from rsm.messaging.tables import Message
from rsm.metrics import gauges
from rsm.metrics import service as metrics
from rsm.metrics.model import Period, SiteFigures, SurveyCounts
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE

HOUR = timedelta(hours=1)
FIRST = date(2026, 9, 28)
PERIOD = Period(MONDAY_NINE - timedelta(weeks=4), MONDAY_NINE)
PIN = {"key": "weekly-symptoms", "version": "1.0.0", "hash": "0"}
C, P, M, X = (
    SurveyState.COMPLETED,
    SurveyState.PARTIAL,
    SurveyState.MISSED,
    SurveyState.CANCELLED,
)


@dataclass
class Rows:
    """Writes rows past the services, as the superuser, so that every state can be had."""

    owner: Engine
    site: UUID
    ids: SeededIds

    def add(self, table: type[Base], **values: object) -> UUID:
        made = new_id(self.ids, MONDAY_NINE)
        with self.owner.begin() as connection:
            connection.execute(insert(table).values(id=made, site_id=self.site, **values))
        return made

    def survey(self, patient: UUID, week: int, state: SurveyState, **values: object) -> UUID:
        opens = datetime(2026, 9, 28, 13, tzinfo=MONDAY_NINE.tzinfo) + timedelta(weeks=week)
        is_open = state is SurveyState.OPEN
        fields = {
            "patient_id": patient,
            "window_key": (FIRST + timedelta(weeks=week)).isoformat(),
            "local_date": FIRST + timedelta(weeks=week),
            "opens_at": opens,
            "closes_at": opens + timedelta(days=2),
            "next_at": opens if is_open else None,
            "reminders": [],
            "state": state,
            "instrument": PIN,
            "language": "en",
            "scheduled": True,
            "is_test": False,
        }
        return self.add(Occurrence, **(fields | values))

    def text(self, survey: UUID, patient: UUID, state: MessageState, **values: object) -> UUID:
        fields = {
            "business_key": f"survey:{survey}:invite",
            "lane": Lane.SURVEY,
            "channel": Channel.SMS,
            "audience": Audience.PATIENT,
            "patient_id": patient,
            "occurrence_id": survey,
            "purpose": "invite",
            "language": "en",
            "fields": {},
            "state": state,
            "created_at": MONDAY_NINE,
            "handed_over_at": MONDAY_NINE,
        }
        return self.add(Message, **(fields | values))

    def alert(
        self, level: Level, taken: timedelta | None, closed: timedelta | None, **values: object
    ) -> UUID:
        opened = MONDAY_NINE - timedelta(days=10)
        number = new_id(self.ids, MONDAY_NINE).hex
        fields = {
            "business_key": number,
            "code": number,
            "kind": AlertKind.SYMPTOM,
            "level": level,
            "state": AlertState.CLOSED if closed else AlertState.OPEN,
            "reason": "",
            "opened_at": opened,
            "target_at": opened + HOUR,
            "acknowledged_at": opened + taken if taken else None,
            "closed_at": opened + closed if closed else None,
            "is_test": False,
        }
        return self.add(Alert, **(fields | values))


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def rows(owner: Engine, clinic: Clinic) -> Rows:
    return Rows(owner, clinic.site, SeededIds("metrics"))


@pytest.fixture
def figures(clinic: Clinic, rows: Rows, web_db: Database) -> SiteFigures:
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        return metrics.site_figures(tx, clinic.site, PERIOD)


def enrol_and_survey(clinic: Clinic, rows: Rows) -> None:
    ann, bea, cora = (clinic.enrol_patient(name) for name in ("Ann", "Bea", "Cora"))
    clinic.enrol_patient("Dot", status=PatientStatus.ELIGIBLE)
    test = clinic.enrol_patient("Test", is_test=True)
    sent, delivered = MessageState.SENT, MessageState.DELIVERED
    begun = {"started_at": MONDAY_NINE}
    for week, state, text in ((0, C, delivered), (1, C, delivered), (2, M, sent)):
        done = begun if state is C else {"miss_reason": "not_answered"}
        rows.text(rows.survey(ann, week, state, **done), ann, text)
    rows.text(rows.survey(bea, 0, P, **begun), bea, delivered)
    rows.survey(bea, 1, M, miss_reason="not_sent")
    rows.survey(bea, 2, X, miss_reason="paused")
    rows.survey(cora, 0, C, **begun)
    rows.text(rows.survey(cora, 1, M, miss_reason="not_answered"), cora, sent)
    rows.survey(cora, 2, SurveyState.OPEN)
    for week in range(3):
        marked = rows.survey(test, week, C, is_test=True)
        rows.text(marked, test, delivered, is_test=True)


def raise_alerts(rows: Rows) -> None:
    rows.alert(Level.URGENT, timedelta(minutes=10), HOUR)
    rows.alert(Level.URGENT, 2 * HOUR, 50 * HOUR)
    waits = rows.alert(Level.URGENT, None, None)
    rows.alert(Level.SOON, 5 * HOUR, timedelta(days=8))
    rows.alert(Level.EMERGENCY, None, None, is_test=True)
    for kind in (AlertEventKind.TOLD, AlertEventKind.TOLD, AlertEventKind.NOBODY):
        rows.add(AlertEvent, alert_id=waits, kind=kind, at=MONDAY_NINE)


def test_surveys_come_out_as_worked_out_by_hand(figures: SiteFigures) -> None:
    assert figures.surveys == SurveyCounts(
        due=7,
        sent=5,
        delivered=3,
        started=4,
        completed=3,
        partial=1,
        not_answered=2,
        not_sent=1,
        still_open=1,
    )
    assert figures.surveys.missed == 3
    weeks = {monday: (week.completed, week.due) for monday, week in figures.weeks.items()}
    days = [FIRST + timedelta(weeks=week) for week in range(3)]
    assert weeks == {days[0]: (2, 3), days[1]: (1, 3), days[2]: (0, 1)}


def test_alerts_come_out_as_worked_out_by_hand(figures: SiteFigures) -> None:
    levels = {level.level: level for level in figures.levels}
    urgent, soon = levels[Level.URGENT], levels[Level.SOON]
    assert (urgent.opened, urgent.acknowledged, urgent.closed, urgent.open_now) == (3, 2, 2, 1)
    assert urgent.close.buckets == (1, 1, 0, 1)  # the open one counts as over 7 days
    assert urgent.close.median == 50 * HOUR
    assert urgent.close.p90 is None
    assert urgent.acknowledge.buckets == (1, 0, 1, 1)
    assert urgent.acknowledge.median == 2 * HOUR
    assert soon.close.buckets == (0, 0, 0, 1)
    assert levels[Level.EMERGENCY].opened == 0
    assert (figures.told, figures.nobody) == (2, 1)


def test_reach_counts_those_never_asked_and_no_test_patient(figures: SiteFigures) -> None:
    assert (figures.enrolled, figures.eligible) == (3, 4)


def test_a_patient_marked_as_test_later_leaves_every_figure(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann")
    rows.survey(ann, 0, C)
    rows.alert(Level.URGENT, None, None, patient_id=ann)
    with owner.begin() as connection:
        connection.execute(update(Patient).values(is_test=True))
    with web_db.begin(Scope.site(clinic.site)) as tx:
        figures = metrics.site_figures(tx, clinic.site, PERIOD)
    assert figures.surveys == SurveyCounts()
    assert sum(level.opened + level.open_now for level in figures.levels) == 0


def test_what_lies_outside_the_period_or_the_site_is_not_counted(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    ann = clinic.enrol_patient("Ann")
    rows.survey(ann, 0, C)
    earlier = Period(PERIOD.since - timedelta(weeks=4), PERIOD.since)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with web_db.begin(Scope.site(clinic.site)) as tx:
        assert metrics.site_figures(tx, clinic.site, earlier).surveys == SurveyCounts()
        assert metrics.site_figures(tx, other.site, PERIOD).surveys == SurveyCounts()


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
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    """She had said STOP: nobody asked her, so she did not fail to answer."""
    ann = clinic.enrol_patient("Ann")
    survey = rows.survey(ann, 0, M, miss_reason="not_answered")
    rows.text(survey, ann, MessageState.SUPPRESSED, handed_over_at=None)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        counts = metrics.site_figures(tx, clinic.site, PERIOD).surveys
    assert (counts.due, counts.sent, counts.not_answered, counts.not_sent) == (1, 0, 0, 1)
