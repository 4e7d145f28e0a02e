"""Keys and reports of calls, as the provider hands them in: signed; what is forged does nothing."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.hooks import SIGNATURE_HEADER, SignatureCheck
from rsm.alerts.model import AlertView
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertState
from rsm.security import staff
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.alert_world import Ward, build_ward
from tests.clinic import NURSE_PHONE, SECOND_PHONE, build_clinic
from tests.flow.callers import PUBLIC_URL, Callers

TOKEN = "a token of the account"
STRANGER = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def callers(ward: Ward) -> Callers:
    return Callers(ward)


@pytest.fixture
def client(web_db: Database, callers: Callers) -> Iterator[TestClient]:
    signature = SignatureCheck(TOKEN, PUBLIC_URL)
    services = Services(web_db, PUBLIC_URL, signature=signature, callbacks=TwilioCallbacks())
    with TestClient(create_app(services), base_url="http://inner:8000") as client:
        yield client


@pytest.fixture
def alert(ward: Ward, callers: Callers) -> AlertView:
    """An alert about which the nurse's phone rings."""
    alert = ward.alarm()
    callers.deliver()
    return alert


class Line:
    """The provider's side of the last call to the nurse."""

    def __init__(self, client: TestClient, callers: Callers) -> None:
        self.client = client
        (self.ring,) = callers.voice.calls
        self.said = ""

    def presses(self, key: str, token: str = TOKEN, url: str = "") -> int:
        return self.posts(url or self.ring.spoken.keys_url, {"Digits": key}, token)

    def reports(self, status: str, token: str = TOKEN) -> int:
        return self.posts(self.ring.message.callback_url, {"CallStatus": status}, token)

    def posts(self, url: str, more: dict[str, str], token: str) -> int:
        form = {"AccountSid": "AC1", "CallSid": self.ring.sid, "To": NURSE_PHONE, **more}
        signature = RequestValidator(token).compute_signature(url, form)
        path = url.removeprefix(PUBLIC_URL)
        answer = self.client.post(path, data=form, headers={SIGNATURE_HEADER: signature})
        self.said = answer.text
        return int(answer.status_code)

    @property
    def words(self) -> list[str]:
        return [each.text or "" for each in ET.fromstring(self.said).iter("Say")]  # noqa: S314


@pytest.fixture
def line(client: TestClient, callers: Callers, alert: AlertView) -> Line:
    return Line(client, callers)


def events(owner: Engine) -> int:
    with owner.connect() as connection:
        count = text("SELECT count(*) FROM delivery_event")
        return int(connection.execute(count).scalar_one())


def test_a_key_is_answered_in_words_while_she_holds_the_line(
    ward: Ward, line: Line, alert: AlertView
) -> None:
    assert line.presses("1") == 200
    assert line.said.startswith("<?xml")
    assert len(line.words) == 1
    assert "is yours until" in line.words[0]
    assert ward.now(alert).owner_id == ward.clinic.nurse


def test_a_forged_key_takes_nothing_stores_nothing_and_is_in_the_trail(
    ward: Ward, line: Line, alert: AlertView, owner: Engine
) -> None:
    assert line.presses("1", token="somebody else's") == 403
    assert ward.now(alert).state is AlertState.OPEN
    assert events(owner) == 0
    with owner.connect() as connection:
        query = text("SELECT count(*) FROM audit_event WHERE action = 'hook.refused'")
        assert connection.execute(query).scalar_one() == 1


def test_a_key_signed_for_another_call_is_refused(ward: Ward, line: Line, alert: AlertView) -> None:
    url = line.ring.spoken.keys_url
    form = {"AccountSid": "AC1", "CallSid": line.ring.sid, "To": NURSE_PHONE, "Digits": "1"}
    signature = RequestValidator(TOKEN).compute_signature(f"{url}0", form)
    path = url.removeprefix(PUBLIC_URL)
    answer = line.client.post(path, data=form, headers={SIGNATURE_HEADER: signature})
    assert answer.status_code == 403
    assert ward.now(alert).state is AlertState.OPEN


def test_a_key_that_is_redelivered_is_kept_once(line: Line, owner: Engine) -> None:
    assert [line.presses("1"), line.presses("1")] == [200, 200]
    assert "is yours until" in line.words[0]
    assert events(owner) == 1


def test_a_wrong_key_is_asked_again_and_nothing_is_kept(line: Line, owner: Engine) -> None:
    assert line.presses("9") == 200
    assert line.words[0].startswith("That key does nothing here.")
    assert "<Gather" in line.said
    assert events(owner) == 0


def test_a_key_to_a_call_that_is_none_is_answered_and_does_nothing(line: Line) -> None:
    site = line.ring.spoken.keys_url.split("/")[-2]
    url = f"{PUBLIC_URL}/hooks/twilio/keys/{site}/{STRANGER}"
    assert line.presses("1", url=url) == 200
    assert "Nothing was done" in line.words[0]
    assert "<Gather" not in line.said


def test_a_key_under_another_sites_address_does_nothing(
    ward: Ward, line: Line, alert: AlertView, web_db: Database, owner: Engine
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550104", "+12025550105"))
    *_, site, _ = line.ring.spoken.keys_url.split("/")
    url = line.ring.spoken.keys_url.replace(site, str(other.site))
    assert line.presses("1", url=url) == 200
    assert "Nothing was done" in line.words[0]
    assert ward.now(alert).state is AlertState.OPEN
    assert events(owner) == 0


def test_no_line_of_the_log_holds_a_number_or_a_name(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert [line.presses(key) for key in "*91"] == [200, 200, 200]
        assert line.reports("completed") == 204
        assert line.presses("1", token="somebody else's") == 403
    logged = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert NURSE_PHONE[2:] not in logged
    assert "Reyes" not in logged


def test_a_name_cannot_add_to_what_the_call_does(
    ward: Ward, callers: Callers, client: TestClient
) -> None:
    alert, second = ward.alarm(), ward.clinic.second
    callers.deliver()
    name = "Ben</Say><Dial>+12025550199</Dial><Say>{code}"
    with ward.clinic.begin() as tx:
        staff.rename(tx, second, name, SECOND_PHONE)
    ward.take(alert, second)
    line = Line(client, callers)
    assert line.presses("1") == 200
    assert "<Dial>" not in line.said
    assert line.words[0].startswith(f"{name} has had alert ")


def test_a_form_without_a_key_is_no_fault_of_ours(line: Line, owner: Engine) -> None:
    assert line.presses("") == 422
    assert events(owner) == 0


def test_reports_on_a_call_come_to_the_address_of_every_report(
    ward: Ward, line: Line, owner: Engine
) -> None:
    reports = ["no-answer", "initiated", "no-answer"]
    assert [line.reports(status) for status in reports] == [204, 204, 204]
    assert events(owner) == 2
    assert [each.state for each in ward.texts()] == ["undelivered"]


def test_a_forged_report_changes_nothing(ward: Ward, line: Line, owner: Engine) -> None:
    assert line.reports("busy", token="somebody else's") == 403
    assert events(owner) == 0
    assert [each.state for each in ward.texts()] == ["accepted"]
