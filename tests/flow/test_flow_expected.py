"""Expected levels across the rooms: what may be expected, of whom, for how long."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rsm.alerts import expected, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.model import QuietReason
from rsm.alerts.packs import parse_pack
from rsm.alerts.states import ExpectedEnd
from rsm.db.work import Database
from rsm.flow import enrol
from rsm.flow import expected as flow
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.patients import service as patients
from rsm.patients.model import EndReason
from tests.alert_world import Ward, agree_to, build_ward
from tests.conftest import MONDAY_NINE
from tests.packs import FIRST, as_version

PAIN = flow.Wish("pain", 2, 14, "The oncologist knows")


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def expect(ward: Ward, wish: flow.Wish = PAIN) -> UUID:
    nurse = ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        return flow.expect(tx, ward.patient, wish, nurse)


def refused(ward: Ward, wish: flow.Wish) -> set[str]:
    with pytest.raises(Invalid) as caught:
        expect(ward, wish)
    return {problem.where for problem in caught.value.problems}


def judged_with(ward: Ward, quiet: str) -> None:
    """The site is judged by the shipped pack with these bounds."""
    body = as_version("9.0.0", FIRST).replace("[[rules]]", f"[quiet]\n{quiet}\n\n[[rules]]", 1)
    with ward.clinic.begin() as tx:
        pin = alerts.publish(tx, parse_pack(body, "quiet")[0], body)
    agree_to(ward, "rule_pack", pin)


def test_it_holds_to_the_end_of_its_last_day_on_her_clock(ward: Ward) -> None:
    level_id = expect(ward)
    with ward.clinic.begin() as tx:
        level = expected.get(tx, level_id)
    # Set on Monday 19 October at 9:00 in New York; the clocks go back on 1 November.
    assert level.until == datetime(2026, 11, 3, 5, tzinfo=UTC)
    assert level.set_by == ward.clinic.nurse


def test_next_weeks_report_is_within_a_week_and_the_longest_is_thirty_days(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        allowed = flow.bounds(tx, patients.peek(tx, ward.patient))
        now = tx.now
    assert list(allowed.lasts) == [3, 7, 14, 30]
    assert allowed.lasts[7] > now + timedelta(days=7)
    assert allowed.lasts[30] == now + timedelta(days=30)
    assert allowed.grades == (1, 2, 3)
    assert allowed.symptoms["pain"] == "Pain"


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        (flow.Wish("pain", 4, 14, "why"), {"grade"}),
        (flow.Wish("pain", 0, 14, "why"), {"grade"}),
        (flow.Wish("hunger", 2, 14, "why"), {"symptom"}),
        (flow.Wish("pain", 2, 31, "why"), {"until"}),
        (flow.Wish("pain", 2, 14, "  "), {"reason"}),
        (flow.Wish("pain", 2, 14, "x" * 501), {"reason"}),
        (flow.Wish("hunger", 4, 90, ""), {"symptom", "grade", "until", "reason"}),
    ],
)
def test_beyond_the_bounds_nothing_is_expected_and_every_problem_is_named(
    ward: Ward, wish: flow.Wish, where: set[str]
) -> None:
    assert refused(ward, wish) == where
    with ward.clinic.begin() as tx:
        assert expected.standing(tx, ward.patient) == []


def test_a_pack_may_allow_less(ward: Ward) -> None:
    judged_with(ward, "expected_up_to = 1\nexpected_days = 7")
    assert refused(ward, PAIN) == {"grade", "until"}
    with ward.clinic.begin() as tx:
        allowed = flow.bounds(tx, patients.peek(tx, ward.patient))
    assert (allowed.grades, list(allowed.lasts)) == ((1,), [3, 7])
    expect(ward, flow.Wish("pain", 1, 7, "why"))


def test_a_pack_may_allow_none(ward: Ward) -> None:
    judged_with(ward, "expected_up_to = 0")
    assert refused(ward, flow.Wish("pain", 1, 7, "why")) == {"grade"}


def test_of_whoever_takes_no_part_nothing_is_expected(ward: Ward) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        enrol.end(tx, ward.patient, EndReason.OTHER)
    with pytest.raises(Conflict):
        expect(ward)


def test_who_comes_second_to_end_it_is_told(ward: Ward) -> None:
    level_id, nurse = expect(ward), ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        flow.end(tx, ward.patient, level_id, nurse)
    with ward.clinic.begin(nurse) as tx, pytest.raises(Conflict):
        flow.end(tx, ward.patient, level_id, nurse)


# --- while it holds, and after --------------------------------------------------------------------

SEVERE = {"pain.frequency": 2, "pain.severity": 3}
UP_TO_SEVERE = flow.Wish("pain", 3, 14, "The oncologist knows")


def reasons(ward: Ward) -> list[QuietReason]:
    with ward.clinic.begin() as tx:
        found = suppressed.of_site(tx, ward.clinic.site, MONDAY_NINE, tx.now + timedelta(days=1))
    return [each.reason for each in found]


def test_within_the_level_nobody_is_told_and_it_is_on_record_why(ward: Ward) -> None:
    level_id = expect(ward, UP_TO_SEVERE)
    ward.clock.advance(timedelta(days=7))
    assert ward.report(SEVERE) is None
    assert ward.texts() == []
    assert set(reasons(ward)) == {QuietReason.EXPECTED}
    with ward.clinic.begin() as tx:
        assert [each.id for each in expected.standing(tx, ward.patient)] == [level_id]


def test_a_worse_value_is_told_at_once_and_ends_the_level(ward: Ward) -> None:
    level_id = expect(ward, UP_TO_SEVERE)
    ward.clock.advance(timedelta(days=7))
    alert = ward.report(SEVERE | {"pain.severity": 4})
    assert alert is not None
    with ward.clinic.begin() as tx:
        level = expected.get(tx, level_id)
    assert (level.ended_because, level.broken_by) == (ExpectedEnd.BROKEN, alert.response_id)


@pytest.mark.parametrize("ended", [True, False])
def test_after_its_end_the_same_value_is_told_again(ward: Ward, *, ended: bool) -> None:
    level_id, nurse = expect(ward, UP_TO_SEVERE), ward.clinic.nurse
    if ended:
        with ward.clinic.begin(nurse) as tx:
            flow.end(tx, ward.patient, level_id, nurse)
    ward.clock.advance(timedelta(days=7 if ended else 15))
    assert ward.report(SEVERE) is not None


def test_another_symptom_is_told_all_the_same(ward: Ward) -> None:
    expect(ward, UP_TO_SEVERE)
    ward.clock.advance(timedelta(days=7))
    alert = ward.report(SEVERE | {"nausea.frequency": 3, "nausea.severity": 3})
    assert alert is not None
    with ward.clinic.begin() as tx:
        found = handling.findings(tx, [alert.id])[alert.id]
    assert {each.symptom for each in found} == {"nausea"}
