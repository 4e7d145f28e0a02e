"""Joins the parts of the sandbox to one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from integrations.twilio.faults import FaultBook
from integrations.twilio.sandbox.api import Api, answer_failure
from integrations.twilio.sandbox.asked import BadRequest, answer_bad_request
from integrations.twilio.sandbox.call_api import CallApi
from integrations.twilio.sandbox.call_desk import CallDesk
from integrations.twilio.sandbox.desk import Desk, Outside
from integrations.twilio.sandbox.exchange import Exchange
from integrations.twilio.sandbox.handsets import Handsets
from integrations.twilio.sandbox.journal import FileJournal
from integrations.twilio.sandbox.model import SandboxClock
from integrations.twilio.sandbox.operator import Operator
from integrations.twilio.sandbox.postman import Account, Post, Postman
from integrations.twilio.sandbox.switchboard import Switchboard
from integrations.twilio.sandbox.wire import Failure
from rsm.kernel.ids import Ids

_HOSTS = ["127.0.0.1", "localhost"]  # any other name is a page that plays at being us


@dataclass(frozen=True)
class Options:
    """How a sandbox is started."""

    account: Account
    inbound_url: str = ""
    manual_callbacks: bool = False
    keywords: bool = True
    state_file: Path | None = None


@dataclass(frozen=True)
class World:
    """What a sandbox takes from outside: time, randomness, and the way to the application."""

    now: Callable[[], datetime]
    ids: Ids
    post: Post


def build(options: Options, world: World, ready: Callable[[], None]) -> Starlette:
    """The application; `ready` is called when it has started."""
    clock, faults = SandboxClock(world.now), FaultBook()
    exchange, close = _exchange(options, clock, world.ids)
    account = options.account
    postman = Postman(account, exchange, faults, world.post, manual=options.manual_callbacks)
    board = Switchboard(clock, world.ids)
    operator = Operator(account, board, postman, faults)
    handsets = Handsets(account, exchange, postman, faults)
    handsets.inbound_url, handsets.keywords = options.inbound_url, options.keywords

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        postman.resume()
        ready()
        yield
        close()

    return Starlette(
        routes=[
            *Api(account, exchange, postman, faults).routes(),
            *CallApi(account, board, operator, faults).routes(),
            *Desk(clock, exchange, Outside(postman, operator), handsets, faults).routes(),
            *CallDesk(board, operator, faults).routes(),
        ],
        exception_handlers={Failure: answer_failure, BadRequest: answer_bad_request},
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS)],
        lifespan=lifespan,
    )


def _exchange(
    options: Options, clock: SandboxClock, ids: Ids
) -> tuple[Exchange, Callable[[], None]]:
    path = options.state_file
    if path is None:
        return Exchange(clock, ids), lambda: None
    exchange = Exchange(clock, ids)
    exchange.load(path)
    journal = exchange.journal = FileJournal(path)
    return exchange, journal.close
