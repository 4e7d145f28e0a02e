"""Provider callbacks: signed, stored first; forged, replayed and unordered ones change nothing."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.hooks import SIGNATURE_HEADER, SignatureCheck
from rsm.db.work import Database, Scope
from rsm.flow import patient_texts
from rsm.kernel.words import Audience
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, MessageState, MessageView
from rsm.web import refusals
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, Clinic, build_clinic

PUBLIC_URL = "https://rsm.example.org"
TOKEN = "a token of the account"
INBOUND = "/hooks/twilio/inbound"


class Provider:
    """Calls our hooks as the provider would: with its signature, or with one that is forged."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def posts(self, path: str, form: dict[str, str], token: str = TOKEN, **headers: str) -> int:
        form = {"AccountSid": "AC1", **form}
        url = PUBLIC_URL + path
        signature = RequestValidator(token).compute_signature(url, form)
        sent = {SIGNATURE_HEADER: signature, **headers}
        answer = self.client.post(path, data=form, headers=sent)
        self.body = answer.text
        return int(answer.status_code)

    def texts(self, body: str, sid: str = "SM1", token: str = TOKEN) -> int:
        form = {"MessageSid": sid, "From": PATIENT_PHONE, "To": PATIENT_SENDER, "Body": body}
        return self.posts(INBOUND, form, token)

    def reports(self, message: MessageView, status: str, code: str = "", **more: str) -> int:
        path = f"/hooks/twilio/status/{message.site_id}/{message.id}"
        form = {"MessageSid": "SM9", "MessageStatus": status}
        return self.posts(path, form | ({"ErrorCode": code} if code else {}), **more)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def client(web_db: Database) -> Iterator[TestClient]:
    signature = SignatureCheck(TOKEN, PUBLIC_URL)
    services = Services(web_db, PUBLIC_URL, signature=signature, callbacks=TwilioCallbacks())
    with TestClient(create_app(services), base_url="http://inner:8000") as client:
        yield client


@pytest.fixture
def provider(client: TestClient) -> Provider:
    return Provider(client)


@pytest.fixture
def message(clinic: Clinic) -> MessageView:
    """A survey text that a worker has claimed and is sending."""
    patient = clinic.enrol_patient()
    with clinic.begin() as tx:
        draft = Draft(
            business_key="survey:1",
            lane=Lane.SURVEY,
            audience=Audience.PATIENT,
            site_id=clinic.site,
            purpose="survey_invite",
            language="en",
            patient_id=patient,
        )
        message_id = messaging.enqueue(tx, draft)
        assert message_id is not None
        row = messaging.lock_due(tx, message_id)
        assert row is not None
        ready = [(row, PATIENT_SENDER, "text")]
        return messaging.start_sending(tx, ready, timedelta(seconds=30))[0]


def state_of(db: Database, message: MessageView) -> MessageState:
    with db.begin(Scope.site(message.site_id)) as tx:
        found = messaging.lock(tx, message.id)
    assert found is not None
    return found.state


def count(owner: Engine, table: str) -> int:
    with owner.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def actions(owner: Engine) -> list[str]:
    with owner.connect() as connection:
        return list(connection.execute(text("SELECT action FROM audit_event")).scalars())


# --- texts ----------------------------------------------------------------------------------------


def test_a_text_is_stored_and_answered_with_an_empty_response(
    clinic: Clinic, provider: Provider, owner: Engine
) -> None:
    clinic.enrol_patient()
    assert provider.texts("hello") == 200
    assert provider.body.endswith("<Response/>")
    assert count(owner, "inbound_message") == 1


def test_a_replayed_text_changes_nothing(clinic: Clinic, provider: Provider, owner: Engine) -> None:
    clinic.enrol_patient()
    assert [provider.texts("STOP"), provider.texts("STOP")] == [200, 200]
    rows = [count(owner, table) for table in ("inbound_message", "opt_event", "message", "task")]
    assert rows == [1, 1, 1, 1]


def test_a_forged_text_opts_nobody_out_stores_nothing_and_is_in_the_trail(
    clinic: Clinic, provider: Provider, owner: Engine
) -> None:
    clinic.enrol_patient()
    assert provider.texts("STOP", token="somebody else's") == 403
    assert (count(owner, "inbound_message"), count(owner, "opt_event")) == (0, 0)
    assert actions(owner).count("hook.refused") == 1


