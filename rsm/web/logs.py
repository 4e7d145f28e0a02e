"""What the web process writes down of a request: ids and codes, never a link, a form or a value."""

import logging
import re
from time import perf_counter

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rsm.kernel.ids import Ids
from rsm.web.errors import fault

LOG = logging.getLogger(__name__)
_LINK = re.compile(r"(/s/|/login/(?:set|email)/|/mail/stop/|/calendar/)[^/?#\s\"']+")
_QUIET = frozenset({"/healthz", "/readyz"})


def mask(text: str) -> str:
    """The text without the secret part of any link: `/s/…`, `/login/set/…`, `/calendar/…`."""
    return _LINK.sub(r"\1…", text)


class MaskLinks(logging.Filter):
    """Masks links in records of other loggers, such as the server's own access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(
                mask(value) if isinstance(value, str) else value for value in record.args
            )
        return True


def mask_servers_logs() -> None:
    """Let the server's loggers mask links; calling it twice is no harm."""
    for name in ("uvicorn.access", "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, MaskLinks) for each in logger.filters):
            logger.addFilter(MaskLinks())


class RequestLog:
    """ASGI middleware: gives each request an id, logs one line, and answers what nobody caught.

    An error that no table knows is logged by its type and place only: its text may hold values.
    """

    def __init__(self, app: ASGIApp, *, ids: Ids) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = self._ids.bytes(6).hex()
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001 - the last net; nothing of it reaches the page
            _log_fault(error, request_id)
            if status == 0:
                answer = await fault(Request(scope, receive))
                await answer(scope, receive, send_with_id)
        if scope["path"] not in _QUIET:
            _log_line(scope, status, perf_counter() - started)


def _log_line(scope: Scope, status: int, seconds: float) -> None:
    LOG.info(
        "%s %s %d",
        scope["method"],
        mask(scope["path"]),
        status,
        extra={
            "action": "request.done",
            "request_id": scope["state"]["request_id"],
            "milliseconds": round(seconds * 1000),
        },
    )


def _log_fault(error: Exception, request_id: str) -> None:
    LOG.error(
        "%s at %s",
        type(error).__name__,
        place_of(error),
        extra={"action": "request.failed", "request_id": request_id},
    )


def place_of(error: BaseException) -> str:
    """Where it was raised, as `file.py:line`: enough to find it, and nothing of what it held."""
    step = error.__traceback__
    if step is None:
        return "unknown"
    while step.tb_next is not None:
        step = step.tb_next
    return f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}"
