"""The control desk's part for calls: who rings, taking a call, its keys, hanging up; as JSON."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.twilio.faults import CallFate, FaultBook
from integrations.twilio.sandbox.asked import BadRequest, asked, text_of
from integrations.twilio.sandbox.operator import NoSuchCall, Operator
from integrations.twilio.sandbox.switchboard import Switchboard, is_key

_TAKERS = frozenset({"human", "machine"})
_ENDS = frozenset({"completed", "busy", "no-answer", "failed"})


class CallDesk:
    """What `CallControl` talks to. A call is named by its id, or by the phone that rings."""

    def __init__(self, board: Switchboard, operator: Operator, faults: FaultBook) -> None:
        self._board = board
        self._operator = operator
        self._faults = faults

    def routes(self) -> list[Route]:
        """Where everything is."""
        return [
            Route("/calls", self.calls, methods=["GET"]),
            Route("/calls/fates", self.fates, methods=["POST"]),
            Route("/calls/{name}/answer", self.answer, methods=["POST"]),
            Route("/calls/{name}/press", self.press, methods=["POST"]),
            Route("/calls/{name}/wait", self.wait, methods=["POST"]),
            Route("/calls/{name}/end", self.end, methods=["POST"]),
        ]

    async def calls(self, request: Request) -> Response:
        """Every call in order, or with `?to=` those to one phone."""
        found = self._board.all(request.query_params.get("to", ""))
        return JSONResponse({"calls": [call.to_json() for call in found]})

    async def fates(self, request: Request) -> Response:
        """How calls end by themselves, by number: `busy`, `no-answer`, `failed`, `voicemail`."""
        given = (await asked(request)).get("fates")
        if not isinstance(given, dict):
            raise BadRequest("`fates` must be an object: a number, and how its calls end")
        try:
            fates = {str(number): CallFate(str(fate)) for number, fate in given.items()}
        except ValueError as wrong:
            raise BadRequest(str(wrong)) from wrong
        self._faults.calls = fates
        return JSONResponse({"fates": fates})

    async def answer(self, request: Request) -> Response:
        """Somebody takes the call, or with `by` a `machine`."""
        by = text_of(await asked(request), "by") or "human"
        if by not in _TAKERS:
            raise BadRequest(f"`by` is one of {', '.join(sorted(_TAKERS))}")
        try:
            call = await self._operator.answer(self._sid(request), by)
        except NoSuchCall:
            raise BadRequest("nobody is on that line") from None
        return JSONResponse(call.to_json())

    async def press(self, request: Request) -> Response:
        """She presses `key`; a call that still rings is taken with that."""
        key = text_of(await asked(request), "key")
        if not is_key(key):
            raise BadRequest("`key` is one of 0 to 9, * and #")
        try:
            call, answered = await self._operator.press(self._sid(request), key)
        except NoSuchCall:
            raise BadRequest("that line waits for no key") from None
        return JSONResponse({"call": call.to_json(), "answered": answered})

    async def wait(self, request: Request) -> Response:
        """Nothing more is pressed: what was typed is handed in, else the call says its goodbye."""
        await asked(request)
        try:
            call, answered = await self._operator.wait(self._sid(request))
        except NoSuchCall:
            raise BadRequest("nobody is on that line") from None
        return JSONResponse({"call": call.to_json(), "answered": answered})

    async def end(self, request: Request) -> Response:
        """She hangs up, or a call that rings is not taken: `status` says how it ended."""
        status = text_of(await asked(request), "status") or "completed"
        if status not in _ENDS:
            raise BadRequest(f"`status` is one of {', '.join(sorted(_ENDS))}")
        try:
            call = await self._operator.end(self._sid(request), status)
        except NoSuchCall:
            raise BadRequest("nobody is on that line") from None
        return JSONResponse(call.to_json())

    def _sid(self, request: Request) -> str:
        name: str = request.path_params["name"]
        if not name.startswith("+"):
            return name
        call = self._board.last_to(name)
        return call.sid if call is not None else name
