"""A mail as it lies in somebody's mailbox: envelope and parts, for tests and the demo."""

import base64
import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

_HEADERS = ("From", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted")


@dataclass(frozen=True)
class Mail:
    """What a mail server has taken. `path` is the return path; `headers` are the telling ones."""

    id: str
    path: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    headers: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)  # name → content, base64

    @classmethod
    def of(cls, path: str, to: str, raw: bytes) -> Self:
        """Read a mail as it came over the wire."""
        mail = message_from_bytes(raw, _class=EmailMessage, policy=default)
        date = mail["Date"]
        return cls(
            id=str(mail["Message-ID"] or "").strip("<>"),
            path=path,
            to=to,
            subject=str(mail["Subject"] or ""),
            text=_part(mail, "plain"),
            html=_part(mail, "html"),
            at=date.datetime.astimezone(UTC),
            headers={name: str(mail[name]) for name in _HEADERS if name in mail},
            files=dict(_file(part) for part in mail.iter_attachments()),
        )

    def to_line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self) | {"at": self.at.isoformat()}, ensure_ascii=False)

    @classmethod
    def of_line(cls, line: str) -> Self:
        """Back from a line."""
        fields = json.loads(line)
        return cls(**fields | {"at": datetime.fromisoformat(fields["at"])})


def _file(part: EmailMessage) -> tuple[str, str]:
    content = part.get_payload(decode=True)
    return part.get_filename() or "", base64.b64encode(
        content if isinstance(content, bytes) else b""
    ).decode()


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else ""
