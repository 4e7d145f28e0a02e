"""Who is told, when, until somebody takes it: read as the requirement (P4, P5, lesson 5.2)."""

from datetime import timedelta
from uuid import UUID

import pytest

from rsm.alerts import handling
from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.escalation.policies import default_text
from rsm.flow import answer, publish, triage
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Channel, Level, Role
from rsm.responses.model import Author
from rsm.security import staff
from rsm.sites import service as sites
from tests.alert_world import SAFETY, Ward, agree_to, build_ward

PAIN = {"pain.frequency": 2, "pain.severity": 3}
NAUSEA = {"nausea.frequency": 2, "nausea.severity": 3}
BREATHLESS = {"shortness-of-breath.severity": 4}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def clear_roster(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)


def correct(ward: Ward, response_id: UUID | None, values: dict[str, int]) -> AlertView:
    """The report was wrong: the alert of its survey after the correction."""
    assert response_id is not None
    with ward.clinic.begin() as tx:
        changes = {item: answered(value) for item, value in values.items()}
        revised = answer.correct(tx, response_id, changes, Author())
        return handling.of_occurrences(tx, [revised.occurrence_id])[revised.occurrence_id]


def test_the_first_on_duty_is_told_in_the_transaction_of_the_report(ward: Ward) -> None:
    alert = ward.report(PAIN)
    assert alert is not None
    assert alert.level is Level.URGENT
    (told,) = ward.texts(alert)
    assert (told.who, told.purpose, told.code) == ("nurse", "staff_alert", alert.code)


def test_each_quarter_of_an_hour_one_further_and_at_the_end_the_safety_contact_again_and_again(
    ward: Ward,
) -> None:
    alert = ward.alarm()
    for _ in range(3):
        ward.passes(minutes=15)
    assert ward.told(alert)[:3] == ["nurse", "second", "charge"]
    assert sorted(ward.told(alert)[3:]) == ["nurse", SAFETY]
    before = len(ward.told(alert))
    ward.passes(minutes=15)
    ward.passes(minutes=15)
    assert ward.told(alert).count(SAFETY) == 3
    assert len(ward.told(alert)) == before + 4


def test_nobody_is_told_before_the_wait_is_over(ward: Ward) -> None:
    alert = ward.alarm()
    ward.passes(minutes=14)
    assert ward.told(alert) == ["nurse"]
    ward.passes(minutes=1)
    assert ward.told(alert) == ["nurse", "second"]


def test_an_emergency_tells_both_at_once_on_its_own_lane(ward: Ward) -> None:
    alert = ward.alarm(Level.EMERGENCY)
    assert sorted(ward.told(alert)) == ["nurse", "second"]
    assert {each.lane for each in ward.texts(alert)} == {"emergency"}


def test_taking_it_cancels_what_was_still_to_be_sent(ward: Ward) -> None:
    alert = ward.alarm()
    ward.passes(minutes=15)
    ward.take(alert, ward.clinic.second)
    assert {each.state for each in ward.texts(alert)} == {"cancelled"}
    ward.passes(minutes=60)
    assert len(ward.texts(alert)) == 2


def test_who_comes_second_learns_who_was_faster(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    with pytest.raises(Conflict, match="Dana Reyes"):
        ward.take(alert, ward.clinic.second)


def test_a_loan_that_ends_opens_it_again_and_tells_again(ward: Ward) -> None:
    alert = ward.alarm()
    taken = ward.take(alert, ward.clinic.nurse)
    assert taken.loan_until == ward.clock.now() + timedelta(hours=2)
    ward.passes(minutes=119)
    assert ward.now(alert).state is AlertState.ACKNOWLEDGED
    ward.passes(minutes=1)
    again = ward.now(alert)
    assert (again.state, again.owner_id, again.epoch) == (AlertState.OPEN, None, 2)
    assert ward.told(alert) == ["nurse", "nurse"]
    assert AlertEventKind.EXPIRED in {event.kind for event in ward.timeline(alert)}


def test_taken_by_text_it_is_hers_for_a_quarter_of_an_hour_only(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse, Channel.SMS)
    ward.passes(minutes=15)
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.told(alert) == ["nurse", "nurse"]


def test_opening_the_page_makes_the_loan_of_a_text_the_loan_of_the_page(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse, Channel.SMS)
    ward.clock.advance(timedelta(minutes=5))
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        seen = triage.view(tx, alert.id, ward.clinic.nurse)
    assert seen.loan_until == ward.clock.now() + timedelta(hours=2)
    ward.passes(minutes=60)
    assert ward.now(alert).state is AlertState.ACKNOWLEDGED


def test_another_who_only_looks_does_not_lengthen_the_loan(ward: Ward) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse, Channel.SMS)
    with ward.clinic.begin(ward.clinic.second) as tx:
        triage.view(tx, alert.id, ward.clinic.second)
    ward.passes(minutes=15)
    assert ward.now(alert).state is AlertState.OPEN


