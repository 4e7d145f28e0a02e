"""The opt-out ledger: per address, channel, purpose and sender the latest line decides; no race."""

import threading
from itertools import product
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import stops
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptLine, OptPurpose, OptReason, OptSource
from rsm.patients import service as patients
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, Clinic, build_clinic

MAIL = "maria@example.org"
MAIL_SENDER = "checkins@lakeside.example.org"
ALL, SURVEYS, REMINDERS = OptPurpose.ALL, OptPurpose.SURVEYS, OptPurpose.REMINDERS


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL, MAIL_SENDER)
    return clinic


@pytest.fixture
def maria(clinic: Clinic) -> UUID:
    return clinic.enrol_patient(email=MAIL)


def said(
    clinic: Clinic,
    action: OptAction,
    purpose: OptPurpose = ALL,
    *,
    channel: Channel = Channel.SMS,
    who: UUID | None = None,
    source: OptSource = OptSource.TEXT,
) -> UUID | None:
    address = PATIENT_PHONE if channel is Channel.SMS else MAIL
    sender = PATIENT_SENDER if channel is Channel.SMS else MAIL_SENDER
    with clinic.begin() as tx:
        if who is not None:
            patients.locked(tx, who)
        line = OptLine(
            site_id=clinic.site,
            address_hash=optouts.hash_of(tx, address),
            sender=sender,
            action=action,
            source=source,
            channel=channel,
            patient_id=who,
            purpose=purpose,
        )
        return optouts.note(tx, line)


def stopped(clinic: Clinic, channel: Channel = Channel.SMS) -> set[OptPurpose]:
    address = PATIENT_PHONE if channel is Channel.SMS else MAIL
    sender = PATIENT_SENDER if channel is Channel.SMS else MAIL_SENDER
    with clinic.begin() as tx:
        hashed = optouts.hash_of(tx, address)
        one_by_one = {
            each for each in OptPurpose if optouts.is_stopped(tx, hashed, sender, channel, each)
        }
        at_once = {
            each for each in OptPurpose if optouts.stopped(tx, [address], sender, channel, each)
        }
    assert one_by_one == at_once
    return one_by_one


def test_a_stop_of_everything_stops_every_purpose(clinic: Clinic) -> None:
    said(clinic, OptAction.STOP)
    assert stopped(clinic) == {ALL, SURVEYS, REMINDERS}


def test_a_narrower_stop_stops_only_what_it_says(clinic: Clinic) -> None:
    said(clinic, OptAction.STOP, REMINDERS)
    assert stopped(clinic) == {REMINDERS}
    said(clinic, OptAction.STOP, SURVEYS)
    assert stopped(clinic) == {SURVEYS, REMINDERS}


def test_a_start_of_everything_lifts_narrower_stops(clinic: Clinic) -> None:
    for purpose in OptPurpose:
        said(clinic, OptAction.STOP, purpose)
    said(clinic, OptAction.STOP, REMINDERS)
    assert said(clinic, OptAction.START) is not None
    assert stopped(clinic) == set()


def test_a_narrower_start_lifts_nothing_wider(clinic: Clinic) -> None:
    said(clinic, OptAction.STOP)
    assert said(clinic, OptAction.START, REMINDERS) is None
    assert stopped(clinic) == {ALL, SURVEYS, REMINDERS}


@pytest.mark.parametrize(("first", "second"), list(product(OptPurpose, OptPurpose)))
def test_a_stop_after_any_start_stands(
    clinic: Clinic, first: OptPurpose, second: OptPurpose
) -> None:
    said(clinic, OptAction.STOP, first)
    said(clinic, OptAction.START, first)
    said(clinic, OptAction.STOP, second)
    assert second in stopped(clinic)
    said(clinic, OptAction.START, ALL)
    assert stopped(clinic) == set()


def test_what_the_ledger_says_already_is_no_line(clinic: Clinic) -> None:
    assert said(clinic, OptAction.START) is None
    assert said(clinic, OptAction.STOP) is not None
    assert said(clinic, OptAction.STOP) is None
    assert said(clinic, OptAction.STOP, REMINDERS) is None


