"""An alert changes hands: taken over, handed on, put off, sent to a step; held while closed."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from rsm.alerts.model import AlertAction, AlertView
from rsm.db.work import Database
from rsm.escalation import repeats
from rsm.escalation import service as escalation
from rsm.escalation.policies import default_text
from rsm.flow import answer, passing, passing_texts, publish, triage
from rsm.flow.outcome import outcome_of
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertEventKind, AlertState, Channel, Level
from rsm.responses.model import Author
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.alert_world import SAFETY, Ward, agree_to, build_ward

ZONE = ZoneInfo("America/New_York")
NEW_CONTACT = "+12025550148"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def kinds(ward: Ward, alert: AlertView) -> list[AlertEventKind]:
    return [event.kind for event in ward.timeline(alert)]


def assign(ward: Ward, alert: AlertView, by: UUID, to: UUID) -> AlertView:
    with ward.clinic.begin(by) as tx:
        return passing.assign(tx, alert.id, by, to)


def snooze(
    ward: Ward, alert: AlertView, until: datetime, reason: str = "blood is on its way"
) -> AlertView:
    by = ward.clinic.nurse
    with ward.clinic.begin(by) as tx:
        return passing.snooze(tx, alert.id, by, until, reason)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=ZONE)


# --- taken over ----------------------------------------------------------------------------


def test_who_takes_over_has_it_and_whoever_had_it_is_told(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.nurse)
    with clinic.begin(clinic.second) as tx:
        passing.take_over(tx, alert.id, clinic.second, Channel.WEB, clinic.nurse)
    assert ward.now(alert).owner_id == clinic.second
    last = [each for each in ward.texts() if each.purpose == "staff_alert_taken_over"]
    assert [(each.who, each.code) for each in last] == [("nurse", alert.code)]


def test_who_takes_over_from_somebody_who_has_it_no_more_is_told_who_has(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.second)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Conflict, match="Ben Okafor has had it"):
        passing.take_over(tx, alert.id, clinic.charge, Channel.WEB, clinic.nurse)
    assert ward.now(alert).owner_id == clinic.second


def test_who_takes_over_by_text_has_it_for_a_quarter_of_an_hour_whatever_the_other_had(
    ward: Ward,
) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    snooze(ward, alert, ward.clock.now() + timedelta(hours=20))
    with clinic.begin(clinic.second) as tx:
        passing_texts.take(tx, clinic.second, alert.code)
    assert ward.now(alert).loan_until == ward.clock.now() + timedelta(minutes=15)
    ward.passes(minutes=15)
    assert ward.now(alert).state is AlertState.OPEN


# --- handed to somebody --------------------------------------------------------------------


def test_who_is_given_an_alert_is_told_and_has_it_once_she_opens_it(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.nurse)
    given = assign(ward, alert, clinic.nurse, clinic.second)
    assert given.owner_id == clinic.second
    assert given.loan_until == ward.clock.now() + timedelta(minutes=15)
    assert [each.who for each in ward.texts(alert) if each.purpose.endswith("assigned")] == [
        "second"
    ]
    with clinic.begin(clinic.second) as tx:
        opened = triage.view(tx, alert.id, clinic.second)
    assert opened.loan_until == ward.clock.now() + timedelta(hours=2)
    assert kinds(ward, alert)[-1] is AlertEventKind.ACKNOWLEDGED


def test_who_does_not_take_what_she_was_given_is_not_waited_for(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    assign(ward, alert, clinic.nurse, clinic.second)
    assert ward.now(alert).acknowledged_at is None
    ward.passes(minutes=14)
    assert ward.now(alert).state is AlertState.ACKNOWLEDGED
    ward.passes(minutes=1)
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.texts(alert)[-1].who == "nurse"


def test_an_alert_that_another_has_is_not_given_away(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.second)
    with pytest.raises(Conflict, match="Ben Okafor has had it since"):
        assign(ward, alert, clinic.nurse, clinic.charge)


def test_nobody_is_given_an_alert_who_cannot_be_told_or_does_not_triage(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    with pytest.raises(Invalid, match="does not triage"):
        assign(ward, alert, clinic.nurse, clinic.administrator)
    with clinic.begin() as tx:
        staff.rename(tx, clinic.second, "Ben Okafor", None)
    with pytest.raises(Invalid, match="cannot be told"):
        assign(ward, alert, clinic.nurse, clinic.second)
    assert ward.now(alert).state is AlertState.OPEN


# --- put off -------------------------------------------------------------------------------


def test_what_is_put_off_is_told_again_after_its_time(ward: Ward) -> None:
    alert = ward.alarm()
    asleep = snooze(ward, alert, ward.clock.now() + timedelta(hours=3))
    assert asleep.loan_until == ward.clock.now() + timedelta(hours=3)
    (line,) = [each for each in ward.timeline(alert) if each.kind is AlertEventKind.SNOOZED]
    assert line.note == "blood is on its way"
    before = len(ward.texts(alert))
    ward.passes(minutes=179)
    assert len(ward.texts(alert)) == before
    ward.passes(minutes=1)
    assert ward.texts(alert)[-1].who == "nurse"


def test_a_worse_report_opens_what_was_put_off(ward: Ward) -> None:
    alert = ward.report({"pain.frequency": 2, "pain.severity": 3})
    assert alert is not None
    snooze(ward, alert, ward.clock.now() + timedelta(hours=3))
    assert alert.response_id is not None
    with ward.clinic.begin() as tx:
        changes = {"shortness-of-breath.severity": answered(4)}
        answer.correct(tx, alert.response_id, changes, Author())
    worse = ward.now(alert)
    assert (worse.state, worse.level) == (AlertState.OPEN, Level.EMERGENCY)
    assert ward.texts(alert)[-1].who in {"nurse", "second"}


def test_an_emergency_is_never_put_off(ward: Ward) -> None:
    alert = ward.alarm(Level.EMERGENCY)
    with pytest.raises(Conflict, match="emergency"):
        snooze(ward, alert, ward.clock.now() + timedelta(minutes=30))


def test_nothing_is_put_off_beyond_the_next_service_day(ward: Ward) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        latest = passing.latest_snooze(tx, alert)
    assert latest.astimezone(ZONE).strftime("%A %H:%M") == "Tuesday 18:00"
    with pytest.raises(Invalid, match="next service day"):
        snooze(ward, alert, latest + timedelta(minutes=1))
    with pytest.raises(Invalid, match="past"):
        snooze(ward, alert, ward.clock.now())
    with pytest.raises(Invalid, match="reason"):
        snooze(ward, alert, latest, " ")
    assert snooze(ward, alert, latest).loan_until == latest


# --- to a chosen step ----------------------------------------------------------------------


def test_a_chosen_step_is_told_at_once_and_the_ladder_goes_on_from_there(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.nurse)
    with clinic.begin(clinic.nurse) as tx:
        passing.escalate_to(tx, alert.id, clinic.nurse, 2)
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.told(alert) == ["nurse", "charge"]
    ward.passes(minutes=15)
    assert SAFETY in ward.told(alert)
    with clinic.begin(clinic.nurse) as tx, pytest.raises(Conflict, match="no such step"):
        passing.escalate_to(tx, alert.id, clinic.nurse, 9)


# --- by text -------------------------------------------------------------------------------


def test_take_and_escalate_by_text(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    ward.take(alert, clinic.nurse)
    with clinic.begin(clinic.second) as tx:
        refused = passing_texts.escalate(tx, clinic.second, alert.code)
        assert refused.purpose == "staff_ack_late"
        assert passing_texts.take(tx, clinic.second, alert.code).taken
    assert ward.now(alert).owner_id == clinic.second
    with clinic.begin(clinic.second) as tx:
        assert passing_texts.escalate(tx, clinic.second, alert.code).purpose == "staff_escalated"
    assert ward.now(alert).state is AlertState.OPEN
    assert ward.texts(alert)[-1].who == "second"


def test_what_cannot_be_done_by_text_is_answered_with_why(ward: Ward) -> None:
    alert, clinic = ward.alarm(), ward.clinic
    for _ in range(3):
        ward.passes(minutes=15)
    with clinic.begin(clinic.nurse) as tx:
        last = passing_texts.escalate(tx, clinic.nurse, alert.code)
        assert last.purpose == "staff_escalate_last"
        assert passing_texts.take(tx, clinic.nurse, "ZZZZ").purpose == "staff_ack_unknown"
        triage.close(tx, alert.id, clinic.nurse, triage.Closing(AlertAction.KNOWN))
        for act in (passing_texts.take, passing_texts.escalate):
            assert act(tx, clinic.nurse, alert.code).purpose == "staff_ack_closed"


# --- a wrong safety contact ----------------------------------------------------------------


def test_a_mended_safety_contact_is_told_of_what_the_wrong_one_was_told(ward: Ward) -> None:
    alert = ward.alarm()
    for _ in range(3):
        ward.passes(minutes=15)
    assert ward.told(alert).count(SAFETY) == 1
    with ward.clinic.begin() as tx:
        former = sites.get(tx, ward.clinic.site)
        mended = as_agreed(former).model_copy(update={"safety_contact_phone": NEW_CONTACT})
        sites.update_site(tx, ward.clinic.site, mended)
        assert passing.safety_contact_changed(tx, former) == 1
    states = [each.state for each in ward.texts(alert) if each.who == SAFETY]
    assert states == ["cancelled"]
    ward.passes(minutes=0)
    assert ward.told(alert).count(SAFETY) == 2
    assert [each.state for each in ward.texts(alert) if each.who == SAFETY].count("queued") == 1


# --- held ----------------------------------------------------------------------------------


def hold_urgent(ward: Ward) -> None:
    """Urgent waits for service hours; the rest as we ship it."""
    body = default_text().replace('key = "default"', 'key = "held"')
    head, tail = body.split("[levels.urgent]")
    urgent, rest = tail.split("[levels.soon]")
    urgent = urgent.replace("wait_minutes = 15", 'wait_minutes = 15\nwait_in = "service"')
    urgent = urgent.replace("target_minutes", 'out_of_hours = "held"\ntarget_minutes', 1)
    with ward.clinic.begin() as tx:
        whole = f"{head}[levels.urgent]{urgent}[levels.soon]{rest}"
        pin = publish.publish_policy(tx, whole, ward.clinic.site)
    agree_to(ward, "policy", pin)


def at(ward: Ward, when: datetime) -> None:
    ward.clock.advance(when - ward.clock.now())


def test_an_urgent_alert_of_the_night_is_told_in_the_morning_and_says_so_at_once(
    ward: Ward,
) -> None:
    hold_urgent(ward)
    at(ward, local(20, 22))
    alert = ward.alarm()
    assert ward.texts(alert) == []
    assert AlertEventKind.HELD in kinds(ward, alert)
    with ward.clinic.begin() as tx:
        assert escalation.held_until(tx, alert) == local(21, 8)
    at(ward, local(21, 7, 59))
    ward.passes(minutes=0)
    assert ward.texts(alert) == []
    ward.passes(minutes=1)
    assert ward.told(alert) == ["nurse"]
    with ward.clinic.begin() as tx:
        assert escalation.held_until(tx, alert) is None


def test_the_same_again_in_the_night_wakes_nobody_either(ward: Ward) -> None:
    hold_urgent(ward)
    at(ward, local(20, 22))
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        repeats.repeated(tx, triage.still_open(tx, alert.id), UUID(int=7))
    assert ward.texts(alert) == []


def test_an_emergency_of_the_night_is_told_at_once_under_the_same_policy(ward: Ward) -> None:
    hold_urgent(ward)
    at(ward, local(20, 22))
    assert sorted(ward.told(ward.alarm(Level.EMERGENCY))) == ["nurse", "second"]


def test_over_a_closed_friday_an_urgent_alert_is_told_after_sixteen_hours(ward: Ward) -> None:
    hold_urgent(ward)
    close = text("""UPDATE site SET calendar = '{"closed_dates": ["2026-10-23"]}'""")
    with ward.clinic.begin() as tx:
        tx.session.execute(close)
    at(ward, local(22, 18))
    alert = ward.alarm()
    ward.passes(minutes=16 * 60 - 1)
    assert ward.texts(alert) == []
    ward.passes(minutes=1)
    assert ward.told(alert) == ["nurse"]
    ward.passes(minutes=15)  # whoever is on call climbs by the clock
    assert ward.told(alert) == ["nurse", "second"]


def test_the_patient_reads_at_once_that_her_answers_are_held(ward: Ward) -> None:
    hold_urgent(ward)
    at(ward, local(20, 22))
    alert = ward.report({"pain.frequency": 2, "pain.severity": 3})
    assert alert is not None
    assert alert.occurrence_id is not None
    with ward.clinic.begin() as tx:
        outcome = outcome_of(tx, alert.occurrence_id)
    assert outcome.held_until == local(21, 8)
    assert not outcome.nobody


# --- a person by name ----------------------------------------------------------------------


def test_a_policy_may_name_a_person_who_must_work_there(ward: Ward) -> None:
    body = default_text().replace('key = "default"', 'key = "named"')
    named = body.replace(
        '{ kind = "on_duty", rank = 2 }]\nhow = ["sms"]\nwait_minutes = 15',
        '{ kind = "person", email = "Ruth@lakeside.example.org" }]\n'
        'how = ["sms"]\nwait_minutes = 15',
    )
    with ward.clinic.begin() as tx:
        pin = publish.publish_policy(tx, named, ward.clinic.site)
        stranger = named.replace("Ruth@", "rut@").replace('"named"', '"stranger"')
        with pytest.raises(Invalid, match="does not work at the site"):
            publish.publish_policy(tx, stranger, ward.clinic.site)
    agree_to(ward, "policy", pin)
    alert = ward.alarm()
    ward.passes(minutes=15)
    assert ward.told(alert) == ["nurse", "charge"]
