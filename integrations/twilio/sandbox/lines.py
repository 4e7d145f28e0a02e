"""Answers that no well-behaved server gives: a dropped connection, and silence."""

import asyncio
from typing import ClassVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]


class DroppableProtocol(H11Protocol):
    """uvicorn's protocol, which also remembers the connection of each peer."""

    lines: ClassVar[dict[Peer, asyncio.Transport]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if self.client is not None:
            self.lines[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            self.lines.pop(self.client, None)
        super().connection_lost(exc)


class Dropped(Response):
    """No answer: the connection is cut, as by a network that fails."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        host, port = scope["client"]
        DroppableProtocol.lines[(host, port)].abort()
        await _until_gone(receive)


class Silent(Response):
    """No answer: the caller waits until it gives up."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
