"""A message written down as RFC 5322 wants it: one text part, one HTML part, files if there are
any, and its headers.

Pure: the same message gives the same Message-ID, so that a mail program shows a repeated one once.
Nothing that a site or a patient has typed can begin a header of its own.
"""

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from rsm.kernel.errors import Invalid, Rejected, SendReason
from rsm.kernel.mailboxes import mailbox
from rsm.messaging.model import Letter, Outgoing

# Addresses are longer than a line: folded, some programs would no longer know them as such.
_POLICY = SMTP.clone(max_line_length=None)
_CHARSET = "utf-8"


def domain_of(address: str) -> str:
    """What stands behind the @."""
    return address.rpartition("@")[2]


def provider_id(message: Outgoing) -> str:
    """What the message is called everywhere: its Message-ID, without the brackets."""
    return f"{message.id}@{domain_of(message.sender)}"


def compose(message: Outgoing, now: datetime) -> bytes | Rejected:
    """The whole mail as bytes, 7 bit, lines ended by CR LF; or why it never can be one."""
    letter = message.letter
    if letter is None or not is_mailbox(message.sender):
        return Rejected(SendReason.REFUSED, "not a letter")
    if not is_mailbox(message.to):
        return Rejected(SendReason.INVALID_ADDRESS, "not an address")
    try:
        return _written(message, letter, now).as_bytes(policy=_POLICY)
    except (ValueError, MessageError):
        return Rejected(SendReason.REFUSED, "a header cannot be written")


def is_mailbox(address: str) -> bool:
    """Whether it is one plain address and nothing else."""
    try:
        return mailbox(address) == address.lower()
    except Invalid:
        return False


def _written(message: Outgoing, letter: Letter, now: datetime) -> EmailMessage:
    if any(
        not char.isprintable() for char in letter.subject + letter.sender_name + letter.stop_url
    ):
        raise ValueError("a header of one line holds a line break or the like")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(letter.sender_name, addr_spec=message.sender)
    mail["To"] = Address(addr_spec=message.to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{provider_id(message)}>"
    # No machine is to answer a machine (RFC 3834; the second is what Exchange heeds).
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.stop_url:
        mail["List-Unsubscribe"] = f"<{letter.stop_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.body, charset=_CHARSET, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", charset=_CHARSET, cte="quoted-printable")
    for each in letter.attachments:
        main, _, sub = each.media_type.partition("/")
        mail.add_attachment(each.content, maintype=main, subtype=sub, filename=each.name)
    return mail
