"""Nobody is ever counted as told who was not; nothing is set aside in silence (P4, P5, P12)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView, Opening
from rsm.db.work import Database, Scope
from rsm.escalation import service as escalation
from rsm.escalation import telling
from rsm.flow import escalate, triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Channel, Level, Role
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from tests.alert_world import SAFETY, Ward, build_ward


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Until it is called, nobody can be written to."""

    def refuse(*_: object) -> None:
        raise RuntimeError("cannot be written")

    monkeypatch.setattr(telling, "_tell_one", refuse)
    return monkeypatch.undo


def actions(owner: Engine, action: str) -> int:
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = :action")
        return int(connection.execute(query, {"action": action}).scalar_one())


def stands(ward: Ward, alert: AlertView) -> tuple[int, int, int]:
    """Epoch, lap and step."""
    with ward.clinic.begin() as tx:
        query = text("SELECT epoch, lap, step FROM escalation WHERE alert_id = :alert")
        epoch, lap, step = tx.session.execute(query, {"alert": alert.id}).one()
    return epoch, lap, step


# --- nobody could be written to ------------------------------------------------------------


def test_when_nobody_could_be_told_at_first_the_step_stays_due_at_once(
    ward: Ward, mute: Callable[[], None]
) -> None:
    alert = ward.alarm()
    assert (ward.told(alert), stands(ward, alert)) == ([], (1, 0, 0))
    mute()
    ward.passes(minutes=0)
    assert ward.told(alert) == ["nurse"]


def test_when_nobody_could_be_told_later_the_step_is_not_taken(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = ward.alarm()
    before = stands(ward, alert)

    def refuse(*_: object) -> None:
        raise RuntimeError("cannot be written")

    monkeypatch.setattr(telling, "_tell_one", refuse)
    assert ward.passes(minutes=15) == 0
    assert stands(ward, alert) == before
    monkeypatch.undo()
    ward.passes(minutes=2)
    assert ward.told(alert) == ["nurse", "second"]


def test_after_three_such_failures_the_safety_contact_is_told(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_one = telling._tell_one

    def only_safety(tx: object, alert: AlertView, text: object) -> None:
        if getattr(getattr(text, "each", None), "person", None) != alert.site_id:
            raise RuntimeError("cannot be written")
        tell_one(tx, alert, text)  # type: ignore[arg-type]  # what telling itself hands over

    monkeypatch.setattr(telling, "_tell_one", only_safety)
    alert = ward.alarm()
    for _ in range(3):
        ward.passes(minutes=2)
    assert ward.told(alert) == [SAFETY]


def test_a_safety_contact_who_cannot_be_written_to_is_tried_again_within_minutes(
    ward: Ward, mute: Callable[[], None]
) -> None:
    alert = ward.alarm()
    for _ in range(5):
        ward.passes(minutes=2)
    mute()
    ward.passes(minutes=2)
    assert SAFETY in ward.told(alert)


# --- rounds --------------------------------------------------------------------------------


def test_an_alert_that_another_worker_holds_is_not_counted_as_done(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.db.begin(Scope.site(ward.clinic.site)) as tx:
        assert alerts.lock(tx, alert.id) is not None
        assert ward.passes(minutes=15) == 0
    assert ward.passes(minutes=0) == 1


def test_a_task_whose_telling_fails_is_never_set_aside(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ward.clinic.begin() as tx:
        kind = TaskKind.NOT_DELIVERED
        tasks.open_task(tx, NewTask("task:1", kind, ward.clinic.site, "A text did not arrive."))

    def fail(*_: object) -> None:
        raise RuntimeError("cannot be told")

    monkeypatch.setattr(escalate, "_tell_overdue", fail)
    ward.clock.advance(timedelta(days=1))
    for _ in range(12):
        assert escalate.overdue_due(ward.worker) == 0
        ward.clock.advance(timedelta(hours=1))
    monkeypatch.undo()
    assert escalate.overdue_due(ward.worker) == 1
    assert [each.reason for each in ward.worklist()] == ["A task was not done in time."]


# --- nobody on duty ------------------------------------------------------------------------


def test_a_test_patients_alert_that_finds_nobody_does_not_hide_the_real_one(ward: Ward) -> None:
    _nobody_works(ward)
    with ward.clinic.begin() as tx:
        site = sites.get(tx, ward.clinic.site)
        opening = Opening("text:test", site.id, AlertKind.TEXT, Level.URGENT, "A text.", True)
        escalation.start(tx, alerts.open_alert(tx, opening).alert, site)
    ward.alarm(key="text:real")
    covers = [each for each in ward.worklist() if each.kind is AlertKind.COVER]
    assert sorted(each.is_test for each in covers) == [False, True]


def test_a_step_that_finds_nobody_again_waits_for_no_other_alert(ward: Ward) -> None:
    """The day's cover alert is held elsewhere: only its business key is looked at."""
    _nobody_works(ward)
    ward.alarm(key="text:1")
    cover = next(each for each in ward.worklist() if each.kind is AlertKind.COVER)
    with ward.clinic.db.begin(Scope.site(ward.clinic.site)) as holder:
        assert alerts.lock(holder, cover.id) is not None
        with ward.clinic.begin() as tx:
            tx.session.execute(text("SET LOCAL lock_timeout = '2s'"))
            site = sites.get(tx, ward.clinic.site)
            opening = Opening("text:2", site.id, AlertKind.TEXT, Level.URGENT, "A text.", False)
            alert = alerts.open_alert(tx, opening).alert
            assert escalation.start(tx, alert, site)
    assert ward.told(alert) == [SAFETY]


def _nobody_works(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)


# --- the trail -----------------------------------------------------------------------------


def test_a_loan_that_ends_is_in_the_trail(ward: Ward, owner: Engine) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    ward.passes(minutes=120)
    assert actions(owner, "alert.reopened") == 1


def test_opening_again_by_hand_is_in_the_trail_once(ward: Ward, owner: Engine) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.KNOWN))
        triage.reopen(tx, alert.id, nurse)
    assert actions(owner, "alert.reopened") == 1


def test_a_longer_loan_and_a_route_are_in_the_trail(ward: Ward, owner: Engine) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    assert actions(owner, "alert.routed") == 1
    ward.take(alert, nurse, Channel.SMS)
    _view(ward, alert, nurse)
    assert actions(owner, "alert.lengthened") == 1


def _view(ward: Ward, alert: AlertView, who: UUID) -> None:
    with ward.clinic.begin(who) as tx:
        triage.view(tx, alert.id, who)
