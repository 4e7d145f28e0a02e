"""What Twilio's codes and words mean to us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.twilio.codes import VERDICTS, Kind, refusal, state_of, verdict_of
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.messaging.model import MessageState

STATUS_WORDS = (
    "queued", "sending", "sent", "failed", "delivered", "undelivered", "accepted", "scheduled",
    "read", "partially_delivered", "canceled",
)  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "error", "reason"),
    [
        (429, None, Deferred, SendReason.RATE_LIMITED),
        (503, 20503, Deferred, SendReason.PROVIDER_ERROR),
        (503, None, OutcomeUnknown, SendReason.PROVIDER_ERROR),  # some gateway's, not Twilio's
        (500, 20500, OutcomeUnknown, SendReason.PROVIDER_ERROR),
        (500, None, OutcomeUnknown, SendReason.PROVIDER_ERROR),
        (502, None, OutcomeUnknown, SendReason.PROVIDER_ERROR),
        (504, None, OutcomeUnknown, SendReason.PROVIDER_ERROR),
        (401, 20003, Deferred, SendReason.CREDENTIALS),
        (401, None, Deferred, SendReason.CREDENTIALS),
        (403, None, Deferred, SendReason.CREDENTIALS),
        (404, 20404, Deferred, SendReason.CREDENTIALS),
        (301, None, Deferred, SendReason.CREDENTIALS),
        (400, 21211, Rejected, SendReason.INVALID_NUMBER),
        (400, 21610, Rejected, SendReason.OPTED_OUT),
        (403, 21610, Rejected, SendReason.OPTED_OUT),
        (400, 21408, Rejected, SendReason.UNREACHABLE),
        (400, 21611, Deferred, SendReason.RATE_LIMITED),
        (400, 29999, Rejected, SendReason.REFUSED),
        (400, None, Rejected, SendReason.REFUSED),
    ],
)
def test_an_answer_is_judged(
    status: int, code: int | None, error: type[SendError], reason: SendReason
) -> None:
    judged = refusal(status, code)
    assert (type(judged), judged.reason) == (error, reason)


@given(st.integers(500, 599), st.sampled_from([None, *VERDICTS]))
def test_p2_a_server_error_is_never_taken_for_a_no(status: int, code: int | None) -> None:
    judged = refusal(status, code)
    assert not isinstance(judged, Rejected)
    assert isinstance(judged, OutcomeUnknown) or (status == 503 and code is not None)


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        ("21610", Kind.OPT_OUT, SendReason.OPTED_OUT),
        ("30003", Kind.UNREACHABLE, SendReason.UNREACHABLE),
        ("30005", Kind.UNREACHABLE, SendReason.UNREACHABLE),
        ("30006", Kind.UNREACHABLE, SendReason.UNREACHABLE),
        ("30007", Kind.PERMANENT, SendReason.REFUSED),
        ("30008", Kind.TRANSIENT, SendReason.PROVIDER_ERROR),
        ("99999", Kind.PERMANENT, SendReason.REFUSED),
        ("what?", Kind.PERMANENT, SendReason.REFUSED),
    ],
)
def test_a_callbacks_error_code_is_judged(code: str, kind: Kind, reason: SendReason) -> None:
    verdict = verdict_of(code)
    assert verdict is not None
    assert (verdict.kind, verdict.reason) == (kind, reason)


def test_no_code_is_no_verdict() -> None:
    assert verdict_of(None) is None
    assert verdict_of("") is None


def test_every_outgoing_status_of_twilios_has_a_state() -> None:
    assert [word for word in STATUS_WORDS if state_of(word) is None] == []


def test_words_for_inbound_texts_and_unknown_words_have_none() -> None:
    assert [state_of(word) for word in ("receiving", "received", "teleported", "")] == [None] * 4


def test_one_parts_success_does_not_hide_the_others_failure() -> None:
    assert state_of("partially_delivered") is MessageState.UNDELIVERED


def test_what_a_carrier_turns_away_for_a_day_may_succeed_later_and_is_no_refusal_of_the_text() -> (
    None
):
    for code in (30001, 30017, 30022, 30023, 30027, 63038):
        verdict = verdict_of(code)
        assert verdict is not None
        assert (verdict.kind, verdict.reason) == (Kind.TRANSIENT, SendReason.RATE_LIMITED)


def test_a_missing_registration_is_a_fault_of_the_set_up_and_never_of_the_patients_number() -> None:
    for code in (30032, 30033, 30034, 30035):
        verdict = verdict_of(code)
        assert verdict is not None
        assert verdict.reason is SendReason.CREDENTIALS


def test_no_code_has_two_meanings_and_only_one_says_stop() -> None:
    silenced = [code for code, verdict in VERDICTS.items() if verdict.kind is Kind.OPT_OUT]
    assert silenced == [21610]
