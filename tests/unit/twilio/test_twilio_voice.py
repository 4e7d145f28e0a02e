"""Calls through Twilio: what is said, what its words mean, and which forms are taken."""

from dataclasses import replace
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from integrations.twilio import checks, twiml
from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.codes import call_state, call_verdict
from rsm.kernel.errors import Invalid, SendReason
from rsm.kernel.words import Level
from rsm.messaging import spoken
from rsm.messaging.model import AnsweredBy, CallTurn, KeyPress, MessageState, Said, Spoken

KEYS_URL = "https://rsm.example.org/hooks/twilio/keys/1/2"
SPOKEN = Spoken("es-US", "Le llama Lakeside. Alerta K, 7, Q, M.", "Adiós.", KEYS_URL)
CALL = {"AccountSid": "AC1", "CallSid": "CA1", "To": "+12025550143"}


def read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # our own words


def words(text: str) -> list[str]:
    return [say.text or "" for say in read(text).iter("Say")]


def test_the_words_are_said_three_times_each_with_a_wait_for_one_key_then_goodbye() -> None:
    root = read(twiml.of_call(SPOKEN))
    assert [each.tag for each in root] == ["Pause", *["Gather"] * 3, "Say", "Hangup"]
    gather = root[1]
    assert gather.get("numDigits") == "1"
    assert gather.get("finishOnKey") == ""  # else the hash key would be no key
    assert (gather.get("action") or "").partition("#")[0] == KEYS_URL
    assert gather.get("method") == "POST"
    assert words(twiml.of_call(SPOKEN)) == [SPOKEN.words] * 3 + ["Adiós."]


def test_every_word_is_in_the_language_of_whoever_is_called() -> None:
    said = read(twiml.of_call(SPOKEN)).iter("Say")
    assert {each.get("language") for each in said} == {"es-US"}


@pytest.mark.parametrize("name", ["Smith & Sons <Oncology>", 'The "Lake"', "Ben's\x07 clinic\x00"])
def test_no_name_of_a_site_breaks_the_document(name: str) -> None:
    text = twiml.of_call(replace(SPOKEN, words=f"This is {name}."))
    plain = "".join(char for char in name if char.isprintable())
    assert words(text)[0] == f"This is {plain}."


def test_a_call_without_keys_says_it_and_ends() -> None:
    text = twiml.of_call(Spoken("en-US", "Four more alerts wait."))
    assert words(text) == ["Four more alerts wait."] * 3
    assert "Gather" not in text


def test_an_answer_without_a_further_key_is_said_once() -> None:
    assert words(twiml.of_answer(Spoken("en-US", "It is yours."))) == ["It is yours."]


def test_long_words_are_repeated_only_as_often_as_twilio_takes_them() -> None:
    long = replace(SPOKEN, words="alert " * 250)
    assert len(twiml.of_call(long)) <= checks.MAX_TWIML
    assert len(words(twiml.of_call(long))) == 3  # twice, and goodbye
    request = checks.CallRequest("+12025550143", "+12025550140", twiml.of_call(long))
    assert checks.refused_call(request) is None


ASKED = Spoken("en-US", "How many?", "Goodbye.", KEYS_URL, voice="Polly.Joanna")


def test_several_keys_end_with_pound_and_are_waited_for_longer() -> None:
    gather = read(twiml.of_answer(replace(ASKED, keys=8)))[1]
    assert gather.attrib["numDigits"] == "8"
    assert gather.attrib["finishOnKey"] == "#"
    assert int(gather.attrib["timeout"]) > int(read(twiml.of_answer(ASKED))[1].attrib["timeout"])


def test_words_are_said_slowly_in_a_voice_that_can_and_as_ever_in_one_that_cannot() -> None:
    slow = read(twiml.of_answer(replace(ASKED, slow=True)))
    assert [each.get("rate") for each in slow.iter("prosody")] == ["slow"] * 4
    assert next("".join(say.itertext()) for say in slow.iter("Say")) == "How many?"
    nameless = replace(ASKED, slow=True, voice="")
    assert "prosody" not in twiml.of_answer(nameless)
    assert "prosody" not in twiml.of_answer(ASKED)


def test_words_in_another_language_are_said_in_its_own_voice() -> None:
    spanish = Said("es-US", "Para español, oprima el 2.", "Polly.Lupe")
    says = list(read(twiml.of_answer(replace(ASKED, more=(spanish,)))).iter("Say"))[:2]
    assert [(say.get("language"), say.get("voice")) for say in says] == [
        ("en-US", "Polly.Joanna"),
        ("es-US", "Polly.Lupe"),
    ]


def test_a_connection_is_dialled_from_our_number_and_followed_by_the_numbers_to_call() -> None:
    call = Spoken(
        "en-US", "One moment.", "It is over.", dial="+12025550140", dial_from="+12025550103"
    )
    root = read(twiml.of_answer(call))
    assert [each.tag for each in root] == ["Pause", "Say", "Dial", "Say", "Hangup"]
    assert (root[2].get("callerId"), root[2][0].text) == ("+12025550103", "+12025550140")


