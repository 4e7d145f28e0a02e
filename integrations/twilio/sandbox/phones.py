"""The sandbox's phones for the demo's page: a port of the web room, over the remote control."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress

import requests

from integrations.twilio.sandbox.call_control import SandboxCall
from integrations.twilio.sandbox.control import SandboxControl, SandboxMessage
from rsm.web.ports import CallDoes, CallStage, Handset, PhoneText

_DELIVERED = {"delivered", "received"}  # the usual end: nothing to say about it
_SAYS: Mapping[str, str] = {
    "ringing": "call, ringing",
    "in-progress": "call, taken",
    "completed": "call, over",
    "busy": "call, busy",
    "no-answer": "call, not answered",
    "failed": "call, failed",
}


class SandboxPhones:
    """Implements `rsm.web.ports.Phones`; raises `requests.RequestException` without a sandbox."""

    def __init__(self, url: str) -> None:
        self._control = SandboxControl(url)

    def handsets(self, last: int) -> Sequence[Handset]:
        """All phones that ever got a text or a call, each with its last ones."""
        found: dict[str, list[PhoneText]] = defaultdict(list)
        for phone in self._control.phones(last):
            found[phone.number] += [_text(message) for message in phone.messages]
        for call in self._control.calls():
            found[call.to].append(_call(call))
        return [
            Handset(number, tuple(sorted(texts, key=lambda text: text.at)[-last:]))
            for number, texts in found.items()
        ]

    def text(self, number: str, body: str) -> None:
        """The phone answers whoever wrote to it last."""
        self._control.text(number, body)

    def call(self, call_id: str, does: CallDoes | str) -> None:
        """What its owner does about a call, or the key that she presses; nothing on a dead line."""
        with suppress(requests.HTTPError):
            self._do(call_id, does)

    def _do(self, call_id: str, does: CallDoes | str) -> None:
        if does == CallDoes.TAKE:
            self._control.answer(call_id)
        elif does == CallDoes.MACHINE:
            self._control.answer(call_id, "machine")
        elif does == CallDoes.WAIT:
            self._control.wait(call_id)
        elif does == CallDoes.HANG_UP:
            self._control.hang_up(call_id)
        elif does in {CallDoes.LEAVE, CallDoes.BUSY}:
            how = "busy" if does == CallDoes.BUSY else "no-answer"
            self._control.leave(call_id, how)
        else:
            self._control.press(call_id, does)


def _text(message: SandboxMessage) -> PhoneText:
    return PhoneText(
        id=message.sid,
        body=message.body,
        at=message.at,
        mine=message.inbound,
        number=message.to if message.inbound else message.sender,
        state="" if message.status in _DELIVERED else message.status,
    )


def _call(call: SandboxCall) -> PhoneText:
    rings = call.status in {"queued", "initiated", "ringing"}
    waits = call.status == "in-progress" and call.waits_for_key
    stage = CallStage.RINGING if rings else CallStage.TAKEN if waits else CallStage.OVER
    heard = call.heard if stage is CallStage.TAKEN else call.said
    return PhoneText(
        id=call.sid,
        body=" … ".join(heard) or "Telephone call",
        at=call.at,
        mine=False,
        number=call.sender,
        state=_SAYS.get(call.status, _SAYS["ringing"]),
        call=stage,
    )
