"""All routes of the interface, and their description."""

from functools import cache

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from rsm import __version__
from rsm.web.api import course, figures, findings, moves, patients

_ABOUT = (
    "Enrol patients and read what became of them. Each key acts at one site within its scopes;"
    " every reading and every change stands in the audit trail. Errors are problem details"
    " (RFC 9457). A POST with an Idempotency-Key is done once within 24 hours."
)
_PROBLEM = {
    "description": "Problem details (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}

versioned = APIRouter(prefix="/api/v1", responses={"default": _PROBLEM})
versioned.include_router(patients.router, tags=["patients"])
versioned.include_router(course.router, tags=["patients"])
versioned.include_router(findings.router, tags=["findings"])
versioned.include_router(moves.router, tags=["alerts"])
versioned.include_router(figures.router, tags=["figures"])
router = APIRouter()
router.include_router(versioned)


@cache
def description() -> dict[str, object]:
    """The OpenAPI document of the interface; staff's and patients' pages are not in it."""
    return get_openapi(
        title="RSM", version=__version__, description=_ABOUT, routes=versioned.routes
    )


@router.get("/api/openapi.json", include_in_schema=False)
def show_description() -> JSONResponse:
    """For other programs: the description itself names nobody and needs no key."""
    return JSONResponse(description())
