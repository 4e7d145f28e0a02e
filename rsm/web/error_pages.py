"""How an error looks: a page for browsers, problem details (RFC 9457) for the API.

A patient whose answers were not stored gets them back with a button that sends them again. Nothing
here asks the database: it may be what failed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from rsm.kernel.errors import Problem
from rsm.web import patient_help
from rsm.web.deps import html
from rsm.web.texts import languages
from rsm.web.views.access import StaffErrorView
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient_aside import PatientErrorKind, PatientErrorView

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # error pages show no time
_HOUSE = "RSM"


@dataclass(frozen=True)
class Words:
    """What a person is told: what happened, and what to do."""

    heading: str
    text: str


_WORDS = {
    400: Words("This request cannot be read", "Go back and try again."),
    401: Words("No good key", "Send `Authorization: Bearer` with a key that is good now."),
    403: Words("You may not do this", "Your role does not include it, or the page is too old."),
    404: Words("Not found", "It does not exist, or it is not at one of your sites."),
    405: Words("Not possible here", "Go back and use the buttons of the page."),
    409: Words("It has changed meanwhile", "Somebody was faster. Go back and look again."),
    410: Words("No longer valid", "It was valid once. Start again from the page before."),
    413: Words("Too large", "Send a smaller file."),
    422: Words("Something is wrong with the input", "Go back, mend it and send it again."),
    429: Words("Too many tries", "Wait a few minutes and try again."),
    503: Words("RSM cannot answer now", "Nothing was stored. Wait a moment and try again."),
}
_FAULT = Words("Something went wrong on our side", "Nothing was stored. Go back and try again.")
_PATIENT_KINDS = {404: PatientErrorKind.NOT_FOUND, 429: PatientErrorKind.TOO_MANY}


async def answer(request: Request, status: int, problems: tuple[Problem, ...] = ()) -> Response:
    """The answer to a request that failed with this status."""
    path = request.url.path
    if path.startswith("/api/"):
        return _details(request, status, problems)
    if path.startswith(("/hooks/", "/healthz", "/readyz")):
        return PlainTextResponse(_words(status).heading, status_code=status)
    if path.startswith("/s/"):
        return await _patient_page(request, status)
    view = StaffErrorView(
        frame=StaffFrame(site_name=_HOUSE, now=_NO_TIME, zone="UTC"),
        status=status,
        heading=_words(status).heading,
        text=_words(status).text,
        problems=problems,
        reference=_reference(request),
    )
    return html("staff/error.html", view, status=status)


def _details(request: Request, status: int, problems: tuple[Problem, ...]) -> Response:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": _words(status).heading,
        "status": status,
        "instance": f"urn:rsm:request:{_reference(request)}",
    }
    if problems:
        body["errors"] = [
            {"where": one.where, "what": one.what, "mend": one.mend} for one in problems
        ]
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


async def _patient_page(request: Request, status: int) -> Response:
    language = language_of(request)
    if request.method == "POST" and status >= 500:
        return patient_help.not_sent_page(request, _given(request), language, status)
    kind = _PATIENT_KINDS.get(status, PatientErrorKind.FAULT)
    view = PatientErrorView(patient_help.frame_of(request), kind, reference=_reference(request))
    return html("patient/error.html", view, language, status)


def _given(request: Request) -> dict[str, str]:
    """The fields of the form that was not stored, so that nobody types them twice.

    `patient_visit` keeps them as it reads them; the body itself can be read only once.
    """
    given: dict[str, str] = getattr(request.state, "given", {})
    return given


def language_of(request: Request) -> str:
    """The page's language: as chosen on it (`lang`), else as the browser asks, else English."""
    asked = [request.query_params.get("lang", "")]
    header = request.headers.get("accept-language", "")
    asked += [part.split(";")[0].split("-")[0].strip().lower() for part in header.split(",")]
    return next((code for code in asked if code in languages()), languages()[0])


def _words(status: int) -> Words:
    if status in _WORDS:
        return _WORDS[status]
    return _FAULT if status >= 500 else _WORDS[400]


def _reference(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))
