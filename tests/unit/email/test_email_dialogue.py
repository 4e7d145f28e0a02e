"""What the adapter says to a mail server, line by line."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest

from integrations.email.sender import SmtpSender
from integrations.email.settings import smtp_config
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Letter, Outgoing

NOW = datetime(2026, 10, 19, 13, tzinfo=UTC)
PATH = "lakeside+abc=d@rsm.example.org"
USUAL = {
    "greeting": "220 mx.example.org",
    "EHLO": "250-mx.example.org\r\n250 DSN",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 kept",
    "QUIT": "221 bye",
}


@contextmanager
def server(**replies: str) -> Iterator[tuple[SmtpSender, list[str]]]:
    """A server that says these lines, and what it heard. An empty reply hangs up."""
    said = USUAL | {{"dot": "."}.get(name, name): reply for name, reply in replies.items()}
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, said, heard))
        thread.start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}?starttls=never"
        yield SmtpSender(smtp_config(url), VirtualClock(NOW)), heard
        thread.join()


def _serve(listener: socket.socket, said: Mapping[str, str], heard: list[str]) -> None:
    line, _ = listener.accept()
    with line, line.makefile("rw", newline="") as file:

        def answer(word: str) -> bool:
            file.write(said.get(word, "250 ok") + "\r\n" if said.get(word, "x") else "")
            file.flush()
            return bool(said.get(word, "x"))

        in_text = False
        answer("greeting")
        for each in file:
            text = each.rstrip("\r\n")
            heard.append(text)
            if in_text and text != ".":
                continue
            word = text.partition(" ")[0].upper()
            in_text = word == "DATA" and said["DATA"].startswith("354")
            if not answer(word) or word == "QUIT":
                return


def outgoing(to: str = "maria+a@example.org", body: str = "text\n.\nend\n") -> Outgoing:
    letter = Letter("Subject", "<p>html</p>", "Lakeside", PATH)
    return Outgoing(
        UUID(int=1), Channel.EMAIL, to, "lakeside@rsm.example.org", body, "", letter=letter
    )


def failure(**replies: str) -> SendError:
    with server(**replies) as (sender, _), pytest.raises(SendError) as raised:
        sender.send(outgoing())
    return raised.value


def test_reports_are_asked_for_without_the_mail_itself() -> None:
    with server() as (sender, heard):
        sender.send(outgoing())
    assert heard[0] == "ehlo rsm.example.org"
    assert heard[1] == f"mail FROM:<{PATH}> RET=HDRS"
    assert heard[2] == (
        "rcpt TO:<maria+a@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;maria+2Ba@example.org"
    )


def test_a_server_that_does_not_know_reports_is_not_asked_for_them() -> None:
    with server(EHLO="250 mx.example.org") as (sender, heard):
        sender.send(outgoing())
    assert heard[1:3] == [f"mail FROM:<{PATH}>", "rcpt TO:<maria+a@example.org>"]


def test_a_line_that_is_a_dot_does_not_end_the_text() -> None:
    with server() as (sender, heard):
        sender.send(outgoing())
    assert heard.count(".") == 1
    assert ".." in heard


@pytest.mark.parametrize(
    ("replies", "error", "reason"),
    [
        ({"greeting": "421 4.3.2 too busy"}, Deferred, SendReason.NETWORK),
        ({"MAIL": "550 5.7.1 not you"}, Deferred, SendReason.CREDENTIALS),
        ({"RCPT": "550 5.1.1 nobody"}, Rejected, SendReason.INVALID_ADDRESS),
        ({"RCPT": ""}, Deferred, SendReason.NETWORK),
        ({"DATA": "451 4.3.0 not now"}, Deferred, SendReason.RATE_LIMITED),
        ({"DATA": ""}, Deferred, SendReason.NETWORK),
        ({"dot": "452 4.3.1 no room"}, Deferred, SendReason.PROVIDER_ERROR),
        ({"dot": "552 5.3.4 too big"}, Rejected, SendReason.REFUSED),
        ({"dot": ""}, OutcomeUnknown, SendReason.NETWORK),
        ({"dot": "gibberish"}, OutcomeUnknown, SendReason.PROVIDER_ERROR),
        ({"dot": "354 what"}, OutcomeUnknown, SendReason.PROVIDER_ERROR),
    ],
)
def test_each_reply_is_told_as_what_we_know_of_it(
    replies: dict[str, str], error: type[SendError], reason: SendReason
) -> None:
    raised = failure(**replies)
    assert (type(raised), raised.reason) == (error, reason)


def test_a_lost_good_bye_changes_nothing() -> None:
    with server(QUIT="") as (sender, _):
        assert sender.send(outgoing()).provider_id == f"{UUID(int=1)}@rsm.example.org"


def test_an_address_that_swallows_calls_leaves_time_for_the_host_s_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such as one of IPv6 in a network that has none: each address has as long as is given."""
    given: list[float] = []

    def swallowed(_address: object, seconds: float, *_: object) -> None:
        given.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", swallowed)
    for url in ("smtp://mail.example.org", "smtps://mail.example.org"):
        config = smtp_config(url)
        with pytest.raises(Deferred):
            SmtpSender(config, VirtualClock(NOW)).send(outgoing())
        assert given.pop() <= config.timeout_seconds / 2
