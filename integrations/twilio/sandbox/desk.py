"""The control desk: phones, log, faults, callbacks, clock and past messages, as JSON.

No log-in, since it holds synthetic data on loopback; a POST must be JSON, so that no web page that
happens to be open in a browser can send one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.twilio.checks import is_number
from integrations.twilio.faults import (
    CallbackFault,
    CreateFault,
    FaultBook,
    PlannedFault,
    ReadFault,
    Share,
    Weather,
)
from integrations.twilio.sandbox.asked import BadRequest, asked, text_of
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.handsets import Handsets
from integrations.twilio.sandbox.model import SandboxClock
from integrations.twilio.sandbox.operator import Operator
from integrations.twilio.sandbox.postman import Postman


@dataclass(frozen=True)
class Outside:
    """Who calls the application: about texts, and about calls."""

    postman: Postman
    operator: Operator


class Desk:
    """What `SandboxControl` talks to."""

    def __init__(
        self,
        clock: SandboxClock,
        exchange: Exchange,
        sent: Outside,
        handsets: Handsets,
        faults: FaultBook,
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._exchange = exchange
        self._postman, self._operator = sent.postman, sent.operator
        self._handsets = handsets

    def routes(self) -> list[Route]:
        """Where everything is."""
        switch = FaultSwitch(self._faults)
        return [
            Route("/phones", self.phones, methods=["GET"]),
            Route("/phones/{number}", self.thread, methods=["GET"]),
            Route("/phones/{number}/text", self.text, methods=["POST"]),
            Route("/log", self.log, methods=["GET"]),
            Route("/faults", switch.show, methods=["GET"]),
            Route("/faults", switch.plan, methods=["POST"]),
            Route("/faults", switch.clear, methods=["DELETE"]),
            Route("/callbacks", self.callbacks, methods=["GET"]),
            Route("/callbacks/flush", self.flush, methods=["POST"]),
            Route("/seed", self.seed, methods=["POST"]),
            Route("/clock", self.set_clock, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/settings", self.settings, methods=["POST"]),
        ]

    async def phones(self, request: Request) -> Response:
        """Every phone with its messages in order; `?last=N` for the last ones only."""
        last = request.query_params.get("last", "")
        count = int(last) if last.isdecimal() else None
        numbers = self._exchange.phones()
        return JSONResponse({"phones": [self._phone(number, count) for number in numbers]})

    async def thread(self, request: Request) -> Response:
        """One phone; a number never seen has an empty thread."""
        return JSONResponse(self._phone(request.path_params["number"], None))

    async def text(self, request: Request) -> Response:
        """A phone sends a text; without `to` it answers whoever wrote last."""
        number = request.path_params["number"]
        given = await asked(request)
        to = text_of(given, "to") or self._exchange.last_sender_to(number)
        if not is_number(number) or not to:
            raise BadRequest("a number in E.164, and `to`, are needed")
        return JSONResponse(await self._handsets.text(number, text_of(given, "body"), to))

    async def log(self, request: Request) -> Response:
        """Every create accepted, in order; `?after=N` leaves the first N out."""
        after = request.query_params.get("after", "")
        entries = self._exchange.log(int(after) if after.isdecimal() else 0)
        return JSONResponse({"log": [message.to_json() for message in entries]})

    async def callbacks(self, _request: Request) -> Response:
        """The callbacks that were sent lately, in order."""
        return JSONResponse({"callbacks": [asdict(result) for result in self._postman.results]})

    async def flush(self, request: Request) -> Response:
        """Send every callback that waits; those under way are waited for."""
        await asked(request)
        sent = await self._postman.flush() + await self._operator.flush()
        return JSONResponse({"callbacks": [asdict(result) for result in sent]})

    async def seed(self, request: Request) -> Response:
        """Take in past messages: `from`, `to`, `body`, `at`; perhaps `direction`, `status`."""
        entries = (await asked(request)).get("messages")
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise BadRequest("`messages` must be a list of objects")
        try:
            count = self._exchange.seed(entries)
        except (KeyError, ValueError) as wrong:
            raise BadRequest(f"a message cannot be read: {wrong}") from wrong
        return JSONResponse({"seeded": count})

    async def set_clock(self, request: Request) -> Response:
        """Put the clock to `now`, standing still unless `runs`; without `now`, as the machine's."""
        given = await asked(request)
        if given.get("now"):
            try:
                instant = datetime.fromisoformat(text_of(given, "now"))
                self._clock.set(instant, runs=bool(given.get("runs")))
            except ValueError as wrong:
                raise BadRequest(str(wrong)) from wrong
        else:
            self._clock.reset()
        return JSONResponse({"now": self._clock.now().isoformat()})

    async def reset(self, request: Request) -> Response:
        """Forget messages, opt-outs, faults and the clock; where inbound texts go stays."""
        await asked(request)
        self._faults.clear()
        self._clock.reset()
        self._postman.reset()
        self._operator.reset()
        self._exchange.reset()
        return JSONResponse({})

    async def settings(self, request: Request) -> Response:
        """Change where inbound texts go, and whether STOP words are handled here."""
        given = await asked(request)
        if "inbound_url" in given:
            self._handsets.inbound_url = text_of(given, "inbound_url")
        if "keywords" in given:
            self._handsets.keywords = bool(given["keywords"])
        return JSONResponse(
            {"inbound_url": self._handsets.inbound_url, "keywords": self._handsets.keywords}
        )

    def _phone(self, number: str, last: int | None) -> dict[str, object]:
        return {
            "number": number,
            "opted_out": self._exchange.opt_outs(number),
            "messages": [message.to_json() for message in self._exchange.thread(number, last)],
        }


