"""What the post room asks of the outside. Each port has one method; abilities are separate."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rsm.messaging.model import Accepted, Found, Outgoing


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
