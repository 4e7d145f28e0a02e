"""`rsm email bounce`: what a mail server on this machine pipes in."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

import rsm.bootstrap
from rsm.cli import main
from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from rsm.messaging.model import MessageState
from tests.clinic import build_clinic
from tests.flow.mailpost import MailPost, dsn


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> MailPost:
    post = MailPost(build_clinic(web_db), worker_db, clock)
    post.survey_text(post.by_mail(), channel=Channel.EMAIL)
    post.deliver()
    return post


@pytest.fixture
def pipe(post: MailPost, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """The command finds the test's database; an error put into the list is raised instead."""
    broken: list[Exception] = []

    @contextmanager
    def house(_settings: object) -> Iterator[SimpleNamespace]:
        if broken:
            raise broken[0]
        yield SimpleNamespace(web=post.clinic.db)

    monkeypatch.setattr(rsm.bootstrap, "open_house", house)
    monkeypatch.setattr("rsm.settings.read_settings", lambda: None)
    return broken


def give(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> int:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    return main(["email", "bounce"])


def state(post: MailPost) -> MessageState:
    return post.look(UUID(post.mail.received[0].id.partition("@")[0])).state


def test_a_report_is_taken(
    post: MailPost, pipe: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert give(monkeypatch, dsn(post.mail.received[0].path)) == 0
    assert state(post) is MessageState.UNDELIVERED


def test_what_is_none_of_ours_or_no_report_is_refused(
    post: MailPost, pipe: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert give(monkeypatch, dsn("lakeside@rsm.example.org")) == 2
    assert give(monkeypatch, b"Subject: hello\n\nfailed\n") == 2
    assert state(post) is MessageState.ACCEPTED


def test_without_the_database_the_mail_server_is_told_to_try_again(
    post: MailPost, pipe: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe.append(OperationalError("SELECT", {}, Exception("gone")))
    assert give(monkeypatch, dsn(post.mail.received[0].path)) == 75
