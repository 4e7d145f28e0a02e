"""The digest: one task a day when something waits, read together, never marked unread as read."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import text

from rsm.alerts import service as alerts
from rsm.alerts import suppressed
from rsm.alerts.model import Finding, QuietReason
from rsm.alerts.packs import parse_pack
from rsm.alerts.quiet_store import NewSuppressed
from rsm.db.work import Database
from rsm.flow import digest
from rsm.flow.escalate import overdue_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView
from tests.alert_world import Ward, agree_to, build_ward
from tests.packs import FIRST, as_version
from tests.rota_world import local as wall

MILD = {"pain.frequency": 1, "pain.severity": 1}
SETTLES = timedelta(minutes=10)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def left_to_digest(ward: Ward, rule: str = "pain-mild", patient: UUID | None = None) -> UUID:
    """A report comes in, of which a finding is left to the digest."""
    who = patient or ward.patient
    assert ward.report(MILD, who) is None
    finding = Finding(rule, "pain", "pain.severity", Level.INFO, None, None, 1, f"Pain: {rule}")
    with ward.clinic.begin() as tx:
        report = responses.finals(tx, who, tx.now - timedelta(days=1))[-1]
        pack = sites.get(tx, ward.clinic.site).rule_pack
        suppressed.keep(tx, report, pack, [NewSuppressed(finding, QuietReason.DIGEST)])
    return report.id


def waiting(ward: Ward) -> list[TaskView]:
    with ward.clinic.begin() as tx:
        return tasks.open_tasks(tx, ward.clinic.site, (TaskKind.READ_DIGEST,))


def contents(ward: Ward, task: TaskView) -> list[str]:
    with ward.clinic.begin() as tx:
        return [each.rule for each in digest.digest_of(tx, task).findings]


def read(ward: Ward, task: TaskView) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        digest.read(tx, task.id)


def test_when_nothing_waits_nobody_is_asked(ward: Ward) -> None:
    ward.report(MILD)
    ward.clock.advance(SETTLES)
    assert digest.digests_due(ward.worker) == 0


def test_when_something_waits_one_task_asks_for_it(ward: Ward) -> None:
    left_to_digest(ward)
    ward.clock.advance(SETTLES)
    assert digest.digests_due(ward.worker) == 1
    assert digest.digests_due(ward.worker) == 0
    (task,) = waiting(ward)
    assert contents(ward, task) == ["pain-mild"]
    assert task.due_at == datetime(2026, 10, 20, 22, tzinfo=UTC)  # Tuesday 18:00 in New York
    assert "Pain" not in task.reason


def test_it_is_asked_in_the_morning_of_a_day_of_service(ward: Ward) -> None:
    ward.clock.set(datetime(2026, 10, 24, 13, tzinfo=UTC))  # Saturday 9:00
    left_to_digest(ward)
    ward.clock.set(datetime(2026, 10, 26, 11, 59, tzinfo=UTC))  # Monday 7:59
    assert digest.digests_due(ward.worker) == 0
    ward.clock.set(datetime(2026, 10, 26, 12, tzinfo=UTC))
    assert digest.digests_due(ward.worker) == 1
    (task,) = waiting(ward)
    assert task.due_at == datetime(2026, 10, 27, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "due"),
    [
        (date(2026, 10, 23), datetime(2026, 10, 26, 22, tzinfo=UTC)),  # Friday: on Monday
        (date(2026, 10, 30), datetime(2026, 11, 2, 23, tzinfo=UTC)),  # the clocks go back
    ],
)
def test_it_is_due_at_the_end_of_the_next_day_of_service(
    ward: Ward, today: date, due: datetime
) -> None:
    with ward.clinic.begin() as tx:
        assert digest.due_at(sites.get(tx, ward.clinic.site), today) == due


@pytest.fixture
def late_house(ward: Ward) -> Ward:
    """Open every day from 20:00 to 02:00, but on the 24th."""
    hours = {day: ["20:00", "02:00"] for day in WEEKDAYS}
    with ward.clinic.begin() as tx:
        tx.session.execute(
            text("UPDATE site SET service_hours = CAST(:hours AS jsonb), calendar = :days"),
            {"hours": json.dumps(hours), "days": json.dumps({"closed_dates": ["2026-10-24"]})},
        )
    return ward


@pytest.mark.parametrize(
    ("local", "day"),
    [
        ("2026-10-23T19:59", None),
        ("2026-10-23T20:00", 23),
        ("2026-10-24T01:59", 23),  # still the evening before
        ("2026-10-24T02:00", None),
        ("2026-10-24T21:00", None),  # a holiday
        ("2026-10-25T01:00", None),  # and the night after it
        ("2026-10-25T20:00", 25),
    ],
)
def test_hours_that_run_past_midnight_are_one_day_of_service(
    late_house: Ward, local: str, day: int | None
) -> None:
    with late_house.clinic.begin() as tx:
        site = sites.get(tx, late_house.clinic.site)
        found = digest.day_at_work(site, wall(local))
        assert (found.day if found else None) == day
        assert digest.due_at(site, date(2026, 10, 23)) == wall("2026-10-26T02:00")


def test_it_is_asked_once_in_a_night_of_service(late_house: Ward) -> None:
    late_house.clock.set(wall("2026-10-23T20:30"))
    left_to_digest(late_house)
    late_house.clock.set(wall("2026-10-23T21:00"))
    assert digest.digests_due(late_house.worker) == 1
    (task,) = waiting(late_house)
    read(late_house, task)
    late_house.clock.set(wall("2026-10-24T00:30"))
    left_to_digest(late_house)
    late_house.clock.set(wall("2026-10-24T01:00"))
    assert digest.digests_due(late_house.worker) == 0
    late_house.clock.set(wall("2026-10-24T21:00"))
    assert digest.digests_due(late_house.worker) == 0
    late_house.clock.set(wall("2026-10-25T20:00"))
    assert digest.digests_due(late_house.worker) == 1


def test_the_next_one_holds_what_came_since_the_last_that_was_read(ward: Ward) -> None:
    left_to_digest(ward, "first")
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    left_to_digest(ward, "second")  # after the task was opened: not on its page
    (task,) = waiting(ward)
    assert contents(ward, task) == ["first"]
    read(ward, task)
    assert digest.digests_due(ward.worker) == 0  # one a day
    ward.clock.advance(timedelta(days=1))
    assert digest.digests_due(ward.worker) == 1
    (later,) = waiting(ward)
    assert contents(ward, later) == ["second"]
    assert contents(ward, task) == ["first"]


def test_what_was_not_read_stays_in_the_next_one(ward: Ward) -> None:
    left_to_digest(ward, "first")
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    (task,) = waiting(ward)
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        tasks.finish(tx, task.id, TaskOutcome.NOT_NEEDED)
    ward.clock.advance(timedelta(days=1))
    digest.digests_due(ward.worker)
    assert [contents(ward, each) for each in waiting(ward)] == [["first"]]


def test_while_one_is_unread_no_second_one_is_asked(ward: Ward) -> None:
    left_to_digest(ward, "first")
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    ward.clock.advance(timedelta(days=1))
    left_to_digest(ward, "second")
    ward.clock.advance(SETTLES)
    assert digest.digests_due(ward.worker) == 0


def test_a_report_that_is_still_being_judged_waits_for_the_next_one(ward: Ward) -> None:
    left_to_digest(ward, "settled")
    ward.clock.advance(SETTLES)
    left_to_digest(ward, "just now")
    digest.digests_due(ward.worker)
    (task,) = waiting(ward)
    assert contents(ward, task) == ["settled"]


def test_unread_it_is_told_as_overdue(ward: Ward) -> None:
    left_to_digest(ward)
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    (task,) = waiting(ward)
    ward.clock.set(task.due_at)
    assert overdue_due(ward.worker) == 1
    (alert,) = ward.worklist()
    assert (alert.kind, alert.business_key) == (AlertKind.REVIEW, f"task:{task.id}")


def test_answers_of_somebody_else_are_not_in_it(ward: Ward) -> None:
    left_to_digest(ward)
    with ward.clinic.begin() as tx:
        survey = schedules.recent(tx, ward.patient, 1)[0]
        assert responses.quarantine(tx, survey) == 1
    ward.clock.advance(SETTLES)
    assert digest.digests_due(ward.worker) == 0


def test_who_reads_second_is_told(ward: Ward) -> None:
    left_to_digest(ward)
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    (task,) = waiting(ward)
    read(ward, task)
    with pytest.raises(Conflict):
        read(ward, task)


def test_two_workers_ask_once(ward: Ward) -> None:
    left_to_digest(ward)
    ward.clock.advance(SETTLES)
    barrier = Barrier(2)

    def round_of(work: Callable[[Database], int]) -> int:
        barrier.wait()
        return work(ward.worker)

    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(round_of, [digest.digests_due] * 2))
    assert sum(asked) == 1
    assert len(waiting(ward)) == 1


def test_a_test_patients_findings_ask_as_a_test(ward: Ward) -> None:
    testing = ward.clinic.enrol_patient("Test Patient", "+12025550132", is_test=True)
    with ward.clinic.begin() as tx:
        assert patients.peek(tx, testing).is_test
    left_to_digest(ward, patient=testing)
    ward.clock.advance(SETTLES)
    digest.digests_due(ward.worker)
    (task,) = waiting(ward)
    assert task.is_test


MILD_RULE = """[[rules]]
id = "mild"
title = "Mild"
level = "info"
items = "*"
when = { kind = "at_least", value = 1 }
sure = "our_choice"
source = "A rule for this test."

[[rules]]"""


def test_a_pack_leaves_its_lowest_level_to_the_digest(ward: Ward) -> None:
    body = as_version("9.0.0", FIRST).replace(
        "[[rules]]", f"[quiet]\ndigest = true\n\n{MILD_RULE}", 1
    )
    with ward.clinic.begin() as tx:
        pin = alerts.publish(tx, parse_pack(body, "digest")[0], body)
    agree_to(ward, "rule_pack", pin)
    assert ward.report(MILD) is None
    ward.clock.advance(SETTLES)
    assert digest.digests_due(ward.worker) == 1
    (task,) = waiting(ward)
    assert contents(ward, task) == ["mild", "mild"]
    assert ward.report({"pain.frequency": 3, "pain.severity": 3}) is not None
