"""Once a day the provider's list is held against our record; bodies are deleted there in time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from integrations.twilio.faults import CallbackFault, ReadFault
from rsm.flow import history, senders
from rsm.flow.redact import redact_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, Rejected, SendReason
from rsm.kernel.vault import Vault
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.model import Outgoing
from rsm.sites.model import Address
from tests.clinic import PATIENT_SENDER, Clinic, build_clinic
from tests.conftest import KEYS
from tests.flow.restore import World

ANNA, BERT = "+12025550151", "+12025550152"
DAY = timedelta(days=1)


@pytest.fixture
def world(owner_url: str, vault: Vault, clock: VirtualClock, tmp_path: Path) -> Iterator[World]:
    world = World(owner_url, tmp_path, vault, clock, KEYS)
    yield world
    world.close()


@pytest.fixture
def clinic(world: World) -> Clinic:
    return build_clinic(world.web)


def texted(world: World, clinic: Clinic, phone: str = ANNA) -> UUID:
    """A patient to whom the first survey has gone out."""
    patient = clinic.enrol_patient("Anna Texted", phone, local_time=time(9))
    world.work()
    return patient


def next_day(world: World) -> None:
    """A day goes by, in which workers beat."""
    for _ in range(24 * 6):
        world.clock.advance(timedelta(minutes=10))
        world.start_worker()


def states(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT state, reason FROM message WHERE lane = 'survey' ORDER BY created_at")


def readings(world: World) -> list[tuple[object, ...]]:
    return world.rows(
        "SELECT listed, unknown, missing, recovered FROM reconciliation"
        " WHERE kind = 'daily' ORDER BY done_at"
    )


def by_hand(phone: str, body: str, number: int = 1) -> Outgoing:
    """A message that somebody sends past us, from our number."""
    return Outgoing(
        UUID(int=number), Channel.SMS, phone, PATIENT_SENDER, body, "https://example.org/"
    )


def test_a_day_that_agrees_is_written_down_once(world: World, clinic: Clinic) -> None:
    texted(world, clinic)
    world.call_back()
    next_day(world)
    assert world.compare() == 1
    assert world.compare() == 0
    assert readings(world) == [(1, 0, 0, 0)]
    assert not world.is_held()
    next_day(world)
    assert world.compare() == 1


def test_a_callback_that_was_lost_is_learnt_from_the_list(world: World, clinic: Clinic) -> None:
    texted(world, clinic)
    world.fake.faults.callbacks = CallbackFault.LOST
    world.call_back()
    next_day(world)
    assert states(world)[0][0] == "accepted"
    world.compare()
    assert states(world)[0][0] == "delivered"
    assert readings(world) == [(1, 0, 0, 1)]


def test_what_we_never_sent_holds_sending_until_all_was_read(world: World, clinic: Clinic) -> None:
    texted(world, clinic)
    world.fake.send(by_hand(ANNA, "Typed into the provider's console."))
    world.call_back()
    next_day(world)
    world.compare()
    assert readings(world)[0][1] == 1
    assert world.is_held()
    assert world.read_back() == 1
    assert not world.is_held()
    next_day(world)
    world.compare()
    assert readings(world)[1][1] == 0  # it is known now
    assert not world.is_held()


def test_a_message_that_the_provider_does_not_list_is_unconfirmed_and_a_task(
    world: World, clinic: Clinic
) -> None:
    patient = texted(world, clinic)
    world.change("UPDATE message SET provider_id = 'SM0' WHERE lane = 'survey'")
    world.forget_at_the_provider()
    next_day(world)
    world.compare()
    assert states(world)[0] == ("unconfirmed", "unlisted")
    assert readings(world) == [(0, 0, 1, 0)]
    assert world.rows(f"SELECT kind FROM task WHERE patient_id = '{patient}'") != []
    world.work()
    invited = [each.body for each in world.fake.accepted if each.to == ANNA]
    assert len(invited) == len(set(invited))  # the reminder, and not the first again


def test_a_stop_that_only_the_provider_knows_stands_on_our_ledger(
    world: World, clinic: Clinic
) -> None:
    patient = texted(world, clinic)
    world.hear(ANNA, "STOP", told=False)
    next_day(world)
    world.compare()
    stops = f"SELECT action, source FROM opt_event WHERE patient_id = '{patient}'"
    assert ("stop", "text") in world.rows(stops)
    assert ("reach_another_way",) in world.rows("SELECT kind FROM task")


def test_a_refusal_that_only_the_list_shows_is_mirrored_as_a_stop(
    world: World, clinic: Clinic
) -> None:
    patient = texted(world, clinic)
    world.fail_at_the_provider(21610)
    next_day(world)
    world.compare()
    stops = f"SELECT action, source FROM opt_event WHERE patient_id = '{patient}'"
    assert ("stop", "provider") in world.rows(stops)
    assert ("reach_another_way",) in world.rows("SELECT kind FROM task")


def test_a_refusal_by_a_former_number_stops_the_one_that_took_over(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    latter = "+12025550109"
    with clinic.begin() as tx:
        senders.change(tx, Address(clinic.site, Audience.PATIENT, Channel.SMS), latter)
    world.fail_at_the_provider(21610)
    next_day(world)
    world.compare()
    with clinic.begin() as tx:
        assert optouts.is_stopped(tx, optouts.hash_of(tx, ANNA), latter)
    assert ("reach_another_way",) in world.rows("SELECT kind FROM task")


def test_a_refusal_of_a_message_that_is_none_of_ours_tells_of_a_stop_as_well(
    world: World, clinic: Clinic
) -> None:
    clinic.enrol_patient("Anna Quiet", ANNA, local_time=time(23, 59))
    world.fake.send(by_hand(ANNA, "Typed into the provider's console."))
    world.fail_at_the_provider(21610)
    next_day(world)
    world.compare()
    assert ("stop", "provider") in world.rows("SELECT action, source FROM opt_event")
    assert ("reach_another_way",) in world.rows("SELECT kind FROM task")


def test_a_list_that_cannot_be_read_is_read_later_and_settles_nothing(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    next_day(world)
    world.fake.faults.reads.append(ReadFault.UNAVAILABLE)
    assert world.compare() == 0
    assert readings(world) == []
    assert not world.is_held()
    world.clock.advance(timedelta(minutes=10))
    assert world.compare() == 1
    assert states(world)[0][0] == "accepted"


# --- bodies ---------------------------------------------------------------------------------------


def test_bodies_are_deleted_at_the_provider_when_the_site_s_days_are_over(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    world.hear(ANNA, "I am well")
    world.call_back()
    world.clock.advance(6 * DAY)
    assert redact_due(world.db, world.fake) == 0
    world.clock.advance(DAY + timedelta(hours=1))
    assert redact_due(world.db, world.fake) >= 2
    assert redact_due(world.db, world.fake) == 0
    since = world.clock.now() - 9 * DAY
    bodies = [each.body for each in world.fake.sent(PATIENT_SENDER, since, world.clock.now())]
    bodies += [each.body for each in world.fake.texts(PATIENT_SENDER, since, world.clock.now())]
    assert set(bodies) == {""}
    left = "SELECT count(*) FROM message WHERE redacted_at IS NULL AND provider_id IS NOT NULL"
    assert world.rows(left) == [(0,)]
    came = "SELECT count(*) FROM inbound_message WHERE redacted_at IS NULL"
    assert world.rows(came) == [(0,)]


def test_what_is_still_on_its_way_is_asked_again_an_hour_later(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    world.clock.advance(8 * DAY)
    assert redact_due(world.db, world.fake) == 0
    world.call_back()
    assert redact_due(world.db, world.fake) == 0  # not yet again
    world.clock.advance(timedelta(hours=1))
    assert redact_due(world.db, world.fake) == 1


def test_what_the_provider_refuses_for_good_is_not_asked_again(
    world: World, clinic: Clinic
) -> None:
    class Refusing:
        asked = 0

        def redact(self, provider_id: str) -> None:
            self.asked += 1
            raise Rejected(SendReason.REFUSED)

    texted(world, clinic)
    world.clock.advance(8 * DAY)
    refusing = Refusing()
    redact_due(world.db, refusing)
    world.clock.advance(8 * DAY)
    redact_due(world.db, refusing)
    assert refusing.asked == 1
    actions = world.rows("SELECT count(*) FROM audit_event WHERE action = 'body.not_deleted'")
    assert actions == [(1,)]
    assert world.rows("SELECT redact_at, redacted_at FROM message") == [(None, None)]


class Unwilling:
    """A provider that never does it, for this reason."""

    def __init__(self, reason: SendReason) -> None:
        self.reason = reason
        self.asked: list[str] = []

    def redact(self, provider_id: str) -> None:
        self.asked.append(provider_id)
        raise Deferred(self.reason)


def test_what_cannot_be_done_for_a_month_is_given_up_and_stands_in_the_trail(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    world.clock.advance(8 * DAY)
    unwilling = Unwilling(SendReason.PROVIDER_ERROR)
    for _ in range(40):
        redact_due(world.db, unwilling)
        world.clock.advance(DAY)
    assert len(unwilling.asked) == 30
    given_up = world.rows("SELECT count(*) FROM audit_event WHERE action = 'body.not_deleted'")
    assert given_up == [(1,)]


@pytest.mark.parametrize("reason", [SendReason.TIMEOUT, SendReason.CREDENTIALS])
def test_a_provider_that_does_not_answer_is_asked_once_in_a_round(
    world: World, clinic: Clinic, reason: SendReason
) -> None:
    texted(world, clinic)
    texted(world, clinic, BERT)
    world.clock.advance(8 * DAY)
    silent = Unwilling(reason)
    redact_due(world.db, silent)
    assert len(silent.asked) == 1
    redact_due(world.db, silent)
    assert len(set(silent.asked)) == 2


# --- what is no alarm -----------------------------------------------------------------------------


def test_what_we_gave_up_and_the_list_shows_is_learnt(world: World, clinic: Clinic) -> None:
    """Unconfirmed for the day, listed the day after: the provider was late, not wrong."""
    texted(world, clinic)
    world.change("UPDATE message SET state = 'unconfirmed' WHERE lane = 'survey'")
    world.fake.faults.callbacks = CallbackFault.LOST
    world.call_back()
    next_day(world)
    world.compare()
    assert states(world)[0][0] == "delivered"
    assert readings(world) == [(1, 0, 0, 1)]
    assert not world.is_held()


def test_what_went_out_just_now_is_not_looked_at_yet(world: World, clinic: Clinic) -> None:
    """Neither missed in the list nor unknown to us: it is on its way on either side."""
    texted(world, clinic)
    world.fake.send(by_hand(ANNA, "Typed into the provider's console a minute ago."))
    world.forget_at_the_provider(inbound=True)
    assert world.compare() == 1
    assert readings(world) == [(0, 0, 0, 0)]
    assert not world.is_held()


def test_messages_of_others_in_the_same_account_are_none_of_our_business(
    world: World, clinic: Clinic
) -> None:
    texted(world, clinic)
    world.fake.send(replace(by_hand(BERT, "Your table is ready."), sender="+12025550199"))
    world.call_back()
    next_day(world)
    world.compare()
    assert readings(world) == [(1, 0, 0, 0)]
    assert not world.is_held()


def test_messages_of_test_patients_are_ours_as_well(world: World, clinic: Clinic) -> None:
    clinic.enrol_patient("Test Person", ANNA, local_time=time(9), is_test=True)
    world.work()
    world.call_back()
    next_day(world)
    world.compare()
    assert readings(world) == [(1, 0, 0, 0)]
    assert not world.is_held()


def test_a_number_that_a_site_has_given_up_is_read_as_well(world: World, clinic: Clinic) -> None:
    texted(world, clinic)
    world.call_back()
    with clinic.begin() as tx:
        senders.change(tx, Address(clinic.site, Audience.PATIENT, Channel.SMS), "+12025550177")
    next_day(world)
    world.compare()
    assert readings(world) == [(1, 0, 0, 0)]
    assert states(world)[0][0] == "delivered"


def test_the_months_of_an_older_demo_are_not_taken_for_somebody_else_s(
    world: World, clinic: Clinic
) -> None:
    """Its sandbox calls them otherwise than its database, in either direction."""
    clinic.enrol_patient("Anna Past", ANNA, local_time=time(23, 59))
    world.fake.send(by_hand(ANNA, "A check-in of last week."))
    world.hear(ANNA, "STOP", told=False)
    world.clock.advance(timedelta(hours=3))
    assert history.begin_now(world.db)
    world.start_worker()
    assert not history.begin_now(world.db)  # a demo of this release
    next_day(world)
    world.compare()
    assert readings(world)[1] == (0, 0, 0, 0)
    assert world.rows("SELECT count(*) FROM opt_event") == [(0,)]
    assert not world.is_held()
