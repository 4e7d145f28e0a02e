"""How the mail server of tests and demo, and the fake, can be told to misbehave: pure."""

from dataclasses import dataclass, field
from enum import StrEnum


class MailFault(StrEnum):
    """What goes wrong with a mail."""

    BUSY = "421 4.3.2 at RCPT"
    UNKNOWN_USER = "550 5.1.1 at RCPT"
    MAILBOX_FULL = "552 5.2.2 at RCPT"
    GREYLISTED = "450 4.2.0 at RCPT"
    RELAY_DENIED = "554 5.7.1 at RCPT"
    DROP_BEFORE_DATA = "connection lost at RCPT"
    CONTENT_BUSY = "451 4.3.0 after the text"
    CONTENT_REFUSED = "554 5.7.1 after the text"
    DROP_AFTER_DATA = "taken, and the connection lost before the reply"
    SILENT_AFTER_DATA = "taken, and no reply ever"

    @property
    def reply(self) -> str:
        """The server's words: code and enhanced code."""
        return self.value.partition(" at")[0].partition(" after")[0]


@dataclass
class MailFaults:
    """Which faults are planned, in the order in which they were asked for."""

    _planned: list[tuple[MailFault, int | None, str | None]] = field(default_factory=list)

    def plan(self, fault: MailFault, times: int | None = 1, to: str | None = None) -> None:
        """Let the next mails fail (`times` None: all), or only those to one address."""
        self._planned.append((fault, times, to))

    def clear(self) -> None:
        """Behave again."""
        self._planned.clear()

    def strike(self, to: str) -> MailFault | None:
        """The fault that hits a mail to this address now, using it up by one."""
        for place, (fault, times, only) in enumerate(self._planned):
            if only in {None, to}:
                if times == 1:
                    del self._planned[place]
                elif times is not None:
                    self._planned[place] = (fault, times - 1, only)
                return fault
        return None
