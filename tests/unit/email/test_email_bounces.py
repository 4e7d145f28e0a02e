"""What mail servers report back: only what machines write is read."""

from contextlib import suppress
from email.message import EmailMessage

import pytest

from integrations.email.bounces import MailReports
from rsm.kernel.errors import Invalid, SendReason
from rsm.messaging.model import MailNews

PATH = "lakeside+abcdefgh@rsm.example.org"


def report(
    action: str = "failed",
    status: str = "5.1.1",
    *,
    to: str = PATH,
    returned: str = "Subject: check-in\n",
    more: str = "",
) -> bytes:
    """A delivery report as a mail server writes it."""
    lines = f"""\
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

Your message could not be delivered: 4.2.2 4.4.4 nonsense for people.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Mon, 19 Oct 2026 13:00:00 +0000

Final-Recipient: rfc822; Maria@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 said so
{more}
--b1
Content-Type: text/rfc822-headers

{returned}
--b1--
"""
    return lines.replace("\n", "\r\n").encode()


def complaint(kind: str = "abuse", path: str = PATH) -> bytes:
    """A complaint in the Abuse Reporting Format."""
    lines = f"""\
From: feedback@mail.example.org
To: abuse@rsm.example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an abuse report.

--b1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeFilter/1.0
Version: 1
Original-Mail-From: <{path}>

--b1
Content-Type: message/rfc822

From: Lakeside <lakeside@rsm.example.org>
Return-Path: <{path}>
Subject: check-in

text
--b1--
"""
    return lines.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("action", "status", "news", "reason"),
    [
        ("failed", "5.1.1", MailNews.FAILED, SendReason.INVALID_ADDRESS),
        ("Failed", "5.1.10", MailNews.FAILED, SendReason.INVALID_ADDRESS),
        ("failed", "5.2.2", MailNews.FAILED, SendReason.UNREACHABLE),
        ("failed", "4.4.7", MailNews.FAILED, SendReason.UNREACHABLE),
        ("failed", "5.7.1", MailNews.FAILED, SendReason.REFUSED),
        ("failed", "", MailNews.FAILED, SendReason.REFUSED),
        (
            "failed (bad destination)",
            "5.1.1 (no such user)",
            MailNews.FAILED,
            SendReason.INVALID_ADDRESS,
        ),
        ("delayed", "4.2.2", MailNews.DELAYED, None),
        ("relayed", "2.0.0", MailNews.RELAYED, None),
        ("delivered", "2.1.5", MailNews.DELIVERED, None),
    ],
)
def test_a_delivery_report_says_what_became_of_the_mail(
    action: str, status: str, news: MailNews, reason: SendReason | None
) -> None:
    read = MailReports().read(report(action, status))
    assert (read.news, read.reason, read.recipient) == (news, reason, "maria@example.org")
    assert read.paths == (PATH,)


def test_the_original_recipient_counts_before_the_one_it_was_passed_on_to() -> None:
    read = MailReports().read(report(more="Original-Recipient: rfc822;maria@home.example.org\n"))
    assert read.recipient == "maria@home.example.org"


def test_the_return_path_may_stand_in_the_returned_headers_only() -> None:
    returned = f"Return-Path: <{PATH}>\nSubject: check-in\n"
    read = MailReports().read(report(to="bounces@rsm.example.org", returned=returned))
    assert PATH in read.paths


def test_one_recipient_that_failed_outweighs_another_that_did_not() -> None:
    more = "\nFinal-Recipient: rfc822; list@example.org\nAction: failed\nStatus: 5.1.1\n"
    assert MailReports().read(report("delivered", "2.0.0", more=more)).news is MailNews.FAILED


def test_a_complaint_names_the_mail_by_its_return_path() -> None:
    read = MailReports().read(complaint())
    assert (read.news, read.paths[0]) == (MailNews.COMPLAINT, PATH)


def plain() -> bytes:
    mail = EmailMessage()
    mail["To"] = PATH
    mail["Subject"] = "Out of office"
    mail.set_content("I am away. Action: failed\nStatus: 5.1.1\n")
    return mail.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00",
        plain(),
        complaint("not-spam"),
        report("exploded"),
        report().replace(b"message/delivery-status", b"text/plain"),
        report().replace(b"--b1", b"--zz"),
    ],
)
def test_every_other_message_is_no_report(raw: bytes) -> None:
    with pytest.raises(Invalid, match="no report"):
        MailReports().read(raw)


# Anybody may write to a return path: a report that is built to be hard to read costs nothing.


def nested(levels: int) -> bytes:
    kind = "Content-Type: multipart/report; report-type=delivery-status; boundary=b{0}"
    return "".join(f"{kind}\r\n\r\n--b{{0}}\r\n".format(level) for level in range(levels)).encode()


@pytest.mark.parametrize(
    "raw",
    [
        nested(2000),
        b"Content-Type: message/rfc822\r\n\r\n" * 4000,
        report(to="(" * 1900),
        b"Content-Type: multipart/report; report-type=" + b";a=" * 100_000 + b"\r\n\r\n",
    ],
    ids=["parts within parts", "mails within mails", "comments within comments", "parameters"],
)
def test_what_is_built_to_break_a_reader_is_refused_or_read(raw: bytes) -> None:
    with suppress(Invalid):
        assert MailReports().read(raw).paths == ()


def test_a_header_that_goes_on_without_end_is_passed_over() -> None:
    more = f"X-Original-To: {'a@b.example.org, ' * 2000}\n"
    raw = report().replace(b"MIME-Version", more.encode() + b"MIME-Version")
    assert MailReports().read(raw).paths == (PATH,)


@pytest.mark.parametrize("sign", [b"\xe9", b"\x00", b"(", b'"', b"=?utf-8?q?=", b"<", b";", b"@,"])
@pytest.mark.parametrize("name", [b"To: ", b"Action: ", b"Status: ", b"Final-Recipient: "])
def test_a_bad_field_breaks_nothing(name: bytes, sign: bytes) -> None:
    raw = report().replace(name, name + sign)
    with suppress(Invalid):
        assert all("@" in path for path in MailReports().read(raw).paths)


def test_a_report_that_returns_a_whole_mail_is_read_by_its_beginning() -> None:
    assert MailReports().read(report(returned="x" * 5_000_000)).paths == (PATH,)
