"""One suite for the adapter (against a mail server on loopback) and for the fake."""

import base64
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.email.fake import FakeMail
from integrations.email.faults import MailFault
from integrations.email.mails import Mail
from integrations.email.sandbox import Guard, MailServer
from integrations.email.sender import SmtpSender
from integrations.email.settings import smtp_config
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, Attachment, Letter, Outgoing

NOW = datetime(2026, 10, 19, 13, 0, 0, tzinfo=UTC)
CLINIC = "lakeside@rsm.example.org"
PATH = "lakeside+abcdefgh@rsm.example.org"
PATIENT, OTHER = "maria@example.org", "other@example.org"
STOP = "https://rsm.example.org/mail/stop/" + "x" * 122
USER, PASSWORD = "rsm", "p@ss/word for tests"


class Provider(Protocol):
    """Either implementation, with the hands that a test needs."""

    def send(self, message: Outgoing) -> Accepted: ...
    def fault(self, fault: MailFault, times: int | None = 1, to: str | None = None) -> None: ...
    def received(self) -> list[Mail]: ...


class Fake:
    """The fake, for the suite."""

    def __init__(self) -> None:
        self._fake = FakeMail(VirtualClock(NOW))
        self.send, self.fault = self._fake.send, self._fake.faults.plan

    def received(self) -> list[Mail]:
        return self._fake.received


