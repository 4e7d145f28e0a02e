"""What mail servers post, and the page behind the link that ends e-mails."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, text

from integrations.email.bounces import MailReports
from rsm.db.roles import WEB, url_as
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.vault import Vault
from rsm.kernel.words import Channel
from rsm.messaging import optouts
from rsm.messaging.model import MessageState
from rsm.web.app import create_app
from rsm.web.logs import mask
from rsm.web.services import MailHook, Services
from tests.clinic import build_clinic
from tests.conftest import KEYS
from tests.flow.mailpost import CLINIC_MAIL, PATIENT_MAIL, MailPost, dsn

BASE = "https://rsm.example.org"
SECRET = "a secret of the mail server, for tests"
HOOK = "/hooks/email/bounces"


@dataclass
class World:
    """The clinic's post with one e-mail gone out, and a browser."""

    post: MailPost
    client: TestClient
    row: UUID
    owner: Engine

    @property
    def path(self) -> str:
        return self.post.mail.received[0].path

    @property
    def stop_url(self) -> str:
        header = self.post.mail.received[0].headers["List-Unsubscribe"]
        return header.strip("<>").removeprefix(BASE)

    def report(self, raw: bytes, secret: str = SECRET, **headers: str) -> int:
        signature = "sha256=" + hmac.digest(secret.encode(), raw, "sha256").hex()
        given = {"X-RSM-Signature": signature} | headers
        return int(self.client.post(HOOK, content=raw, headers=given).status_code)

    @property
    def state(self) -> MessageState:
        return self.post.look(self.row).state

    @property
    def stopped(self) -> bool:
        with self.post.clinic.begin() as tx:
            hashed = optouts.hash_of(tx, PATIENT_MAIL)
            return optouts.is_stopped(tx, hashed, CLINIC_MAIL, Channel.EMAIL)

    def rows(self) -> list[int]:
        tables = ("delivery_event", "opt_event", "task", "message", "contact_point")
        with self.owner.connect() as connection:
            return [
                connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables
            ]


@pytest.fixture
def world(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine
) -> Iterator[World]:
    post = MailPost(build_clinic(web_db), worker_db, clock)
    row = post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    services = Services(web_db, BASE, mail_hook=MailHook(SECRET, MailReports()))
    with TestClient(create_app(services), base_url=BASE, follow_redirects=False) as client:
        yield World(post, client, row, owner)


def test_a_signed_report_is_taken_and_a_replay_changes_nothing(world: World) -> None:
    assert world.report(dsn(world.path)) == 204
    assert world.state is MessageState.UNDELIVERED
    before = world.rows()
    assert world.report(dsn(world.path)) == 204
    assert world.rows() == before


@pytest.mark.parametrize("headers", [{"X-RSM-Signature": ""}, {"X-RSM-Signature": "sha256=é"}])
def test_an_unsigned_report_changes_nothing(world: World, headers: dict[str, str]) -> None:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = world.client.post(HOOK, content=dsn(world.path), headers=encoded)
    assert (answer.status_code, world.state) == (403, MessageState.ACCEPTED)


def test_a_report_signed_with_another_secret_or_changed_on_the_way_is_refused(world: World) -> None:
    assert world.report(dsn(world.path), "another secret, as long as the first") == 403
    signature = "sha256=" + hmac.digest(SECRET.encode(), b"x", "sha256").hex()
    assert world.report(dsn(world.path), **{"X-RSM-Signature": signature}) == 403
    assert world.state is MessageState.ACCEPTED


def test_a_report_on_no_mail_of_ours_is_not_found_and_no_report_is_refused(world: World) -> None:
    before = world.rows()
    assert world.report(dsn(CLINIC_MAIL)) == 404
    assert world.report(dsn(world.path.replace("lakeside", "prairie"))) == 404
    assert world.report(b"Subject: hello\r\n\r\nfailed 5.1.1\r\n") == 422
    assert (world.rows(), world.state) == (before, MessageState.ACCEPTED)


def test_a_report_that_is_far_too_long_is_not_read(world: World) -> None:
    assert world.report(dsn(world.path) + b"x" * 1_100_000) == 413
    assert world.report(dsn(world.path) + b"x" * 500_000) == 204


def test_a_report_that_is_built_to_be_hard_to_read_is_refused(world: World) -> None:
    """Anybody may write to a return path, and the mail server signs what it hands on."""
    deep = b"Content-Type: message/rfc822\r\n\r\n" * 4000
    wide = dsn(world.path).replace(b"--b1\r\n", b"To: a@b.example.org\r\n--b1\r\n" * 50)
    for raw in (deep, wide.replace(b"b1", b"boundary")):
        assert world.report(raw) == 422
    assert world.state is MessageState.ACCEPTED


def test_without_a_secret_nobody_reports_here(web_db: Database) -> None:
    with TestClient(create_app(Services(web_db, BASE)), base_url=BASE) as client:
        assert client.post(HOOK, content=b"x").status_code == 404


# --- the link that ends e-mails -------------------------------------------------------------------


def test_opening_the_link_changes_nothing_and_shows_a_button(world: World) -> None:
    before = world.rows()
    for method in ("GET", "HEAD"):
        page = world.client.request(method, world.stop_url)
        assert page.status_code in {200, 405}
    page = world.client.get(world.stop_url)
    assert f'action="{world.stop_url}"' in page.text
    assert "Lakeside" in page.text
    assert PATIENT_MAIL not in page.text
    assert (world.rows(), world.stopped) == (before, False)


def test_scanners_that_open_every_link_at_once_need_one_connection_each(
    world: World, owner_url: str, vault: Vault, clock: VirtualClock
) -> None:
    """Two held by one request would wait for one another as soon as the pool is empty."""
    one = create_engine(url_as(owner_url, WEB, KEYS), pool_size=1, max_overflow=0, pool_timeout=0.2)
    services = Services(Database(one, SeededIds("scanner"), vault, clock), BASE)
    with TestClient(create_app(services), base_url=BASE) as client:
        assert client.get(world.stop_url).status_code == 200
        assert client.post(world.stop_url).status_code == 200
    one.dispose()
    assert world.stopped


def test_one_click_of_a_mail_program_ends_the_mails(world: World) -> None:
    header = {"sec-fetch-site": "cross-site"}
    form = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):
        answer = world.client.post(world.stop_url, data=form, headers=header)
        assert answer.status_code == 200
    assert world.stopped
    assert "No more e-mails will come" in answer.text


def test_the_page_takes_it_back(world: World) -> None:
    stopped = world.client.post(world.stop_url)
    assert f'action="{world.stop_url}/start"' in stopped.text
    again = world.client.post(f"{world.stop_url}/start")
    assert (again.status_code, world.stopped) == (200, False)


@pytest.mark.parametrize("path", ["/mail/stop/x", "/mail/stop/" + "a" * 128])
def test_no_other_link_ends_anything(world: World, path: str) -> None:
    assert world.client.get(path).status_code == 404
    assert world.client.post(path).status_code == 404
    assert not world.stopped


def test_logs_do_not_keep_the_link() -> None:
    assert mask("/mail/stop/abcdef/start") == "/mail/stop/…/start"