@pytest.mark.parametrize(
    ("word", "who"),
    [
        ("human", AnsweredBy.PERSON),
        ("machine_start", AnsweredBy.MACHINE),
        ("machine_end_beep", AnsweredBy.MACHINE),
        ("fax", AnsweredBy.MACHINE),
        ("unknown", AnsweredBy.UNKNOWN),
        ("", AnsweredBy.UNKNOWN),
        ("a-word-of-next-year", AnsweredBy.UNKNOWN),
    ],
)
def test_only_what_is_surely_a_machine_is_taken_for_one(word: str, who: AnsweredBy) -> None:
    turn = TwilioCallbacks().turn({**CALL, "AnsweredBy": word})
    assert turn == CallTurn("CA1", "+12025550143", "", who)


@pytest.mark.parametrize("digits", ["A", "1 2", "1" * 21, "٣"])
def test_a_turn_with_what_are_no_keys_is_refused(digits: str) -> None:
    with pytest.raises(Invalid):
        TwilioCallbacks().turn({**CALL, "Digits": digits})


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("queued", MessageState.ACCEPTED, None),
        ("initiated", MessageState.ACCEPTED, None),
        ("ringing", MessageState.SENT, None),
        ("in-progress", MessageState.SENT, None),
        ("completed", MessageState.DELIVERED, None),
        ("busy", MessageState.UNDELIVERED, SendReason.BUSY),
        ("no-answer", MessageState.UNDELIVERED, SendReason.NO_ANSWER),
        ("failed", MessageState.FAILED, SendReason.UNREACHABLE),
        ("canceled", MessageState.CANCELLED, None),
        ("a-word-of-next-year", None, None),
    ],
)
def test_every_word_for_a_call_has_a_state_and_if_nobody_took_it_a_reason(
    word: str, state: MessageState | None, reason: SendReason | None
) -> None:
    assert call_state(word) is state
    report = TwilioCallbacks().status({**CALL, "CallStatus": word})
    assert (report.provider_id, report.state, report.reason) == ("CA1", state, reason)


def test_the_code_of_a_call_that_failed_says_more_than_that_it_failed() -> None:
    verdict = call_verdict("failed", "13224")
    assert verdict is not None
    assert verdict.reason is SendReason.INVALID_NUMBER
    assert call_verdict("failed", "99999") == call_verdict("failed", None)


@pytest.mark.parametrize("key", list("0123456789*#"))
def test_every_key_of_a_phone_is_read(key: str) -> None:
    assert TwilioCallbacks().key({**CALL, "Digits": key}) == KeyPress("CA1", key, "+12025550143")


@pytest.mark.parametrize("digits", ["", "12", "A", "**"])
def test_what_is_no_key_is_refused(digits: str) -> None:
    with pytest.raises(Invalid) as refused:
        TwilioCallbacks().key({**CALL, "Digits": digits})
    assert refused.value.problems[0].where == "Digits"


@pytest.mark.parametrize("missing", ["CallSid", "To", "Digits", "AccountSid"])
def test_a_key_without_a_field_is_refused(missing: str) -> None:
    form = {**CALL, "Digits": "1"}
    del form[missing]
    with pytest.raises(Invalid) as refused:
        TwilioCallbacks().key(form)
    assert [problem.where for problem in refused.value.problems] == [missing]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "the nurse"}, 21211),
        ({"sender": ""}, 21213),
        ({"sender": "Lakeside"}, 21212),
        ({"callback_url": "nowhere"}, 21205),
        ({"timeout": "601"}, 21208),
        ({"twiml": "<Response>"}, 12100),
        ({"twiml": "<Reply/>"}, 12100),
        ({"url": "nowhere"}, 21205),
        ({"url": "https://rsm.example.org/x", "twiml": ""}, None),
        ({"twiml": "<Response>" + " " * 4000 + "</Response>"}, 20001),
        ({}, None),
    ],
)
def test_the_sandbox_refuses_the_calls_that_twilio_would(
    changes: dict[str, str], code: int | None
) -> None:
    fine = checks.CallRequest("+12025550143", "+12025550140", "<Response/>")
    assert checks.refused_call(replace(fine, **changes)) == code  # type: ignore[arg-type]  # texts


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ["staff_alert", "staff_alert_again", "safety_contact_alert"])
def test_our_own_words_are_always_said_three_times(name: str, language: str) -> None:
    fields = {
        "sender_name": "The Lakeside & Hillside Cancer Care Center",
        "level": spoken.level_said(Level.INFO, language),
        "code": "K7QM",
        "minutes": "1440",
        "loan": "1440",
    }
    said = f"{spoken.say(name, language, fields)} {spoken.say('keys_staff', language, fields)}"
    keys_url = f"https://remote-symptoms.example.org/hooks/twilio/keys/{UUID(int=1)}/{UUID(int=2)}"
    goodbye = spoken.say("no_key", language, {})
    call = Spoken(spoken.locale(language), said, goodbye, keys_url)
    assert words(twiml.of_call(call)) == [said] * 3 + [goodbye]
