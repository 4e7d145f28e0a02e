"""Turns of a survey by phone, as the provider hands them in: signed; a forged one does nothing."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.hooks import SIGNATURE_HEADER, SignatureCheck
from rsm.db.work import Database
from rsm.kernel.answers import answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.clinic import PATIENT_PHONE
from tests.flow.survey_callers import PUBLIC_URL, SurveyPhone
from tests.survey_world import BORN, build_world

TOKEN = "a token of the account"


@pytest.fixture
def phone(web_db: Database, worker_db: Database, clock: VirtualClock) -> SurveyPhone:
    """Her phone rings."""
    phone = SurveyPhone(build_world(web_db, channel=Channel.VOICE), worker_db, clock)
    phone.window_opens()
    return phone


@pytest.fixture
def client(web_db: Database) -> Iterator[TestClient]:
    signature = SignatureCheck(TOKEN, PUBLIC_URL)
    services = Services(web_db, PUBLIC_URL, signature=signature, callbacks=TwilioCallbacks())
    with TestClient(create_app(services), base_url="http://inner:8000") as client:
        yield client


class Line:
    """The provider's side of the call to her."""

    def __init__(self, client: TestClient, phone: SurveyPhone) -> None:
        self.client = client
        (self.ring,) = phone.fake.calls
        self.url = self.ring.spoken.asked_url
        self.said = ""

    def posts(self, keys: str = "", token: str = TOKEN, **more: str) -> int:
        """A turn at the address that the last answer named."""
        form = {"AccountSid": "AC1", "CallSid": self.ring.sid, "To": PATIENT_PHONE}
        form |= {"Digits": keys} if keys else {"AnsweredBy": "human"}
        form |= more
        signature = RequestValidator(token).compute_signature(self.url, form)
        path = self.url.removeprefix(PUBLIC_URL)
        answer = self.client.post(path, data=form, headers={SIGNATURE_HEADER: signature})
        self.said = answer.text
        if answer.status_code == 200:
            gather = ET.fromstring(self.said).find("Gather")  # noqa: S314
            self.url = gather.attrib["action"].partition("#")[0] if gather is not None else ""
        return int(answer.status_code)

    def confirms(self) -> None:
        assert [self.posts(), self.posts("1"), self.posts(str(BORN.year))] == [200, 200, 200]


@pytest.fixture
def line(client: TestClient, phone: SurveyPhone) -> Line:
    return Line(client, phone)


def test_keys_are_answered_with_the_next_question_and_stored(
    line: Line, phone: SurveyPhone
) -> None:
    line.confirms()
    assert "How often were you in pain?" in line.said
    assert line.posts("2") == 200
    assert "How bad was your pain at its worst?" in line.said
    assert phone.stored() == {"pain.frequency": answered(2)}


def test_a_forged_turn_stores_nothing_and_is_in_the_trail(
    line: Line, phone: SurveyPhone, owner: Engine
) -> None:
    line.confirms()
    assert line.posts("2", token="somebody else's") == 403
    assert phone.stored() == {}
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = 'hook.refused'")
        assert connection.execute(query).scalar_one() == 1


def test_a_turn_signed_for_another_address_is_refused(line: Line, phone: SurveyPhone) -> None:
    line.confirms()
    url = line.url
    form = {"AccountSid": "AC1", "CallSid": line.ring.sid, "To": PATIENT_PHONE, "Digits": "2"}
    signature = RequestValidator(TOKEN).compute_signature(f"{url}x", form)
    path = url.removeprefix(PUBLIC_URL)
    answer = line.client.post(path, data=form, headers={SIGNATURE_HEADER: signature})
    assert answer.status_code == 403
    assert phone.stored() == {}


@pytest.mark.parametrize("keys", ["A", "1" * 21, "2;3"])
def test_what_are_no_keys_is_refused(line: Line, phone: SurveyPhone, keys: str) -> None:
    line.confirms()
    assert line.posts(keys) == 422
    assert phone.stored() == {}


def test_a_get_is_no_turn(line: Line, phone: SurveyPhone) -> None:
    line.confirms()
    assert line.client.get(line.url.removeprefix(PUBLIC_URL)).status_code == 405
    assert phone.stored() == {}


def test_no_line_of_the_log_and_no_address_holds_a_number_a_name_or_an_answer(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        line.confirms()
        addresses = [line.url]
        for key in "234*":
            line.posts(key)
            addresses.append(line.url)
    logged = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    for word in (PATIENT_PHONE[2:], "Alvarez", "pain", "In the last 7 days"):
        assert word not in logged
        assert not [url for url in addresses if word in url]
