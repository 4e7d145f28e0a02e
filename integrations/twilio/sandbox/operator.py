"""Lets the sandbox's calls live: they ring, somebody takes them, keys are pressed, they end.

A phone rings until somebody does something about it, or its number's fate does; outside of manual
mode nobody takes a call that has rung for as long as its create allows.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import urldefrag

from integrations.twilio.faults import CallbackFault, CallFate, FaultBook, distorted
from integrations.twilio.sandbox.postman import Account, Answer, Postman, Result
from integrations.twilio.sandbox.switchboard import (
    RINGING,
    TAKEN,
    Call,
    Script,
    Switchboard,
    is_complete,
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

    async def answer(self, sid: str, by: str = "human") -> Call:
        """Somebody, or a machine, takes the call and hears it up to the first wait for a key."""
        call = self._on(sid)
        if call.status != TAKEN:
            await self._move(sid, TAKEN)
            if call.request.detects:
                call = self._board.taken_by(sid, by)
            self._board.hear(sid, await self._first_words(call))
            await self._end_without_keys(sid)
        return self._known(sid)

    async def press(self, sid: str, key: str) -> tuple[Call, list[int]]:
        """A key is pressed, after the call was taken: the call, and how our hook answered; not at
        all, as long as more keys are waited for."""
        call = await self.answer(sid)
        if not call.action:
            raise NoSuchCall
        call = self._board.type(sid, key)
        if not is_complete(call, key):
            if key == call.script.ends_on:
                self._board.hear(sid, call.script)
            return self._known(sid), []
        return await self._submit(call)

    async def wait(self, sid: str) -> tuple[Call, list[int]]:
        """No further key is pressed: what was typed is handed in; without any the call ends."""
        call = self._on(sid)
        if call.typed:
            return await self._submit(call)
        self._board.hear(sid, Script(call.script.rest))
        await self._end_without_keys(sid)
        return self._known(sid), []

    async def _submit(self, call: Call) -> tuple[Call, list[int]]:
        answers = await self._hand_in(call.action, self._form(call) | _keys_of(call))
        self._board.hear(call.sid, _script_of(answers) or Script())
        await self._end_without_keys(call.sid)
        return self._known(call.sid), [answer.status for answer in answers]

    async def _first_words(self, call: Call) -> Script:
        """What was brought along, or what is answered to whoever took the call."""
        if not call.request.url:
            return read_script(call.request.twiml) or Script()
        form = self._form(self._known(call.sid))
        if call.answered_by:
            form |= {"AnsweredBy": "machine_start" if call.answered_by == "machine" else "human"}
        return _script_of(await self._hand_in(call.request.url, form)) or Script()

    async def _end_without_keys(self, sid: str) -> None:
        if not self._on(sid).action:
            await self._move(sid, "completed")

    async def end(self, sid: str, status: str) -> Call:
        """Hung up (`completed`), or never taken: `busy`, `no-answer`, `failed`."""
        taken = self._on(sid).status == TAKEN
        await self._move(sid, "completed" if taken else status)
        return self._known(sid)

    async def flush(self) -> list[Result]:
        """Send the reports that wait; those under way have been sent before."""
        if self._postman.is_manual:  # what is begun of itself comes to where it waits for somebody
            await asyncio.gather(*self._running)
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
            taken = await self.answer(call.sid, "machine")
            if not taken.is_over:  # it hears the words out, and is silent
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

    async def _hand_in(self, action: str, form: Mapping[str, str]) -> list[Answer]:
        url = urldefrag(action).url
        times = 2 if self._faults.callbacks is CallbackFault.DOUBLE else 1
        return [await self._postman.post(url, form) for _ in range(times)]

    def _form(self, call: Call) -> dict[str, str]:
        return call_form(call, self._account.sid)

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


def _keys_of(call: Call) -> dict[str, str]:
    return {"Digits": call.typed, "msg": "Gather End"}


def _script_of(answers: list[Answer]) -> Script | None:
    return read_script(answers[-1].text) if answers[-1].status == 200 else None
