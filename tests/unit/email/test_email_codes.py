"""What a mail server's reply means, and against whom it counts."""

import pytest

from integrations.email.codes import Stage, reason_of, refusal, status_in
from rsm.kernel.errors import Deferred, Rejected, SendError, SendReason


@pytest.mark.parametrize(
    ("stage", "code", "text", "error", "reason"),
    [
        (Stage.SENDER, 550, b"5.7.1 not your address", Deferred, SendReason.CREDENTIALS),
        (Stage.SENDER, 530, b"5.7.0 authentication required", Deferred, SendReason.CREDENTIALS),
        (Stage.SENDER, 451, b"", Deferred, SendReason.RATE_LIMITED),
        (Stage.RECIPIENT, 530, b"must issue STARTTLS", Deferred, SendReason.CREDENTIALS),
        (Stage.RECIPIENT, 550, b"no such user", Rejected, SendReason.INVALID_ADDRESS),
        (Stage.RECIPIENT, 550, b"5.7.1 blocked", Rejected, SendReason.REFUSED),
        (Stage.RECIPIENT, 552, b"full", Rejected, SendReason.UNREACHABLE),
        (Stage.RECIPIENT, 452, b"4.2.2 full for now", Deferred, SendReason.PROVIDER_ERROR),
        (Stage.RECIPIENT, 252, b"perhaps", Deferred, SendReason.PROVIDER_ERROR),
        (Stage.DATA, 550, b"spam", Rejected, SendReason.REFUSED),
        (Stage.DATA, 421, b"4.7.0 slow down", Deferred, SendReason.RATE_LIMITED),
    ],
)
def test_a_reply(
    stage: Stage, code: int, text: bytes, error: type[SendError], reason: SendReason
) -> None:
    told = refusal(stage, code, text)
    assert (type(told), told.reason) == (error, reason)


def test_only_codes_are_repeated() -> None:
    told = refusal(Stage.RECIPIENT, 550, b"5.1.1 <maria@example.org>: no such user")
    assert told.detail == "RCPT: 550 5.1.1"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", SendReason.INVALID_ADDRESS),
        ("5.2.1", SendReason.UNREACHABLE),
        ("4.4.7", SendReason.UNREACHABLE),
        ("4.1.1", SendReason.UNREACHABLE),  # given up: nobody said that there is no such mailbox
        ("5.6.0", SendReason.REFUSED),
        ("", SendReason.REFUSED),
    ],
)
def test_an_enhanced_code(status: str, reason: SendReason) -> None:
    assert reason_of(status) is reason


def test_a_code_is_found_within_words() -> None:
    assert status_in("smtp; 550 5.1.1 gone") == "5.1.1"
    assert status_in("10.0.0.1 has version 3.4.5") == ""