class Real:
    """The adapter and a mail server, for the suite."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._patient = True

    def send(self, message: Outgoing) -> Accepted:
        config = smtp_config(self._server.url)
        config = config if self._patient else replace(config, timeout_seconds=3)
        self._patient = True
        return SmtpSender(config, VirtualClock(NOW)).send(message)

    def fault(self, fault: MailFault, times: int | None = 1, to: str | None = None) -> None:
        self._patient = fault is not MailFault.SILENT_AFTER_DATA
        self._server.faults.plan(fault, times, to)

    def received(self) -> list[Mail]:
        return self._server.received


@pytest.fixture(name="server")
def a_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture(params=["adapter", "fake"], name="provider")
def a_provider(request: pytest.FixtureRequest) -> Provider:
    if request.param == "fake":
        return Fake()
    return Real(request.getfixturevalue("server"))


def outgoing(number: int = 1, to: str = PATIENT, body: str = "", **letter: str) -> Outgoing:
    parts = {
        "subject": "Lakeside: your check-in is ready",
        "html": "<p>Your check-in is ready.</p>",
        "sender_name": "Lakeside",
        "return_path": PATH,
        "stop_url": STOP,
    }
    return Outgoing(
        id=UUID(int=number),
        channel=Channel.EMAIL,
        to=to,
        sender=CLINIC,
        body=body or "Your check-in is ready.\n\nhttps://rsm.example.org/s/x\n",
        callback_url="",
        letter=Letter(**(parts | letter)),  # type: ignore[arg-type]  # words alone
    )


def with_files(*files: Attachment) -> Outgoing:
    message = outgoing()
    assert message.letter is not None
    return replace(message, letter=replace(message.letter, attachments=files))


def failure(provider: Provider, message: Outgoing) -> SendError:
    with pytest.raises(SendError) as raised:
        provider.send(message)
    return raised.value


def test_a_mail_arrives_with_text_html_and_its_headers(provider: Provider) -> None:
    accepted = provider.send(outgoing())
    (mail,) = provider.received()
    assert accepted.provider_id == mail.id == f"{UUID(int=1)}@rsm.example.org"
    assert (mail.path, mail.to, mail.at) == (PATH, PATIENT, NOW)
    assert mail.subject == "Lakeside: your check-in is ready"
    assert mail.text == "Your check-in is ready.\n\nhttps://rsm.example.org/s/x\n"
    assert mail.html.strip() == "<p>Your check-in is ready.</p>"
    assert mail.headers == {
        "From": f"Lakeside <{CLINIC}>",
        "Message-ID": f"<{UUID(int=1)}@rsm.example.org>",
        "List-Unsubscribe": f"<{STOP}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }


def test_letters_with_accents_dots_and_long_lines_arrive_as_they_were_written(
    provider: Provider,
) -> None:
    body = "¿Cómo está?\n.\n..dots\n" + "word " * 400 + "\n"
    provider.send(outgoing(body=body, subject="Clínica: su encuesta 👍", sender_name="Clínica"))
    (mail,) = provider.received()
    assert (mail.text, mail.subject) == (body, "Clínica: su encuesta 👍")
    assert mail.headers["From"] == f"Clínica <{CLINIC}>"


def test_who_cannot_unsubscribe_is_offered_nothing_to_unsubscribe(provider: Provider) -> None:
    provider.send(outgoing(stop_url=""))
    assert not [name for name in provider.received()[0].headers if name.startswith("List-")]


def test_the_same_message_has_the_same_id_however_often_it_is_sent(provider: Provider) -> None:
    assert provider.send(outgoing()) == provider.send(outgoing())
    assert len({mail.id for mail in provider.received()}) == 1


@pytest.mark.parametrize(
    ("fault", "error", "reason", "taken"),
    [
        (MailFault.UNKNOWN_USER, Rejected, SendReason.INVALID_ADDRESS, 0),
        (MailFault.MAILBOX_FULL, Rejected, SendReason.UNREACHABLE, 0),
        (MailFault.RELAY_DENIED, Rejected, SendReason.REFUSED, 0),
        (MailFault.GREYLISTED, Deferred, SendReason.RATE_LIMITED, 0),
        (MailFault.BUSY, Deferred, SendReason.RATE_LIMITED, 0),
        (MailFault.DROP_BEFORE_DATA, Deferred, SendReason.NETWORK, 0),
        (MailFault.CONTENT_BUSY, Deferred, SendReason.RATE_LIMITED, 0),
        (MailFault.CONTENT_REFUSED, Rejected, SendReason.REFUSED, 0),
        (MailFault.DROP_AFTER_DATA, OutcomeUnknown, SendReason.NETWORK, 1),
        (MailFault.SILENT_AFTER_DATA, OutcomeUnknown, SendReason.TIMEOUT, 1),
    ],
)
def test_a_fault_is_told_as_what_we_know_of_it(
    provider: Provider, fault: MailFault, error: type[SendError], reason: SendReason, taken: int
) -> None:
    provider.fault(fault)
    raised = failure(provider, outgoing())
    assert (type(raised), raised.reason) == (error, reason)
    assert len(provider.received()) == taken


def test_a_fault_strikes_as_often_as_asked_and_only_this_address(provider: Provider) -> None:
    provider.fault(MailFault.GREYLISTED, times=2, to=PATIENT)
    provider.send(outgoing(1, to=OTHER))
    failure(provider, outgoing(2))
    failure(provider, outgoing(2))
    provider.send(outgoing(2))
    assert [mail.to for mail in provider.received()] == [OTHER, PATIENT]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "maria",
        "maria@example.org, other@example.org",
        "maria@example.org\r\nRCPT TO:<other@example.org>",
        "maria@example.org\nBcc: other@example.org",
        "<maria@example.org>",
        "maría@example.org",
    ],
)
def test_what_is_no_single_plain_address_is_never_sent_to(provider: Provider, to: str) -> None:
    raised = failure(provider, outgoing(to=to))
    assert (type(raised), raised.reason) == (Rejected, SendReason.INVALID_ADDRESS)
    assert provider.received() == []


@pytest.mark.parametrize("field", ["subject", "sender_name", "stop_url"])
@pytest.mark.parametrize("smuggled", ["x\r\nBcc: other@example.org", "x\nBcc: a@example.org", "\r"])
def test_nothing_can_begin_a_header_of_its_own(
    provider: Provider, field: str, smuggled: str
) -> None:
    message = outgoing()
    assert message.letter is not None
    letter = Letter(**(vars(message.letter) | {field: smuggled}))
    raised = failure(provider, replace(message, letter=letter))
    assert (type(raised), raised.reason) == (Rejected, SendReason.REFUSED)
    assert provider.received() == []


def test_an_error_never_holds_the_address_or_the_text(provider: Provider) -> None:
    errors = []
    for fault in MailFault:
        provider.fault(fault)
        errors.append(failure(provider, outgoing()))
    for error in errors:
        told = f"{error!r} {error} {error.detail}"
        assert "maria" not in told
        assert "check-in" not in told
        assert (error.__cause__, error.__context__) == (None, None)


# --- the adapter alone ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Certified:
    """A certificate for this machine, its key, and the file by which it is trusted."""

    context: ssl.SSLContext
    ca_file: Path


@pytest.fixture(scope="module", name="certified")
def a_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return Certified(context, certificate)


def sender(url: str, **changes: float) -> SmtpSender:
    config = replace(smtp_config(url), timeout_seconds=changes.get("timeout_seconds", 14))
    return SmtpSender(config, VirtualClock(NOW))


def address(
    server: MailServer, certified: Certified, log_in: str = "rsm:p%40ss%2Fword for tests"
) -> str:
    return f"smtp://{log_in}@127.0.0.1:{server.port}?starttls=required&ca={certified.ca_file}"


def test_it_turns_to_tls_and_logs_on(certified: Certified) -> None:
    with MailServer(Guard(certified.context, user=USER, password=PASSWORD)) as server:
        there = sender(address(server, certified))
        there.send(outgoing())
        assert "TLSv1" in there.check()
        assert "logged on" in there.check()
    assert len(server.received) == 1


def test_tls_from_the_first_byte(certified: Certified) -> None:
    with MailServer(Guard(certified.context, implicit=True)) as server:
        there = sender(f"smtps://127.0.0.1:{server.port}?ca={certified.ca_file}")
        there.send(outgoing())
        assert "TLSv1" in there.check()
    assert len(server.received) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(certified: Certified) -> None:
    with MailServer(Guard(certified.context)) as server:
        there = sender(f"smtp://127.0.0.1:{server.port}?starttls=required")
        with pytest.raises(Deferred) as refused:
            there.send(outgoing())
    assert refused.value.reason is SendReason.CREDENTIALS
    assert server.received == []


def test_a_server_without_tls_gets_nothing(server: MailServer) -> None:
    there = sender(f"smtp://127.0.0.1:{server.port}?starttls=required")
    with pytest.raises(Deferred) as refused:
        there.send(outgoing())
    assert (refused.value.reason, server.received) == (SendReason.CREDENTIALS, [])
    with pytest.raises(Deferred):
        there.check()


@pytest.mark.parametrize("log_in", ["rsm:wrong", "nobody:p%40ss%2Fword for tests"])
def test_a_wrong_log_in_loses_nothing(certified: Certified, log_in: str) -> None:
    with MailServer(Guard(certified.context, user=USER, password=PASSWORD)) as server:
        there = sender(address(server, certified, log_in))
        with pytest.raises(Deferred) as refused:
            there.send(outgoing())
    assert (refused.value.reason, server.received) == (SendReason.CREDENTIALS, [])


def test_a_server_that_wants_a_log_in_which_we_have_not(certified: Certified) -> None:
    with MailServer(Guard(certified.context, user=USER, password=PASSWORD)) as server:
        there = sender(f"smtp://127.0.0.1:{server.port}?ca={certified.ca_file}")
        with pytest.raises(Deferred) as refused:
            there.send(outgoing())
    assert refused.value.reason is SendReason.CREDENTIALS


def test_a_port_that_nobody_serves_defers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Deferred) as refused:
        sender(f"smtp://127.0.0.1:{port}?starttls=never").send(outgoing())
    assert refused.value.reason is SendReason.NETWORK


def test_a_server_that_takes_the_call_and_says_nothing_defers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"smtp://127.0.0.1:{mute.getsockname()[1]}?starttls=never"
        with pytest.raises(Deferred) as refused:
            sender(url, timeout_seconds=0.2).send(outgoing())
    assert refused.value.reason is SendReason.TIMEOUT


def test_threads_share_one_sender(server: MailServer) -> None:
    there = sender(server.url)
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda n: there.send(outgoing(n)).provider_id, range(1, 41)))
    assert sorted(mail.id for mail in server.received) == sorted(sent)


def test_what_came_is_kept_over_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "mail.jsonl"
    with MailServer(state_file=kept) as server:
        sender(server.url).send(outgoing())
    (line,) = kept.read_text(encoding="utf-8").splitlines()
    assert Mail.of_line(line) == server.received[0]


def test_files_arrive_byte_by_byte_beside_text_and_html(provider: Provider) -> None:
    content = bytes(range(256)) * 40 + b"\r\n.\r\n.dots\n"
    report = Attachment("report-2026-10.pdf", "application/pdf", content)
    page = Attachment("report-2026-10.html", "text/html", "<p>Año</p>".encode())
    provider.send(with_files(report, page))
    (mail,) = provider.received()
    assert {name: base64.b64decode(held) for name, held in mail.files.items()} == {
        report.name: content,
        page.name: page.content,
    }
    assert mail.text == "Your check-in is ready.\n\nhttps://rsm.example.org/s/x\n"
    assert mail.html.strip() == "<p>Your check-in is ready.</p>"
    assert Mail.of_line(mail.to_line()) == mail


def test_a_file_whose_name_would_begin_a_header_is_refused(provider: Provider) -> None:
    nasty = Attachment("a.pdf\r\nBcc: other@example.org", "application/pdf", b"x")
    assert isinstance(failure(provider, with_files(nasty)), Rejected)
    assert provider.received() == []
