"""One sender in front of all adapters: each message goes to the one of its channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rsm.kernel.errors import Rejected, SendReason
from rsm.kernel.words import Channel
from rsm.messaging.model import Accepted, Found, Outgoing
from rsm.messaging.ports import Sender, SentList


class ByChannel:
    """Implements `Sender` and `SentList` with an adapter for each channel that works here."""

    def __init__(
        self, senders: Mapping[Channel, Sender], lists: Mapping[Channel, SentList]
    ) -> None:
        self._senders = dict(senders)
        self._lists = dict(lists)

    def send(self, message: Outgoing) -> Accepted:
        """As the port; `Rejected` where no adapter is, so that the message goes another way."""
        adapter = self._senders.get(message.channel)
        if adapter is None:
            raise Rejected(SendReason.NO_CHANNEL, f"nobody sends by {message.channel} here")
        return adapter.send(message)

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """As the port. Mail servers keep no list: nothing is found, and after a while given up."""
        known = self._lists.get(Channel.EMAIL if "@" in to else Channel.SMS)
        return known.sent_to(to, sender, since) if known is not None else ()
