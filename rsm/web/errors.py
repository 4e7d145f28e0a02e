"""Every error as an answer: one table from error to status. `error_pages` words it.

No answer and no log line holds an error's own text, but for `Invalid` and `Refused`, which are
written for whoever asked.
"""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from rsm.kernel.errors import (
    Busy,
    Conflict,
    Expired,
    Invalid,
    NotAllowed,
    NotFound,
    Problem,
    Refused,
)
from rsm.web import error_pages

LOG = logging.getLogger(__name__)

# A database that does not answer in time is 503: it can be tried again.
TABLE: dict[type[BaseException], int] = {
    NotFound: 404,
    Conflict: 409,
    Refused: 409,
    NotAllowed: 403,
    Invalid: 422,
    RequestValidationError: 422,
    Expired: 410,
    Busy: 503,
    OperationalError: 503,
    InterfaceError: 503,
    PoolTimeout: 503,
}
_RETRY_AFTER = "5"  # seconds


def install(app: FastAPI) -> None:
    """Let the table answer every error that is raised below the middleware."""
    for kind in (*TABLE, HTTPException):
        app.add_exception_handler(kind, _answer)


async def fault(request: Request) -> Response:
    """The answer to an error that the table does not know."""
    return await error_pages.answer(request, 500)


def status_of(error: BaseException) -> int:
    """The status that stands for this error; 500 for what should not have happened."""
    if isinstance(error, HTTPException):
        return error.status_code
    known = (TABLE[kind] for kind in type(error).__mro__ if kind in TABLE)
    return next(known, 500)


async def _answer(request: Request, error: Exception) -> Response:
    status = status_of(error)
    if isinstance(error, HTTPException) and status < 400:  # sent elsewhere, such as to sign in
        return Response(status_code=status, headers=error.headers)
    if status == 503:
        action = "server.busy" if isinstance(error, Busy) else "database.unavailable"
        LOG.warning("%s", type(error).__name__, extra={"action": action})
    if isinstance(error, Busy):
        answer = await error_pages.busy(request, error.what)
    else:
        answer = await error_pages.answer(request, status, _problems(error))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    if status == 503:
        answer.headers["retry-after"] = _RETRY_AFTER
    return answer


def _problems(error: Exception) -> tuple[Problem, ...]:
    """What was wrong with the input, without the input itself."""
    if isinstance(error, Invalid):
        return error.problems
    if isinstance(error, Refused):
        return (Problem("", str(error), "look again, then decide"),)
    if isinstance(error, RequestValidationError):
        return tuple(
            Problem(".".join(map(str, detail["loc"][1:])), str(detail["msg"]))
            for detail in error.errors()
        )
    return ()
