"""How an error looks: a page for browsers, problem details (RFC 9457) for the API.

A patient whose answers were not stored gets them back with a button that sends them again. Nothing
here asks the database: it may be what failed.
"""

from datetime import UTC, datetime

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response

from rsm.kernel.errors import Crowded, Problem
from rsm.web import patient_help
from rsm.web.deps import html
from rsm.web.staff_words import word
from rsm.web.texts import SOURCE_LANGUAGE, languages, texts_for
from rsm.web.views.access import StaffErrorView
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient_aside import PatientErrorKind, PatientErrorView

_PAGE = "staff_errors"
_WORDED = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503})
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # error pages show no time
_HOUSE = "RSM"
_PATIENT_KINDS = {404: PatientErrorKind.NOT_FOUND, 429: PatientErrorKind.TOO_MANY}


async def answer(
    request: Request,
    status: int,
    problems: tuple[Problem, ...] = (),
    language: str = SOURCE_LANGUAGE,
) -> Response:
    """The answer to a request that failed with this status; `language` is that of the problems."""
    path = request.url.path
    if path.startswith("/api/"):
        return _details(request, status, problems)
    if path.startswith(("/hooks/", "/healthz", "/readyz")):
        return PlainTextResponse(_heading(status), status_code=status)
    if path.startswith("/s/"):
        return await _patient_page(request, status)
    return _staff_page(request, status, problems, language)


async def busy(request: Request, what: Crowded) -> Response:
    """The answer when too many ask for the same at once: it can be tried again (503)."""
    language = SOURCE_LANGUAGE if request.url.path.startswith("/api/") else _staff_language(request)
    said = word(_PAGE, f"busy_{what}", language), word(_PAGE, "busy_mend", language)
    return await answer(request, 503, (Problem("", *said),), language)


def _staff_page(
    request: Request, status: int, problems: tuple[Problem, ...], spoken: str
) -> Response:
    """In the browser's language: whose page it was is asked of the database, and that may be what
    failed. `spoken` is the language of the problems."""
    language, known = _staff_language(request), _known(status)
    view = StaffErrorView(
        frame=StaffFrame(site_name=_HOUSE, now=_NO_TIME, zone="UTC", language=language),
        status=status,
        heading=word(_PAGE, f"heading_{known}", language),
        text=word(_PAGE, f"text_{known}", language),
        problems=problems,
        problems_language=spoken,
        reference=_reference(request),
    )
    return html("staff/error.html", view, language, status)


def _details(request: Request, status: int, problems: tuple[Problem, ...]) -> Response:
    body: dict[str, object] = {
        "type": "about:blank",
        "title": _heading(status),
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


def _staff_language(request: Request) -> str:
    return texts_for(_PAGE, language_of(request)).language


def _heading(status: int) -> str:
    """For machines: in English."""
    return word(_PAGE, f"heading_{_known(status)}")


def _known(status: int) -> int:
    """The status whose words are said."""
    if status in _WORDED:
        return status
    return 500 if status >= 500 else 400


def _reference(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))
