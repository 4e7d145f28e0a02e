"""What comes back to a return path: delivery reports (RFC 3464) and complaints (RFC 5965). Pure.

Only the parts that machines write are read; the words for people are many, and lie. Nothing in a
report is believed before its return path has shown that it is ours: the caller checks that.
"""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses

from integrations.email.codes import reason_of, status_in
from rsm.kernel.errors import Invalid, Problem
from rsm.messaging.model import MailNews, MailReport

_MEND = "only delivery reports (RFC 3464) and complaints (RFC 5965) belong here"
_ACTIONS = {
    "failed": MailNews.FAILED,
    "delayed": MailNews.DELAYED,
    "relayed": MailNews.RELAYED,
    "expanded": MailNews.RELAYED,
    "delivered": MailNews.DELIVERED,
}
# Where a return path may stand: whom the report was sent to, and what the mail itself said.
_SENT_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
_MAIL_ITSELF = ("Return-Path", "X-Original-Mail-From")
_MOST_PATHS = 40
# Anybody may write to a return path. What machines write is short, stands at the beginning, and is
# not nested: what reading would take long for is cut off or refused.
_MOST_BYTES = 128 * 1024
_MOST_BOUNDARIES = 30
_LONGEST_HEADER = 2000


class MailReports:
    """Reads reports on e-mails. Implements `rsm.flow.ports.ReadsMailReports`."""

    def read(self, raw: bytes) -> MailReport:
        """The report that this message is; raises `Invalid` for any other message."""
        found = _read(raw[:_MOST_BYTES])
        if found is None:
            raise Invalid(Problem("message", "is no report on a mail", _MEND))
        return found


def _read(raw: bytes) -> MailReport | None:
    """None for what is no report, or is built to be hard to read.

    The plain old policy: the modern one takes minutes for a long header, and breaks on a bad one.
    """
    if raw.lower().count(b"boundary") > _MOST_BOUNDARIES:
        return None
    try:
        return _report(message_from_bytes(raw, policy=compat32))
    except RecursionError:  # messages, or comments, within one another without end
        return None


def _report(mail: Message) -> MailReport | None:
    if mail.get_content_type() != "multipart/report":
        return None
    kind = str(mail.get_param("report-type", "") or "").lower()
    readers = {"delivery-status": _delivery, "feedback-report": _complaint}
    return readers[kind](mail) if kind in readers else None


def _delivery(mail: Message) -> MailReport | None:
    """A delivery report. With several recipients the one that failed counts: we name one only."""
    fields = [
        block
        for part in mail.walk()
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}
        for block in _blocks(part)
        if "action" in block
    ]
    told = [(block, _ACTIONS.get(_first_word(block["action"]))) for block in fields]
    known = [(block, news) for block, news in told if news is not None]
    if not known:
        return None
    block, news = min(known, key=lambda one: list(_ACTIONS.values()).index(one[1]))
    status = status_in(block.get("status", ""))
    return MailReport(
        news=news,
        paths=_paths(mail),
        status=status,
        reason=reason_of(status) if news is MailNews.FAILED else None,
        recipient=_address(block.get("original-recipient") or block.get("final-recipient", "")),
    )


def _complaint(mail: Message) -> MailReport | None:
    blocks = [
        block
        for part in mail.walk()
        if part.get_content_type() == "message/feedback-report"
        for block in _blocks(part)
    ]
    if not blocks or _first_word(blocks[0].get("feedback-type", "")) == "not-spam":
        return None
    named = [block["original-mail-from"] for block in blocks if "original-mail-from" in block]
    return MailReport(news=MailNews.COMPLAINT, paths=(*_plain(named), *_paths(mail)))


def _blocks(part: Message) -> Iterator[dict[str, str]]:
    """The groups of fields of a machine-readable part, names in lower case, the first one counts.

    The parser takes `message/*` for messages within: each group is one whose headers are the
    fields.
    """
    for group in _within(part) or [part]:
        block: dict[str, str] = {}
        for name, value in group.items():
            block.setdefault(name.lower(), str(value))
        if not block and isinstance(group.get_payload(), str):
            block = _lines(str(group.get_payload()))
        yield block


def _within(part: Message) -> list[Message]:
    """The messages that the parser has found inside of a part."""
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _lines(text: str) -> dict[str, str]:
    """Fields that the parser has left as text."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _paths(mail: Message) -> tuple[str, ...]:
    """Every address that may be the return path we gave, those of the report itself first."""
    named = [str(value) for name in _SENT_TO for value in mail.get_all(name, [])]
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            named += _returned(str(part.get_payload()))
        elif kind == "message/rfc822":
            for one in _within(part):
                named += [str(one[name]) for name in _MAIL_ITSELF if name in one]
    return _plain(named)


def _returned(headers: str) -> list[str]:
    fields = _lines(headers)
    return [fields[name.lower()] for name in _MAIL_ITSELF if name.lower() in fields]


def _plain(named: list[str]) -> tuple[str, ...]:
    """The addresses alone, in lower case, each once."""
    short = [each for each in named if len(each) <= _LONGEST_HEADER][:_MOST_PATHS]
    found = (address.lower() for _, address in getaddresses(short) if "@" in address)
    return tuple(dict.fromkeys(found))[:_MOST_PATHS]


def _address(typed: str) -> str:
    """`rfc822; maria@example.org` → the address; empty for other kinds of address."""
    kind, _, address = typed.partition(";")
    known = kind.strip().lower() in {"rfc822", "utf-8"}
    return address.strip().strip("<>").lower() if known else ""


def _first_word(value: str) -> str:
    words = value.partition("(")[0].split()
    return words[0].lower() if words else ""
