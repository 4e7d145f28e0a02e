"""The calls of the sandbox: where each stands, what was said in it, which keys were pressed.

Used from one thread only, the server's event loop. Calls are not kept over a restart: the other
side has hung up by then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from xml.etree import ElementTree as ET

from integrations.twilio import checks
from integrations.twilio.checks import CallRequest
from rsm.kernel.clock import Clock
from rsm.kernel.ids import Ids

RINGING, TAKEN = "ringing", "in-progress"
MAX_CALLS = 10_000
_RANK: Mapping[str, int] = {
    "queued": 0,
    "initiated": 1,
    RINGING: 2,
    TAKEN: 3,
    "completed": 4,
    "busy": 4,
    "no-answer": 4,
    "failed": 4,
    "canceled": 4,
}
_EVENTS: Mapping[str, str] = {"initiated": "initiated", RINGING: "ringing", TAKEN: "answered"}


@dataclass(frozen=True)
class Script:
    """What TwiML says up to the first wait for keys, and where they go; else it hangs up.

    So many keys are waited for (0: any number), or fewer that `ends_on` ends. `rest` is what is
    said once nobody has pressed any.
    """

    words: tuple[str, ...] = ()
    action: str = ""
    most_keys: int = 1
    ends_on: str = ""
    rest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One call to a phone. `script` is what it said last: where keys go while they are waited for.

    `typed` are keys that were pressed and not handed in yet, since more of them are waited for.
    """

    sid: str
    request: CallRequest
    created_at: datetime
    status: str = "queued"
    said: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    script: Script = Script()
    typed: str = ""
    answered_by: str = ""

    @property
    def action(self) -> str:
        """Where the keys go, while some are waited for."""
        return "" if self.is_over else self.script.action

    @property
    def is_over(self) -> bool:
        """Whether nobody is on the line any more, or ever was."""
        return _RANK[self.status] == 4

    def reports(self, status: str) -> bool:
        """Whether the create asked to be told of this."""
        return _EVENTS.get(status, "completed") in self.request.events

    def to_json(self) -> dict[str, object]:
        """For the control pages."""
        return {
            "sid": self.sid,
            "from": self.request.sender,
            "to": self.request.to,
            "at": self.created_at.isoformat(),
            "status": self.status,
            "said": list(self.said),
            "heard": list(self.script.words),
            "keys": list(self.keys),
            "typed": self.typed,
            "answered_by": self.answered_by,
            "waits_for_key": bool(self.action),
            "callback_url": self.request.callback_url,
        }


class Switchboard:
    """All calls of the sandbox's one account; the oldest are forgotten beyond `MAX_CALLS`."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._calls: dict[str, Call] = {}

    def accept(self, request: CallRequest) -> Call:
        """Take a call that passed the checks."""
        call = Call("CA" + self._ids.bytes(16).hex(), request, self._clock.now())
        self._calls[call.sid] = call
        if len(self._calls) > MAX_CALLS:
            del self._calls[next(iter(self._calls))]
        return call

    def get(self, sid: str) -> Call | None:
        """One call."""
        return self._calls.get(sid)

    def all(self, number: str = "") -> list[Call]:
        """Every call, or those to one phone, in order."""
        return [call for call in self._calls.values() if number in {"", call.request.to}]

    def last_to(self, number: str) -> Call | None:
        """The call that this phone got last."""
        found = self.all(number)
        return found[-1] if found else None

    def advance(self, sid: str, status: str) -> bool:
        """Move a call on; whether that is later than where it stood."""
        call = self._calls.get(sid)
        if call is None or _RANK[status] <= _RANK[call.status]:
            return False
        self._calls[sid] = replace(call, status=status)
        return True

    def taken_by(self, sid: str, who: str) -> Call:
        """Who was found to have taken it."""
        call = self._calls[sid] = replace(self._calls[sid], answered_by=who)
        return call

    def hear(self, sid: str, script: Script) -> None:
        """These words are said; what was typed before is over."""
        call = self._calls[sid]
        said = (*call.said, *script.words)
        self._calls[sid] = replace(call, said=said, script=script, typed="")

    def type(self, sid: str, key: str) -> Call:
        """One more key is pressed."""
        call = self._calls[sid]
        typed = call.typed if key == call.script.ends_on else call.typed + key
        call = self._calls[sid] = replace(call, keys=(*call.keys, key), typed=typed)
        return call

    def reset(self) -> None:
        """Forget everything."""
        self._calls.clear()


def read_script(text: str) -> Script | None:
    """What a phone hears of this TwiML; None if it is none."""
    try:
        root = ET.fromstring(text)  # noqa: S314  # our own application's answer
    except ET.ParseError:
        return None
    if root.tag != "Response":
        return None
    gather = root.find("Gather")
    words = [word for verb in root for word in _heard(verb) if gather is None]
    if gather is None:
        return Script(tuple(words))
    first = [word for verb in list(root)[: list(root).index(gather) + 1] for word in _heard(verb)]
    rest = [_words(verb) for verb in root.findall("Say")]
    return Script(
        words=tuple(first),
        action=gather.get("action", ""),
        most_keys=int(gather.get("numDigits", "0")),
        ends_on=gather.get("finishOnKey", "#"),
        rest=tuple(rest),
    )


def is_complete(call: Call, key: str) -> bool:
    """Whether the keys so far are handed in with this one. What ends them alone hands in none."""
    script = call.script
    if key == script.ends_on:
        return bool(call.typed)
    return len(call.typed) == script.most_keys


def _heard(verb: ET.Element) -> list[str]:
    if verb.tag == "Dial":
        return [f"(connected to {''.join(verb.itertext()).strip()})"]
    says = [verb] if verb.tag == "Say" else list(verb.iter("Say"))
    return [_words(each) for each in says]


def call_request(form: Mapping[str, str], events: list[str]) -> CallRequest:
    """The fields of a create that we look at; `events` is there as often as there are events."""
    return CallRequest(
        to=form.get("To", ""),
        sender=form.get("From", ""),
        twiml=form.get("Twiml", ""),
        callback_url=form.get("StatusCallback", "").partition("#")[0],  # overrides: not called
        timeout=form.get("Timeout", ""),
        events=tuple(events) or ("completed",),
        url=form.get("Url", "").partition("#")[0],
        detects="MachineDetection" in form,
    )


def is_key(text: str) -> bool:
    """Whether this is one key of a phone."""
    return len(text) == 1 and text in "0123456789*#"


def refused(request: CallRequest) -> int | None:
    """Twilio's code for a call that it does not make, or None."""
    return checks.refused_call(request)


def _words(say: ET.Element) -> str:
    return "".join(say.itertext()).strip()
