"""What only the demo has: phones and mailboxes that stand on this machine, and their page."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.settings import Settings

if TYPE_CHECKING:
    from fastapi import APIRouter

    from integrations.email.sandbox import MailServer
    from integrations.twilio.sandbox.control import RunningSandbox
    from rsm.bootstrap.house import Addresses
    from rsm.simulate.post import PastText

_MAILS_FILE = "mails.jsonl"


def phones_page(settings: Settings) -> "list[APIRouter]":
    """The demo's phones, where texts go to the sandbox and the demo has left its log book."""
    from integrations.email.mailboxes import SandboxMailboxes
    from integrations.twilio.sandbox.phones import SandboxPhones
    from rsm.simulate.demo import read_log_book
    from rsm.web import phones
    from rsm.web.ports import DemoLogIn

    book = read_log_book(settings.data_dir) if settings.sms_provider == "sandbox" else None
    if book is None:
        return []
    log_ins = [DemoLogIn(**one.model_dump()) for one in book.log_ins]
    seen = SandboxPhones(settings.twilio_api_url)
    boxes = SandboxMailboxes(settings.data_dir / _MAILS_FILE)
    return [phones.router(phones.Demo(seen, log_ins, book.password, book.zone, boxes))]


def sandbox(data_dir: Path, inbound_url: str) -> "AbstractContextManager[RunningSandbox]":
    """The Twilio-compatible sandbox: a process of its own that ends with the block."""
    from integrations.twilio.sandbox.control import running_sandbox

    return running_sandbox(inbound_url=inbound_url, state_file=data_dir / "phones.jsonl")


def mail_sandbox(data_dir: Path) -> "MailServer":
    """The demo's mail server, for a `with` block: on loopback, and delivers nothing."""
    from integrations.email.sandbox import MailServer

    return MailServer(state_file=data_dir / _MAILS_FILE)


def seed(running: "RunningSandbox", data_dir: Path, texts: "Sequence[PastText]") -> None:
    """These texts and e-mails of the past, and no others, stand on its phones and lie in its
    mailboxes."""
    from integrations.email.mailboxes import keep_only
    from integrations.email.mails import Mail
    from integrations.twilio.sandbox.control import PastMessage
    from rsm.simulate.post import PastMail

    running.control.reset()
    running.control.seed(
        [PastMessage(**vars(one)) for one in texts if not isinstance(one, PastMail)]
    )
    mails = [one for one in texts if isinstance(one, PastMail)]
    kept = [Mail(one.sid, "", one.to, one.subject, one.body, one.html, one.at, {}) for one in mails]
    keep_only(data_dir / _MAILS_FILE, kept)


def go_on(addresses: "Addresses", keys: Mapping[str, bytes]) -> None:
    """Months that stand already, perhaps of an earlier release: its texts are not looked for."""
    from rsm.bootstrap.house import open_database
    from rsm.flow import history

    db = open_database(addresses.worker, keys, "rsm demo")
    try:
        history.begin_now(db)
    finally:
        db.close()