def test_nobody_on_duty_costs_no_time_and_is_itself_an_alert(ward: Ward) -> None:
    clear_roster(ward)
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)
    alert = ward.alarm()
    assert ward.told(alert) == [SAFETY]
    assert AlertEventKind.NOBODY in {event.kind for event in ward.timeline(alert)}
    assert {each.kind for each in ward.worklist()} == {AlertKind.TEXT, AlertKind.COVER}


def test_nobody_on_duty_is_one_alert_a_day_however_many_alerts_find_nobody(ward: Ward) -> None:
    clear_roster(ward)
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)
    for number in range(3):
        ward.alarm(key=f"text:{number}")
    kinds = [each.kind for each in ward.worklist()]
    assert kinds.count(AlertKind.COVER) == 1
    cover = next(each for each in ward.worklist() if each.kind is AlertKind.COVER)
    with ward.clinic.begin() as tx:
        stands = escalation.standing(tx, [cover.id])[cover.id]
    assert stands.next_at is not None
    assert stands.next_at > ward.clock.now()


def test_on_duty_without_a_number_is_passed_at_once(ward: Ward) -> None:
    with ward.clinic.begin() as tx:
        staff.rename(tx, ward.clinic.nurse, "Dana Reyes", None)
    alert = ward.alarm()
    assert ward.told(alert) == ["second"]


@pytest.mark.parametrize("out", ["disabled", "works elsewhere"])
def test_on_duty_but_gone_is_passed_at_once(ward: Ward, out: str) -> None:
    with ward.clinic.begin() as tx:
        if out == "disabled":
            staff.disable(tx, ward.clinic.nurse)
        else:
            staff.revoke(tx, ward.clinic.nurse, ward.clinic.site, Role.NURSE)
    assert ward.told(ward.alarm()) == ["second"]


def test_a_policy_that_is_edited_meanwhile_does_not_move_an_open_alert(ward: Ward) -> None:
    alert = ward.alarm()
    body = default_text()
    slower = body.replace('version = "1.1.0"', 'version = "1.2.0"').replace(
        "wait_minutes = 15", "wait_minutes = 45"
    )
    with ward.clinic.begin() as tx:
        pin = publish.publish_policy(tx, slower, ward.clinic.site)
    agree_to(ward, "policy", pin)
    ward.passes(minutes=15)
    assert ward.told(alert) == ["nurse", "second"]
    later = ward.alarm(key="text:2")
    ward.passes(minutes=15)
    assert ward.told(later) == ["nurse"]


def test_closing_ends_the_ladder(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        closing = triage.Closing(AlertAction.PHONE_ADVICE, "Took a second dose.")
        closed = triage.close(tx, alert.id, ward.clinic.nurse, closing)
    assert (closed.state, closed.outcome) == (AlertState.CLOSED, "phone_advice")
    ward.passes(minutes=600)
    assert len(ward.texts(alert)) == 1
    assert ward.timeline(alert)[-1].note == "Took a second dose."


def test_an_alert_that_is_opened_again_is_told_again(ward: Ward) -> None:
    alert = ward.alarm()
    nurse = ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.KNOWN))
        with pytest.raises(Conflict):
            triage.acknowledge(tx, alert.id, nurse, Channel.WEB)
    with ward.clinic.begin(nurse) as tx:
        again = triage.reopen(tx, alert.id, nurse)
    assert (again.state, again.epoch, again.outcome) == (AlertState.OPEN, 2, None)
    assert ward.told(alert) == ["nurse", "nurse"]


