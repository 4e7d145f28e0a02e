"""What is asked of the control desk: JSON objects, and nothing that it does not understand."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class BadRequest(Exception):
    """The desk does not understand; the text says what."""


async def asked(request: Request) -> Mapping[str, object]:
    """The object that was sent; JSON only, so that no form of a web page is one."""
    if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise BadRequest("send application/json")
    try:
        given = await request.json()
    except ValueError as wrong:
        raise BadRequest("this is not JSON") from wrong
    if not isinstance(given, dict):
        raise BadRequest("send an object")
    return given


def text_of(given: Mapping[str, object], name: str) -> str:
    """The text of that name; empty when there is none."""
    return str(given.get(name) or "")


async def answer_bad_request(_request: Request, wrong: Exception) -> Response:
    """Say what the desk did not understand."""
    return JSONResponse({"error": str(wrong)}, 400)
