"""What alerts read of the database is asked once, and no more than is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from rsm.alerts import events, handling
from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import EVERYWHERE, Database, Tx
from rsm.escalation import people
from rsm.escalation.decide import references
from rsm.escalation.policies import default_policy
from rsm.flow import triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptLine
from rsm.metrics import gauges
from rsm.patients import service as patients
from rsm.sites import service as sites
from rsm.web.alert_why import similar
from tests.alert_world import Ward, build_ward
from tests.clinic import NURSE_PHONE, STAFF_SENDER, new_site, publish


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@contextmanager
def statements(tx: Tx, table: str) -> Iterator[list[str]]:
    """The statements of this transaction that read that table."""
    seen: list[str] = []
    connection = tx.session.connection()

    def note(*arguments: object) -> None:
        if f"FROM {table}" in str(arguments[2]):
            seen.append(str(arguments[2]))

    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def test_who_said_stop_is_asked_once_for_everybody_on_the_ladder(ward: Ward) -> None:
    alert = ward.alarm()
    everybody = references(default_policy(), Level.URGENT)
    with ward.clinic.begin() as tx:
        stop = optouts.hash_of(tx, NURSE_PHONE), STAFF_SENDER, OptAction.STOP, "text"
        optouts.note(tx, OptLine(ward.clinic.site, *stop))
        with statements(tx, "opt_event") as seen:
            found = people.look_up(tx, alert, everybody)
    reached = {one.id for contacts in found.values() for one in contacts if one.channels}
    assert len(seen) == 1
    assert ward.clinic.nurse not in reached
    assert {ward.clinic.second, ward.clinic.charge, ward.clinic.site} <= reached


def test_a_site_is_read_once_in_a_transaction(ward: Ward) -> None:
    with ward.clinic.begin() as tx, statements(tx, "site") as seen:
        for _ in range(3):
            sites.get(tx, ward.clinic.site)
    assert len(seen) == 1


def test_a_transaction_that_changes_a_site_sees_its_own_change_and_its_undoing(
    ward: Ward,
) -> None:
    with ward.clinic.begin() as tx:
        before = sites.get(tx, ward.clinic.site)
        changed = new_site("Lakeside West", publish(tx))
        undone = tx.session.begin_nested()
        sites.update_site(tx, before.id, changed)
        assert sites.get(tx, before.id).name == "Lakeside West"
        undone.rollback()
        assert sites.get(tx, before.id).name == before.name


def test_facts_of_many_patients_are_one_reading(ward: Ward) -> None:
    other = ward.clinic.enrol_patient("Ana Ruiz", "+12025550132")
    with ward.clinic.begin() as tx, statements(tx, "patient") as seen:
        found = patients.peek_many(tx, [ward.patient, other])
    assert set(found) == {ward.patient, other}
    assert len(seen) == 1


def closed(ward: Ward, note: str) -> AlertView:
    """Severe pain, and what was written at its end."""
    ward.clock.advance(timedelta(days=1))
    alert = ward.report({"pain.frequency": 2, "pain.severity": 3})
    assert alert is not None
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        done = triage.Closing(AlertAction.PHONE_ADVICE, note)
        return triage.close(tx, alert.id, ward.clinic.nurse, done)


def test_how_many_alerts_ended_is_one_reading_with_one_key(ward: Ward) -> None:
    found = [closed(ward, "Morphine raised."), closed(ward, ""), closed(ward, "Better.")]
    still_open = ward.alarm()
    with (
        ward.clinic.begin() as tx,
        statements(tx, "alert_event") as seen,
        statements(tx, "data_key") as keys,
    ):
        notes = events.closing_notes(tx, [*found, still_open])
    assert notes == {found[0].id: "Morphine raised.", found[2].id: "Better."}
    assert (len(seen), len(keys)) == (1, 1)


def test_an_alert_that_was_closed_twice_has_its_last_note(ward: Ward) -> None:
    alert = closed(ward, "Too early.")
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.reopen(tx, alert.id, ward.clinic.nurse)
        done = triage.Closing(AlertAction.VISIT_TODAY, "Seen by Dr. Cole.")
        again = triage.close(tx, alert.id, ward.clinic.nurse, done)
        assert events.closing_notes(tx, [again]) == {alert.id: "Seen by Dr. Cole."}


def test_similar_alerts_cost_no_more_statements_for_more_of_them(ward: Ward) -> None:
    for number in range(3):
        closed(ward, f"Note {number}.")
    last = closed(ward, "")
    with ward.clinic.begin() as tx:
        found = handling.findings(tx, [last.id])[last.id]
        with statements(tx, "alert_event") as seen:
            alike = similar(tx, last, found)
    assert [one.note for one in alike] == ["Note 2.", "Note 1.", "Note 0."]
    assert len(seen) == 1


def test_moves_on_ladders_are_counted_from_monday_on(ward: Ward) -> None:
    ward.alarm()
    assert told(ward) == 1
    ward.clock.advance(timedelta(days=6))
    assert told(ward) == 1
    ward.clock.advance(timedelta(days=1))
    assert told(ward) == 0


def told(ward: Ward) -> float:
    with ward.worker.begin(EVERYWHERE) as tx:
        return gauges.read(tx).escalations["lakeside-clinic", "told"]
