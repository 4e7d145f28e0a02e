"""A roster that would fail is a task for the manager while there is time to mend it (P4)."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from rsm.db.work import EVERYWHERE, Database
from rsm.escalation import rosters
from rsm.flow.escalate import overdue_due
from rsm.flow.readiness import readiness_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel, Role, TaskState
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.metrics import gauges
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.rota.readiness import UnreadyReason
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskView
from tests.alert_world import Ward, build_ward
from tests.clinic import SECOND_PHONE, STAFF_SENDER
from tests.rota_clinic import absence, clear, cover, override, weekly
from tests.rota_world import local

KINDS = (TaskKind.NOT_READY, TaskKind.ROSTER_GAP)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """It is Monday, 9:00; Dana, Ben and Ruth are on duty around the clock."""
    return build_ward(web_db, worker_db, clock)


def asked(ward: Ward) -> list[TaskView]:
    """What the manager is asked after a round."""
    readiness_due(ward.worker)
    with ward.clinic.begin() as tx:
        return tasks.open_tasks(tx, ward.clinic.site, KINDS)


def reasons(ward: Ward) -> dict[object, tuple[UnreadyReason, ...]]:
    with ward.clinic.begin() as tx:
        return {each.staff_id: each.reasons for each in rosters.not_ready(tx, ward.clinic.site)}


def test_while_everybody_can_be_told_and_no_hour_is_empty_nothing_is_asked(ward: Ward) -> None:
    assert asked(ward) == []


def test_somebody_on_duty_tomorrow_whose_number_is_not_verified_is_a_task_for_the_manager(
    ward: Ward,
) -> None:
    with ward.clinic.begin() as tx:
        staff.rename(tx, ward.clinic.nurse, "Dana Reyes", "202-555-0119")
    (task,) = asked(ward)
    assert (task.kind, task.role) == (TaskKind.NOT_READY, Role.MANAGER)
    assert "is not verified" in task.reason
    assert "Dana" not in task.reason
    assert [each.id for each in asked(ward)] == [task.id]  # asked once


def test_it_ends_by_itself_once_it_is_mended_and_is_asked_anew_when_it_breaks_again(
    ward: Ward,
) -> None:
    with ward.clinic.begin() as tx:
        staff.rename(tx, ward.clinic.nurse, "Dana Reyes", "202-555-0119")
    (first,) = asked(ward)
    with ward.clinic.begin() as tx:
        staff.verify_phone(tx, ward.clinic.nurse)
    assert asked(ward) == []
    with ward.clinic.begin() as tx:
        assert tasks.get(tx, first.id).state is TaskState.DONE
        staff.rename(tx, ward.clinic.nurse, "Dana Reyes", None)
    (again,) = asked(ward)
    assert again.id != first.id
    assert "neither number" in again.reason


def test_who_said_stop_and_whose_last_text_did_not_arrive_are_not_ready(ward: Ward) -> None:
    alert = ward.alarm()
    assert ward.told(alert) == ["nurse"]
    with ward.worker.begin(EVERYWHERE) as tx:
        tx.session.execute(text("UPDATE message SET state = 'undelivered', next_at = NULL"))
    with ward.clinic.begin() as tx:
        hashed = optouts.hash_of(tx, SECOND_PHONE)
        line = OptLine(ward.clinic.site, hashed, STAFF_SENDER, OptAction.STOP, OptSource.TEXT.value)
        optouts.note(tx, line)
    assert reasons(ward) == {
        ward.clinic.nurse: (UnreadyReason.UNREACHABLE,),
        ward.clinic.second: (UnreadyReason.OPTED_OUT,),
    }


def test_whoever_is_not_on_duty_within_a_day_may_be_mended_later(ward: Ward) -> None:
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, range(7), "00:00", "00:00")
    with ward.clinic.begin() as tx:
        staff.rename(tx, ward.clinic.second, "Ben Okafor", None)
    assert reasons(ward) == {}
    cover(
        ward.clinic, ward.clinic.nurse, ward.clinic.second, "2026-10-20T10:00", "2026-10-20T12:00"
    )
    assert reasons(ward) == {}
    ward.clock.advance(timedelta(hours=2))
    assert list(reasons(ward)) == [ward.clinic.second]


def test_service_hours_with_nobody_on_duty_are_one_task_for_each_day(ward: Ward) -> None:
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, range(5), "08:00", "12:00")
    weekly(ward.clinic, ward.clinic.nurse, range(4), "13:00", "18:00")
    found = asked(ward)
    assert {task.kind for task in found} == {TaskKind.ROSTER_GAP}
    days = [task.reason.split(" on ")[2].split()[0] for task in found]
    assert days == [f"2026-10-{day}" for day in range(19, 24)]
    override(ward.clinic, ward.clinic.second, "2026-10-20T12:00", "2026-10-20T13:00")
    assert len(asked(ward)) == 4


def test_closed_hours_are_meant_and_do_not_nag(ward: Ward) -> None:
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, range(5), "08:00", "18:00")
    assert asked(ward) == []


def test_a_gap_that_nobody_filled_is_told_as_an_alert_when_it_has_come(ward: Ward) -> None:
    weekly(ward.clinic, ward.clinic.nurse, range(5), "08:00", "18:00")
    for who in (ward.clinic.nurse, ward.clinic.second, ward.clinic.charge):
        absence(ward.clinic, who, "2026-10-20T08:00", "2026-10-20T18:00")
    (task,) = asked(ward)
    assert task.due_at == local("2026-10-20T08:00")
    ward.clock.set(local("2026-10-20T08:00"))
    assert overdue_due(ward.worker) == 1
    assert [alert.reason for alert in ward.worklist()] == ["A task was not done in time."]


def test_a_team_that_gets_no_alerts_and_has_no_roster_needs_nobody(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        sites.add_team(tx, ward.clinic.site, "dietitians")
    assert asked(ward) == []


def test_the_hours_without_anybody_are_a_metric_of_the_site(ward: Ward) -> None:
    clear(ward.clinic)
    weekly(ward.clinic, ward.clinic.nurse, range(5), "08:00", "17:00")
    with ward.worker.begin(EVERYWHERE) as tx:
        snapshot = gauges.read(tx)
    assert snapshot.roster_gap_hours == {("lakeside-clinic",): 5}


def test_one_site_that_cannot_be_looked_at_keeps_no_other_from_it(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError

    monkeypatch.setattr(rosters, "not_ready", broken)
    clear(ward.clinic)
    assert {task.kind for task in asked(ward)} == {TaskKind.ROSTER_GAP}


def test_a_verified_address_does_not_help_where_the_ladder_only_texts(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        sender = "alerts@lakeside.example.org"
        sites.set_sender(tx, ward.clinic.site, Audience.STAFF, Channel.EMAIL, sender)
        staff.rename(tx, ward.clinic.nurse, "Dana Reyes", None)
    with ward.worker.begin(EVERYWHERE) as tx:
        verified = "UPDATE staff_account SET email_verified_at = now() WHERE id = :id"
        tx.session.execute(text(verified), {"id": ward.clinic.nurse})
    assert reasons(ward) == {ward.clinic.nurse: (UnreadyReason.NO_CONTACT,)}


@pytest.mark.parametrize(
    ("hours", "closed", "shown"),
    [
        ('["08:00", "18:00"]', "[]", 1),
        ('["08:00", "08:00"]', "[]", 1),  # around the clock
        ('["08:00", "18:00"]', '["2026-10-19"]', 0),  # closed days are meant and do not nag
    ],
)
def test_nobody_on_duty_is_a_metric_within_service_hours(
    ward: Ward, hours: str, closed: str, shown: int
) -> None:
    clear(ward.clinic)
    change = (
        "UPDATE site SET service_hours = CAST(:hours AS jsonb), calendar = CAST(:days AS jsonb)"
    )
    values = {"hours": f'{{"monday": {hours}}}', "days": f'{{"closed_dates": {closed}}}'}
    with ward.clinic.begin() as tx:
        tx.session.execute(text(change), values)
    with ward.worker.begin(EVERYWHERE) as tx:
        assert gauges.read(tx).nobody_on_duty == {("lakeside-clinic",): shown}
