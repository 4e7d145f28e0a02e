"""The demo's page of phones shows everybody's mailbox beside the phone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from rsm.db.work import Database
from rsm.kernel.words import Channel
from rsm.web import phones
from rsm.web.app import create_app
from rsm.web.ports import DemoLogIn, Handset, MailItem, PhoneText
from rsm.web.services import Services
from tests.clinic import NURSE_PHONE, PATIENT_PHONE, PATIENT_SENDER, build_clinic

BASE = "https://rsm.example.org"
AT = datetime(2026, 10, 19, 13, tzinfo=UTC)
MARIA, ALONE, DANA = "maria@example.org", "rosa@example.org", "dana@lakeside.example.org"


class Phones:
    """Two phones: a patient's and a nurse's."""

    def handsets(self, last: int) -> Sequence[Handset]:
        text = PhoneText("SM1", "Hello", AT, mine=False, number=PATIENT_SENDER)
        return [Handset(PATIENT_PHONE, (text,)), Handset(NURSE_PHONE, (text,))]

    def text(self, number: str, body: str) -> None:
        """Nobody answers."""

    def call(self, call_id: str, does: str) -> None:
        """Nobody is called."""


class Boxes:
    """Three mailboxes, that of a patient without any text among them."""

    def __init__(self) -> None:
        self.count = 1

    def mailboxes(self, last: int) -> Mapping[str, Sequence[MailItem]]:
        body = 'Your <b>check-in</b>.\n\nhttps://rsm.example.org/s/x\n\n-- \nNo more: "stop"\n'
        mail = MailItem(f"m{self.count}", "Lakeside: your check-in is ready", body, AT)
        return {MARIA: (mail,), ALONE: (mail,), DANA: (mail,)}


@pytest.fixture(name="boxes")
def the_boxes() -> Boxes:
    return Boxes()


@pytest.fixture(name="client")
def a_browser(web_db: Database, boxes: Boxes) -> Iterator[TestClient]:
    clinic = build_clinic(web_db)
    clinic.enrol_patient(email=MARIA, channel=Channel.EMAIL)
    clinic.enrol_patient("Rosa Lima", "+12025550132", email=ALONE, channel=Channel.EMAIL)
    log_in = DemoLogIn(
        "Dana Reyes", "nurse", "Lakeside Clinic", DANA, NURSE_PHONE, "JBSWY3DPEHPK3PXP"
    )
    demo = phones.Demo(Phones(), [log_in], "password", "America/New_York", boxes)
    services = Services(web_db, BASE, extra=(phones.router(demo),))
    with TestClient(create_app(services), base_url=BASE) as client:
        yield client


def test_each_mailbox_stands_in_its_owners_card(client: TestClient) -> None:
    page = client.get("/phones").text
    cards = page.split("<article")[1:]
    assert len(cards) == 3
    by_name = {name: card for card in cards for name in ("Maria", "Rosa", "Dana") if name in card}
    assert MARIA in by_name["Maria"]
    assert 'aria-label="Messages of' in by_name["Maria"]
    assert DANA in by_name["Dana"]
    assert ALONE in by_name["Rosa"]
    assert 'aria-label="Messages of' not in by_name["Rosa"]  # nothing to text back to


def test_links_can_be_clicked_and_nothing_else_is_markup(client: TestClient) -> None:
    page = client.get("/phones/fragment").text
    assert '<a href="https://rsm.example.org/s/x">' in page
    assert "&lt;b&gt;check-in" in page


def test_a_new_mail_is_a_new_version(client: TestClient, boxes: Boxes) -> None:
    before = client.get("/phones/version").text
    boxes.count += 1
    assert client.get("/phones/version").text != before