def test_of_two_stops_at_once_one_is_new(clinic: Clinic) -> None:
    barrier, found = threading.Barrier(4), []

    def say() -> None:
        barrier.wait()
        found.append(said(clinic, OptAction.STOP))

    threads = [threading.Thread(target=say) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(line is not None for line in found) == 1


def test_a_stop_by_text_stops_the_emails_as_well(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, who=maria)
    assert ALL in stopped(clinic, Channel.EMAIL)
    with clinic.begin() as tx:
        hashed = optouts.hash_of(tx, MAIL)
        stop = optouts.standing(tx, hashed, MAIL_SENDER, Channel.EMAIL)
    assert stop is not None
    assert stop.source == OptSource.FOLLOWS


def test_an_unsubscribed_email_stops_the_texts_as_well(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, channel=Channel.EMAIL, who=maria, source=OptSource.MAIL)
    assert ALL in stopped(clinic, Channel.SMS)


def test_start_lifts_what_had_followed(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, who=maria)
    said(clinic, OptAction.START, who=maria)
    assert stopped(clinic, Channel.EMAIL) == set()


def test_start_by_text_does_not_lift_what_she_ended_herself(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, channel=Channel.EMAIL, who=maria, source=OptSource.MAIL)
    said(clinic, OptAction.START, who=maria)
    assert stopped(clinic, Channel.SMS) == set()
    assert ALL in stopped(clinic, Channel.EMAIL)


def test_somebody_who_has_asked_may_lift_one_channel_only(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, who=maria)
    with clinic.begin(clinic.nurse) as tx:
        mails = (Channel.EMAIL, ALL)
        assert stops.by_staff(tx, maria, OptAction.START, mails, OptReason.ASKED_BY_PHONE)
    assert stopped(clinic, Channel.EMAIL) == set()
    assert ALL in stopped(clinic, Channel.SMS)


def test_what_staff_record_says_who_and_why(clinic: Clinic, maria: UUID) -> None:
    with clinic.begin(clinic.nurse) as tx:
        what = (Channel.SMS, REMINDERS)
        assert stops.by_staff(tx, maria, OptAction.STOP, what, OptReason.IN_WRITING)
        newest = optouts.history(tx, maria, [PATIENT_PHONE, MAIL])[0]
        everything = optouts.history(tx, maria, [PATIENT_PHONE, MAIL])
    assert stopped(clinic) == {REMINDERS}
    assert {one.reason for one in everything} == {"in_writing"}
    assert newest.purpose is REMINDERS
    assert clinic.nurse in {one.by for one in everything}


def test_a_stop_of_reminders_needs_no_other_way(clinic: Clinic, maria: UUID) -> None:
    with clinic.begin(clinic.nurse) as tx:
        stops.by_staff(tx, maria, OptAction.STOP, (Channel.SMS, REMINDERS), OptReason.IN_WRITING)
        assert tasks.open_tasks(tx, clinic.site) == []
        stops.by_staff(tx, maria, OptAction.STOP, (Channel.SMS, ALL), OptReason.IN_WRITING)
        kinds = [task.kind for task in tasks.open_tasks(tx, clinic.site)]
    assert kinds == [TaskKind.REACH_ANOTHER_WAY]


def test_a_stop_for_an_address_that_she_has_not_is_refused(clinic: Clinic) -> None:
    who = clinic.enrol_patient("Clarence Webb", "+12025550132")
    with clinic.begin() as tx, pytest.raises(Invalid):
        stops.by_staff(tx, who, OptAction.STOP, (Channel.EMAIL, ALL), OptReason.IN_WRITING)


def test_every_kind_of_stop_goes_with_a_new_number_of_ours(clinic: Clinic, maria: UUID) -> None:
    said(clinic, OptAction.STOP, REMINDERS, who=maria)
    with clinic.begin() as tx:
        assert optouts.carry_over(tx, PATIENT_SENDER, "+12025550105") == 1
        hashed = optouts.hash_of(tx, PATIENT_PHONE)
        assert optouts.is_stopped(tx, hashed, "+12025550105", Channel.SMS, REMINDERS)
        assert not optouts.is_stopped(tx, hashed, "+12025550105", Channel.SMS, SURVEYS)
