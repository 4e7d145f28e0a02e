"""A survey's text that surely did not arrive goes the next way: e-mail, then the call list."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.faults import CreateFault
from rsm.db.work import Database
from rsm.flow import enrol, inbound
from rsm.flow import envelope as envelopes
from rsm.flow.fallback import is_definite
from rsm.flow.outbound import open_due
from rsm.flow.undelivered import follow_up
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.gate import GateReason
from rsm.messaging.ledger import OptAction, OptLine
from rsm.messaging.model import Lane, MessageState
from rsm.patients import service as patients
from rsm.patients.model import PauseReason
from rsm.sites import service as sites
from rsm.tasks.model import TaskKind
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, build_clinic
from tests.flow.post import Post

MAILBOX = "maria@example.org"
OUR_MAILBOX = "check-in@lakeside.example.org"


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def survey(post: Post, *, mail: bool = True) -> UUID:
    """A patient whose survey is open and whose invitation is queued; her id."""
    if mail:
        with post.clinic.begin() as tx:
            sites.set_sender(tx, post.clinic.site, Audience.PATIENT, Channel.EMAIL, OUR_MAILBOX)
    patient = post.clinic.enrol_patient(email=MAILBOX if mail else None)
    while not open_due(post.db):
        post.later(hours=6)
    return patient


def messages(owner: Engine) -> list[tuple[str, str, str, bool]]:
    """Channel, state, end of the business key, and whether it stands for another."""
    with owner.connect() as connection:
        query = (
            "SELECT channel, state, business_key, fallback_of IS NOT NULL FROM message"
            " ORDER BY created_at, fallback_of NULLS FIRST"
        )
        found = connection.execute(text(query)).all()
    return [(row[0], row[1], row[2].split(":", 2)[2], row[3]) for row in found]


def call_back(post: Post) -> None:
    for call in post.fake.flush_callbacks():
        site, message = call.url.rsplit("/", 2)[-2:]
        said = TwilioCallbacks().status(
            {
                "MessageSid": call.callback.provider_id,
                "MessageStatus": call.callback.status,
                "AccountSid": call.callback.account_sid,
                "ErrorCode": call.callback.error_code or "",
            }
        )
        inbound.receive_status(post.clinic.db, said, UUID(site), UUID(message))


def refuse(post: Post, code: int = 21614) -> None:
    post.fake.faults.refused[PATIENT_PHONE] = code


def test_a_number_that_takes_no_texts_is_followed_by_an_e_mail(post: Post, owner: Engine) -> None:
    survey(post)
    refuse(post)
    post.deliver()
    assert messages(owner) == [
        ("sms", "failed", "invite", False),
        ("email", "queued", "invite:email", True),
    ]
    assert post.tasks() == []


def test_a_text_that_the_carrier_gives_up_is_followed_by_an_e_mail_once(
    post: Post, owner: Engine
) -> None:
    survey(post)
    post.fake.faults.unreachable.add(PATIENT_PHONE)
    post.deliver()
    call_back(post)
    call_back(post)
    assert [row[:3] for row in messages(owner)] == [
        ("sms", "undelivered", "invite"),
        ("email", "queued", "invite:email"),
    ]


def test_an_e_mail_that_fails_as_well_puts_her_on_the_call_list(post: Post, owner: Engine) -> None:
    survey(post)
    refuse(post)
    post.deliver()
    post.fake.faults.refused[MAILBOX] = 21211
    post.deliver()
    assert [row[1] for row in messages(owner)] == ["failed", "failed"]
    assert post.tasks() == [TaskKind.CALL_PATIENT]


def test_without_an_e_mail_address_she_is_called(post: Post, owner: Engine) -> None:
    survey(post, mail=False)
    refuse(post)
    post.deliver()
    assert len(messages(owner)) == 1
    assert post.tasks() == [TaskKind.CALL_PATIENT]


def test_a_suspended_number_is_a_reason_to_write_by_e_mail(post: Post, owner: Engine) -> None:
    patient = survey(post)
    with post.clinic.begin() as tx:
        patients.suspend_contact(tx, patient, Channel.SMS, "wrong_number")
    post.deliver()
    assert ("email", "queued", "invite:email", True) in messages(owner)


@pytest.mark.parametrize(
    "fault", [CreateFault.DROP_BEFORE_ACCEPT, CreateFault.TIMEOUT_AFTER_ACCEPT]
)
def test_what_nobody_can_tell_of_is_never_sent_another_way(
    post: Post, owner: Engine, fault: CreateFault
) -> None:
    survey(post)
    post.fake.fault(fault)
    post.deliver()
    for _ in range(15):
        post.later(minutes=1)
        post.deliver()
        post.reconcile()
    assert [row[0] for row in messages(owner)] == ["sms"]


def test_stop_stops_the_e_mail_as_well_and_a_person_reaches_her_another_way(
    post: Post, owner: Engine
) -> None:
    survey(post)
    refuse(post, 21610)
    post.deliver()
    assert [row[0] for row in messages(owner)] == ["sms"]
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]


def test_a_stop_that_comes_while_the_e_mail_waits_keeps_it_from_leaving(
    post: Post, owner: Engine
) -> None:
    patient = survey(post)
    refuse(post)
    post.deliver()
    with post.clinic.begin() as tx:
        line = OptLine(
            post.clinic.site,
            optouts.hash_of(tx, PATIENT_PHONE),
            PATIENT_SENDER,
            OptAction.STOP,
            "text",
            patient_id=patient,
        )
        assert optouts.note(tx, line) is not None
    post.deliver()
    assert [row[:2] for row in messages(owner)] == [("sms", "failed"), ("email", "suppressed")]
    assert post.fake.accepted == []


def test_whoever_wants_no_e_mail_is_called(post: Post, owner: Engine) -> None:
    patient = survey(post)
    with post.clinic.begin() as tx:
        line = OptLine(
            post.clinic.site,
            optouts.hash_of(tx, MAILBOX),
            OUR_MAILBOX,
            OptAction.STOP,
            "link",
            channel=Channel.EMAIL,
        )
        assert optouts.note(tx, line) is not None
    refuse(post)
    post.deliver()
    assert len(messages(owner)) == 1
    assert TaskKind.CALL_PATIENT in post.tasks()
    assert patient is not None


def test_a_pause_in_between_ends_it(post: Post, owner: Engine) -> None:
    patient = survey(post)
    post.fake.faults.unreachable.add(PATIENT_PHONE)
    post.deliver()
    with post.clinic.begin() as tx:
        enrol.pause(tx, patient, PauseReason.INPATIENT)
    call_back(post)
    assert [row[0] for row in messages(owner)] == ["sms"]


def test_an_answer_to_a_text_goes_no_other_way(post: Post, owner: Engine) -> None:
    patient = post.clinic.enrol_patient(email=MAILBOX)
    row = post.survey_text(patient, "reply:1:x", lane=Lane.REPLY, purpose="help", fields={})
    refuse(post)
    post.deliver()
    assert (post.look(row).state, len(messages(owner))) == (MessageState.FAILED, 1)


@pytest.mark.parametrize("reason", [*SendReason, *GateReason, *MessageState, "unconfirmed"])
def test_only_a_failure_of_the_channel_itself_is_definite(reason: str) -> None:
    never = {"unconfirmed", "too_late", "broken", "opted_out"}
    assert is_definite(reason) is (str(reason) not in never)


def test_a_failure_that_is_told_twice_opens_one_way(post: Post, owner: Engine) -> None:
    survey(post)
    refuse(post)
    post.deliver()
    with owner.connect() as connection:
        query = "SELECT id FROM message WHERE channel = 'sms'"
        row = connection.execute(text(query)).scalar_one()
    for _ in range(2):
        with post.clinic.begin() as tx:
            envelope = envelopes.address(tx, post.look(row))
            follow_up(tx, envelope, SendReason.UNREACHABLE)
    assert len(messages(owner)) == 2