def test_a_flood_of_forged_calls_does_not_flood_the_trail(
    clinic: Clinic, provider: Provider, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(refusals, "monotonic", lambda: now)
    for _ in range(20):
        assert provider.texts("STOP", token="somebody else's") == 403
    now += 61
    assert provider.texts("STOP", token="somebody else's") == 403
    with owner.connect() as connection:
        query = (
            "SELECT facts ->> 'count' FROM audit_event WHERE action = 'hook.refused' ORDER BY id"
        )
        assert connection.execute(text(query)).scalars().all() == ["1", "20"]


def test_a_text_without_a_signature_is_refused(client: TestClient, owner: Engine) -> None:
    assert client.post(INBOUND, data={"Body": "STOP"}).status_code == 403
    assert count(owner, "inbound_message") == 0


def test_a_signature_for_another_body_is_refused(clinic: Clinic, client: TestClient) -> None:
    form = {"MessageSid": "SM1", "From": PATIENT_PHONE, "To": PATIENT_SENDER, "Body": "hello"}
    signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + INBOUND, form)
    answer = client.post(
        INBOUND, data=form | {"Body": "STOP"}, headers={SIGNATURE_HEADER: signature}
    )
    assert answer.status_code == 403


def test_an_empty_body_keeps_its_signature(clinic: Clinic, provider: Provider) -> None:
    assert provider.texts("") == 200


def test_forwarded_headers_are_not_believed(clinic: Clinic, client: TestClient) -> None:
    form = {"MessageSid": "SM1", "From": PATIENT_PHONE, "To": PATIENT_SENDER, "Body": "STOP"}
    forged = RequestValidator(TOKEN).compute_signature("https://evil.example.org" + INBOUND, form)
    headers = {SIGNATURE_HEADER: forged, "X-Forwarded-Host": "evil.example.org"}
    assert client.post(INBOUND, data=form, headers=headers).status_code == 403


def test_a_form_with_a_field_missing_is_said_to_be_wrong(
    clinic: Clinic, provider: Provider
) -> None:
    assert provider.posts(INBOUND, {"MessageSid": "SM1"}) == 422


def test_a_text_whose_handling_breaks_is_kept_and_thanked_for(
    clinic: Clinic, provider: Provider, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("broken")

    clinic.enrol_patient()
    monkeypatch.setattr(patient_texts, "handle", broken)
    assert provider.texts("STOP") == 200
    assert count(owner, "inbound_message") == 1


@pytest.mark.parametrize("body", ["&" * 8_000_000, "Body=" + "x" * 100_000, "a=1&" * 30_000])
def test_a_body_that_no_provider_sends_is_not_even_read(
    client: TestClient, owner: Engine, body: str
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(INBOUND, content=body.encode(), headers=headers).status_code == 413
    assert actions(owner) == []


def test_words_in_any_script_come_in_as_they_were_written(
    clinic: Clinic, provider: Provider, owner: Engine
) -> None:
    clinic.enrol_patient()
    assert provider.texts("Ay, me duele: 50 % + más & 🤕 = 2; ¿sí?") == 200
    assert count(owner, "inbound_message") == 1


def test_hooks_are_not_there_without_a_provider(web_db: Database) -> None:
    with TestClient(create_app(Services(web_db, PUBLIC_URL))) as client:
        assert client.post(INBOUND, data={"Body": "STOP"}).status_code == 404


# --- reports --------------------------------------------------------------------------------------


def test_reports_in_any_order_and_number_end_in_delivered(
    provider: Provider, message: MessageView, web_db: Database, owner: Engine
) -> None:
    for status in ["sent", "delivered", "queued", "sent", "delivered", "sending"]:
        assert provider.reports(message, status) == 204
    assert state_of(web_db, message) is MessageState.DELIVERED
    assert count(owner, "delivery_event") == 3


def test_a_forged_report_changes_nothing(
    provider: Provider, message: MessageView, web_db: Database, owner: Engine
) -> None:
    assert provider.reports(message, "delivered", token="somebody else's") == 403
    assert state_of(web_db, message) is MessageState.SENDING
    assert count(owner, "delivery_event") == 0


def test_a_report_of_an_opt_out_is_written_into_our_ledger(
    provider: Provider, message: MessageView, web_db: Database, owner: Engine
) -> None:
    assert provider.reports(message, "undelivered", "21610") == 204
    with web_db.begin(Scope.site(message.site_id)) as tx:
        assert optouts.is_stopped(tx, optouts.hash_of(tx, PATIENT_PHONE), PATIENT_SENDER)
    assert count(owner, "task") == 1


def test_a_word_that_we_do_not_know_changes_nothing(
    provider: Provider, message: MessageView, web_db: Database
) -> None:
    assert provider.reports(message, "teleported") == 204
    assert state_of(web_db, message) is MessageState.SENDING


def test_a_report_on_a_message_of_another_site_changes_nothing(
    provider: Provider, message: MessageView, web_db: Database, clinic: Clinic
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550150", "+12025550151"))
    path = f"/hooks/twilio/status/{other.site}/{message.id}"
    assert provider.posts(path, {"MessageSid": "SM9", "MessageStatus": "delivered"}) == 204
    assert state_of(web_db, message) is MessageState.SENDING


def test_a_report_on_no_message_is_no_fault(clinic: Clinic, provider: Provider) -> None:
    path = f"/hooks/twilio/status/{clinic.site}/{UUID(int=7)}"
    assert provider.posts(path, {"MessageSid": "SM9", "MessageStatus": "sent"}) == 204
