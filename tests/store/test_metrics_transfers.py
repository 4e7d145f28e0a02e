"""A patient goes on at another site: what was stays with the first, the rest is the other's.

Two sites of one organisation, Lakeside and Hillside. On Monday 19 October 2026 Ann, Bea and Cora
are enrolled at Lakeside; each is asked on Mondays, and each answers.

| patient | Lakeside                              | and then                                 |
|---------|---------------------------------------|------------------------------------------|
| Ann     | 19, 26 Oct; 2, 9 Nov; asked on 16 Nov | moves on 16 Nov; Hillside: 23 and 30 Nov |
| Bea     | 19, 26 Oct; 2, 9, 16, 23, 30 Nov      | reports still                            |
| Cora    | 19, 26 Oct; 2, 9 Nov                  | withdraws on 16 Nov                      |

A site ends Ann's part as "moved away, or to another clinic", the other enters and enrols her, with
her consent there. At Lakeside 4 + 7 + 4 = 15 surveys are due and completed, in as many weeks of
patients; the one that stood open at the move is called off and not due. At Hillside 2 of 2.
*Retention* at Lakeside: three are seen for three weeks; then Cora has left, Ann is censored: 2 of 3
are still there, and not 1 of 3. At Hillside nobody has left.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from rsm.db.work import EVERYWHERE, Database
from rsm.flow import enrol
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import SurveyState
from rsm.metrics import check_rollups, courses, rollup
from rsm.metrics.definitions import MEASURES
from rsm.metrics.figures import Figure, by_week, figures
from rsm.metrics.model import Days
from rsm.patients.model import EndReason
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import C, Rows

MOVED = date(2026, 11, 16)
WHOLE = Days(date(2026, 10, 1), date(2026, 12, 31))
WEEK = timedelta(weeks=1)
FIRST = 3  # the week of `Rows` that begins on 19 October
ANN = "R2001"


@dataclass
class Two:
    """Both sites, as they stand on 7 December."""

    lakeside: Clinic
    hillside: Clinic
    worker: Database

    def figures(self, clinic: Clinic) -> dict[str, Figure]:
        with clinic.begin() as tx:
            return dict(figures(tx, clinic.site, WHOLE)[""])

    def parts(self, clinic: Clinic, *names: str) -> list[tuple[float | None, int | None]]:
        found = self.figures(clinic)
        return [(found[name].part, found[name].whole) for name in names]

    def wrong(self, clinic: Clinic) -> int:
        with self.worker.begin(EVERYWHERE) as tx:
            asked = check_rollups.within(tx, clinic.site, WHOLE.first, WHOLE.last)
            return len(check_rollups.check(tx, clinic.site, *asked).wrong)


@pytest.fixture
def two(web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock) -> Two:
    lakeside = build_clinic(web_db)
    hillside = build_clinic(
        web_db, name="Hillside Clinic", numbers=("+12025550170", "+12025550171")
    )
    here, there = (Rows(owner, one.site, SeededIds(f"{one.site}")) for one in (lakeside, hillside))
    ann = lakeside.enrol_patient("Ann", record_number=ANN)
    bea, cora = (lakeside.enrol_patient(name) for name in ("Bea", "Cora"))
    answers(here, {ann: range(4), bea: range(7), cora: range(4)})
    clock.advance(4 * WEEK)
    here.survey(ann, FIRST + 4, SurveyState.OPEN)
    with lakeside.begin(lakeside.nurse) as tx:
        enrol.end(tx, ann, EndReason.MOVED_AWAY)
        enrol.end(tx, cora, EndReason.WITHDRAWAL)
    again = hillside.enrol_patient("Ann", record_number=ANN, consent_on=MOVED)
    answers(there, {again: range(5, 7)})
    clock.advance(3 * WEEK)
    rollup.roll_up_all(worker_db)
    return Two(lakeside, hillside, worker_db)


def answers(rows: Rows, weeks_of: dict[UUID, range]) -> None:
    """So many weeks after 19 October she was asked, and answered."""
    for patient, weeks in weeks_of.items():
        for week in weeks:
            rows.survey(patient, FIRST + week, C, started_at=at(week))


def at(week: int) -> datetime:
    return MONDAY_NINE + week * WEEK


def test_a_move_leaves_the_figures_of_the_first_site_as_they_were(two: Two) -> None:
    assert two.parts(two.lakeside, "completed", "weekly_adherence") == [(15, 15), (15, 15)]
    assert two.parts(two.lakeside, "called_off") == [(1, None)]
    assert two.parts(two.lakeside, "reach", "activation") == [(3, 3), (3, 3)]
    with two.lakeside.begin() as tx:
        weeks = by_week(tx, two.lakeside.site, WHOLE, "completed")[""]
    assert [found.whole for _, found in sorted(weeks.items())] == [3, 3, 3, 3, 1, 1, 1]


def test_the_other_site_counts_her_from_then_on(two: Two) -> None:
    assert two.parts(two.hillside, "completed", "baseline_completed") == [(2, 2), (1, 1)]
    assert two.parts(two.hillside, "reach", "activation") == [(1, 1), (1, 1)]
    with two.hillside.begin() as tx:
        weeks = by_week(tx, two.hillside.site, WHOLE, "completed")[""]
    assert min(weeks) == MOVED + WEEK


def test_whoever_moves_is_not_lost_to_retention_as_whoever_withdraws_is(two: Two) -> None:
    with two.lakeside.begin() as tx:
        (step,) = courses.retention(tx, two.lakeside.site, WHOLE)
    assert (step.time, step.at_risk, step.ended) == (3, 3, 1)
    assert step.share == pytest.approx(2 / 3)
    with two.hillside.begin() as tx:
        assert courses.retention(tx, two.hillside.site, WHOLE) == ()


def test_nobody_is_counted_twice_at_a_site_and_the_roll_ups_are_as_worked_out_anew(
    two: Two,
) -> None:
    before = two.figures(two.lakeside)
    with pytest.raises(Conflict):
        two.lakeside.enrol_patient("Ann", record_number=ANN)
    rollup.roll_up_all(two.worker)
    assert two.figures(two.lakeside) == before
    assert len(before) == len(MEASURES)
    assert two.wrong(two.lakeside) == two.wrong(two.hillside) == 0
    assert [part for part, _ in two.parts(two.lakeside, "eligible", "enrolled")] == [3, 3]
    assert [part for part, _ in two.parts(two.hillside, "eligible", "enrolled")] == [1, 1]
