"""The shell around every endpoint: headers, statuses, logs, health, COMMIT before the answer."""

import logging
import re
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, text
from starlette.routing import Match

from rsm.db.roles import WEB, url_as
from rsm.db.work import Database, make_engine
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Expired, Invalid, NotAllowed, NotFound, Problem, RsmError
from rsm.web import errors, logs, pages
from rsm.web.app import create_app
from rsm.web.deps import OpenTx
from rsm.web.headers import CONTENT_SECURITY_POLICY
from rsm.web.services import Services
from tests.clinic import build_clinic
from tests.conftest import KEYS
from tests.web_desk import at_desk

SECRET = "Qm4xT7k2secret"
PATIENT = "Wanda Testperson"
RAISED: dict[str, Exception] = {
    "not-found": NotFound(PATIENT),
    "conflict": Conflict(PATIENT),
    "not-allowed": NotAllowed(PATIENT),
    "expired": Expired(PATIENT),
    "invalid": Invalid(Problem("zone", "is not a time zone")),
    "fault": RuntimeError(PATIENT),
    "teapot": HTTPException(status_code=418, detail=PATIENT),
}


def routes() -> APIRouter:
    """Endpoints that fail in every way, on a page, in the API and behind a patient's link."""
    router = APIRouter()

    def fail(name: str) -> PlainTextResponse:
        raise RAISED[name]

    def keep(request: Request, answer: Annotated[str, Form()] = "") -> None:
        request.state.given = {"answer": answer}  # as `patient_visit` does

    def store(
        _kept: Annotated[None, Depends(keep)], tx: OpenTx, answer: Annotated[str, Form()] = ""
    ) -> PlainTextResponse:
        tx.session.execute(text("SELECT 1"))
        return PlainTextResponse("stored")

    def query(tx: OpenTx) -> PlainTextResponse:
        tx.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": PATIENT})
        return PlainTextResponse("found")

    for prefix in ("/fail", "/api/fail", "/s/{token}/fail"):
        router.add_api_route(prefix + "/{name}", fail, methods=["GET"])
    router.add_api_route("/store", store, methods=["GET", "POST"])
    router.add_api_route("/s/{token}/store", store, methods=["POST"])
    router.add_api_route("/query", query, methods=["GET"])
    return router


def client_of(db: Database, *extra: APIRouter, url: str = "https://rsm.example.org") -> TestClient:
    app = create_app(Services(db, url, extra=(routes(), *extra)))
    return TestClient(app, base_url=url, follow_redirects=False)


@pytest.fixture
def client(web_db: Database) -> Iterator[TestClient]:
    with client_of(web_db) as client:
        yield client


@pytest.fixture
def dead_db(web_db: Database) -> Iterator[Database]:
    """A database that nobody answers for."""
    engine = make_engine("postgresql+psycopg://rsm_web@127.0.0.1:1/rsm")
    dead = Database(engine, web_db.ids, web_db.vault)
    yield dead
    dead.close()


@pytest.mark.parametrize("path", ["/healthz", "/fail/fault", "/nowhere", "/static/tokens.css"])
def test_every_answer_has_the_strict_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "max-age" in headers["strict-transport-security"]
    assert len(headers["x-request-id"]) == 12


def test_only_files_asked_for_by_their_content_may_be_kept(client: TestClient) -> None:
    hashed = client.get(pages.static_url("tokens.css"))
    assert hashed.status_code == 200
    assert "immutable" in hashed.headers["cache-control"]
    assert client.get("/static/missing.css?v=1").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("not-found", 404),
        ("conflict", 409),
        ("not-allowed", 403),
        ("expired", 410),
        ("invalid", 422),
        ("fault", 500),
        ("teapot", 418),
    ],
)
@pytest.mark.parametrize("prefix", ["/fail", "/api/fail", f"/s/{SECRET}/fail"])
def test_one_table_gives_each_error_its_status_and_no_page_its_text(
    client: TestClient, prefix: str, name: str, status: int
) -> None:
    answer = client.get(f"{prefix}/{name}")
    assert answer.status_code == status
    assert PATIENT not in answer.text
    kind = "application/problem+json" if prefix.startswith("/api") else "text/html"
    assert answer.headers["content-type"].startswith(kind)


def test_the_api_says_which_field_is_wrong(client: TestClient) -> None:
    document = client.get("/api/fail/invalid").json()
    assert document["status"] == 422
    assert document["errors"] == [{"where": "zone", "what": "is not a time zone", "mend": ""}]


def test_a_reference_leads_from_the_page_to_the_log(client: TestClient) -> None:
    answer = client.get("/fail/fault")
    assert answer.headers["x-request-id"] in answer.text


def test_sql_and_values_reach_neither_page_nor_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/query")
    assert answer.status_code == 500
    for where in (answer.text, caplog.text):
        assert PATIENT not in where
        assert "nowhere" not in where
    assert "ProgrammingError" in caplog.text


def test_logs_mask_the_secret_of_a_link(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get(f"/s/{SECRET}/fail/fault")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("rsm")]
    assert "GET /s/…/fail/fault 500" in ours
    assert SECRET not in "".join(ours)


