"""Staff are called, and take alerts by a key; read as the requirement."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from integrations.twilio.fake_voice import FakeKey
from integrations.twilio.faults import CallbackFault, CallFate, CreateFault
from integrations.twilio.hooks import PressedKey
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView
from rsm.cli import doctor
from rsm.db.work import EVERYWHERE, Database
from rsm.escalation import people, repeats, rosters
from rsm.escalation import service as escalation
from rsm.flow import inbound, passing, publish, triage
from rsm.flow.escalate import escalate_due
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid
from rsm.kernel.words import AlertEventKind, AlertState, Audience, Channel, Level, Role
from rsm.messaging import optouts, redaction
from rsm.messaging.ledger import OptAction, OptLine
from rsm.messaging.model import IncomingText
from rsm.security import staff
from rsm.sites import service as sites
from tests.alert_world import SAFETY, Ward, build_ward
from tests.clinic import CHARGE_PHONE, NURSE_PHONE, SAFETY_PHONE, SECOND_PHONE, STAFF_SENDER
from tests.flow.callers import VOICE_SENDER, Callers, calling

LONDON_LANDLINE = "+442079460143"  # a number kept for drama: surely one that takes no texts


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def callers(ward: Ward) -> Callers:
    return Callers(ward)


@pytest.fixture(autouse=True)
def no_hook_is_left() -> Iterator[None]:
    yield
    faults.install(None)


def move_contact(ward: Ward, number: str) -> None:
    with ward.clinic.begin() as tx:
        new = text("UPDATE site SET safety_contact_phone = :number")
        tx.session.execute(new, {"number": number})


def states(ward: Ward) -> list[tuple[str, str | None]]:
    with ward.clinic.begin() as tx:
        query = "SELECT state, reason FROM message WHERE channel = 'voice' ORDER BY created_at, id"
        return [(state, reason) for state, reason in tx.session.execute(text(query))]


# --- told ---------------------------------------------------------------------------------------


def test_who_is_on_duty_is_called_and_hears_the_code_and_the_keys(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE]
    (words,) = callers.voice.heard(NURSE_PHONE)
    assert words.startswith(f"This is Lakeside. Alert {', '.join(alert.code)}. Level: urgent.")
    assert "for 15 minutes, or longer once you open it, press 1" in words
    assert callers.voice.calls[0].message.sender == VOICE_SENDER
    told = [event for event in ward.timeline(alert) if event.kind is AlertEventKind.TOLD]
    assert [(event.staff_id, event.channel) for event in told] == [
        (ward.clinic.nurse, Channel.VOICE)
    ]


def test_a_nurse_is_called_in_her_language(ward: Ward, callers: Callers) -> None:
    with ward.clinic.begin() as tx:
        tx.session.execute(text("UPDATE staff_account SET language = 'es'"))
    ward.alarm()
    callers.deliver()
    (ring,) = callers.voice.calls
    assert ring.spoken.locale == "es-US"
    assert ring.spoken.words.startswith("Le llama Lakeside. Alerta ")


def test_without_a_number_for_calls_the_step_is_passed_at_once(
    ward: Ward, callers: Callers
) -> None:
    with ward.clinic.begin() as tx:
        tx.session.execute(
            text("UPDATE sender_address SET retired_at = now() WHERE channel = 'voice'")
        )
    alert = ward.alarm()
    assert ward.told(alert) == [SAFETY]  # by text: the safety contact by any means


def test_who_said_stop_to_calls_is_not_called(ward: Ward, callers: Callers) -> None:
    with ward.clinic.begin() as tx:
        line = OptLine(
            site_id=ward.clinic.site,
            address_hash=optouts.hash_of(tx, NURSE_PHONE),
            sender=VOICE_SENDER,
            action=OptAction.STOP,
            source="staff",
            channel=Channel.VOICE,
            staff_id=ward.clinic.nurse,
        )
        optouts.note(tx, line)
        ways = people.reachable(tx, ward.clinic.site)
    assert ways[ward.clinic.nurse] == {Channel.SMS}
    assert Channel.VOICE in ways[ward.clinic.second]
    assert ward.told(ward.alarm()) == ["second"]


def test_a_number_that_texts_go_out_from_is_not_taken_for_calls(
    ward: Ward, callers: Callers
) -> None:
    with ward.clinic.begin() as tx, pytest.raises(Conflict, match="in use here for something else"):
        sites.set_sender(tx, ward.clinic.site, Audience.STAFF, Channel.VOICE, STAFF_SENDER)
    with ward.clinic.begin() as tx:
        assert sites.sender(tx, ward.clinic.site, Audience.STAFF, Channel.SMS) == STAFF_SENDER


def test_stop_in_a_text_to_the_number_that_calls_ends_the_calls_alone(
    ward: Ward, callers: Callers
) -> None:
    said = IncomingText("twilio", "SM1", NURSE_PHONE, VOICE_SENDER, "STOP")
    inbound.receive_text(ward.clinic.db, said)
    with ward.clinic.begin() as tx:
        assert people.reachable(tx, ward.clinic.site)[ward.clinic.nurse] == {Channel.SMS}
    again = IncomingText("twilio", "SM2", NURSE_PHONE, VOICE_SENDER, "START")
    inbound.receive_text(ward.clinic.db, again)
    with ward.clinic.begin() as tx:
        ways = people.reachable(tx, ward.clinic.site)[ward.clinic.nurse]
    assert ways == {Channel.SMS, Channel.VOICE}


def test_a_policy_that_only_calls_is_refused_where_nobody_can_be_called(ward: Ward) -> None:
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match="no number for calls"):
        publish.publish_policy(tx, calling('["voice"]'), ward.clinic.site)


def test_whoever_is_on_duty_is_ready_by_phone_where_every_step_calls(
    ward: Ward, callers: Callers
) -> None:
    with ward.clinic.begin() as tx:
        for who in (ward.clinic.nurse, ward.clinic.second, ward.clinic.charge):
            staff.verify_phone(tx, who)
        assert rosters.not_ready(tx, ward.clinic.site) == []
    ward.alarm()
    callers.deliver()
    callers.ends(NURSE_PHONE, "no-answer")
    with ward.clinic.begin() as tx:  # that she was out says nothing about her phone
        assert rosters.not_ready(tx, ward.clinic.site) == []
    callers.rounds()
    callers.ends(SECOND_PHONE, "failed")
    with ward.clinic.begin() as tx:
        (unready,) = rosters.not_ready(tx, ward.clinic.site)
    assert unready.staff_id == ward.clinic.second


# --- nobody takes the call ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("busy", "undelivered", "busy"),
        ("no-answer", "undelivered", "no_answer"),
        ("failed", "failed", "unreachable"),
        ("canceled", "cancelled", "cancelled"),
    ],
)
def test_a_call_that_nobody_takes_tells_the_next_one_at_once(
    ward: Ward, callers: Callers, status: str, state: str, reason: str | None
) -> None:
    ward.alarm()
    callers.deliver()
    callers.ends(NURSE_PHONE, status)
    callers.rounds()
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]
    assert states(ward)[0][0] == state
    assert reason in {states(ward)[0][1], "cancelled"}


def test_a_voicemail_takes_nothing_and_the_ladder_goes_on_at_its_wait(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    callers.voice.faults.calls[NURSE_PHONE] = CallFate.VOICEMAIL
    callers.deliver()
    for report in callers.voice.flush_callbacks():
        callers.report(report)
    assert states(ward) == [("delivered", None)]
    assert ward.now(alert).state is AlertState.OPEN
    callers.passes(14)
    assert callers.rang() == [NURSE_PHONE]
    callers.passes(1)
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]


@pytest.mark.parametrize("fault", [CallbackFault.NONE, CallbackFault.DOUBLE, CallbackFault.REORDER])
def test_reports_that_are_doubled_or_unordered_change_nothing(
    ward: Ward, callers: Callers, fault: CallbackFault
) -> None:
    ward.alarm()
    callers.deliver()
    callers.voice.faults.callbacks = fault
    callers.ends(NURSE_PHONE, "no-answer")
    callers.rounds()
    assert states(ward)[0] == ("undelivered", "no_answer")
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]


def test_a_report_that_comes_late_does_not_undo_that_she_took_it(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    callers.deliver()
    callers.press(NURSE_PHONE, "1")
    callers.ends(NURSE_PHONE, "no-answer")
    callers.rounds()
    assert ward.now(alert).owner_id == ward.clinic.nurse
    assert callers.rang() == [NURSE_PHONE]


def test_a_call_beside_a_text_that_nobody_takes_hurries_nothing(ward: Ward) -> None:
    callers = Callers(ward, '["sms", "voice"]')
    ward.alarm()
    callers.deliver()
    assert len(callers.texts.received(NURSE_PHONE)) == 1
    callers.ends(NURSE_PHONE, "busy")
    callers.rounds()
    assert callers.rang() == [NURSE_PHONE]


# --- keys -----------------------------------------------------------------------------------------


def test_key_1_takes_the_alert_for_a_quarter_of_an_hour(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm()
    callers.deliver()
    said = callers.press(NURSE_PHONE, "1")
    taken = ward.now(alert)
    assert (taken.owner_id, taken.acknowledged_by_channel) == (ward.clinic.nurse, Channel.VOICE)
    assert taken.loan_until == ward.clock.now() + timedelta(minutes=15)
    spelled = ", ".join(alert.code)
    assert said.startswith(f"Alert {spelled} is yours until ")
    ward.passes(15)
    assert ward.now(alert).state is AlertState.OPEN


def test_opening_the_page_makes_the_loan_of_a_call_the_loan_of_the_page(
    ward: Ward, callers: Callers
) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    callers.deliver()
    callers.press(NURSE_PHONE, "1")
    with ward.clinic.begin(nurse) as tx:
        seen = triage.view(tx, alert.id, nurse)
    assert seen.loan_until == ward.clock.now() + timedelta(hours=2)


def test_of_two_who_press_at_once_one_has_it_and_the_other_hears_who(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    assert sorted(callers.rang()) == [NURSE_PHONE, SECOND_PHONE]
    together = threading.Barrier(2)

    def press(number: str) -> str:
        together.wait(timeout=30)
        return callers.press(number, "1")

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(press, (NURSE_PHONE, SECOND_PHONE)))
    names = {ward.clinic.nurse: "Dana Reyes", ward.clinic.second: "Ben Okafor"}
    owner = ward.now(alert).owner_id
    assert owner is not None
    late = [words for words in said if "has had alert" in words]
    assert len(late) == 1
    assert late[0].startswith(f"{names[owner]} has had alert ")
    assert "press 2" in late[0]


def test_key_2_takes_it_over_and_whoever_had_it_is_told(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    callers.press(NURSE_PHONE, "1")
    assert callers.press(SECOND_PHONE, "2").startswith("Alert ")
    assert ward.now(alert).owner_id == ward.clinic.second
    assert ward.now(alert).loan_until == ward.clock.now() + timedelta(minutes=15)
    callers.deliver()
    assert "a colleague has taken it over" in callers.texts.received(NURSE_PHONE)[-1]


def test_key_3_passes_it_on_to_the_next(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm()
    callers.deliver()
    assert "the next person on the list has been told" in callers.press(NURSE_PHONE, "3")
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]
    assert ward.now(alert).state is AlertState.OPEN


def test_a_key_that_is_handed_in_twice_does_what_it_does_once(ward: Ward, callers: Callers) -> None:
    ward.alarm()
    callers.deliver()
    key = callers.voice.press(NURSE_PHONE, "3")
    assert callers.hand_in(key) == callers.hand_in(key)
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]  # one further, and not two


def test_who_passes_on_what_all_were_told_of_hears_that_and_may_take_it(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    for _ in range(3):
        callers.passes(15)
    key = callers.voice.press(NURSE_PHONE, "3")
    said = callers.hand_in(key)
    assert "everybody on the list has been told already" in said
    assert callers.hand_in(key) == said
    callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_a_key_that_comes_again_does_not_take_it_back(ward: Ward, callers: Callers) -> None:
    alert, second = ward.alarm(Level.EMERGENCY), ward.clinic.second
    callers.deliver()
    key = callers.voice.press(NURSE_PHONE, "2")
    callers.hand_in(key)
    with ward.clinic.begin(second) as tx:
        passing.take_over(tx, alert.id, second, Channel.WEB)
    assert callers.hand_in(key).startswith("Ben Okafor has had alert ")
    assert ward.now(alert).owner_id == second


def test_star_says_it_again_and_any_other_key_says_which_there_are(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    callers.deliver()
    assert callers.press(NURSE_PHONE, "*") == callers.voice.heard(NURSE_PHONE)[0]
    for key in "04567890#":
        assert callers.press(NURSE_PHONE, key).startswith("That key does nothing here. To take")
    assert ward.now(alert).state is AlertState.OPEN


def test_a_closed_alert_says_since_when(ward: Ward, callers: Callers) -> None:
    alert, second = ward.alarm(), ward.clinic.second
    callers.deliver()
    with ward.clinic.begin(second) as tx:
        triage.close(tx, alert.id, second, triage.Closing(AlertAction.KNOWN))
    assert " was closed at " in callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).state is AlertState.CLOSED


def test_a_call_that_is_answered_once_the_alert_is_closed_offers_no_key(
    ward: Ward, callers: Callers
) -> None:
    alert, second = ward.alarm(), ward.clinic.second
    callers.deliver()
    with ward.clinic.begin(second) as tx:
        triage.close(tx, alert.id, second, triage.Closing(AlertAction.KNOWN))
    for key in "*57":
        said = callers.press(NURSE_PHONE, key)
        assert " was closed at " in said
        assert "press" not in said


def test_a_key_that_has_done_what_it_does_is_not_offered_again(
    ward: Ward, callers: Callers
) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    callers.deliver()
    key = callers.voice.press(NURSE_PHONE, "2")
    callers.hand_in(key)
    with ward.clinic.begin(nurse) as tx:
        triage.give_back(tx, alert.id, nurse)
    said = callers.hand_in(key)
    assert said.startswith("Nobody has alert ")
    assert "press" not in said
    assert ward.now(alert).state is AlertState.OPEN


def test_star_after_a_key_says_how_it_stands_and_which_key_is_left(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    ward.take(alert, ward.clinic.second)
    late = callers.press(NURSE_PHONE, "1")
    assert late.startswith("Ben Okafor has had alert ")
    assert callers.press(NURSE_PHONE, "*") == late
    callers.press(NURSE_PHONE, "2")
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_of_one_key_that_is_handed_in_twice_at_once_one_does_it(
    ward: Ward, callers: Callers
) -> None:
    ward.alarm()
    callers.deliver()
    key, together = callers.voice.press(NURSE_PHONE, "3"), threading.Barrier(2)

    def hand_in(_: int) -> str:
        together.wait(timeout=30)
        return callers.hand_in(key)

    with ThreadPoolExecutor(2) as pool:
        said = set(pool.map(hand_in, range(2)))
    assert len(said) == 1
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE, SECOND_PHONE]


def test_who_takes_the_call_as_her_shift_ends_may_still_take_the_alert(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    callers.deliver()
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
    callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).owner_id == ward.clinic.nurse


@pytest.mark.parametrize("gone", ["disabled", "revoked", "another phone"])
def test_whoever_is_gone_or_has_another_phone_takes_nothing(
    ward: Ward, callers: Callers, gone: str
) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    callers.deliver()
    with ward.clinic.begin() as tx:
        if gone == "disabled":
            staff.disable(tx, nurse)
        elif gone == "revoked":
            staff.revoke(tx, nurse, ward.clinic.site, Role.NURSE)
        else:
            staff.rename(tx, nurse, "Dana Reyes", "+12025550119")
    assert "not for this phone any more" in callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).state is AlertState.OPEN


def test_a_key_for_a_message_that_is_no_call_takes_nothing(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm()
    with ward.clinic.begin() as tx:
        tx.session.execute(text("UPDATE message SET channel = 'sms'"))
    callers.deliver()
    with ward.clinic.begin() as tx:
        message: UUID = tx.session.execute(text("SELECT id FROM message")).scalar_one()
    url = f"https://rsm.example.org/hooks/twilio/keys/{ward.clinic.site}/{message}"
    said = callers.hand_in(FakeKey(url, PressedKey("AC1", "CA1", "1", NURSE_PHONE)))
    assert "Nothing was done" in said
    assert ward.now(alert).state is AlertState.OPEN


# --- the safety contact ---------------------------------------------------------------------------


def alone(ward: Ward) -> None:
    """Nobody on duty, and nobody is the manager."""
    with ward.clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, ward.clinic.site):
            sites.remove_shift(tx, ward.clinic.site, shift_id)
        staff.revoke(tx, ward.clinic.charge, ward.clinic.site, Role.MANAGER)


def test_a_safety_contact_on_a_landline_is_called_though_the_step_says_by_text(ward: Ward) -> None:
    callers = Callers(ward, '["sms"]')
    move_contact(ward, LONDON_LANDLINE)
    alone(ward)
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    assert callers.rang() == [LONDON_LANDLINE]
    assert callers.texts.received(LONDON_LANDLINE) == []
    (words,) = callers.voice.heard(LONDON_LANDLINE)
    assert "You are the safety contact." in words
    assert "press 1" in words
    assert "press 3" not in words
    assert callers.press(LONDON_LANDLINE, "3").startswith("That key does nothing here.")
    assert "is yours until" in callers.press(LONDON_LANDLINE, "1")
    taken = ward.now(alert)
    assert (taken.state, taken.owner_id) == (AlertState.ACKNOWLEDGED, None)


def test_a_safety_contact_is_offered_no_key_that_does_nothing(ward: Ward, callers: Callers) -> None:
    alone(ward)
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    key = callers.voice.press(SAFETY_PHONE, "1")
    callers.hand_in(key)
    ward.clock.advance(timedelta(hours=1))
    escalate_due(ward.worker)
    assert ward.now(alert).state is AlertState.OPEN
    said = callers.hand_in(key)
    assert said.startswith("Nobody has alert ")
    assert "press" not in said
    ward.take(alert, ward.clinic.nurse)
    said = callers.hand_in(key)
    assert said.startswith("Dana Reyes has had alert ")
    assert "press" not in said


def test_a_safety_contact_that_was_mended_since_takes_nothing(ward: Ward, callers: Callers) -> None:
    alone(ward)
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    assert callers.rang() == [SAFETY_PHONE]
    move_contact(ward, CHARGE_PHONE)
    assert "not for this phone any more" in callers.press(SAFETY_PHONE, "1")
    assert ward.now(alert).state is AlertState.OPEN


@pytest.mark.parametrize("level", [Level.EMERGENCY, Level.SOON])
def test_a_safety_contact_whose_phone_turns_out_to_take_no_texts_is_called(
    ward: Ward, level: Level
) -> None:
    callers = Callers(ward, '["sms"]')
    callers.texts.faults.refused[SAFETY_PHONE] = 21614
    alone(ward)
    alert = ward.alarm(level)
    for _ in range(60):
        if not callers.rang():
            callers.passes(60)
    assert callers.rang() == [SAFETY_PHONE]
    callers.press(SAFETY_PHONE, "1")
    assert ward.now(alert).state is AlertState.ACKNOWLEDGED


def test_when_all_else_fails_the_safety_contact_is_called_too(ward: Ward) -> None:
    callers = Callers(ward, '["sms"]')
    alert = ward.alarm()
    for _ in range(3):
        with ward.clinic.begin() as tx:
            escalation.failed(tx, alert.id)
    callers.deliver()
    assert callers.rang() == [SAFETY_PHONE]
    assert len(callers.texts.received(SAFETY_PHONE)) == 1


def test_the_doctor_says_when_the_safety_contact_can_hear_of_nothing(ward: Ward) -> None:
    move_contact(ward, LONDON_LANDLINE)
    with ward.clinic.begin() as tx:
        (finding,) = doctor._by_call(tx, sites.get(tx, ward.clinic.site))
    assert not finding.is_well
    Callers(ward)
    with ward.clinic.begin() as tx:
        (finding,) = doctor._by_call(tx, sites.get(tx, ward.clinic.site))
    assert finding.is_well
    assert "202-555-0102" in finding.what


def messages(ward: Ward, purpose: str) -> list[tuple[str, bool]]:
    """By which channel it goes, and whether to the safety contact."""
    query = text(
        "SELECT channel, staff_id IS NULL FROM message WHERE purpose = :purpose"
        " ORDER BY business_key"
    )
    with ward.clinic.begin() as tx:
        return [(way, safe) for way, safe in tx.session.execute(query, {"purpose": purpose})]


def again(ward: Ward, alert: AlertView) -> None:
    """A later report says the same again."""
    with ward.clinic.begin() as tx:
        repeats.repeated(tx, alerts.get(tx, alert.id), UUID(int=7))


def test_a_safety_contact_that_took_it_by_a_key_hears_by_call_that_it_is_taken_over(
    ward: Ward,
) -> None:
    callers = Callers(ward, '["sms"]')
    move_contact(ward, LONDON_LANDLINE)
    alone(ward)
    alert = ward.alarm(Level.EMERGENCY)
    callers.deliver()
    callers.press(LONDON_LANDLINE, "1")
    again(ward, alert)
    callers.deliver()
    assert "says the same again" in callers.voice.heard(LONDON_LANDLINE)[-1]
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        passing.take_over(tx, alert.id, ward.clinic.nurse, Channel.WEB)
    callers.deliver()
    assert "A colleague has taken over alert" in callers.voice.heard(LONDON_LANDLINE)[-1]
    assert callers.voice.calls[-1].spoken.keys_url == ""
    assert messages(ward, "staff_alert_repeated") == [("voice", True)]
    assert messages(ward, "staff_alert_taken_over") == [("voice", True)]


def test_a_safety_contact_that_took_it_by_text_is_texted(ward: Ward, callers: Callers) -> None:
    alone(ward)
    alert = ward.alarm(Level.EMERGENCY)
    with ward.clinic.begin() as tx:
        triage.acknowledge(tx, alert.id, None, Channel.SMS)
    again(ward, alert)
    assert messages(ward, "staff_alert_repeated") == [("sms", True)]


def test_whoever_is_reached_by_call_alone_is_called_about_what_she_has(
    ward: Ward, callers: Callers
) -> None:
    alert, nurse = ward.alarm(), ward.clinic.nurse
    callers.deliver()
    callers.press(NURSE_PHONE, "1")
    inbound.receive_text(
        ward.clinic.db, IncomingText("twilio", "SM1", NURSE_PHONE, STAFF_SENDER, "STOP")
    )
    again(ward, alert)
    callers.deliver()
    words = callers.voice.heard(NURSE_PHONE)[-1]
    assert "A new report says the same again" in words
    assert "To take it for 15 minutes" in words
    with ward.clinic.begin(ward.clinic.second) as tx:
        passing.take_over(tx, alert.id, ward.clinic.second, Channel.WEB)
        passing.assign(tx, alert.id, ward.clinic.second, nurse)
    callers.deliver()
    taken_over, handed = callers.voice.heard(NURSE_PHONE)[-2:]
    assert {"has taken over alert" in taken_over, "handed alert" in handed} == {True}
    callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).owner_id == nurse


def test_the_safety_contact_hears_by_all_ways_where_the_holder_cannot_be_told(
    ward: Ward, callers: Callers
) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    with ward.clinic.begin() as tx:
        staff.disable(tx, ward.clinic.nurse)
    again(ward, alert)
    assert messages(ward, "staff_alert_repeated") == [("sms", True), ("voice", True)]


# --- many alerts at once --------------------------------------------------------------------------


def test_in_a_storm_one_call_rings_and_the_rest_is_in_one_text(
    ward: Ward, callers: Callers
) -> None:
    for number in range(6):
        ward.alarm(key=f"text:{number}")
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE]
    callers.passes(10)
    (bundle,) = callers.texts.received(NURSE_PHONE)
    assert bundle.startswith("Lakeside Clinic: 5 more alerts wait, the worst: urgent.")
    assert callers.rang().count(NURSE_PHONE) == 1


def test_an_emergency_always_rings(ward: Ward, callers: Callers) -> None:
    for number in range(3):
        ward.alarm(key=f"text:{number}")
    for number in range(3):
        ward.alarm(Level.EMERGENCY, f"text:emergency:{number}")
    callers.deliver()
    assert callers.rang().count(NURSE_PHONE) == 4
    assert callers.rang().count(SECOND_PHONE) == 3


def test_who_takes_no_texts_is_called_once_more_about_the_rest(
    ward: Ward, callers: Callers
) -> None:
    move_contact(ward, LONDON_LANDLINE)
    alone(ward)
    for number in range(4):
        ward.alarm(key=f"text:{number}")
    callers.deliver()
    assert callers.rang() == [LONDON_LANDLINE]
    callers.ends(LONDON_LANDLINE)
    callers.passes(10)
    (bundle,) = callers.voice.heard(LONDON_LANDLINE)[1:]
    assert bundle.startswith("This is Lakeside. 3 more alerts wait. The worst of them: urgent.")
    assert callers.voice.calls[-1].spoken.keys_url == ""


def test_beside_a_text_no_second_call_rings_within_ten_minutes(ward: Ward) -> None:
    callers = Callers(ward, '["sms", "voice"]')
    ward.alarm(key="text:1")
    ward.alarm(key="text:2")
    callers.deliver()
    assert callers.rang() == [NURSE_PHONE]
    assert len(callers.texts.received(NURSE_PHONE)) == 2


# --- what is not known, and crashes ---------------------------------------------------------------


@pytest.mark.parametrize("fault", [CreateFault.DROP_BEFORE_ACCEPT, CreateFault.DROP_AFTER_ACCEPT])
def test_a_call_of_which_nobody_knows_is_made_again(
    ward: Ward, callers: Callers, fault: CreateFault
) -> None:
    alert = ward.alarm()
    callers.voice.fault(fault)
    callers.texts.text(NURSE_PHONE, "hello", VOICE_SENDER)  # no text is taken for the call
    callers.deliver()
    ward.clock.advance(timedelta(minutes=1))
    callers.reconcile()
    callers.deliver()
    times = 1 if fault is CreateFault.DROP_BEFORE_ACCEPT else 2
    assert callers.rang() == [NURSE_PHONE] * times
    assert states(ward) == [("accepted", None)]
    callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).owner_id == ward.clinic.nurse


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", ["deliver.claimed", "deliver.sent", "deliver.before_record"])
def test_a_worker_that_dies_in_the_middle_loses_no_call(
    ward: Ward, callers: Callers, point: str
) -> None:
    ward.alarm()

    def die(name: str) -> None:
        if name == point:
            raise Crash

    faults.install(die)
    with pytest.raises(Crash):
        callers.deliver()
    faults.install(None)
    ward.clock.advance(timedelta(minutes=1))
    callers.reconcile()
    callers.deliver()
    assert NURSE_PHONE in callers.rang()
    assert states(ward) == [("accepted", None)]


def test_who_takes_an_alert_silences_the_calls_that_wait(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm()
    ward.take(alert, ward.clinic.nurse)
    callers.deliver()
    assert callers.rang() == []


def test_no_provider_is_asked_to_forget_what_a_call_said(ward: Ward, callers: Callers) -> None:
    ward.alarm()
    callers.deliver()
    callers.ends(NURSE_PHONE)
    ward.clock.advance(timedelta(days=400))
    with ward.worker.begin(EVERYWHERE) as tx:
        assert redaction.due(tx, 10) == []
