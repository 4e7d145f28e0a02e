"""Signatures hold behind every kind of proxy; forged, replayed, re-ordered calls change nothing.

The whole way: a request as a TLS proxy hands it on, the application, the database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import permutations
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no stubs

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.hooks import SIGNATURE_HEADER, SignatureCheck
from integrations.twilio.sender import CALL_AGAIN
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.messaging.model import MessageState
from rsm.tasks.model import TaskKind
from rsm.web.app import create_app
from rsm.web.services import Services
from tests.clinic import build_clinic
from tests.flow.post import Post

TOKEN = "a token of the account"
# The address as Twilio knows it, and as the request reaches us behind the proxy.
ADDRESSES = [
    ("https://rsm.example.org", "http://10.0.0.7:8000"),
    ("https://rsm.example.org", "https://rsm.example.org"),
    ("https://rsm.example.org:8443", "http://rsm-web:8000"),
    ("https://example.org/rsm", "http://127.0.0.1:8000"),
    ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
]
PROXIED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "rsm.example.org",
    "X-Forwarded-Port": "443",
    "Forwarded": "for=203.0.113.7;proto=https;host=rsm.example.org",
}


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    made = Post(build_clinic(web_db), worker_db, clock)
    made.survey_text(made.clinic.enrol_patient())
    made.deliver()
    return made


@contextmanager
def behind(post: Post, public: str, inner: str) -> Iterator[TestClient]:
    """The application behind a proxy: Twilio calls `public`, we see `inner`."""
    check = SignatureCheck(TOKEN, public)
    services = Services(post.clinic.db, public, signature=check, callbacks=TwilioCallbacks())
    with TestClient(create_app(services), base_url=inner) as client:
        yield client


def status_path(post: Post) -> str:
    (sent,) = post.fake.accepted
    return sent.callback_url[sent.callback_url.index("/hooks/") :]


def row(post: Post) -> UUID:
    return post.fake.accepted[0].id


def form(status: str, code: str = "") -> dict[str, str]:
    said = {"AccountSid": "AC1", "MessageSid": "SM9", "MessageStatus": status}
    return said | ({"ErrorCode": code} if code else {})


def call(client: TestClient, called: str, path: str, said: dict[str, str], **headers: str) -> int:
    """As Twilio does: signed for the address that it called."""
    signature = str(RequestValidator(TOKEN).compute_signature(called, said))
    sent = {SIGNATURE_HEADER: signature, **headers}
    return int(client.post(path, data=said, headers=sent).status_code)


@pytest.mark.parametrize(("public", "inner"), ADDRESSES)
@pytest.mark.parametrize("query", ["", "?a=1", "?b=2&a=1", "?to=%2B12025550131&x=a+b", "?x=%7E'@:"])
def test_a_report_is_taken_whatever_stands_in_between(
    post: Post, public: str, inner: str, query: str
) -> None:
    path = status_path(post) + query
    with behind(post, public, inner) as client:
        assert call(client, public + path, path, form("delivered"), **PROXIED) == 204
    assert post.look(row(post)).state is MessageState.DELIVERED


@pytest.mark.parametrize(
    "changed",
    [
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace("rsm.example.org", "evil.example.org"),
        lambda url: url + "?a=1",
        lambda url: url[:-1],
    ],
)
def test_a_call_that_was_signed_for_another_address_changes_nothing(
    post: Post, changed: Callable[[str], str]
) -> None:
    public = "https://rsm.example.org"
    path = status_path(post)
    with behind(post, public, "http://10.0.0.7:8000") as client:
        assert call(client, changed(public + path), path, form("delivered"), **PROXIED) == 403
    assert post.look(row(post)).state is MessageState.ACCEPTED


def test_a_port_that_is_ours_may_be_named_or_not(post: Post) -> None:
    public, path = "https://rsm.example.org", status_path(post)
    with behind(post, public, "http://10.0.0.7:8000") as client:
        assert call(client, f"{public}:443{path}", path, form("sent")) == 204
    with behind(post, f"{public}:8443", "http://10.0.0.7:8000") as client:
        assert call(client, public + path, path, form("delivered")) == 204
    assert post.look(row(post)).state is MessageState.DELIVERED


def test_what_twilio_is_told_about_calling_again_is_neither_called_nor_signed(post: Post) -> None:
    public, path = "https://rsm.example.org", status_path(post)
    assert CALL_AGAIN.startswith("#")
    with behind(post, public, "http://10.0.0.7:8000") as client:
        assert call(client, public + path, path + CALL_AGAIN, form("delivered")) == 204


def test_a_call_for_another_message_with_this_ones_signature_is_refused(post: Post) -> None:
    public, path = "https://rsm.example.org", status_path(post)
    other = path[:-4] + "0000"
    with behind(post, public, "http://10.0.0.7:8000") as client:
        assert call(client, public + path, other, form("failed", "30003")) == 403
    assert post.look(row(post)).state is MessageState.ACCEPTED
    assert post.tasks() == []


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_reports_in_any_order_and_as_often_as_they_come_end_the_same(
    post: Post, owner: Engine, order: tuple[str, ...]
) -> None:
    public, path = "https://rsm.example.org", status_path(post)
    with behind(post, public, "http://10.0.0.7:8000") as client:
        for status in (*order, *order, *reversed(order)):
            assert call(client, public + path, path, form(status)) == 204
    message = post.look(row(post))
    assert message.state is MessageState.DELIVERED
    with owner.connect() as connection:
        query = "SELECT count(*), count(delivered_at) FROM message"
        assert tuple(connection.execute(text(query)).one()) == (1, 1)
        events = connection.execute(text("SELECT count(*) FROM delivery_event")).scalar_one()
    assert events <= 3


def test_a_failure_that_is_replayed_opens_one_task(post: Post) -> None:
    public, path = "https://rsm.example.org", status_path(post)
    with behind(post, public, "http://10.0.0.7:8000") as client:
        for _ in range(3):
            assert call(client, public + path, path, form("undelivered", "30005")) == 204
        assert call(client, public + path, path, form("delivered")) == 204
    assert post.look(row(post)).state is MessageState.UNDELIVERED
    assert post.tasks() == [TaskKind.NOT_DELIVERED]