def test_a_worse_report_opens_what_somebody_had_taken_and_tells_again(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    ward.take(first, ward.clinic.nurse)
    worse = correct(ward, first.response_id, BREATHLESS)
    assert (worse.id, worse.level, worse.state) == (first.id, Level.EMERGENCY, AlertState.OPEN)
    assert worse.epoch == 2
    assert sorted(ward.told(first)) == ["nurse", "nurse", "second"]


def test_the_same_level_again_is_only_added(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    ward.take(first, ward.clinic.nurse)
    same = correct(ward, first.response_id, NAUSEA)
    assert (same.id, same.state, same.epoch) == (first.id, AlertState.ACKNOWLEDGED, 1)
    assert AlertEventKind.ADDED in {event.kind for event in ward.timeline(same)}
    assert ward.told(first) == ["nurse"]


def test_something_new_on_a_closed_alert_opens_it_again(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.close(tx, first.id, ward.clinic.nurse, triage.Closing(AlertAction.KNOWN))
    again = correct(ward, first.response_id, NAUSEA)
    assert (again.id, again.state, again.epoch) == (first.id, AlertState.OPEN, 2)
    assert ward.told(first) == ["nurse", "nurse"]


def test_the_same_report_judged_twice_changes_nothing(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    again = correct(ward, first.response_id, {})
    assert (again.epoch, again.state) == (1, AlertState.OPEN)
    assert ward.told(first) == ["nurse"]


def test_once_it_is_closed_the_same_in_a_later_survey_is_an_alert_of_its_own(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.close(tx, first.id, ward.clinic.nurse, triage.Closing(AlertAction.KNOWN))
    ward.clock.advance(timedelta(days=2))
    second = ward.report(PAIN)
    assert second is not None
    assert first.id != second.id
    assert first.code != second.code


def test_closing_what_grew_worse_unseen_is_refused(ward: Ward) -> None:
    first = ward.report(PAIN)
    assert first is not None
    with ward.clinic.begin() as tx:
        seen = triage.version(tx, first.id)
    correct(ward, first.response_id, NAUSEA)
    closing = triage.Closing(AlertAction.KNOWN, seen=seen)
    with ward.clinic.begin(ward.clinic.nurse) as tx, pytest.raises(Conflict, match="new"):
        triage.close(tx, first.id, ward.clinic.nurse, closing)


def test_escalate_now_tells_the_next_one_at_once(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        triage.escalate_now(tx, alert.id)
    assert ward.told(alert) == ["nurse", "second"]


def test_somebody_who_could_not_be_reached_costs_no_time(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        assert escalation.hurry(tx, alert.id)
    ward.passes(minutes=0)
    assert ward.told(alert) == ["nurse", "second"]


def test_a_safety_contact_who_cannot_be_reached_is_not_tried_in_a_circle(ward: Ward) -> None:
    alert = ward.alarm()
    for _ in range(3):
        ward.passes(minutes=15)
    before = len(ward.texts(alert))
    for _ in range(5):
        with ward.clinic.begin() as tx:
            assert not escalation.hurry(tx, alert.id)
        ward.passes(minutes=0)
    assert len(ward.texts(alert)) == before


def test_a_soon_alert_stands_on_the_worklist_and_climbs_when_its_target_has_passed(
    ward: Ward,
) -> None:
    alert = ward.alarm(Level.SOON)
    assert ward.told(alert) == []
    ward.passes(minutes=1440)
    assert ward.told(alert) == ["nurse"]


def test_two_workers_tell_nobody_twice(ward: Ward) -> None:
    alert = ward.alarm()
    ward.clock.advance(timedelta(minutes=15))
    ward.passes(minutes=0)
    ward.passes(minutes=0)
    assert ward.told(alert) == ["nurse", "second"]


def test_a_close_that_is_refused_for_its_note_leaves_the_ladder_as_it_was(ward: Ward) -> None:
    """The page shows the form again in the same transaction, which then commits (P4)."""
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        before = escalation.standing(tx, [alert.id])[alert.id]
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        closing = triage.Closing(AlertAction.EXPECTED, "x" * (triage.NOTE_AT_MOST + 1))
        with pytest.raises(Invalid):
            triage.close(tx, alert.id, ward.clinic.nurse, closing)
    with ward.clinic.begin() as tx:
        assert escalation.standing(tx, [alert.id])[alert.id] == before
    assert [each.state for each in ward.texts(alert)] == ["queued"]