class FaultSwitch:
    """Shows, plans and clears faults."""

    def __init__(self, faults: FaultBook) -> None:
        self._faults = faults

    async def show(self, _request: Request) -> Response:
        """What is planned."""
        planned = [
            {"create": plan.fault.value, "times": plan.times, "to": plan.to}
            for plan in self._faults.planned
        ]
        return JSONResponse(
            {
                "create": planned,
                "read": [fault.value for fault in self._faults.reads],
                "callbacks": self._faults.callbacks.value,
                "unreachable": sorted(self._faults.unreachable),
                "refused": self._faults.refused,
            }
        )

    async def plan(self, request: Request) -> Response:
        """Any of `create` (with `times`, null for ever, and `to`), `callbacks`, and numbers.

        `read` (with `times`) is for requests for the list, and to delete a body; `unreachable`
        lists numbers that get nothing, `refused` names a code for each number;
        `weather` has a `seed` and, for `create` and `callbacks`, the share that each fault hits.
        """
        given = await asked(request)
        try:
            plan = _planned(given)
            reads = _reads(given)
            refused = _codes(given.get("refused"))
            callbacks = CallbackFault(str(given.get("callbacks", self._faults.callbacks)))
            weather = _weather(given.get("weather"))
        except ValueError as wrong:
            raise BadRequest(str(wrong)) from wrong
        numbers = given.get("unreachable")
        if plan is not None:
            self._faults.plan(plan)
        self._faults.reads += reads
        self._faults.callbacks = callbacks
        if isinstance(numbers, list):
            self._faults.unreachable = {str(number) for number in numbers}
        if refused is not None:
            self._faults.refused = refused
        if weather is not None:
            self._faults.blow(weather)
        return await self.show(request)

    async def clear(self, request: Request) -> Response:
        """Behave again."""
        self._faults.clear()
        return await self.show(request)


def _planned(given: Mapping[str, object]) -> PlannedFault | None:
    if not given.get("create"):
        return None
    times, to = given.get("times", 1), given.get("to")
    return PlannedFault(
        CreateFault(str(given["create"])),
        None if times is None else int(str(times)),
        None if to is None else str(to),
    )


def _reads(given: Mapping[str, object]) -> list[ReadFault]:
    if not given.get("read"):
        return []
    return [ReadFault(str(given["read"]))] * int(str(given.get("times", 1)))


def _weather(given: object) -> Weather | None:
    if not isinstance(given, dict):
        return None
    return Weather(
        str(given.get("seed", "")), _shares(given.get("create")), _shares(given.get("callbacks"))
    )


def _shares(given: object) -> Share:
    if not isinstance(given, dict):
        return {}
    return {str(name): float(str(share)) for name, share in given.items()}


def _codes(given: object) -> dict[str, int] | None:
    if not isinstance(given, dict):
        return None
    return {str(number): int(str(code)) for number, code in given.items()}
