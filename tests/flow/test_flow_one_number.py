"""One number texts staff and calls them: a STOP to it ends both; read as the requirement."""

import pytest

from rsm.cli import doctor
from rsm.db.work import Database
from rsm.escalation import people, rosters
from rsm.flow import inbound, publish
from rsm.flow.senders import change
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Invalid
from rsm.kernel.localtime import zone_named
from rsm.kernel.words import AlertState, Audience, Channel
from rsm.messaging.model import IncomingText
from rsm.security import staff
from rsm.sites import pace
from rsm.sites import service as sites
from rsm.sites.model import Address
from rsm.sites.senders import RegistrationStatus, SenderKind, SenderSettings
from tests.alert_world import Ward, build_ward
from tests.clinic import NURSE_PHONE, PATIENT_SENDER, SECOND_PHONE, STAFF_SENDER
from tests.flow.callers import CALLS_TOO, VOICE_SENDER, Callers, calling

NEW = "+12025550109"
BOTH = {Channel.SMS, Channel.VOICE}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def callers(ward: Ward) -> Callers:
    return Callers(ward, own=False)


def calls_from(ward: Ward) -> str | None:
    with ward.clinic.begin() as tx:
        number = sites.sender(tx, ward.clinic.site, Audience.STAFF, Channel.VOICE)
        known = [one for one in sites.senders(tx, ward.clinic.site) if one.channel is Channel.VOICE]
    assert [one.address for one in known] == [number] * (number is not None)
    return number


def says(ward: Ward, word: str, to: str, number: str = NURSE_PHONE) -> None:
    """A text to one of our numbers."""
    said = IncomingText("twilio", f"SM{word}{to}{number}", number, to, word)
    inbound.receive_text(ward.clinic.db, said)


def ways(ward: Ward) -> frozenset[Channel]:
    """How the nurse can be told."""
    with ward.clinic.begin() as tx:
        return people.reachable(tx, ward.clinic.site).get(ward.clinic.nurse, frozenset())


def sends(
    ward: Ward, number: str, settings: SenderSettings | None, channel: Channel = Channel.SMS
) -> None:
    """The manager gives the staff's senders this number."""
    with ward.clinic.begin() as tx:
        change(tx, Address(ward.clinic.site, Audience.STAFF, channel), number, settings)


# --- it calls -------------------------------------------------------------------------------------


def test_staff_are_called_from_the_number_that_texts_them(ward: Ward, callers: Callers) -> None:
    alert = ward.alarm()
    callers.deliver()
    (ring,) = callers.voice.calls
    assert (ring.message.to, ring.message.sender) == (NURSE_PHONE, STAFF_SENDER)
    callers.press(NURSE_PHONE, "1")
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_without_the_flag_a_number_of_texts_calls_nobody(ward: Ward) -> None:
    assert calls_from(ward) is None
    with ward.clinic.begin() as tx, pytest.raises(Invalid, match="no number for calls"):
        publish.publish_policy(tx, calling('["voice"]'), ward.clinic.site)


def test_a_number_for_calls_alone_goes_before(ward: Ward, callers: Callers) -> None:
    assert calls_from(ward) == STAFF_SENDER
    sends(ward, VOICE_SENDER, None, Channel.VOICE)
    assert calls_from(ward) == VOICE_SENDER


@pytest.mark.parametrize("kind", [SenderKind.SHORT_CODE, SenderKind.LONG_CODE])
def test_only_the_number_of_the_texts_to_staff_calls_as_well(ward: Ward, kind: SenderKind) -> None:
    wanted = CALLS_TOO.model_copy(update={"kind": kind})
    short = kind is SenderKind.SHORT_CODE
    whose = Audience.STAFF if short else Audience.PATIENT
    number = STAFF_SENDER if short else PATIENT_SENDER
    with ward.clinic.begin() as tx, pytest.raises(Invalid) as refused:
        sites.set_sender(tx, ward.clinic.site, whose, Channel.SMS, number, wanted)
    assert refused.value.problems[0].where == "calls"


