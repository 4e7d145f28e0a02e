"""What the alert says counts, whatever its ladder's row says; who is missing is told (P4, P5)."""

from datetime import timedelta

import pytest

from rsm.alerts import handling
from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Database, Scope
from rsm.escalation import service as escalation
from rsm.escalation.policies import default_text, load_policy
from rsm.escalation.published import publish as publish_policy
from rsm.escalation.states import EscalationState
from rsm.flow import audit, passing, publish
from rsm.flow.escalate import escalate_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.words import AlertKind, AlertState, Channel, Level
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.alert_world import Ward, build_ward
from tests.clinic import NURSE_PHONE, SECOND_PHONE
from tests.flow.post import Post
from tests.rota_clinic import clear
from tests.rota_world import local


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def stands(ward: Ward, alert: AlertView) -> EscalationState:
    with ward.clinic.begin() as tx:
        return escalation.standing(tx, [alert.id])[alert.id].state


def close_behind_the_ladder(ward: Ward, alert: AlertView) -> None:
    """As a path would that knows nothing of ladders."""
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        handling.close(tx, alert, ward.clinic.nurse, AlertAction.PHONE_ADVICE, "")


def take_behind_the_ladder(ward: Ward, alert: AlertView, minutes: int = 60) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        until = tx.now + timedelta(minutes=minutes)
        handling.take(tx, alert, ward.clinic.nurse, Channel.WEB, until)


def test_nobody_is_told_of_an_alert_that_was_closed_by_any_path(ward: Ward) -> None:
    alert = ward.alarm()
    told = ward.told(alert)
    close_behind_the_ladder(ward, alert)
    ward.passes(minutes=15)
    assert ward.told(alert) == told
    assert stands(ward, alert) is EscalationState.DONE
    assert ward.now(alert).state is AlertState.CLOSED


def test_nobody_is_told_while_somebody_has_it_by_any_path_and_the_loan_ends(ward: Ward) -> None:
    alert = ward.alarm()
    told = ward.told(alert)
    take_behind_the_ladder(ward, alert)
    ward.passes(minutes=15)
    assert (ward.told(alert), stands(ward, alert)) == (told, EscalationState.LOANED)
    assert ward.now(alert).owner_id == ward.clinic.nurse
    ward.passes(minutes=45)
    assert ward.told(alert) == [*told, "nurse"]
    assert ward.now(alert).state is AlertState.OPEN


def test_a_loan_that_was_over_before_the_ladder_heard_of_it_is_told_anew(ward: Ward) -> None:
    alert = ward.alarm()
    take_behind_the_ladder(ward, alert, minutes=5)
    ward.passes(minutes=15)
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.told(alert) == ["nurse", "nurse"]


@pytest.mark.parametrize("end", [close_behind_the_ladder, take_behind_the_ladder])
def test_a_row_that_fails_again_and_again_tells_the_safety_contact_of_no_such_alert(
    ward: Ward, end: object
) -> None:
    alert = ward.alarm()
    told = ward.told(alert)
    end(ward, alert)  # type: ignore[operator]  # one of the two above
    for _ in range(escalation.SAFETY_AFTER + 1):
        with ward.worker.begin(Scope.site(ward.clinic.site)) as tx:
            escalation.failed(tx, alert.id)
    assert ward.told(alert) == told


def test_the_auditor_tells_nobody_of_what_somebody_has(ward: Ward) -> None:
    alert = ward.alarm()
    told = ward.told(alert)
    take_behind_the_ladder(ward, alert)
    audit.audit_due(ward.worker, timedelta())
    assert (ward.told(alert), stands(ward, alert)) == (told, EscalationState.LOANED)
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_a_late_text_to_whoever_it_was_handed_to_is_not_sent_once_she_has_it_no_more(
    ward: Ward,
) -> None:
    post = Post(ward.clinic, ward.worker, ward.clock)
    alert = ward.alarm()
    post.deliver()
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        passing.assign(tx, alert.id, ward.clinic.nurse, ward.clinic.second)
    ward.passes(minutes=15)  # nothing was sent in all that time; nobody took it
    assert ward.now(alert).owner_id is None
    before = len(post.fake.received(NURSE_PHONE))
    post.deliver()
    assert post.fake.received(SECOND_PHONE) == []
    assert len(post.fake.received(NURSE_PHONE)) == before + 1


# --- who is missing ------------------------------------------------------------------------


def covers(ward: Ward) -> list[AlertView]:
    return [each for each in ward.worklist() if each.kind is AlertKind.COVER]


@pytest.mark.parametrize(
    ("when", "level", "amiss"),
    [
        ("2026-10-19T10:00", Level.URGENT, 1),
        ("2026-10-19T22:00", Level.URGENT, 0),  # closed, and a manager is told: as it was meant
        ("2026-10-19T22:00", Level.EMERGENCY, 1),
    ],
)
def test_nobody_on_duty_is_an_alert_also_where_a_manager_is_told_instead(
    ward: Ward, when: str, level: Level, amiss: int
) -> None:
    clear(ward.clinic)
    ward.clock.set(local(when))
    alert = ward.alarm(level)
    assert ward.told(alert) == ["charge"]
    assert len(covers(ward)) == amiss


def test_the_first_without_a_number_is_no_gap_while_the_second_is_there(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, shift in sites.roster(tx, ward.clinic.site):
            if shift.rank == 1:
                sites.remove_shift(tx, ward.clinic.site, shift_id)
    assert ward.told(ward.alarm()) == ["second"]
    escalate_due(ward.worker)
    assert covers(ward) == []


def test_a_site_agrees_to_no_policy_that_names_whom_it_does_not_have(ward: Ward) -> None:
    body = default_text().replace('role = "manager"', 'role = "coordinator"')
    body = body.replace('key = "default"', 'key = "of-coordinators"')
    with ward.clinic.begin(ward.clinic.charge) as tx:
        pin = publish_policy(tx, load_policy(body, "policy"), body)
        site = as_agreed(sites.get(tx, ward.clinic.site))
        publish.settle(tx, ward.clinic.site, site)
        with pytest.raises(Invalid, match="nobody at the site is coordinator"):
            publish.settle(tx, ward.clinic.site, site.model_copy(update={"policy": pin}))
