"""Twilio's API: create, fetch, list and redact messages, under basic authentication."""

import base64
import binascii
import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from integrations.twilio.faults import CreateFault, FaultBook, ReadFault
from integrations.twilio.sandbox import wire
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.lines import Dropped, Silent
from integrations.twilio.sandbox.postman import Account, Postman
from integrations.twilio.sandbox.wire import Failure

RETRY_AFTER_SECONDS = 2

_BASE = f"/{wire.API_VERSION}/Accounts/{{account}}/Messages"
FAILURES = {
    CreateFault.TOO_MANY: Failure(20429, 429, {"Retry-After": str(RETRY_AFTER_SECONDS)}),
    CreateFault.SERVER_ERROR: Failure(20500, 500),
    CreateFault.UNAVAILABLE: Failure(20503, 503),
}
_READ_FAILURES = {
    ReadFault.TOO_MANY: FAILURES[CreateFault.TOO_MANY],
    ReadFault.SERVER_ERROR: FAILURES[CreateFault.SERVER_ERROR],
    ReadFault.UNAVAILABLE: FAILURES[CreateFault.UNAVAILABLE],
}


class Api:
    """The endpoints that the official SDK calls."""

    def __init__(
        self, account: Account, exchange: Exchange, postman: Postman, faults: FaultBook
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._postman = postman
        self._faults = faults

    def routes(self) -> list[Route]:
        """Where they live."""
        return [
            Route(f"{_BASE}.json", self.create, methods=["POST"]),
            Route(f"{_BASE}.json", self.list, methods=["GET"]),
            Route(f"{_BASE}/{{sid}}.json", self.fetch, methods=["GET"]),
            Route(f"{_BASE}/{{sid}}.json", self.update, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        """Take a message, unless a fault strikes or it is one that Twilio would refuse."""
        authenticate(request, self._account)
        async with request.form() as form:
            wanted = wire.create_request({k: v for k, v in form.items() if isinstance(v, str)})
        fault = self._faults.strike(wanted.to)
        if fault in FAILURES:
            raise FAILURES[fault]
        if fault is CreateFault.DROP_BEFORE_ACCEPT:
            return Dropped()
        code = self._faults.refused.get(wanted.to) or self._exchange.refused(wanted)
        if code is not None:
            raise Failure(code, 400)
        message = self._exchange.accept(wanted)
        self._postman.follow(message)
        if fault is CreateFault.DROP_AFTER_ACCEPT:
            return Dropped()
        if fault is CreateFault.TIMEOUT_AFTER_ACCEPT:
            return Silent()
        return JSONResponse(wire.resource(message, self._account.sid), 201)

    async def fetch(self, request: Request) -> Response:
        """One message."""
        authenticate(request, self._account)
        message = self._exchange.get(request.path_params["sid"])
        if message is None:
            raise Failure(20404, 404)
        return JSONResponse(wire.resource(message, self._account.sid))

    async def list(self, request: Request) -> Response:
        """A page of messages, newest first; one that has not been sent has no time of sending."""
        authenticate(request, self._account)
        failed = self._struck()
        if failed is not None:
            return failed
        query = dict(request.query_params)
        try:
            wanted = wire.wanted(query)
        except ValueError as wrong:
            raise Failure(20001, 400) from wrong
        found = self._exchange.newest_first(wanted)
        return JSONResponse(wire.listing(found, query, self._account.sid))

    async def update(self, request: Request) -> Response:
        """Redact: an empty `Body` deletes the text of a message that has come to its end."""
        authenticate(request, self._account)
        async with request.form() as form:
            body = form.get("Body")
        failed = self._struck()
        if failed is not None:
            return failed
        message = self._exchange.get(request.path_params["sid"])
        if message is None:
            raise Failure(20404, 404)
        if body != "":
            raise Failure(20001, 400)
        if not message.is_final:
            raise Failure(20009, 409)
        return JSONResponse(wire.resource(self._exchange.redact(message), self._account.sid))

    def _struck(self) -> Response | None:
        """The answer under a fault that was planned for requests other than creates."""
        fault = self._faults.strike_read()
        if fault in _READ_FAILURES:
            raise _READ_FAILURES[fault]
        if fault is ReadFault.DROP:
            return Dropped()
        return Silent() if fault is ReadFault.TIMEOUT else None


def authenticate(request: Request, account: Account) -> None:
    """Raise the failure that Twilio would answer to somebody who is not this account."""
    given = _basic(request.headers.get("Authorization", ""))
    expected = f"{account.sid}:{account.token}".encode()
    if not hmac.compare_digest(given, expected):
        raise Failure(20003, 401, {"WWW-Authenticate": 'Basic realm="Twilio API"'})
    if request.path_params["account"] != account.sid:
        raise Failure(20404, 404)


async def answer_failure(_request: Request, failure: Exception) -> Response:
    """A `Failure` as Twilio answers it."""
    if not isinstance(failure, Failure):
        raise failure
    return JSONResponse(failure.body, failure.status, failure.headers)


def _basic(header: str) -> bytes:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(credentials)
    except binascii.Error:
        return b""
