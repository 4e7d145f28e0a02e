"""E-mail keeps the promises that texts keep: once (P2), stopped at once (P8), never lost."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from integrations.email.faults import MailFault
from rsm.db.work import Database
from rsm.escalation import published
from rsm.escalation.policies import default_text, load_policy
from rsm.flow import bounces, mail_stop, senders
from rsm.flow.escalate import escalate_due
from rsm.flow.outbound import advance_due, open_due
from rsm.invitations import service as invitations
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.model import MailNews, MailReport, MessageState
from rsm.messaging.router import ByChannel
from rsm.patients import service as patients
from rsm.sites import service as sites
from rsm.sites.model import Address, as_agreed
from rsm.tasks.model import TaskKind
from tests.clinic import NURSE_PHONE, PATIENT_PHONE, SAFETY_PHONE, build_clinic
from tests.flow.mailpost import CLINIC_MAIL, PATIENT_MAIL, STAFF_MAIL, MailPost


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> MailPost:
    return MailPost(build_clinic(web_db), worker_db, clock)


def until_invited(post: MailPost) -> None:
    while not open_due(post.db):
        post.later(hours=6)
    post.deliver()
    while not (post.mail.received or post.fake.accepted):
        post.later(hours=1)
        post.deliver()


def test_whoever_wants_e_mails_gets_link_and_reminder_by_e_mail_once(post: MailPost) -> None:
    post.by_mail()
    until_invited(post)
    for _ in range(60):
        advance_due(post.db)
        post.deliver()
        post.later(hours=1)
    subjects = [mail.subject for mail in post.mail.received]
    assert subjects[0] == "Lakeside: your check-in is ready"
    assert set(subjects[1:]) == {"Lakeside: a reminder, your check-in is still open"}
    assert len(subjects) == len({mail.id for mail in post.mail.received}) >= 2
    assert post.fake.accepted == []
    first = post.mail.received[0]
    assert (first.to, first.headers["From"]) == (PATIENT_MAIL, f"Lakeside <{CLINIC_MAIL}>")
    link = re.search(r"https://rsm\.example\.org/s/([a-z2-7]{32})", first.text)
    assert link is not None
    assert link[0] in first.html
    assert invitations.resolve(post.clinic.db, link[1]) is not None


def test_the_mail_says_nothing_of_health_and_names_nobody(post: MailPost, owner: Engine) -> None:
    post.by_mail()
    until_invited(post)
    first = post.mail.received[0]
    told = f"{first.subject} {first.text} {first.html} {first.headers} {first.path}".lower()
    assert not re.search(r"maria|alvarez|cancer|symptom|clinic\b", told.replace(PATIENT_MAIL, ""))
    with owner.connect() as connection:
        rows = connection.execute(text("SELECT message::text FROM message")).scalars()
        assert not any("/s/" in row or PATIENT_MAIL in row for row in rows)


def test_without_an_address_of_the_site_or_hers_a_text_goes_out(post: MailPost) -> None:
    patient = post.by_mail()
    with post.clinic.begin() as tx:
        patients.suspend_contact(tx, patient, Channel.EMAIL, "bounced")
    until_invited(post)
    assert post.mail.received == []
    assert [sent.to for sent in post.fake.accepted] == [PATIENT_PHONE]


def test_quiet_hours_hold_for_e_mails(post: MailPost) -> None:
    patient = post.by_mail()
    row = post.survey_text(patient, channel=Channel.EMAIL)
    post.later(hours=12)  # 21:00 in New York
    post.deliver()
    assert (post.mail.received, post.look(row).state) == ([], MessageState.QUEUED)


# --- when nobody knows ----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [MailFault.DROP_AFTER_DATA, MailFault.SILENT_AFTER_DATA])
def test_a_mail_of_which_nobody_knows_is_never_sent_again(post: MailPost, fault: MailFault) -> None:
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.mail.faults.plan(fault)
    post.deliver()
    assert post.look(row).state is MessageState.SENDING
    for _ in range(30):
        post.later(minutes=1)
        post.deliver()
        post.reconcile()
    assert post.look(row).state is MessageState.UNCONFIRMED
    assert len(post.mail.received) == 1
    assert post.tasks() == [TaskKind.NOT_DELIVERED]
    assert post.fake.accepted == []


def test_killed_between_hand_over_and_record_it_is_not_sent_again(post: MailPost) -> None:
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)

    def killed(point: str) -> None:
        if point == "deliver.before_record":
            raise KeyboardInterrupt

    faults.install(killed)
    try:
        with pytest.raises(KeyboardInterrupt):
            post.deliver()
    finally:
        faults.install(None)
    for _ in range(30):
        post.later(minutes=1)
        post.deliver()
        post.reconcile()
    assert post.look(row).state is MessageState.UNCONFIRMED
    assert len(post.mail.received) == 1


@pytest.mark.parametrize("fault", [MailFault.GREYLISTED, MailFault.DROP_BEFORE_DATA])
def test_what_was_surely_not_taken_is_tried_again(post: MailPost, fault: MailFault) -> None:
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.mail.faults.plan(fault, times=2)
    for _ in range(3):
        post.deliver()
        post.later(minutes=2)
    assert (post.look(row).state, len(post.mail.received)) == (MessageState.ACCEPTED, 1)


# --- what does not arrive -------------------------------------------------------------------------


def test_an_unknown_mailbox_is_not_written_to_again_and_a_text_goes_out_instead(
    post: MailPost,
) -> None:
    patient = post.by_mail()
    post.mail.faults.plan(MailFault.UNKNOWN_USER, times=None)
    until_invited(post)
    assert post.mail.received == []
    assert [sent.to for sent in post.fake.accepted] == [PATIENT_PHONE]
    with post.clinic.begin() as tx:
        assert patients.address(tx, patient, Channel.EMAIL) is None
        assert patients.address(tx, patient, Channel.SMS) == PATIENT_PHONE


def test_a_bounce_falls_to_the_next_channel_once_however_often_it_is_told(post: MailPost) -> None:
    patient = post.by_mail()
    until_invited(post)
    (mail,) = post.mail.received
    for _ in range(3):
        assert post.report(mail, MailNews.FAILED, "5.1.1")
    post.deliver()
    assert [sent.to for sent in post.fake.accepted] == [PATIENT_PHONE]
    with post.clinic.begin() as tx:
        assert patients.address(tx, patient, Channel.EMAIL) is None


def test_a_full_mailbox_is_a_failure_but_no_wrong_address(post: MailPost) -> None:
    patient = post.by_mail()
    until_invited(post)
    (mail,) = post.mail.received
    assert post.report(mail, MailNews.FAILED, "5.2.2")
    post.deliver()
    assert len(post.fake.accepted) == 1
    with post.clinic.begin() as tx:
        assert patients.address(tx, patient, Channel.EMAIL) == PATIENT_MAIL


def test_a_mailbox_that_hers_is_passed_on_to_says_nothing_of_her_address(post: MailPost) -> None:
    patient = post.by_mail()
    until_invited(post)
    assert post.report(post.mail.received[0], MailNews.FAILED, "5.1.1", "old@home.example.org")
    with post.clinic.begin() as tx:
        assert patients.address(tx, patient, Channel.EMAIL) == PATIENT_MAIL


def test_a_delay_is_noted_and_is_not_the_end(post: MailPost) -> None:
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    (mail,) = post.mail.received
    assert post.report(mail, MailNews.DELAYED, "4.2.2")
    assert post.look(row).state is MessageState.SENT
    assert post.report(mail, MailNews.DELIVERED, "2.0.0")
    assert post.report(mail, MailNews.DELAYED, "4.2.2")
    assert post.look(row).state is MessageState.DELIVERED
    assert (post.tasks(), post.fake.accepted) == ([], [])


def test_a_report_without_our_seal_changes_nothing(post: MailPost) -> None:
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    (mail,) = post.mail.received
    local, _, domain = mail.path.partition("@")
    forged = [
        CLINIC_MAIL,
        f"{local[:-1]}{'b' if local[-1] == 'a' else 'a'}@{domain}",
        "x+y@example.org",
    ]
    report = MailReport(MailNews.FAILED, tuple(forged), "5.1.1", SendReason.INVALID_ADDRESS)
    assert not bounces.receive(post.clinic.db, report)
    assert not bounces.receive(post.clinic.db, replace(report, news=MailNews.COMPLAINT))
    assert post.look(row).state is MessageState.ACCEPTED


# --- stop -----------------------------------------------------------------------------------------


def token_of(post: MailPost) -> str:
    header = post.mail.received[0].headers["List-Unsubscribe"]
    return header.removeprefix("<https://rsm.example.org/mail/stop/").removesuffix(">")


def is_stopped(post: MailPost) -> bool:
    with post.clinic.begin() as tx:
        hashed = optouts.hash_of(tx, PATIENT_MAIL)
        return optouts.is_stopped(tx, hashed, CLINIC_MAIL, Channel.EMAIL)


def test_unsubscribing_stops_at_once_and_asks_staff_to_reach_her_another_way(
    post: MailPost,
) -> None:
    patient = post.by_mail()
    row = post.survey_text(patient, channel=Channel.EMAIL)
    post.deliver()
    queued = post.survey_text(patient, "survey:2", channel=Channel.EMAIL)
    for _ in range(2):
        assert mail_stop.stop(post.clinic.db, token_of(post))
    assert is_stopped(post)
    assert post.look(queued).state is MessageState.CANCELLED
    later = post.survey_text(patient, "survey:3", channel=Channel.EMAIL)
    texted = post.survey_text(patient, "survey:4")
    post.deliver()
    assert post.look(later).state is post.look(texted).state is MessageState.SUPPRESSED
    assert (len(post.mail.received), post.fake.accepted) == (1, [])
    assert set(post.tasks()) == {TaskKind.REACH_ANOTHER_WAY}
    assert post.look(row).state is MessageState.ACCEPTED


def test_whoever_changes_her_mind_gets_e_mails_again(post: MailPost) -> None:
    patient = post.by_mail()
    post.survey_text(patient, channel=Channel.EMAIL)
    post.deliver()
    mail_stop.stop(post.clinic.db, token_of(post))
    mail_stop.start(post.clinic.db, token_of(post))
    post.survey_text(patient, "survey:2", channel=Channel.EMAIL)
    post.deliver()
    assert len(post.mail.received) == 2


def test_a_link_in_a_former_mailbox_ends_nothing_in_the_present_one(post: MailPost) -> None:
    patient = post.by_mail()
    post.survey_text(patient, channel=Channel.EMAIL)
    post.deliver()
    with post.clinic.begin() as tx:
        record = patients.read(tx, patient)
        new = post.clinic.new_patient(
            record_number=record.label.record_number,
            channel=Channel.EMAIL,
            email="new@example.org",
        )
        patients.change(tx, patient, new, record.facts.changes)
    mail_stop.stop(post.clinic.db, token_of(post))
    assert is_stopped(post)
    post.survey_text(patient, "survey:2", channel=Channel.EMAIL)
    post.deliver()
    assert [mail.to for mail in post.mail.received] == [PATIENT_MAIL, "new@example.org"]
    assert post.tasks() == []


def test_a_complaint_is_a_stop(post: MailPost) -> None:
    post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    for _ in range(2):
        assert post.report(post.mail.received[0], MailNews.COMPLAINT)
    assert is_stopped(post)
    assert post.tasks() == [TaskKind.REACH_ANOTHER_WAY]


def test_a_complaint_about_a_former_address_stops_the_one_that_took_over(post: MailPost) -> None:
    post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    latter = "news@lakeside.example.org"
    with post.clinic.begin() as tx:
        senders.change(tx, Address(post.clinic.site, Audience.PATIENT, Channel.EMAIL), latter)
    assert post.report(post.mail.received[0], MailNews.COMPLAINT)
    with post.clinic.begin() as tx:
        hashed = optouts.hash_of(tx, PATIENT_MAIL)
        assert optouts.is_stopped(tx, hashed, latter, Channel.EMAIL)


# --- staff ----------------------------------------------------------------------------------------


def tell_by(post: MailPost, *how: str) -> None:
    """The clinic's policy tells by these channels."""
    said = ", ".join(f'"{one}"' for one in how)
    body = default_text().replace('how = ["sms", "voice"]', 'how = ["sms"]')
    body = body.replace('how = ["sms"]', f"how = [{said}]")
    body = body.replace('key = "default"', 'key = "by-mail"')
    with post.clinic.begin() as tx:
        pin = published.publish(tx, load_policy(body, "by-mail.toml"), body)
        agreed = as_agreed(sites.get(tx, post.clinic.site))
        sites.update_site(tx, post.clinic.site, agreed.model_copy(update={"policy": pin}))


