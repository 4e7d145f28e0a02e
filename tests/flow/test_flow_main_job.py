"""The main job, end to end, as the requirement reads: a survey goes out, an answer comes back, a
nurse is told until she takes it. Real pages, real hooks, a standing clock and a fake provider.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.fake import ACCOUNT_SID
from integrations.twilio.hooks import SignatureCheck
from rsm.db.work import Database
from rsm.flow import escalate, outbound, publish
from rsm.instruments.library import find
from rsm.kernel.clock import VirtualClock
from rsm.metrics import rollup
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.clinic import (
    NURSE_PHONE,
    PATIENT_PHONE,
    SECOND_PHONE,
    STAFF_SENDER,
    Clinic,
    build_clinic,
)
from tests.flow.post import PUBLIC_URL, Post
from tests.web_desk import at_desk

TOKEN = "provider-token"
SEVEREST_PAIN = {"pain.frequency": "3", "pain.severity": "4", "pain.interference": "3"}


@dataclass
class Day:
    """A clinic in which time passes, and the phones in it."""

    clinic: Clinic
    post: Post
    worker: Database
    browser: TestClient

    def passes(self, **span: float) -> None:
        """Time passes; the worker does what has come due."""
        self.post.clock.advance(timedelta(**span))
        self.work()

    def work(self) -> None:
        outbound.open_due(self.worker)
        outbound.advance_due(self.worker)
        escalate.escalate_due(self.worker)
        self.post.deliver()
        rollup.roll_up_all(self.worker)

    def texts(self, number: str) -> list[str]:
        return self.post.fake.received(number)

    def reply(self, number: str, body: str) -> None:
        """A phone answers our staff number: the provider calls our hook, signed."""
        text = self.post.fake.text(number, body, STAFF_SENDER)
        form = {
            "MessageSid": text.provider_id,
            "AccountSid": ACCOUNT_SID,
            "From": number,
            "To": STAFF_SENDER,
            "Body": body,
            "NumMedia": "0",
        }
        path = "/hooks/twilio/inbound"
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + path, form)
        taken = self.browser.post(path, data=form, headers={"X-Twilio-Signature": signature})
        assert taken.status_code == 200
        self.work()


@pytest.fixture
def day(web_db: Database, worker_db: Database, clock: VirtualClock) -> Day:
    clinic = build_clinic(web_db)
    with clinic.begin() as tx:
        publish.publish_shipped(tx, ("en", "es"))
    services = Services(
        web_db, PUBLIC_URL, signature=SignatureCheck(TOKEN, PUBLIC_URL), callbacks=TwilioCallbacks()
    )
    browser = TestClient(create_app(services), base_url=PUBLIC_URL)
    clock.advance(timedelta(hours=-1))  # Monday 8:00 in the patient's zone
    clinic.enrol_patient()
    return Day(clinic, Post(clinic, worker_db, clock), worker_db, browser)


def link_in(text: str) -> str:
    found = re.search(rf"{re.escape(PUBLIC_URL)}(/s/\S+)", text)
    assert found is not None, text
    return found.group(1)


def answer_everything(browser: TestClient, link: str, answers: dict[str, str]) -> str:
    """Start, answer each question as the page asks it (0 unless told), send; the last page."""
    page = browser.post(f"{link}/start", data={"by": "self"})
    items = {item.code for item in find("weekly-symptoms").items}
    for _ in range(len(items) + 1):
        field = re.search(r'type="radio" name="([^"]+)"', page.text)
        if field is None:
            break
        action = re.search(r'method="post" action="([^"]+)"', page.text)
        assert action is not None
        assert field.group(1) in items
        page = browser.post(
            action.group(1), data={field.group(1): answers.get(field.group(1), "0")}
        )
        assert page.status_code == 200
    assert "/review" in str(page.url)
    sent = browser.post(f"{link}/review", data={"words": ""})
    assert sent.status_code == 200
    return sent.text


def test_the_main_job(day: Day) -> None:
    # Monday 9:00 in the patient's zone the phone rings; not a minute before.
    day.passes(minutes=59)
    assert day.texts(PATIENT_PHONE) == []
    day.passes(minutes=1)
    assert len(day.texts(PATIENT_PHONE)) == 1

    # A day later the reminder.
    day.passes(hours=24)
    assert len(day.texts(PATIENT_PHONE)) == 2
    day.work()
    assert len(day.texts(PATIENT_PHONE)) == 2

    # The link opens; looking changes nothing.
    link = link_in(day.texts(PATIENT_PHONE)[-1])
    for _ in range(3):
        assert day.browser.get(link).status_code == 200

    # Pain "very severe" is sent; the page says whom to call and who will look.
    thanks = answer_everything(day.browser, link, SEVEREST_PAIN)
    assert "202-555-0140" in thanks
    assert "Dana Reyes" in thanks

    # The nurse's phone gets one text, without a word about health.
    day.work()
    (told,) = day.texts(NURSE_PHONE)
    assert not re.search(r"pain|cancer|severe|Maria|Alvarez", told, re.IGNORECASE)
    assert day.texts(SECOND_PHONE) == []

    # Fifteen minutes pass; the second nurse's phone gets one.
    day.passes(minutes=15)
    assert len(day.texts(NURSE_PHONE)) == 1
    (second_told,) = day.texts(SECOND_PHONE)

    # She replies; nobody is told any more.
    code = re.search(r"\b([A-Z0-9]{4})\b", second_told)
    assert code is not None
    day.reply(SECOND_PHONE, f"ACK {code.group(1)}")
    answered = len(day.texts(SECOND_PHONE))
    assert answered == 2  # the confirmation
    day.passes(minutes=14)
    assert len(day.texts(NURSE_PHONE)) == 1
    assert len(day.texts(SECOND_PHONE)) == answered

    # The manager's page counts it.
    with at_desk(day.clinic, day.post.clock, day.clinic.charge) as desk:
        page = desk.get(f"/sites/{day.clinic.site}")
    words = " ".join(re.sub(r"<[^>]*>", " ", page.text).split())
    assert "Started 1 100 %" in words
    assert "Completed 1 100 %" in words
    assert "Urgent 1 1 0 1" in words  # opened, acknowledged, closed, open now


def test_a_finished_survey_gets_no_reminder(day: Day) -> None:
    day.passes(hours=1)
    link = link_in(day.texts(PATIENT_PHONE)[0])
    answer_everything(day.browser, link, {})
    day.passes(hours=24)
    assert len(day.texts(PATIENT_PHONE)) == 1


def test_pressing_send_twice_changes_nothing(day: Day) -> None:
    day.passes(hours=1)
    link = link_in(day.texts(PATIENT_PHONE)[0])
    answer_everything(day.browser, link, SEVEREST_PAIN)
    again = day.browser.post(f"{link}/review", data={"words": "once more"})
    assert again.status_code == 200
    day.work()
    assert len(day.texts(NURSE_PHONE)) == 1
