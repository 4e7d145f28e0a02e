"""Two questions of whoever runs us: is the process alive, and can it serve."""

import logging
from threading import Lock
from time import monotonic

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError

from rsm.db import revisions
from rsm.db.work import NOWHERE, Database

LOG = logging.getLogger(__name__)
_FRESH_SECONDS = 2.0  # however often somebody asks, the database is asked once in this time

router = APIRouter()


class Readiness:
    """Whether the database answers and stands at our revision; asked at most every two seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = Lock()
        self._asked: float | None = None
        self._answer = ""

    def problem(self) -> str:
        """Why this process cannot serve; empty when it can."""
        with self._lock:
            if self._asked is None or monotonic() - self._asked >= _FRESH_SECONDS:
                self._answer = self._ask()
                self._asked = monotonic()
            return self._answer

    def _ask(self) -> str:
        try:
            with self._db.begin(NOWHERE) as tx:
                applied = revisions.applied(tx)
        except SQLAlchemyError as error:
            LOG.warning("%s", type(error).__name__, extra={"action": "database.unavailable"})
            return "the database does not answer"
        if applied != revisions.needed():
            return "the database stands at another revision: run `rsm migrate`"
        return ""


@router.get("/healthz")
def alive() -> PlainTextResponse:
    """The process answers. The database is not asked: restarting us would not mend it."""
    return PlainTextResponse("ok")


@router.get("/readyz")
def ready(request: Request) -> PlainTextResponse:
    """The database answers and is at this release's revision; else 503 and why."""
    readiness: Readiness = request.app.state.readiness
    problem = readiness.problem()
    return PlainTextResponse(problem or "ready", status_code=503 if problem else 200)
