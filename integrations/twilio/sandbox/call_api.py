"""Twilio's API for calls: make one, fetch one. Under the same authentication as messages."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.twilio.faults import CreateFault, FaultBook
from integrations.twilio.sandbox import switchboard, wire
from integrations.twilio.sandbox.api import FAILURES, authenticate
from integrations.twilio.sandbox.lines import Dropped, Silent
from integrations.twilio.sandbox.operator import Operator
from integrations.twilio.sandbox.postman import Account
from integrations.twilio.sandbox.switchboard import Switchboard
from integrations.twilio.sandbox.wire import Failure

_BASE = f"/{wire.API_VERSION}/Accounts/{{account}}/Calls"


class CallApi:
    """The endpoints that the official SDK calls."""

    def __init__(
        self, account: Account, board: Switchboard, operator: Operator, faults: FaultBook
    ) -> None:
        self._account = account
        self._board = board
        self._operator = operator
        self._faults = faults

    def routes(self) -> list[Route]:
        """Where they live."""
        return [
            Route(f"{_BASE}.json", self.create, methods=["POST"]),
            Route(f"{_BASE}/{{sid}}.json", self.fetch, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Make a call, unless a fault strikes or it is one that Twilio would refuse."""
        authenticate(request, self._account)
        async with request.form() as form:
            given = {name: value for name, value in form.items() if isinstance(value, str)}
            events = [str(value) for value in form.getlist("StatusCallbackEvent")]
        wanted = switchboard.call_request(given, events)
        fault = self._faults.strike(wanted.to)
        if fault in FAILURES:
            raise FAILURES[fault]
        if fault is CreateFault.DROP_BEFORE_ACCEPT:
            return Dropped()
        code = self._faults.refused.get(wanted.to) or switchboard.refused(wanted)
        if code is not None:
            raise Failure(code, 400)
        call = self._board.accept(wanted)
        self._operator.follow(call)
        if fault is CreateFault.DROP_AFTER_ACCEPT:
            return Dropped()
        if fault is CreateFault.TIMEOUT_AFTER_ACCEPT:
            return Silent()
        return JSONResponse(wire.call_resource(call, self._account.sid), 201)

    async def fetch(self, request: Request) -> Response:
        """One call."""
        authenticate(request, self._account)
        call = self._board.get(request.path_params["sid"])
        if call is None:
            raise Failure(20404, 404)
        return JSONResponse(wire.call_resource(call, self._account.sid))
