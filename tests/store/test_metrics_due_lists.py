"""Due lists and figures by worker, of a small clinic that is worked out by hand.

Lakeside on Monday 19 October 2026, 9:00 in New York. Dana looks after Ann, Bea, Cora and Eve, Ben
after Fay; Dot and Gus are nobody's. Each is asked on Mondays, and may answer for two days.

| patient | worker | 28 Sep    | 5 Oct     | 12 Oct          | 19 Oct | so she is           |
|---------|--------|-----------|-----------|-----------------|--------|---------------------|
| Ann     | Dana   | completed | missed    | missed          |        | overdue, two missed |
| Bea     | Dana   |           |           |                 | open   | due, her baseline   |
| Cora    | Dana   | completed | completed | completed, late |        | late                |
| Eve     | Dana   | missed    |           | missed (paused) |        | not on the list     |
| Fay     | Ben    | completed | missed    | of her own      |        | made up             |
| Dot     | nobody | missed    |           |                 |        | overdue, baseline   |
| Gus     | nobody | completed | missed    | a test patient  |        | not on any list     |

Baselines that are over: Dana's Ann (completed), Cora (completed), Eve (missed): 2 of 3. Ben's Fay:
1 of 1. Nobody's Dot: 0 of 1. Follow-ups: Ann 0 of 2, Cora 2 of 2, Eve 0 of 1: Dana 2 of 5, Ben 0
of 1. September is the baselines' month, October that of the follow-ups.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, delete, update

from rsm.db.work import Database
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Channel, Level, Reporter, SurveyState
from rsm.metrics import due_lists, rollup, workers
from rsm.metrics.due_lists_decide import DueState
from rsm.metrics.model import Days
from rsm.metrics.workers import Closed, Measured, Share
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence, PlanAssignment
from rsm.security import staff
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import PIN, C, M, Rows

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
BOTH = Days(SEPTEMBER, date(2026, 10, 19))
NEW_YORK = "America/New_York"
DAY = timedelta(days=1)
MISSED = {"miss_reason": "not_answered"}


@dataclass
class Hand:
    """The clinic of the table, and its patients by name."""

    clinic: Clinic
    rows: Rows
    owner: Engine
    patients: dict[str, UUID]

    def names(self, worker: UUID | None) -> list[tuple[str, DueState]]:
        known = {who: name for name, who in self.patients.items()}
        return [(known[row.patient_id], row.state) for row in self.listed(worker).rows]

    def listed(self, worker: UUID | None) -> due_lists.DueList:
        with self.clinic.begin() as tx:
            if worker is None:
                return due_lists.of_nobody(tx, self.clinic.site)
            return due_lists.of_worker(tx, self.clinic.site, worker)

    def set(self, table: type[Patient] | type[PlanAssignment], who: str, **values: object) -> None:
        key = Patient.id if table is Patient else PlanAssignment.patient_id
        with self.owner.begin() as connection:
            connection.execute(update(table).where(key == self.patients[who]).values(**values))


@pytest.fixture
def hand(web_db: Database, owner: Engine) -> Hand:
    clinic = build_clinic(web_db)
    dana, ben = "dana@lakeside.example.org", "ben@lakeside.example.org"
    looked_after = {"Ann": dana, "Bea": dana, "Cora": dana, "Eve": dana, "Fay": ben}
    patients = {
        name: clinic.enrol_patient(name, worker=looked_after.get(name), is_test=name == "Gus")
        for name in ("Ann", "Bea", "Cora", "Eve", "Fay", "Dot", "Gus")
    }
    made = Hand(clinic, Rows(owner, clinic.site, SeededIds("due")), owner, patients)
    later = MONDAY_NINE + 30 * DAY  # nothing is ahead unless a test says so
    for name in patients:
        made.set(PlanAssignment, name, next_at=later)
    rows = made.rows
    for name in ("Ann", "Cora", "Fay"):
        rows.survey(patients[name], 0, C)
    rows.survey(patients["Ann"], 1, M, **MISSED)
    rows.survey(patients["Ann"], 2, M, **MISSED)
    rows.survey(patients["Bea"], 3, SurveyState.OPEN)
    rows.survey(patients["Cora"], 1, C)
    late = rows.survey(patients["Cora"], 2, C, completed_at=MONDAY_NINE - DAY)
    report(rows, late, patients["Cora"])
    rows.survey(patients["Eve"], 0, M, **MISSED)
    rows.survey(patients["Eve"], 2, M, miss_reason="paused")
    made.set(Patient, "Eve", status=PatientStatus.PAUSED)
    rows.survey(patients["Fay"], 1, M, **MISSED)
    rows.survey(patients["Fay"], 2, C, scheduled=False, window_key="own 2026-10-13")
    rows.survey(patients["Dot"], 0, M, **MISSED)
    rows.survey(patients["Gus"], 2, M, is_test=True, **MISSED)
    return made


def report(rows: Rows, survey: UUID, patient: UUID) -> None:
    """A report that came after its survey had closed."""
    rows.add(
        Response,
        occurrence_id=survey,
        patient_id=patient,
        state=ResponseState.FINAL,
        revision=1,
        reporter=Reporter.SELF,
        channel=Channel.WEB,
        language="en",
        instrument=PIN,
        answers={},
        late=True,
        started_at=MONDAY_NINE - DAY,
        submitted_at=MONDAY_NINE - DAY,
        is_test=False,
    )


def test_a_workers_list_is_as_worked_out_by_hand(hand: Hand) -> None:
    dana = hand.listed(hand.clinic.nurse)
    assert hand.names(hand.clinic.nurse) == [
        ("Bea", DueState.DUE),
        ("Ann", DueState.OVERDUE),
        ("Cora", DueState.LATE),
    ]
    assert (dana.patients, dana.more) == (3, 0)
    assert [(row.baseline, row.missed) for row in dana.rows] == [(True, 0), (False, 2), (False, 0)]
    assert dana.counts[DueState.DUE] == 1
    assert hand.names(hand.clinic.second) == []


def test_whoever_is_nobodys_stands_on_a_list_of_their_own(hand: Hand) -> None:
    assert hand.names(None) == [("Dot", DueState.OVERDUE)]
    with hand.clinic.begin() as tx:
        staff.disable(tx, hand.clinic.nurse)
    left = hand.names(None)
    assert left[0] == ("Bea", DueState.DUE)
    assert {name for name, _ in left} == {"Bea", "Ann", "Cora", "Dot"}


def test_a_quarterly_survey_that_was_missed_stays_until_the_next_one(hand: Hand) -> None:
    """Fay is asked every three months, was asked last eight weeks ago and did not answer; she is
    asked again in five weeks. Whoever has no plan any more has nothing overdue from so long ago."""
    with hand.owner.begin() as connection:
        theirs = Occurrence.patient_id == hand.patients["Fay"]
        connection.execute(delete(Occurrence).where(theirs))
    hand.rows.survey(hand.patients["Fay"], -20, C)
    hand.rows.survey(hand.patients["Fay"], -5, M, **MISSED)
    assert hand.names(hand.clinic.second) == [("Fay", DueState.OVERDUE)]
    (fay,) = hand.listed(hand.clinic.second).rows
    assert (fay.baseline, fay.missed) == (False, 1)
    hand.set(PlanAssignment, "Fay", active=False)
    assert hand.names(hand.clinic.second) == []


def test_a_date_ahead_and_a_plan_without_one_are_told(hand: Hand) -> None:
    hand.set(PlanAssignment, "Fay", next_at=MONDAY_NINE + 3 * DAY)
    assert hand.names(hand.clinic.second) == [("Fay", DueState.AHEAD)]
    hand.set(PlanAssignment, "Fay", next_key="")
    assert hand.names(hand.clinic.second) == [("Fay", DueState.UNDATED)]


def test_completion_by_worker_and_month_is_as_worked_out_by_hand(
    hand: Hand, worker_db: Database
) -> None:
    rollup.roll_up_all(worker_db)
    clinic = hand.clinic
    with clinic.begin() as tx:
        found = workers.by_worker(tx, clinic.site, BOTH, NEW_YORK)
    dana, ben, nobody = found[clinic.nurse], found[clinic.second], found[None]
    assert dict(dana.months) == {
        SEPTEMBER: Measured(Share(2, 3), Share()),
        OCTOBER: Measured(Share(), Share(2, 5)),
    }
    assert ben.measured == Measured(Share(1, 1), Share(0, 1))
    assert nobody.measured == Measured(Share(0, 1), Share())
    assert workers.total(found) == Measured(Share(3, 5), Share(2, 6))
    assert (dana.patients, ben.patients, nobody.patients) == (4, 1, 1)
    assert (dict(dana.enrolled), dict(nobody.enrolled)) == ({OCTOBER: 4}, {OCTOBER: 1})


def test_a_patient_who_is_handed_over_takes_her_past_along(hand: Hand, worker_db: Database) -> None:
    hand.set(Patient, "Cora", worker_id=hand.clinic.second)
    rollup.roll_up_all(worker_db)
    with hand.clinic.begin() as tx:
        found = workers.by_worker(tx, hand.clinic.site, BOTH, NEW_YORK)
    assert found[hand.clinic.second].measured == Measured(Share(2, 2), Share(2, 3))


def test_what_a_nurse_closed_has_its_median_time(hand: Hand) -> None:
    """Closed after 1, 2 and 50 hours: the median is 2; the other's and an open one do not count."""
    hour, clinic = timedelta(hours=1), hand.clinic
    for closed in (hour, 2 * hour, 50 * hour):
        hand.rows.alert(Level.SOON, hour, closed, closed_by=clinic.nurse, minutes_spent=5)
    hand.rows.alert(Level.SOON, hour, 9 * hour, closed_by=clinic.second)
    hand.rows.alert(Level.SOON, None, None)
    with clinic.begin() as tx:
        found = workers.by_worker(tx, clinic.site, BOTH, NEW_YORK)
    assert found[clinic.nurse].closed == Closed(3, 2 * hour, 15)
    assert found[clinic.second].closed == Closed(1, 9 * hour, 0)


def test_a_list_that_is_cut_keeps_the_most_urgent_and_says_how_many_more(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dot was entered after Ann, Bea and Cora, whom Dana leaves to nobody, and missed three in a
    row to Ann's two: of the four lines the two overdue ones stand, the longest first."""
    with hand.clinic.begin() as tx:
        staff.disable(tx, hand.clinic.nurse)
    for week in (1, 2):
        hand.rows.survey(hand.patients["Dot"], week, M, **MISSED)
    assert [name for name, _ in hand.names(None)] == ["Bea", "Dot", "Ann", "Cora"]
    monkeypatch.setattr(due_lists, "_TOGETHER", 1)  # looked at one after another
    assert [name for name, _ in hand.names(None)] == ["Bea", "Dot", "Ann", "Cora"]
    monkeypatch.setattr(due_lists, "AT_MOST", 2)
    assert [name for name, _ in hand.names(None)] == ["Dot", "Ann"]
    cut = hand.listed(None)
    assert (len(cut.rows), cut.more) == (2, 2)
    assert cut.counts[DueState.DUE] == cut.counts[DueState.LATE] == 1
