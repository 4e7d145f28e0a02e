"""What eight weeks are too short for: a year and more of a small clinic, worked out by hand.

Lakeside, today Monday 19 October 2026. Six patients were enrolled on Monday 25 August 2025 (week
0), sixty weeks ago. Each finished her baseline, and one later survey, which was her last:

| patient | last report | and then                        | so at her last report she is |
|---------|-------------|---------------------------------|------------------------------|
| Ann     | week 58     | is asked still, 14 days ago     | censored                     |
| Bea     | week 10     | silent since, enrolled still    | gone                         |
| Cora    | week 20     | treatment over in week 21       | censored                     |
| Dot     | week 30     | withdrew in week 31             | gone                         |
| Eve     | week 5      | moved away in week 6            | censored                     |
| Fay     | week 3      | silent since, enrolled still    | gone                         |

*Retention* (Kaplan-Meier). Week 3: of 6 one is gone, 5/6. Eve is seen until week 5. Week 10: of 4
one is gone, 5/6 x 3/4 = 5/8. Cora is seen until week 20. Week 30: of 2 one is gone, 5/8 x 1/2 =
5/16. So at week 4 are left 5/6 of 6 = 5, at weeks 12 and 24 5/8 of 6 = 3.75, at week 52 5/16 of 6 =
1.875.
*Surveys.* 12 due. Bea's last one came late: 1 of 12. The survey that stood open when Dot withdrew
is called off and not due. Ann reported once of her own accord.

Five alerts, all opened on Monday 3 August 2026 at 9:00 (the clinic is open from 8 to 18 on
weekdays; in brackets hours of service: 9 on that Monday, then 10 a day):

| alert | viewed after  | taken after   | closed after   | closed as       |
|-------|---------------|---------------|----------------|-----------------|
| one   | 50 h (22 h)   | 60 h (29 h)   | 70 h (29 h)    | expected        |
| two   | 4 days (40 h) | 5 days (49 h) | 6 days (49 h)  | wrong threshold |
| three | 8 d (60 h)    | 9 d (70 h)    | 10 d (80 h)    | known           |
| four  | 1 h (1 h)     | 2 h (2 h)     | 3 h (3 h)      | advice          |
| five  | 15 d (110 h)  | 16 d (120 h)  | 23 d (170 h)   | advice          |

By the clock one is in 48 to 72 h at each stage, two in 3 to 7 days, four under 48 h, three and five
over. By hours of service: seen 3 under 48 h, 1 under 72 h (three), 1 under 7 x 24 h (five); taken
2, 2 (two, three), 1; closed 2, 1 (two), 1 (three), 1 over (five: 170 h are more than 168).
Expected or known 2 of 5, by a wrong threshold 1, together 3 not actionable; acted upon 2.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from rsm.alerts.tables import AlertEvent
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import AlertEventKind, Channel, Level, Reporter, SurveyState
from rsm.metrics import rollup
from rsm.metrics.figures import Figure, figures
from rsm.metrics.model import Days
from rsm.patients.model import EndReason, PatientStatus
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from tests.clinic import Clinic, build_clinic
from tests.databases import Doors
from tests.hand_clinic import HOUR, PIN, C, Rows, X

DAYS = Days(date(2025, 8, 1), date(2026, 10, 19))
DAY = 24 * HOUR
LAST = {"Ann": 58, "Bea": 10, "Cora": 20, "Dot": 30, "Eve": 5, "Fay": 3}
ENDS = {
    "Cora": (21, EndReason.TREATMENT_STOPPED),
    "Dot": (31, EndReason.WITHDRAWAL),
    "Eve": (6, EndReason.MOVED_AWAY),
}
ALERTS = (
    (50 * HOUR, 60 * HOUR, 70 * HOUR, "expected"),
    (4 * DAY, 5 * DAY, 6 * DAY, "wrong_threshold"),
    (8 * DAY, 9 * DAY, 10 * DAY, "known"),
    (HOUR, 2 * HOUR, 3 * HOUR, "phone_advice"),
    (15 * DAY, 16 * DAY, 23 * DAY, "phone_advice"),
)
BUCKETS = ("under_48h", "48_to_72h", "3_to_7d", "over_7d")


def monday(week: int) -> datetime:
    """Of so many weeks after 25 August 2025, in the morning in New York."""
    return datetime(2025, 8, 25, 13, tzinfo=UTC) + timedelta(weeks=week)


@pytest.fixture
def found(doors: Doors) -> Mapping[str, Figure]:
    """Every measure of these days, for everybody."""
    clinic = doors.furnished("clinic of a long year", _live)
    with clinic.begin() as tx:
        return figures(tx, clinic.site, DAYS)[""]


def _live(doors: Doors) -> Clinic:
    clinic = build_clinic(doors.web)
    rows = Rows(doors.owner, clinic.site, SeededIds("a long year"))
    for name in LAST:
        lives(rows, name, clinic.enrol_patient(name))
    alerts(rows)
    rollup.roll_up_all(doors.worker)
    return clinic


def lives(rows: Rows, name: str, patient: UUID) -> None:
    """Her baseline, her last report, and her end."""
    values: dict[str, object] = {"enrolled_at": monday(0), "created_at": monday(0)}
    if name in ENDS:
        week, reason = ENDS[name]
        values |= {"status": PatientStatus.ENDED, "end_reason": reason, "ended_at": monday(week)}
    with rows.owner.begin() as connection:
        connection.execute(update(Patient).where(Patient.id == patient).values(**values))
    survey(rows, patient, 0)
    last = survey(rows, patient, LAST[name])
    if name == "Ann":
        survey(rows, patient, 40, scheduled=False)
    if name == "Bea":
        comes_late(rows, patient, last)
    if name == "Dot":
        survey(rows, patient, 31, X, miss_reason="ended")


def survey(rows: Rows, patient: UUID, week: int, state: SurveyState = C, **values: object) -> UUID:
    opens = monday(week)
    times = {"opens_at": opens, "closes_at": opens + 2 * DAY, "local_date": opens.date()}
    if state is C:
        times["started_at"] = opens
    return rows.survey(patient, 0, state, window_key=f"{opens.date()}", **(times | values))


def comes_late(rows: Rows, patient: UUID, last: UUID) -> None:
    sent = monday(LAST["Bea"]) + 3 * DAY
    rows.add(
        Response,
        patient_id=patient,
        occurrence_id=last,
        revision=1,
        state=ResponseState.FINAL,
        reporter=Reporter.SELF,
        channel=Channel.WEB,
        language="en",
        instrument=PIN,
        answers={},
        late=True,
        started_at=sent,
        submitted_at=sent,
        is_test=False,
    )


def alerts(rows: Rows) -> None:
    opened = datetime(2026, 8, 3, 13, tzinfo=UTC)
    for viewed, taken, closed, code in ALERTS:
        alert = rows.alert(
            Level.SOON,
            taken,
            closed,
            opened_at=opened,
            target_at=opened + HOUR,
            first_viewed_at=opened + viewed,
            acknowledged_at=opened + taken,
            closed_at=opened + closed,
        )
        end = {"kind": AlertEventKind.CLOSED, "code": code, "at": opened + closed}
        rows.add(AlertEvent, alert_id=alert, **end)


def test_retention_of_a_year_is_as_worked_out_by_hand(found: Mapping[str, Figure]) -> None:
    parts = [found[f"retained_{weeks}"].part for weeks in (4, 12, 24, 52)]
    assert parts == pytest.approx([5, 3.75, 3.75, 1.875])
    assert {found[f"retained_{weeks}"].whole for weeks in (4, 12, 24, 52)} == {6}


def test_late_called_off_and_of_her_own_accord_are_as_worked_out_by_hand(
    found: Mapping[str, Figure],
) -> None:
    assert (found["late"].part, found["late"].whole) == (1, 12)
    assert (found["completed"].part, found["completed"].whole) == (12, 12)
    assert (found["called_off"].part, found["unscheduled"].part) == (1, 1)


def test_every_bucket_of_every_clock_is_as_worked_out_by_hand(found: Mapping[str, Figure]) -> None:
    wanted = {
        "viewed": [1, 1, 1, 2],
        "acknowledged": [1, 1, 1, 2],
        "closed": [1, 1, 1, 2],
        "viewed_service": [3, 1, 1, 0],
        "acknowledged_service": [2, 2, 1, 0],
        "closed_service": [2, 1, 1, 1],
    }
    of_each = {stage: [found[f"{stage}_{bucket}"] for bucket in BUCKETS] for stage in wanted}
    assert {stage: [one.part for one in some] for stage, some in of_each.items()} == wanted
    assert {one.whole for some in of_each.values() for one in some} == {5}


def test_medians_and_p90_of_every_clock_are_as_worked_out_by_hand(
    found: Mapping[str, Figure],
) -> None:
    """Of five, the third and, nearest to nine of ten, the last; here in hours."""
    wanted = {
        "view_time": (96, 360),
        "acknowledge_time": (120, 384),
        "close_time": (144, 552),
        "view_time_service": (40, 110),
        "acknowledge_time_service": (49, 120),
        "close_time_service": (49, 170),
    }
    minutes = {name: (found[name].part, found[f"{name}_p90"].part) for name in wanted}
    assert minutes == {name: (60 * half, 60 * most) for name, (half, most) in wanted.items()}


def test_what_came_of_alerts_is_as_worked_out_by_hand(found: Mapping[str, Figure]) -> None:
    parts = {
        name: found[name].part for name in ("expected", "not_actionable", "no_action", "acted")
    }
    assert parts == {"expected": 2, "not_actionable": 1, "no_action": 3, "acted": 2}
