"""The errors that rooms raise. `rsm.web.errors` maps each to a status in one table.

RsmError
├── NotFound          it is not there, or not for you: nobody learns which
├── Conflict          somebody was faster, or it exists already
│   └── Refused       its words are for whoever asked
├── NotAllowed        you may not, and you may know it
├── Invalid           the input is wrong; says what, where, and how to mend it
├── Expired           it was right once (a link, a session, a code)
└── Busy              too many ask for the same at once: it can be tried again
SendError             raised by adapters only
├── Rejected          for good: sending the same again cannot help
├── Deferred          for now: try again at `retry_at`
└── OutcomeUnknown    the provider may have accepted it: reconcile, never resend blindly
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RsmError(Exception):
    """Base of everything that a room refuses."""


class NotFound(RsmError):
    """It does not exist, or it is another site's."""


class Conflict(RsmError):
    """The state has moved on: somebody else was faster, or it exists already."""


class Refused(Conflict):
    """A conflict whose words are for whoever asked: who was faster, and when."""


class NotAllowed(RsmError):
    """The actor lacks the role or scope."""


class Expired(RsmError):
    """It was valid once and is no longer."""


class Crowded(StrEnum):
    """What too many may ask for at once; pages have words for each."""

    EXPORT = "export"
    EXPORT_OF_SITE = "export_of_site"
    PDF = "pdf"
    SIGN_IN = "sign_in"


class Busy(RsmError):
    """Too many ask at once; nothing was done. The text is for whoever asked by a command."""

    def __init__(self, what: Crowded, text: str) -> None:
        self.what = what
        super().__init__(text)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: `where` (field, row or path), `what`, and `mend`."""

    where: str
    what: str
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.mend})" if self.mend else text


class Invalid(RsmError):
    """The input is wrong. Holds every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class SendReason(StrEnum):
    """Why a message did not go out: stored on the row and used as a metric label."""

    INVALID_NUMBER = "invalid_number"
    INVALID_ADDRESS = "invalid_address"  # no such mailbox
    NO_CHANNEL = "no_channel"  # this installation has nobody who sends on that channel
    UNREACHABLE = "unreachable"
    BUSY = "busy"  # a call: the line was engaged
    NO_ANSWER = "no_answer"  # a call that nobody took
    OPTED_OUT = "opted_out"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    PROVIDER_ERROR = "provider_error"
    CREDENTIALS = "credentials"
    NETWORK = "network"
    TIMEOUT = "timeout"


class SendError(Exception):
    """Raised by adapters; `reason` is closed, `detail` is safe to log (no numbers, no text)."""

    def __init__(self, reason: SendReason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else str(reason))


class Rejected(SendError):
    """The provider will never take this message."""


class Deferred(SendError):
    """The provider did not take it now; `retry_at` is its wish, or None for our back-off."""

    def __init__(
        self, reason: SendReason, detail: str = "", retry_at: datetime | None = None
    ) -> None:
        super().__init__(reason, detail)
        self.retry_at = retry_at


class OutcomeUnknown(SendError):
    """The request may have been accepted: the row stays `sending` until it is reconciled."""
