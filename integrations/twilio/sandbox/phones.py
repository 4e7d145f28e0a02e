"""The sandbox's phones for the demo's page: a port of the web room, over the remote control."""

from collections.abc import Sequence

from integrations.twilio.sandbox.control import SandboxControl, SandboxMessage
from rsm.web.ports import Handset, PhoneText

_DELIVERED = {"delivered", "received"}  # the usual end: nothing to say about it


class SandboxPhones:
    """Implements `rsm.web.ports.Phones`; raises `requests.RequestException` without a sandbox."""

    def __init__(self, url: str) -> None:
        self._control = SandboxControl(url)

    def handsets(self, last: int) -> Sequence[Handset]:
        """All phones that ever got a text, each with its last ones."""
        return [
            Handset(phone.number, tuple(_text(message) for message in phone.messages))
            for phone in self._control.phones(last)
        ]

    def text(self, number: str, body: str) -> None:
        """The phone answers whoever wrote to it last."""
        self._control.text(number, body)


def _text(message: SandboxMessage) -> PhoneText:
    return PhoneText(
        id=message.sid,
        body=message.body,
        at=message.at,
        mine=message.inbound,
        number=message.to if message.inbound else message.sender,
        state="" if message.status in _DELIVERED else message.status,
    )