def test_staff_are_told_by_both_until_somebody_acknowledges(post: MailPost) -> None:
    tell_by(post, "sms", "email")
    alert = post.alert(climbing=True)
    post.deliver()
    (mail,) = post.mail.received
    assert [sent.to for sent in post.fake.accepted] == [NURSE_PHONE]
    assert (mail.to, mail.headers["From"]) == (
        "dana@lakeside.example.org",
        f"Lakeside <{STAFF_MAIL}>",
    )
    assert f"https://rsm.example.org/alerts/{alert}" in mail.text
    assert not [name for name in mail.headers if name.startswith("List-")]
    assert not re.search(r"maria|patient|symptom|/s/", f"{mail.subject} {mail.text} {mail.html}")


def test_told_by_e_mail_alone_the_ladder_climbs_past_a_mailbox_that_is_gone(
    post: MailPost,
) -> None:
    tell_by(post, "email")
    post.alert(climbing=True)
    post.mail.faults.plan(MailFault.UNKNOWN_USER, to="dana@lakeside.example.org", times=None)
    post.deliver()
    escalate_due(post.db)
    post.deliver()
    assert [mail.to for mail in post.mail.received] == ["ben@lakeside.example.org"]


def test_an_e_mail_that_fails_beside_a_text_hurries_nobody(post: MailPost) -> None:
    tell_by(post, "sms", "email")
    post.alert(climbing=True)
    post.mail.faults.plan(MailFault.UNKNOWN_USER, to="dana@lakeside.example.org", times=None)
    post.deliver()
    escalate_due(post.db)
    post.deliver()
    assert [sent.to for sent in post.fake.accepted] == [NURSE_PHONE]
    assert post.mail.received == []


def test_a_site_without_an_address_for_staff_passes_an_e_mail_step_at_once(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    post = MailPost(build_clinic(web_db), worker_db, clock, addresses=False)
    tell_by(post, "email")
    post.alert(climbing=True)
    post.deliver()
    assert post.mail.received == []
    assert [sent.to for sent in post.fake.accepted] == [SAFETY_PHONE]  # by any means


def test_without_a_mail_server_an_e_mail_goes_the_next_way(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    post = MailPost(build_clinic(web_db), worker_db, clock)
    post.senders = ByChannel({Channel.SMS: post.fake}, {Channel.SMS: post.fake})
    post.by_mail()
    until_invited(post)
    assert [sent.to for sent in post.fake.accepted] == [PATIENT_PHONE]
