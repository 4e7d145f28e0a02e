"""Lets the sandbox's calls live: they ring, somebody takes them, keys are pressed, they end.

A phone rings until somebody does something about it, or its number's fate does; outside of manual
mode nobody takes a call that has rung for as long as its create allows.
"""

import asyncio
from urllib.parse import urldefrag

from integrations.twilio.faults import CallbackFault, CallFate, FaultBook, distorted
from integrations.twilio.sandbox.postman import Account, Answer, Postman, Result
from integrations.twilio.sandbox.switchboard import (
    RINGING,
    TAKEN,
    Call,
    Script,
    Switchboard,
    read_script,
)
from integrations.twilio.sandbox.wire import call_form

_TIMEOUT_SECONDS = 60  # how long a call rings whose create says nothing
_HELD = frozenset({CallbackFault.LATE, CallbackFault.REORDER})


class NoSuchCall(Exception):
    """Nobody is on that line."""


class Operator:
    """Every call of the sandbox, from its create to its end."""

    def __init__(
        self, account: Account, board: Switchboard, postman: Postman, faults: FaultBook
    ) -> None:
        self._account = account
        self._board = board
        self._postman = postman
        self._faults = faults
        self._waiting: list[tuple[str, str]] = []
        self._running: set[asyncio.Task[None]] = set()

    def follow(self, call: Call) -> None:
        """Start the life of a call that was accepted."""
        task = asyncio.create_task(self._ring(call))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def answer(self, sid: str) -> Call:
        """Somebody takes the call and hears it up to the first wait for a key."""
        call = self._on(sid)
        if call.status != TAKEN:
            await self._move(sid, TAKEN)
            self._board.hear(sid, read_script(call.request.twiml) or Script())
            if not self._on(sid).action:
                await self._move(sid, "completed")
        return self._known(sid)

    async def press(self, sid: str, key: str) -> tuple[Call, list[int]]:
        """A key is pressed, after the call was taken: the call, and how our hook answered."""
        call = await self.answer(sid)
        if not call.action:
            raise NoSuchCall
        answers = await self._hand_in(call, key)
        script = read_script(answers[-1].text) if answers[-1].status == 200 else None
        self._board.hear(sid, script or Script(), key)
        if script is None or not script.action:
            await self._move(sid, "completed")
        return self._known(sid), [answer.status for answer in answers]

    async def end(self, sid: str, status: str) -> Call:
        """Hung up (`completed`), or never taken: `busy`, `no-answer`, `failed`."""
        taken = self._on(sid).status == TAKEN
        await self._move(sid, "completed" if taken else status)
        return self._known(sid)

    async def flush(self) -> list[Result]:
        """Send the reports that wait; those under way have been sent before."""
        waiting, self._waiting = self._waiting, []
        fault = self._faults.callbacks
        arriving = distorted(waiting, fault) if fault is not CallbackFault.LATE else waiting
        return [result for sid, status in arriving for result in await self._report(sid, status)]

    def reset(self) -> None:
        """Forget what rings and what waits."""
        for task in self._running:
            task.cancel()
        self._waiting.clear()
        self._board.reset()

    async def _ring(self, call: Call) -> None:
        await self._move(call.sid, "initiated")
        fate = self._faults.calls.get(call.request.to)
        if fate is CallFate.VOICEMAIL:
            await self.answer(call.sid)
            await self._move(call.sid, "completed")
        elif fate is not None:
            await self._move(call.sid, fate.value)
        else:
            await self._move(call.sid, RINGING)
            await self._give_up(call)

    async def _give_up(self, call: Call) -> None:
        if self._postman.is_manual:
            return
        await asyncio.sleep(int(call.request.timeout or _TIMEOUT_SECONDS))
        if self._known(call.sid).status == RINGING:
            await self._move(call.sid, "no-answer")

    async def _hand_in(self, call: Call, key: str) -> list[Answer]:
        form = call_form(call, self._account.sid) | {"Digits": key, "msg": "Gather End"}
        url = urldefrag(call.action).url
        times = 2 if self._faults.callbacks is CallbackFault.DOUBLE else 1
        return [await self._postman.post(url, form) for _ in range(times)]

    async def _move(self, sid: str, status: str) -> None:
        """To its next status, of which the application is told if it wanted to be."""
        if not self._board.advance(sid, status) or not self._known(sid).reports(status):
            return
        fault = self._faults.callbacks
        if self._postman.is_manual or fault in _HELD:
            self._waiting.append((sid, status))
            return
        for each in distorted([status], fault):
            await self._report(sid, each)

    async def _report(self, sid: str, status: str) -> list[Result]:
        call = self._board.get(sid)
        if call is None or not call.request.callback_url:
            return []
        form = call_form(call, self._account.sid) | {"CallStatus": status}
        answer = await self._postman.post(call.request.callback_url, form)
        result = Result(sid, status, answer.status)
        self._postman.results.append(result)
        return [result]

    def _known(self, sid: str) -> Call:
        call = self._board.get(sid)
        if call is None:
            raise NoSuchCall
        return call

    def _on(self, sid: str) -> Call:
        call = self._known(sid)
        if call.is_over:
            raise NoSuchCall
        return call
