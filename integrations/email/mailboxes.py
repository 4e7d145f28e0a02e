"""The demo's mailboxes for its page of phones: a port of the web room, over the server's file."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock

from integrations.email.mails import Mail
from rsm.web.ports import MailItem

_MOST = 50  # kept of each mailbox


class SandboxMailboxes:
    """Implements `rsm.web.ports.Mailboxes`: reads what is new in the file each time it is asked."""

    def __init__(self, state_file: Path) -> None:
        self._file = state_file
        self._read = 0
        self._boxes: dict[str, deque[MailItem]] = defaultdict(lambda: deque(maxlen=_MOST))
        self._lock = Lock()

    def mailboxes(self, last: int) -> Mapping[str, Sequence[MailItem]]:
        """Every mailbox that ever got a mail, each with its last ones, the oldest first."""
        with self._lock:
            self._catch_up()
            return {address: tuple(box)[-last:] for address, box in self._boxes.items()}

    def _catch_up(self) -> None:
        if not self._file.exists():
            return
        with self._file.open("rb") as lines:
            lines.seek(self._read)
            for line in lines:
                if not line.endswith(b"\n"):
                    return  # the server is writing it
                self._read += len(line)
                mail = Mail.of_line(line.decode("utf-8"))
                self._boxes[mail.to].append(MailItem(mail.id, mail.subject, mail.text, mail.at))


def keep_only(state_file: Path, mails: Sequence[Mail]) -> None:
    """These mails, and no others, lie in the mailboxes."""
    lines = "".join(mail.to_line() + "\n" for mail in mails)
    state_file.write_text(lines, encoding="utf-8")