def test_the_servers_own_log_masks_the_secret_of_a_link() -> None:
    logs.mask_servers_logs()
    (masking,) = (
        each
        for each in logging.getLogger("uvicorn.access").filters
        if isinstance(each, logs.MaskLinks)
    )
    arguments = ("127.0.0.1:1", "GET", f"/s/{SECRET}?lang=es", "1.1", 200)
    line = '%s - "%s %s HTTP/%s" %d'
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, line, arguments, None)
    assert masking.filter(record)
    assert record.getMessage() == '127.0.0.1:1 - "GET /s/…?lang=es HTTP/1.1" 200'


def test_what_the_endpoint_wrote_is_committed_before_the_first_byte_leaves(
    web_db: Database, owner: Engine
) -> None:
    """P3: the connection is lost after the endpoint and before COMMIT: nobody is told 200."""
    router = APIRouter()

    def thanks(tx: OpenTx) -> PlainTextResponse:
        pid = tx.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with owner.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        return PlainTextResponse("Thanks, your answers are stored.")

    router.add_api_route("/s/{token}/thanks", thanks, methods=["POST"])
    with client_of(web_db, router) as client:
        answer = client.post(f"/s/{SECRET}/thanks")
    assert answer.status_code == 503
    assert "Thanks" not in answer.text


def test_a_dead_database_is_503_and_the_answer_stays_on_the_screen(dead_db: Database) -> None:
    with client_of(dead_db) as client:
        answer = client.post(f"/s/{SECRET}/store", data={"answer": "3", "csrf": "x"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert '<input type="hidden" name="answer" value="3">' in answer.text
    assert f'action="/s/{SECRET}/store"' in answer.text
    assert "NOT sent" in answer.text


def test_a_patient_is_told_in_her_language(dead_db: Database) -> None:
    with client_of(dead_db) as client:
        answer = client.post(f"/s/{SECRET}/store", headers={"accept-language": "es-MX,en;q=0.5"})
    assert '<html lang="es"' in answer.text


def test_a_pool_that_stays_empty_is_503(owner_url: str, web_db: Database) -> None:
    engine = create_engine(
        url_as(owner_url, WEB, KEYS), pool_size=1, max_overflow=0, pool_timeout=0.01
    )
    small = Database(engine, web_db.ids, web_db.vault)
    with client_of(small) as client, engine.connect():
        assert client.get("/store").status_code == 503
    with client_of(small) as client:
        assert client.get("/store").status_code == 200
    small.close()


def test_alive_asks_no_database_and_ready_does(dead_db: Database, web_db: Database) -> None:
    with client_of(dead_db) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
    with client_of(web_db) as client:
        assert client.get("/readyz").text == "ready"


def test_not_ready_at_another_revision(web_db: Database, owner: Engine) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with client_of(web_db) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "rsm migrate" in answer.text


def test_a_form_from_another_site_is_refused(client: TestClient) -> None:
    assert client.post("/store", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/store", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    assert client.get("/store", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_a_body_without_end_is_refused(client: TestClient) -> None:
    answer = client.post("/store", data={"answer": "x" * 9_000_000})
    assert answer.status_code == 413


def test_the_table_covers_every_error_of_the_kernel() -> None:
    kinds = RsmError.__subclasses__()
    ours = [kind for kind in kinds if kind.__module__ == RsmError.__module__]
    assert [kind for kind in ours if kind not in errors.TABLE] == []


def test_no_documentation_pages_are_served(client: TestClient) -> None:
    paths = ("/docs", "/redoc", "/openapi.json")
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]


def test_what_is_asked_most_is_found_first(client: TestClient) -> None:
    """A request is held against the routes in turn: to pass all of them takes as long as several
    statements."""
    app = client.app
    assert isinstance(app, FastAPI)

    def place(method: str, path: str) -> int:
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        met = (route.matches(dict(scope))[0] for route in app.routes)
        return next(place for place, match in enumerate(met) if match is Match.FULL)

    survey, callback = ("POST", "/s/x/review"), ("POST", "/hooks/twilio/inbound")
    pages = [("GET", "/login"), ("GET", "/alerts"), ("GET", "/patients")]
    assert place(*survey) < place(*callback) < min(place(*page) for page in pages)


def test_no_form_of_staff_is_taken_without_the_sessions_token(
    web_db: Database, clock: VirtualClock
) -> None:
    """Every POST that is there is tried by somebody signed in, without the token of her session."""
    clinic = build_clinic(web_db)
    with at_desk(clinic, clock, clinic.charge) as client:
        app = client.app
        assert isinstance(app, FastAPI)
        paths = get_openapi(title="all", version="0", routes=app.routes)["paths"]
        forms = [path for path, methods in paths.items() if "post" in methods]
        ours = [path for path in forms if not path.startswith(("/s/", "/api/", "/hooks/"))]
        answers = {
            path: client.post(re.sub(r"{\w+}", str(clinic.site), path)).status_code for path in ours
        }
    # These are held to our own origin.
    without_session = {"/login", "/login/set/{token}", "/login/email/{token}"}
    assert len(ours) > len(without_session)
    taken = {path: status for path, status in answers.items() if status != 403}
    assert taken.keys() <= without_session
