"""STOP and START end to end: confirmed once and in time, unclear ones asked, START brings back."""

from datetime import timedelta
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import outbound, stops
from rsm.kernel.clock import VirtualClock
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptPurpose, OptReason
from rsm.messaging.model import MessageState
from rsm.sites import service as sites
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, build_clinic
from tests.flow.phone import Phone
from tests.flow.post import Post

MAIL = "maria@example.org"
MAIL_SENDER = "checkins@lakeside.example.org"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        sites.set_sender(tx, clinic.site, Audience.PATIENT, Channel.EMAIL, MAIL_SENDER)
    return Post(clinic, worker_db, clock)


@pytest.fixture
def maria(post: Post) -> UUID:
    return post.clinic.enrol_patient(email=MAIL)


def is_stopped(
    post: Post, channel: Channel = Channel.SMS, purpose: OptPurpose = OptPurpose.ALL
) -> bool:
    address, sender = PATIENT_PHONE, PATIENT_SENDER
    if channel is Channel.EMAIL:
        address, sender = MAIL, MAIL_SENDER
    with post.clinic.begin() as tx:
        hashed = optouts.hash_of(tx, address)
        return optouts.is_stopped(tx, hashed, sender, channel, purpose)


def test_a_plain_request_is_obeyed_like_stop(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("No more texts please, thank you")
    assert is_stopped(post)
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]
    (confirmation,) = phone.gets()
    assert "no more texts will come" in confirmation


def test_a_stop_by_text_stops_the_emails_until_start(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    assert is_stopped(post, Channel.EMAIL)
    phone.says("START")
    assert not is_stopped(post, Channel.EMAIL)


def test_a_stop_that_only_the_provider_saw_stops_the_emails_as_well(
    post: Post, maria: UUID
) -> None:
    Phone(post, PATIENT_PHONE).says("STOP", Keyword.STOP)
    assert is_stopped(post)
    assert is_stopped(post, Channel.EMAIL)


def test_a_stop_that_is_handled_late_is_obeyed_and_not_confirmed(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP", at=post.clock.now() - timedelta(minutes=6))
    assert is_stopped(post)
    assert phone.gets() == []


def test_a_confirmation_that_waited_too_long_is_not_sent(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    post.later(minutes=6)
    assert phone.gets() == []


def test_start_sends_the_link_of_the_survey_that_is_open_once_more(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    outbound.open_due(post.db)
    assert len(phone.gets()) == 1
    phone.says("STOP")
    phone.gets()
    post.later(hours=1)
    phone.says("START")
    texts = phone.gets()
    assert len(texts) == 4  # the invitation, two confirmations, the link
    assert any("texts are on again" in text for text in texts[2:])
    assert any("/s/" in text for text in texts[2:])


def test_start_sends_no_link_when_no_survey_is_open(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    phone.says("START")
    assert not any("/s/" in text for text in phone.gets())


def test_start_where_nothing_is_stopped_sends_no_link(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    outbound.open_due(post.db)
    phone.says("START")
    assert sum("/s/" in text for text in phone.gets()) == 1


def test_start_brings_back_the_next_survey(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    phone.says("STOP")
    phone.says("START")
    before = len(phone.gets())
    post.later(days=7, hours=1)
    outbound.open_due(post.db)
    assert len(phone.gets()) == before + 1


@pytest.mark.parametrize("body", ["please stop texting me so early", "leave me alone"])
def test_an_unclear_stop_stops_nothing_until_a_person_has_asked(
    post: Post, maria: UUID, body: str
) -> None:
    queued = post.survey_text(maria)
    Phone(post, PATIENT_PHONE).says(body)
    assert not is_stopped(post)
    assert post.look(queued).state is MessageState.QUEUED
    assert post.tasks() == [TaskKind.UNCLEAR_STOP]


def test_she_meant_stop_is_one_click_and_holds_at_once(post: Post, maria: UUID) -> None:
    queued = post.survey_text(maria)
    phone = Phone(post, PATIENT_PHONE)
    phone.says("leave me alone")
    with post.clinic.begin(post.clinic.nurse) as tx:
        stops.meant_stop(tx, maria)
    assert is_stopped(post)
    assert is_stopped(post, Channel.EMAIL)
    assert post.look(queued).state is MessageState.CANCELLED
    assert not any("no more texts" in text for text in phone.gets())  # five minutes are over


def test_she_did_not_mean_stop_and_everything_goes_on(post: Post, maria: UUID) -> None:
    Phone(post, PATIENT_PHONE).says("leave me alone")
    with post.clinic.begin(post.clinic.nurse) as tx:
        stops.meant_something_else(tx, maria)
    assert not is_stopped(post)


def test_whoever_wants_no_reminders_is_still_asked(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    with post.clinic.begin(post.clinic.nurse) as tx:
        what = (Channel.SMS, OptPurpose.REMINDERS)
        stops.by_staff(tx, maria, OptAction.STOP, what, OptReason.ASKED_BY_PHONE)
    outbound.open_due(post.db)
    assert len(phone.gets()) == 1
    post.later(hours=30)
    outbound.advance_due(post.db)
    assert len(phone.gets()) == 1
    assert not is_stopped(post, purpose=OptPurpose.SURVEYS)
    assert TaskKind.REACH_ANOTHER_WAY not in post.tasks()


def test_an_open_survey_is_asked_no_more_after_stop(post: Post, maria: UUID) -> None:
    phone = Phone(post, PATIENT_PHONE)
    outbound.open_due(post.db)
    phone.gets()
    phone.says("STOP")
    phone.gets()
    post.later(hours=30)
    outbound.advance_due(post.db)
    assert len(phone.gets()) == 2  # the invitation and the confirmation
    assert post.tasks().count(TaskKind.REACH_ANOTHER_WAY) == 1
