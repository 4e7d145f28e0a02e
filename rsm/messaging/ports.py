"""What the post room asks of the outside. Each port has one method; abilities are separate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rsm.messaging.model import Accepted, Found, IncomingText, Outgoing


class Sender(Protocol):
    """Hands one message to a provider."""

    def send(self, message: Outgoing) -> Accepted:
        """Returns when the provider has accepted.

        Raises `Rejected` (never), `Deferred` (later) or `OutcomeUnknown` (perhaps accepted).
        """
        ...


class SentList(Protocol):
    """Reads the provider's own list, to learn what became of a message we are unsure of."""

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """Messages from `sender` to `to` created at or after `since` (newest first).

        Raises `Deferred` when the provider cannot be asked now.
        """
        ...


class History(Protocol):
    """Reads all that went out from one sender: after a restore, and once a day."""

    def sent(self, sender: str, since: datetime, until: datetime) -> Sequence[Found]:
        """Every message from `sender` created from `since` to before `until`, the oldest first.

        Those that still wait at the provider are among them. Raises `Deferred` unless all was read.
        """
        ...


class Received(Protocol):
    """Reads all that came in to one of our numbers, whether or not we were told of it."""

    def texts(self, to: str, since: datetime, until: datetime) -> Sequence[IncomingText]:
        """Every text to `to` from `since` to before `until`, the oldest first.

        Raises `Deferred` unless all was read.
        """
        ...


class Redactor(Protocol):
    """Lets the provider forget what a message said."""

    def redact(self, provider_id: str) -> None:
        """Delete the body; doing it again changes nothing.

        Raises `Rejected` when that can never be done, `Deferred` when it cannot be done now.
        """
        ...
