"""The auditor finds every broken promise from the rows alone, heals alerts, and tells the switch.

Each test breaks one thing by SQL, past every service, as only a defect or a person at the database
could; P1, P4 and P17 are what must come out.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from integrations.heartbeat.fake import FakeSwitch
from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database
from rsm.escalation import service as escalation
from rsm.flow import audit, outbound
from rsm.flow.audit import Check, Report
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred
from rsm.kernel.words import AlertKind, Level
from rsm.security.audit import seal
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE

WEEK = timedelta(weeks=1)
Broken = Callable[[str], None]


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def sql(owner: Engine) -> Broken:
    """Runs a statement as the superuser."""

    def run(statement: str) -> None:
        with owner.begin() as connection:
            changed = connection.execute(
                text(statement), {"now": MONDAY_NINE, "soon": MONDAY_NINE + timedelta(minutes=1)}
            )
            assert changed.rowcount != 0

    return run


@pytest.fixture
def audit_now(worker_db: Database, clinic: Clinic) -> Callable[[], Report]:
    """Seal what was written, then one round of the auditor."""

    def run() -> Report:
        with worker_db.begin(EVERYWHERE) as tx:
            seal(tx)
        return audit.audit_due(worker_db)

    return run


def wrong(report: Report) -> dict[Check, int]:
    return {check: count for check, count in report.found.items() if count}


def open_alert(clinic: Clinic) -> UUID:
    opening = Opening(
        business_key="review:test",
        site_id=clinic.site,
        kind=AlertKind.REVIEW,
        level=Level.URGENT,
        reason="A test.",
        is_test=False,
        patient_id=clinic.enrol_patient(),
    )
    with clinic.begin() as tx:
        alert = alerts.open_alert(tx, opening).alert
        escalation.start(tx, alert, sites.get(tx, clinic.site))
    return alert.id


def test_a_clinic_at_work_is_well(
    clinic: Clinic, audit_now: Callable[[], Report], worker_db: Database, clock: VirtualClock
) -> None:
    open_alert(clinic)
    outbound.open_due(worker_db)
    assert wrong(audit_now()) == {}
    assert audit_now().is_well


def test_p1_a_timer_that_nobody_served_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], clock: VirtualClock
) -> None:
    clinic.enrol_patient()
    clock.advance(WEEK + timedelta(minutes=6))
    assert wrong(audit_now())[Check.SURVEYS] == 1


def test_p1_a_window_that_was_skipped_is_found(
    clinic: Clinic,
    audit_now: Callable[[], Report],
    worker_db: Database,
    clock: VirtualClock,
    sql: Broken,
) -> None:
    clinic.enrol_patient()
    for _ in range(3):
        clock.advance(WEEK)
        outbound.open_due(worker_db)
    assert Check.SURVEYS not in wrong(audit_now())
    sql("DELETE FROM message WHERE occurrence_id IS NOT NULL")
    sql("DELETE FROM link")
    sql(
        "DELETE FROM occurrence WHERE window_key ="
        " (SELECT window_key FROM occurrence ORDER BY window_key OFFSET 1 LIMIT 1)"
    )
    assert wrong(audit_now())[Check.SURVEYS] == 1


def test_p1_a_timer_that_jumped_over_a_week_is_found(
    clinic: Clinic,
    audit_now: Callable[[], Report],
    worker_db: Database,
    clock: VirtualClock,
    sql: Broken,
) -> None:
    clinic.enrol_patient()
    clock.advance(WEEK)
    outbound.open_due(worker_db)
    sql(
        "UPDATE plan_assignment SET next_at = next_at + interval '7 days',"
        " next_key = (next_key::date + 7)::text"
    )
    assert wrong(audit_now())[Check.SURVEYS] == 1


def test_p1_an_enrolled_patient_without_a_plan_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], sql: Broken
) -> None:
    clinic.enrol_patient()
    sql("UPDATE plan_assignment SET active = false")
    assert wrong(audit_now()) == {Check.SURVEYS: 1}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM escalation",
        "UPDATE escalation SET state = 'done', next_at = NULL",
    ],
)
def test_p4_an_open_alert_without_a_next_step_is_found_and_healed(
    clinic: Clinic, audit_now: Callable[[], Report], sql: Broken, statement: str
) -> None:
    open_alert(clinic)
    sql(statement)
    assert wrong(audit_now()) == {Check.ALERTS: 1}
    assert wrong(audit_now()) == {}


def test_p4_a_step_that_nobody_took_is_found_and_taken(
    clinic: Clinic,
    audit_now: Callable[[], Report],
    worker_db: Database,
    clock: VirtualClock,
    sql: Broken,
) -> None:
    alert = open_alert(clinic)
    outbound.open_due(worker_db)
    clock.advance(timedelta(minutes=18))
    sql("UPDATE message SET state = 'sent', next_at = NULL")
    assert wrong(audit_now()) == {Check.ALERTS: 1}
    assert Check.ALERTS not in wrong(audit_now())
    with clinic.begin() as tx:
        step = escalation.standing(tx, [alert])[alert]
    assert step.next_at is not None
    assert step.next_at > clock.now()


def test_p4_an_acknowledgement_without_an_end_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], sql: Broken
) -> None:
    open_alert(clinic)
    sql("UPDATE alert SET state = 'acknowledged', loan_until = :soon")  # the ladder climbs on
    assert Check.ALERTS in wrong(audit_now())


def test_each_lane_has_its_own_patience(
    clinic: Clinic, audit_now: Callable[[], Report], clock: VirtualClock
) -> None:
    open_alert(clinic)  # tells a nurse: a message in the staff lane, which nobody delivers
    clock.advance(timedelta(minutes=1))
    assert Check.OUTBOX not in wrong(audit_now())
    clock.advance(timedelta(minutes=2))
    assert wrong(audit_now())[Check.OUTBOX] == 1


def test_a_message_whose_fate_nobody_looked_up_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], clock: VirtualClock, sql: Broken
) -> None:
    open_alert(clinic)
    sql("UPDATE message SET state = 'sending', next_at = :now")
    assert Check.SENDING not in wrong(audit_now())
    clock.advance(timedelta(minutes=16))
    assert wrong(audit_now())[Check.SENDING] == 1


def test_a_text_that_nobody_read_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], clock: VirtualClock, sql: Broken
) -> None:
    sql(
        "INSERT INTO inbound_message (id, site_id, provider, provider_id, audience, from_sealed,"
        " from_hash, to_address, body_sealed, received_at, state, next_at)"
        " SELECT gen_random_uuid(), id, 'sandbox', 'SM1', 'patient', '', '', '+12025550100', '',"
        " :now, 'stored', :now FROM site"
    )
    clock.advance(timedelta(minutes=3))
    assert wrong(audit_now()) == {Check.INBOUND: 1}


def test_an_audit_trail_that_nobody_seals_is_found(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    clock.advance(timedelta(minutes=3))
    assert audit.audit_due(worker_db).found[Check.CHAIN] > 0


def test_a_process_that_fell_silent_is_found_and_one_that_stopped_is_not(
    clinic: Clinic, audit_now: Callable[[], Report], worker_db: Database, clock: VirtualClock
) -> None:
    with worker_db.begin(NOWHERE) as tx:
        leases.beat(tx, "worker@killed", "1.0")
        leases.beat(tx, "worker@stopped", audit.STOPPED)
    assert wrong(audit_now()) == {}
    clock.advance(timedelta(minutes=3))
    assert wrong(audit_now()) == {Check.HEARTBEAT: 1}
    clock.advance(timedelta(hours=2))  # it was replaced: no news any more
    assert wrong(audit_now()) == {}


def test_a_row_that_was_set_aside_is_found(
    clinic: Clinic, audit_now: Callable[[], Report], sql: Broken
) -> None:
    clinic.enrol_patient()
    sql("UPDATE plan_assignment SET quarantined_at = :now")
    assert wrong(audit_now()) == {Check.QUARANTINE: 1}


def test_p17_the_switch_is_told_only_when_all_is_well(
    clinic: Clinic, audit_now: Callable[[], Report], sql: Broken
) -> None:
    switch = FakeSwitch()
    open_alert(clinic)
    assert audit.tell_outside(audit_now(), switch)
    assert len(switch.pings) == 1
    sql("DELETE FROM escalation")
    assert not audit.tell_outside(audit_now(), switch)
    assert len(switch.pings) == 1


def test_p17_the_ping_carries_the_heads_of_the_audit_trail(
    clinic: Clinic, audit_now: Callable[[], Report]
) -> None:
    before = audit_now().heads
    assert audit_now().heads == before
    clinic.enrol_patient()
    assert audit_now().heads != before
    assert len(before) == 64


def test_a_switch_that_is_down_is_an_error_of_the_job_and_no_silence(
    clinic: Clinic, audit_now: Callable[[], Report]
) -> None:
    switch = FakeSwitch()
    switch.down = True
    with pytest.raises(Deferred):
        audit.tell_outside(audit_now(), switch)


def test_an_alert_that_cannot_be_healed_keeps_no_other_from_it(
    clinic: Clinic,
    audit_now: Callable[[], Report],
    sql: Broken,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_alert(clinic)
    sql("DELETE FROM escalation")

    def broken(*_: object) -> None:
        raise RuntimeError("Wanda Testperson")

    monkeypatch.setattr(escalation, "start", broken)
    assert wrong(audit_now()) == {Check.ALERTS: 1}
    assert "RuntimeError" in caplog.text
    assert "Wanda" not in caplog.text
