"""What Twilio calls back, parsed, and its signature behind every kind of proxy."""

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.hooks import (
    InboundText,
    OptOutType,
    SignatureCheck,
    StatusCallback,
    inbound_text,
    status_callback,
)
from rsm.kernel.errors import Invalid, SendReason
from rsm.messaging.model import MessageState

TOKEN = "token"
STATUS = {"MessageSid": "SM1", "MessageStatus": "sent", "AccountSid": "AC1"}
TEXT = {
    "MessageSid": "SM2",
    "AccountSid": "AC1",
    "From": "+12025550112",
    "To": "+12025550140",
    "Body": " 3 lots ",
    "NumMedia": "0",
    "FromCity": "",
}


def test_a_status_callback_is_parsed() -> None:
    callback = status_callback(STATUS)
    assert callback == StatusCallback("AC1", "SM1", "sent", None)
    assert callback.state is MessageState.SENT
    assert callback.verdict is None
    assert callback.key == ("SM1", "sent")


def test_an_old_name_of_the_status_is_understood() -> None:
    form = {"MessageSid": "SM1", "SmsStatus": "delivered", "AccountSid": "AC1"}
    assert status_callback(form).state is MessageState.DELIVERED


def test_an_unknown_status_is_kept_and_changes_nothing() -> None:
    callback = status_callback(STATUS | {"MessageStatus": "teleported"})
    assert (callback.status, callback.state) == ("teleported", None)


def test_a_failure_says_why() -> None:
    failed = status_callback(STATUS | {"MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert failed.verdict is not None
    assert failed.verdict.reason is SendReason.UNREACHABLE


def test_a_text_is_parsed_as_it_was_written() -> None:
    assert inbound_text(TEXT) == InboundText(
        "AC1", "SM2", "+12025550112", "+12025550140", " 3 lots "
    )


def test_a_picture_without_words_is_a_text() -> None:
    text = inbound_text(TEXT | {"Body": "", "NumMedia": "2"})
    assert (text.body, text.media) == ("", 2)


@pytest.mark.parametrize(
    ("field", "expected"),
    [("STOP", OptOutType.STOP), ("HELP", OptOutType.HELP), ("", None), ("LATER", None)],
)
def test_twilios_own_view_of_a_keyword_is_read(field: str, expected: OptOutType | None) -> None:
    assert inbound_text(TEXT | {"OptOutType": field}).opt_out is expected


def test_every_missing_field_is_named() -> None:
    with pytest.raises(Invalid) as status:
        status_callback({"AccountSid": "AC1"})
    assert [problem.where for problem in status.value.problems] == ["MessageSid", "SmsStatus"]
    with pytest.raises(Invalid) as text:
        inbound_text({"MessageSid": "SM1", "AccountSid": "AC1", "Body": ""})
    assert [problem.where for problem in text.value.problems] == ["From", "To"]
    with pytest.raises(Invalid) as body:
        inbound_text({name: value for name, value in TEXT.items() if name != "Body"})
    assert [problem.where for problem in body.value.problems] == ["Body"]


def signed(url: str) -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, TEXT))


@pytest.mark.parametrize(
    ("public_url", "called"),
    [
        ("https://rsm.example.org", "https://rsm.example.org/hooks/twilio/sms?site=1"),
        ("https://rsm.example.org/", "https://rsm.example.org/hooks/twilio/sms?site=1"),
        ("https://rsm.example.org", "https://rsm.example.org:443/hooks/twilio/sms?site=1"),
        ("https://rsm.example.org:8443", "https://rsm.example.org:8443/hooks/twilio/sms?site=1"),
        ("https://rsm.example.org:8443", "https://rsm.example.org/hooks/twilio/sms?site=1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/hooks/twilio/sms?site=1"),
        ("https://example.org/rsm", "https://example.org/rsm/hooks/twilio/sms?site=1"),
    ],
)
def test_the_public_address_is_the_base_of_the_signature(public_url: str, called: str) -> None:
    check = SignatureCheck(TOKEN, public_url)
    assert check.valid("/hooks/twilio/sms?site=1", TEXT, signed(called))


@pytest.mark.parametrize(
    "called",
    [
        "http://rsm.example.org/hooks/twilio/sms?site=1",
        "https://evil.example.org/hooks/twilio/sms?site=1",
        "https://rsm.example.org/hooks/twilio/sms?site=2",
        "https://rsm.example.org/hooks/twilio/sms",
    ],
)
def test_a_signature_for_another_address_is_refused(called: str) -> None:
    check = SignatureCheck(TOKEN, "https://rsm.example.org")
    assert not check.valid("/hooks/twilio/sms?site=1", TEXT, signed(called))


def test_a_changed_form_another_token_or_no_signature_is_refused() -> None:
    url, path = "https://rsm.example.org/hooks/twilio/sms", "/hooks/twilio/sms"
    check = SignatureCheck(TOKEN, "https://rsm.example.org")
    assert check.valid(path, TEXT, signed(url))
    assert not check.valid(path, TEXT | {"Body": "STOP"}, signed(url))
    assert not check.valid(path, TEXT | {"Extra": "x"}, signed(url))
    assert not SignatureCheck("other", "https://rsm.example.org").valid(path, TEXT, signed(url))
    assert not check.valid(path, TEXT, None)
    assert not check.valid(path, TEXT, "")
    assert not check.valid(path.removeprefix("/"), TEXT, signed(url))
