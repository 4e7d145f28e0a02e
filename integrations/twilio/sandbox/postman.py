"""Sends the sandbox's signed requests: status callbacks of each message, and inbound texts."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urldefrag

import requests
from requests.adapters import HTTPAdapter
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.faults import CallbackFault, FaultBook, distorted
from integrations.twilio.hooks import SIGNATURE_HEADER
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.model import Message
from integrations.twilio.sandbox.wire import status_form

_AT_ONCE = 8  # requests to the application at the same time
_TIMEOUT_SECONDS = 15  # Twilio's own
_PAUSES = (0.5, 2.0, 5.0)  # before each repeat of a request that failed
_KEPT_RESULTS = 10_000


@dataclass(frozen=True)
class Account:
    """Whose sandbox it is: the token signs, the id stands in every form."""

    sid: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What the application answered; status 0 when it did not."""

    status: int
    text: str = ""

    @property
    def failed(self) -> bool:
        """Whether a repeat may help."""
        return self.status == 0 or self.status >= 500


@dataclass(frozen=True)
class Result:
    """One callback as it went out, and the answer's status."""

    sid: str
    status: str
    answered: int


class Post(Protocol):
    """Posts a signed form."""

    def __call__(self, url: str, form: Mapping[str, str]) -> Answer: ...


class SignedPost:
    """Posts forms with Twilio's signature over the URL and every field."""

    def __init__(self, token: str) -> None:
        self._validator = RequestValidator(token)
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(pool_maxsize=_AT_ONCE))
        self._session.trust_env = False  # no proxy: the application is beside us

    def __call__(self, url: str, form: Mapping[str, str]) -> Answer:
        """The answer; never raises for a network that fails."""
        # Twilio's settings for one URL live in the fragment: neither sent nor signed.
        url = urldefrag(url).url
        signature = self._validator.compute_signature(url, dict(form))
        try:
            answer = self._session.post(
                url,
                data=dict(form),
                headers={SIGNATURE_HEADER: signature},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return Answer(0)
        return Answer(answer.status_code, answer.text)


class Postman:
    """Lets each accepted message live: queued, sent, then delivered or undelivered.

    In manual mode, and under the fault `late`, lives wait for `flush`, so that tests need no sleep.
    """

    def __init__(
        self, account: Account, exchange: Exchange, faults: FaultBook, post: Post, *, manual: bool
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._faults = faults
        self._post = post
        self._manual = manual
        self._waiting: list[tuple[str, CallbackFault]] = []
        self._running: set[asyncio.Task[list[Result]]] = set()
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self.results: deque[Result] = deque(maxlen=_KEPT_RESULTS)

    def follow(self, message: Message) -> None:
        """Start the life of a message that was accepted."""
        fate = self._faults.fate()
        if self._manual or fate is CallbackFault.LATE:
            self._waiting.append((message.sid, fate))
            return
        task = asyncio.create_task(self._live(message.sid, fate, _PAUSES))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    @property
    def is_manual(self) -> bool:
        """Whether everything waits for `flush`."""
        return self._manual

    def resume(self) -> None:
        """Take up the messages of which a restart interrupted the life."""
        for message in self._exchange.unfinished():
            self.follow(message)

    def reset(self) -> None:
        """Forget what waits, and what was sent."""
        self._waiting.clear()
        self.results.clear()

    async def flush(self) -> list[Result]:
        """Live every waiting life to its end, one after the other; what was sent, in order."""
        waiting, self._waiting = self._waiting, []
        sent = [result for life in await asyncio.gather(*self._running) for result in life]
        for sid, fate in waiting:
            # A fault that was told since counts for what still waits.
            fault = fate if self._faults.callbacks is CallbackFault.NONE else self._faults.callbacks
            sent += await self._live(sid, fault, pauses=(0,) * len(_PAUSES))
        return sent

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """One signed request from a thread, no more than a few at the same time."""
        async with self._gate:
            return await asyncio.to_thread(self._post, url, form)

    async def _live(
        self, sid: str, fault: CallbackFault, pauses: tuple[float, ...]
    ) -> list[Result]:
        message = self._exchange.get(sid)
        if message is None:
            return []
        sent = []
        steps = self._faults.life(message.to)
        for status, code in distorted(steps, fault):
            self._exchange.advance(sid, status, code)
            if message.callback_url:
                answered = await self._call_back(message, status, code, pauses)
                sent.append(Result(sid, status, answered))
        self._exchange.advance(sid, *steps[-1])
        self.results.extend(sent)
        return sent

    async def _call_back(
        self, message: Message, status: str, code: int | None, pauses: tuple[float, ...]
    ) -> int:
        form = status_form(message, status, code, self._account.sid)
        answer = await self.post(message.callback_url, form)
        for pause in pauses:
            if not answer.failed:
                break
            await asyncio.sleep(pause)
            answer = await self.post(message.callback_url, form)
        return answer.status
