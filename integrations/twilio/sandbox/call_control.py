"""The remote control's part for calls: who rings, take it, press a key, hang up."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from pydantic import Field

from integrations.twilio.faults import CallFate
from integrations.twilio.sandbox.remote import Remote, Reply


class SandboxCall(Reply):
    """A call as the sandbox keeps it: what was said in it so far, and which keys were pressed."""

    sid: str
    sender: str = Field(alias="from")
    to: str
    at: datetime
    status: str
    said: tuple[str, ...]
    heard: tuple[str, ...] = ()  # the last of it, since a key was pressed
    keys: tuple[str, ...]
    waits_for_key: bool
    typed: str = ""
    answered_by: str = ""
    callback_url: str


class Pressed(Reply):
    """What became of a key: the call, and the HTTP status of each hook call."""

    call: SandboxCall
    answered: tuple[int, ...]


class _Calls(Reply):
    calls: tuple[SandboxCall, ...]


class CallControl(Remote):
    """Calls by their id, or by the number of the phone that rings."""

    def calls(self, to: str = "") -> tuple[SandboxCall, ...]:
        """Every call that was made, in order, or those to one phone."""
        return self._get(f"/calls?to={quote(to)}", _Calls).calls

    def answer(self, name: str, by: str = "human") -> SandboxCall:
        """Somebody takes the call, or a `machine`."""
        return self._post(f"/calls/{name}/answer", {"by": by}, SandboxCall)

    def press(self, name: str, key: str) -> Pressed:
        """A key is pressed; a call that still rings is taken with that."""
        return self._post(f"/calls/{name}/press", {"key": key}, Pressed)

    def type(self, name: str, keys: str) -> SandboxCall:
        """Several keys, one after the other; how the call stands then."""
        for key in keys:
            last = self.press(name, key).call
        return last

    def wait(self, name: str) -> Pressed:
        """No further key is pressed: what was typed counts, else the call says its goodbye."""
        return self._post(f"/calls/{name}/wait", {}, Pressed)

    def hang_up(self, name: str) -> SandboxCall:
        """Whoever took the call hangs up."""
        return self._post(f"/calls/{name}/end", {"status": "completed"}, SandboxCall)

    def leave(self, name: str, how: str = "no-answer") -> SandboxCall:
        """Nobody takes a call that rings: `no-answer`, `busy` or `failed`."""
        return self._post(f"/calls/{name}/end", {"status": how}, SandboxCall)

    def call_fates(self, fates: Mapping[str, CallFate]) -> None:
        """Calls to these numbers, and only these, end so by themselves."""
        said = {number: fate.value for number, fate in fates.items()}
        self._post("/calls/fates", {"fates": dict(said)}, Reply)