def test_texts_and_calls_share_one_pace_and_no_carrier_registers_calls(
    ward: Ward, callers: Callers
) -> None:
    one_a_second = CALLS_TOO.model_copy(update={"per_second": 1})
    sends(ward, STAFF_SENDER, one_a_second)
    with ward.clinic.begin() as tx:
        known = {
            one.channel: one
            for one in sites.senders(tx, ward.clinic.site)
            if one.audience is Audience.STAFF
        }
        zone = zone_named("America/New_York")
        pace.reserve(tx, known[Channel.VOICE], zone, 3)
        (after,) = pace.reserve(tx, known[Channel.SMS], zone, 1).leave_at
    assert (after - ward.clock.now()).total_seconds() == 3
    registered = known[Channel.VOICE].settings.registration.status
    assert registered is RegistrationStatus.NOT_NEEDED
    assert known[Channel.SMS].settings.registration.status is RegistrationStatus.MISSING


def test_policy_roster_and_doctor_agree_that_staff_can_be_called(
    ward: Ward, callers: Callers
) -> None:
    with ward.clinic.begin() as tx:
        assert Channel.VOICE in people.channels(tx, ward.clinic.site)
        (finding,) = doctor._by_call(tx, sites.get(tx, ward.clinic.site))
        for who in (ward.clinic.nurse, ward.clinic.second, ward.clinic.charge):
            staff.verify_phone(tx, who)
        assert rosters.not_ready(tx, ward.clinic.site) == []
    assert finding.is_well
    assert "202-555-0101" in finding.what


# --- STOP and START -------------------------------------------------------------------------------


def test_stop_to_it_ends_texts_and_calls_and_start_begins_both(
    ward: Ward, callers: Callers
) -> None:
    assert ways(ward) == BOTH
    says(ward, "STOP", STAFF_SENDER)
    assert ways(ward) == set()
    alert = ward.alarm()
    callers.deliver()
    assert callers.rang() == [SECOND_PHONE]
    assert ward.now(alert).state is AlertState.OPEN
    says(ward, "START", STAFF_SENDER)
    assert ways(ward) == BOTH


def test_stop_to_it_holds_back_the_call_that_waits(ward: Ward, callers: Callers) -> None:
    ward.alarm()
    says(ward, "STOP", STAFF_SENDER)
    callers.deliver()
    assert NURSE_PHONE not in callers.rang()


def test_with_a_number_for_calls_alone_stop_ends_what_comes_from_that_number(ward: Ward) -> None:
    Callers(ward)
    says(ward, "STOP", STAFF_SENDER)
    assert ways(ward) == {Channel.VOICE}
    says(ward, "START", STAFF_SENDER)
    says(ward, "STOP", VOICE_SENDER)
    assert ways(ward) == {Channel.SMS}


def test_a_stop_of_texts_holds_for_calls_once_the_number_calls(ward: Ward) -> None:
    says(ward, "STOP", STAFF_SENDER)
    sends(ward, STAFF_SENDER, CALLS_TOO)
    assert ways(ward) == set()
    says(ward, "START", STAFF_SENDER)
    assert ways(ward) == BOTH


@pytest.mark.parametrize(("channel", "settings"), [(Channel.SMS, CALLS_TOO), (Channel.VOICE, None)])
def test_a_stop_goes_along_to_the_number_that_takes_over(
    ward: Ward, callers: Callers, channel: Channel, settings: SenderSettings | None
) -> None:
    says(ward, "STOP", STAFF_SENDER)
    sends(ward, NEW, settings, channel)
    assert calls_from(ward) == NEW
    assert ways(ward) == set()


def test_a_stop_that_only_the_provider_knows_ends_both(ward: Ward) -> None:
    callers = Callers(ward, '["sms"]', own=False)
    callers.texts.faults.refused[NURSE_PHONE] = 21610
    ward.alarm()
    callers.deliver()
    assert ways(ward) == set()
