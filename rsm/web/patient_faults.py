"""When a patient page fails: what was not stored says so, with the answers and whom to call.

The page is made once the transaction has been undone, from what the request brought along: the
form that was read, and the numbers in its cookie. The database is not asked: it may be what failed.
"""

import logging

from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from rsm.web import patient_help
from rsm.web.deps import html
from rsm.web.error_pages import language_of
from rsm.web.texts import languages
from rsm.web.views.patient_aside import PatientErrorView

LOG = logging.getLogger(__name__)
NO_DATABASE = (OperationalError, InterfaceError, PoolTimeout)


class DatabaseLost(Exception):
    """The database did not answer, or did not commit."""


class PatientRoute(APIRoute):
    """A route whose faults are answered with the patient's own page, never with a bare error.

    It stands around the whole request: an error caught further in would let the transaction of
    the request commit.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await super().handle(scope, receive, watch)
        except HTTPException:
            raise  # no such method here: the table answers it
        except Exception as error:
            if started:
                raise
            await _failed(Request(scope), error)(scope, receive, send)


def _failed(request: Request, error: Exception) -> Response:
    """ "NOT sent" for a form, else the numbers to call."""
    status = 503 if isinstance(error, DatabaseLost) else 500
    LOG.error("%s", type(error).__name__, extra={"action": "patient.failed", "status": status})
    given: dict[str, str] = getattr(request.state, "given", {})
    language = request.query_params.get("lang") or given.get("lang", "")
    shown = language if language in languages() else language_of(request)
    if request.method == "POST":
        return patient_help.not_sent_page(request, given, shown, status)
    reference = str(getattr(request.state, "request_id", ""))
    view = PatientErrorView(patient_help.frame_of(request), reference=reference)
    return html("patient/error.html", view, shown, status)
