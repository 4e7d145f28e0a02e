"""Alerts in the database: codes, versions that never change, notes that are sealed, scopes."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, Change, Opening
from rsm.alerts.packs import parse_pack
from rsm.db.work import Database, Scope
from rsm.escalation import service as escalation
from rsm.escalation.policies import default_policy, default_text
from rsm.flow import publish, triage
from rsm.flow.escalate import overdue_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.ids import Ids
from rsm.kernel.words import AlertKind, Channel, Level, Pin, Role
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic
from tests.packs import FIRST


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


class OneCode(Ids):
    """Draws the same code for a while: as if a site had used up nearly all."""

    def __init__(self, rest: Ids, times: int) -> None:
        self.rest, self.left = rest, times

    def bytes(self, count: int) -> bytes:
        if count in {4, 5} and self.left:
            self.left -= 1
            return bytes(count)
        return self.rest.bytes(count)


def opening(ward: Ward, key: str, level: Level = Level.SOON) -> Opening:
    return Opening(key, ward.clinic.site, AlertKind.TEXT, level, "A text.", False)


# --- codes ---------------------------------------------------------------------------------


def test_a_code_that_is_taken_is_drawn_again(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        tx.ids = OneCode(tx.ids, times=3)
        first = alerts.open_alert(tx, opening(ward, "text:1")).alert
        second = alerts.open_alert(tx, opening(ward, "text:2")).alert
    assert first.code == "3333"
    assert second.code != first.code


def test_when_codes_run_out_they_grow(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        tx.ids = OneCode(tx.ids, times=8)
        first = alerts.open_alert(tx, opening(ward, "text:1")).alert
        second = alerts.open_alert(tx, opening(ward, "text:2")).alert
    assert (len(first.code), len(second.code)) == (4, 5)


def test_a_code_stays_valid_for_the_alerts_life_and_says_why_it_does_nothing(ward: Ward) -> None:
    alert = ward.alarm()
    nurse = ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.KNOWN))
    with ward.clinic.begin() as tx:
        reply = triage.acknowledge_by_text(tx, nurse, alert.code.lower())
    assert reply.purpose == "staff_ack_closed"
    assert reply.fields == {"code": alert.code, "since": "09:00"}


# --- by text -------------------------------------------------------------------------------


def test_the_right_code_takes_it_until_the_time_in_the_answer(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        reply = triage.acknowledge_by_text(tx, ward.clinic.nurse, alert.code)
    assert (reply.purpose, reply.taken) == ("staff_ack_ok", True)
    assert reply.fields == {"code": alert.code, "until": "09:15"}
    assert ward.now(alert).acknowledged_by_channel is Channel.SMS


def test_a_code_that_is_unknown(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        reply = triage.acknowledge_by_text(tx, ward.clinic.nurse, "zzzz")
    assert (reply.purpose, reply.fields) == ("staff_ack_unknown", {"code": "ZZZZ"})


def test_a_code_that_somebody_else_was_faster_with(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.second)
    with ward.clinic.begin() as tx:
        reply = triage.acknowledge_by_text(tx, ward.clinic.nurse, alert.code)
    assert reply.purpose == "staff_ack_late"
    assert (reply.fields["holder"], reply.fields["since"]) == ("Ben Okafor", "09:00")


def test_without_a_code_the_only_alert_is_meant_and_of_several_we_ask_which(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        assert (
            triage.acknowledge_by_text(tx, ward.clinic.nurse, None).purpose
            == "staff_not_understood"
        )
    first = ward.alarm(key="text:1")
    second = ward.alarm(key="text:2")
    with ward.clinic.begin() as tx:
        assert triage.acknowledge_by_text(tx, ward.clinic.nurse, "").purpose == "staff_ack_which"
    ward.take(second, ward.clinic.second)
    with ward.clinic.begin() as tx:
        reply = triage.acknowledge_by_text(tx, ward.clinic.nurse, "")
    assert (reply.purpose, reply.alert_id) == ("staff_ack_ok", first.id)


def test_a_code_of_a_site_where_she_does_not_work_is_unknown(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.nurse, ward.clinic.site, Role.NURSE)
        reply = triage.acknowledge_by_text(tx, ward.clinic.nurse, alert.code)
    assert reply.purpose == "staff_ack_unknown"


def test_the_safety_contact_takes_it_by_text(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        assert triage.acknowledge_by_text(tx, None, alert.code).purpose == "staff_ack_ok"
    with ward.clinic.begin() as tx, pytest.raises(Conflict, match="Imani Cole"):
        triage.acknowledge(tx, alert.id, ward.clinic.nurse, Channel.WEB)


# --- opening again -------------------------------------------------------------------------


def test_the_same_key_is_the_same_alert_and_a_lower_level_never_lowers_it(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        first = alerts.open_alert(tx, opening(ward, "text:1", Level.URGENT))
        again = alerts.open_alert(tx, opening(ward, "text:1", Level.INFO))
        worse = alerts.open_alert(tx, opening(ward, "text:1", Level.EMERGENCY))
    assert (first.change, again.change, worse.change) == (
        Change.OPENED,
        Change.NOTHING,
        Change.WORSENED,
    )
    assert (worse.alert.id, worse.alert.level, worse.was) == (
        first.alert.id,
        Level.EMERGENCY,
        Level.URGENT,
    )


# --- scopes and seals ----------------------------------------------------------------------


def test_another_site_sees_neither_alert_nor_code_nor_ladder(ward: Ward) -> None:
    alert = ward.alarm()
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    with other.begin() as tx:
        with pytest.raises(NotFound):
            alerts.get(tx, alert.id)
        assert handling.with_code(tx, [ward.clinic.site, other.site], alert.code) == []
        assert escalation.standing(tx, [alert.id]) == {}
        assert handling.worklist(tx, ward.clinic.site) == []


def test_two_sites_may_have_one_code(ward: Ward) -> None:
    other = build_clinic(
        ward.clinic.db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103")
    )
    codes = []
    for clinic in (ward.clinic, other):
        with clinic.begin() as tx:
            tx.ids = OneCode(tx.ids, times=1)
            key = f"text:{clinic.site}"
            one = Opening(key, clinic.site, AlertKind.TEXT, Level.SOON, "", False)
            codes.append(alerts.open_alert(tx, one).alert.code)
    assert codes == ["3333", "3333"]


def test_a_note_is_sealed_with_the_patients_key(ward: Ward, owner: Engine) -> None:
    alert = ward.report({"pain.frequency": 2, "pain.severity": 3})
    assert alert is not None
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        words = "Took a second dose"
        triage.record_action(tx, alert.id, ward.clinic.nurse, AlertAction.PHONE_ADVICE, words)
    assert ward.timeline(alert)[-1].note == "Took a second dose"
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT note_sealed FROM alert_event")).scalars()
        assert all(b"second dose" not in bytes(sealed) for sealed in kept if sealed)


def test_what_is_told_to_staff_holds_no_word_about_the_patient(ward: Ward, owner: Engine) -> None:
    ward.report({"pain.frequency": 2, "pain.severity": 3})
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT fields, purpose FROM message WHERE audience = 'staff'")
        ).all()
    assert rows
    for fields, purpose in rows:
        assert set(fields) <= {"code", "level", "minutes"}
        assert purpose == "staff_alert"


# --- published versions --------------------------------------------------------------------


def test_a_version_is_published_once(ward: Ward) -> None:
    pack, _ = parse_pack(FIRST, "first")
    with ward.clinic.begin() as tx:
        assert alerts.publish(tx, pack, FIRST) == pack.pin
        assert alerts.load(tx, pack.pin) == pack
        assert escalation.publish(tx, default_policy(), default_text()) == default_policy().pin
        assert escalation.load(tx, default_policy().pin) == default_policy()


def test_a_version_with_another_content_is_refused(ward: Ward) -> None:
    body = FIRST.replace('author = "', 'author = "Somebody else and ', 1)
    pack, _ = parse_pack(body, "first")
    with ward.clinic.begin() as tx, pytest.raises(Conflict, match="raise version"):
        alerts.publish(tx, pack, body)
    policy = default_text().replace("wait_minutes = 15", "wait_minutes = 20")
    with ward.clinic.begin() as tx, pytest.raises(Conflict, match="raise version"):
        publish.publish_policy(tx, policy)


def test_a_version_that_was_never_published_is_not_found(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for load in (alerts.load, escalation.load):
            with pytest.raises(NotFound):
                load(tx, Pin("first-pack", "1.0.0", "somebody's"))


def test_a_pack_is_published_only_for_its_instrument_and_with_reviewed_words(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        instrument = sites.get(tx, ward.clinic.site).instrument
        with pytest.raises(Invalid, match="in this language"):
            publish.publish_pack(tx, FIRST, instrument, ("en", "fr"))
        nobody = FIRST.replace('reviewed_by = "Dana Reyes, RN (fictional)"', 'reviewed_by = ""', 1)
        with pytest.raises(Invalid, match="nobody reviewed it"):
            publish.publish_pack(tx, nobody, instrument, ("en",))
        other = FIRST.replace('key = "weekly-symptoms"', 'key = "another"', 1)
        with pytest.raises(Invalid, match="no instrument"):
            publish.publish_pack(tx, other, instrument, ("en",))


def test_a_policy_is_published_only_if_the_site_has_its_people(ward: Ward) -> None:
    body = default_text().replace('role = "manager"', 'role = "clinician"')
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match="nobody at the site is clinician"):
        publish.publish_policy(tx, body, ward.clinic.site)


def test_a_site_is_ready_when_all_fits(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        assert publish.readiness(tx, ward.clinic.site) == []
        assert publish.routing_problems(tx, ward.clinic.site, {"name": "x", "team": "nobody"}) != []


# --- tasks ---------------------------------------------------------------------------------


@pytest.fixture
def task(ward: Ward) -> NewTask:
    return NewTask(
        "stop:1", TaskKind.REACH_ANOTHER_WAY, ward.clinic.site, "Texted STOP.", ward.patient
    )


def test_a_task_that_nobody_does_in_time_comes_back_to_the_worklist_once(
    ward: Ward, task: NewTask
) -> None:
    with ward.clinic.begin() as tx:
        task_id = tasks.open_task(tx, task)
        assert task_id is not None
        tasks.take(tx, task_id, ward.clinic.nurse)
    assert overdue_due(ward.worker) == 0
    ward.clock.advance(timedelta(days=1))
    assert overdue_due(ward.worker) == 1
    assert overdue_due(ward.worker) == 0
    (alert,) = ward.worklist()
    assert (alert.kind, alert.level) == (AlertKind.REVIEW, Level.SOON)
    with ward.clinic.begin() as tx:
        again = tasks.get(tx, task_id)
    assert (again.owner_id, again.escalated_at) == (None, ward.clock.now())
    ward.clock.advance(timedelta(days=1))
    assert overdue_due(ward.worker) == 1
    assert len(ward.worklist()) == 1


def test_a_task_is_one_persons(ward: Ward, task: NewTask) -> None:
    with ward.clinic.begin() as tx:
        task_id = tasks.open_task(tx, task)
        assert task_id is not None
        tasks.take(tx, task_id, ward.clinic.nurse)
        with pytest.raises(Conflict):
            tasks.take(tx, task_id, ward.clinic.second)


def test_ladders_are_seen_by_the_worker_everywhere_and_by_the_web_at_its_site(ward: Ward) -> None:
    alert = ward.alarm()
    ward.clock.advance(timedelta(minutes=15))
    with ward.worker.begin(Scope(everywhere=True)) as tx:
        assert [each.alert_id for each in escalation.due(tx)] == [alert.id]
    with ward.clinic.db.begin(Scope(everywhere=True)) as tx:
        assert escalation.due(tx) == []
