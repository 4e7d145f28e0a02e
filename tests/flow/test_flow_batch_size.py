"""How many messages are claimed together follows the provider; what a dead worker held is found.

Time passes only where the provider takes some: the fake's clock is the database's.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError

from rsm.db.work import Database, Tx
from rsm.flow import sending
from rsm.flow.deliver import deliver_due
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, SendReason
from rsm.messaging import service as messaging
from rsm.messaging.batches import BatchSize
from rsm.messaging.model import Accepted, Lane, MessageState, MessageView, Outgoing
from rsm.tasks.model import TaskKind
from tests.clinic import build_clinic
from tests.flow.post import CONFIG, Post

SMALL = replace(CONFIG, batch=4, most=16)
FAST, SLOW = timedelta(milliseconds=1), timedelta(seconds=1)


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture
def claimed(owner: Engine) -> Iterator[list[int]]:
    """How many rows were being sent, each time that a batch had been claimed."""
    seen: list[int] = []

    def look(name: str) -> None:
        if name == "deliver.claimed":
            with owner.connect() as connection:
                query = "SELECT count(*) FROM message WHERE state = 'sending'"
                seen.append(int(connection.execute(text(query)).scalar_one()))

    faults.install(look)
    yield seen
    faults.install(None)


@dataclass
class Takes:
    """A provider that takes so long for each message."""

    post: Post
    wait: timedelta

    def send(self, message: Outgoing) -> Accepted:
        self.post.clock.advance(self.wait)
        return self.post.fake.send(message)


def queue(post: Post, count: int, lane: Lane = Lane.SURVEY, named: str = "survey") -> list[UUID]:
    """Texts to as many patients."""
    return [
        post.survey_text(
            post.clinic.enrol_patient(phone=f"+1202555{1000 + number}"),
            f"{named}:{number}",
            lane=lane,
        )
        for number in range(count)
    ]


def test_batches_grow_while_the_provider_is_fast_and_shrink_when_it_is_not(
    post: Post, claimed: list[int]
) -> None:
    queue(post, 60)
    size = SMALL.batch_size()
    provider = Takes(post, FAST)
    assert deliver_due(post.db, provider, [Lane.SURVEY], SMALL, size) == 40
    assert claimed == [4, 8, 16, 12]  # of the forty that are looked up together
    provider.wait = SLOW
    assert deliver_due(post.db, provider, [Lane.SURVEY], SMALL, size) == 20
    assert claimed[4:] == [16, 4]


def test_a_provider_that_puts_all_off_is_not_given_more(post: Post, claimed: list[int]) -> None:
    queue(post, 12)

    class Full:
        def send(self, message: Outgoing) -> Accepted:
            post.clock.advance(FAST)
            raise Deferred(SendReason.RATE_LIMITED)

    deliver_due(post.db, Full(), [Lane.SURVEY], SMALL, SMALL.batch_size())
    assert claimed == [4, 4, 4]


def test_without_a_size_of_its_own_a_lane_keeps_to_the_least(
    post: Post, claimed: list[int]
) -> None:
    queue(post, 12, Lane.REPLY)
    deliver_due(post.db, Takes(post, FAST), [Lane.REPLY], SMALL)
    assert claimed == [4, 4, 4]


def test_nobody_is_held_for_what_another_worker_has_claimed_meanwhile(post: Post) -> None:
    queue(post, 8)
    held: list[str] = []

    def note(*args: object) -> None:
        if "FROM patient" in str(args[2]) and "FOR NO KEY UPDATE" in str(args[2]):
            held.append(str(args[2]))

    class Another:
        """While the first batch is with the provider, another worker takes all that is left."""

        def send(self, message: Outgoing) -> Accepted:
            if not post.fake.accepted:
                first = post.fake.send(message)
                assert deliver_due(post.db, post.fake, [Lane.SURVEY], CONFIG) == 4
                return first
            return post.fake.send(message)

    event.listen(post.db.engine, "before_cursor_execute", note)
    assert deliver_due(post.db, Another(), [Lane.SURVEY], SMALL) == 4
    event.remove(post.db.engine, "before_cursor_execute", note)
    assert len(post.fake.accepted) == 8
    assert len(held) == 2


def test_a_row_that_is_waited_for_in_vain_is_waited_for_once_more_and_not_by_each_half(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten seconds each time, and all others behind it."""
    rows = queue(post, 8)
    bad, lock = rows[0], messaging.lock_all_due
    waits: list[int] = []

    def in_vain(tx: Tx, message_ids: Collection[UUID]) -> list[MessageView]:
        if bad in message_ids:
            waits.append(len(message_ids))
            raise OperationalError("", None, Exception("lock time-out"))
        return lock(tx, message_ids)

    monkeypatch.setattr(messaging, "lock_all_due", in_vain)
    assert deliver_due(post.db, post.fake, [Lane.SURVEY], CONFIG) == 8
    assert waits == [8, 1]
    assert states(post, rows) == {MessageState.ACCEPTED: 7, MessageState.QUEUED: 1}


def test_where_nothing_is_due_two_statements_are_all(post: Post) -> None:
    queue(post, 1)
    post.deliver()
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    event.listen(post.db.engine, "before_cursor_execute", note)
    assert post.deliver() == 0
    event.remove(post.db.engine, "before_cursor_execute", note)
    assert len(asked) == 2  # whose transaction it is, and whether anything is due


def test_what_a_worker_held_when_it_died_is_all_found_once_its_lease_is_over(
    post: Post, owner: Engine
) -> None:
    """It dies in its third and largest batch, with half of it taken by the provider."""
    rows = queue(post, 28)

    class Gone(BaseException):
        """The process is no more: nothing that catches errors may catch this."""

    class Dies(Takes):
        def send(self, message: Outgoing) -> Accepted:
            if len(post.fake.accepted) == 20:
                raise Gone
            return super().send(message)

    with pytest.raises(Gone):
        deliver_due(post.db, Dies(post, FAST), [Lane.SURVEY], SMALL, SMALL.batch_size())
    assert states(post, rows) == {MessageState.ACCEPTED: 12, MessageState.SENDING: 16}

    post.later(seconds=SMALL.lease.total_seconds())
    while post.reconcile():
        pass
    assert states(post, rows) == {MessageState.ACCEPTED: 20, MessageState.SENDING: 8}
    with owner.connect() as connection:
        query = "SELECT min(next_at) FROM message WHERE state = 'sending'"
        assert connection.execute(text(query)).scalar_one() > post.clock.now()  # looked at

    post.later(minutes=15)
    while post.reconcile():
        pass
    assert states(post, rows) == {MessageState.ACCEPTED: 20, MessageState.UNCONFIRMED: 8}
    assert post.tasks() == [TaskKind.NOT_DELIVERED] * 8
    assert len(post.fake.accepted) == len({sent.id for sent in post.fake.accepted}) == 20


def states(post: Post, rows: list[UUID]) -> dict[MessageState, int]:
    found = [post.look(row).state for row in rows]
    return {state: found.count(state) for state in set(found)}


# --- on threads ----------------------------------------------------------------------------------


def test_what_could_not_begin_well_within_its_lease_is_not_sent_and_comes_later(
    post: Post,
) -> None:
    """The host's seconds are those of the clock."""
    rows = queue(post, 6)
    seconds = lambda: post.clock.now().timestamp()  # noqa: E731
    config = replace(CONFIG, threads=True, abreast=1, ticks=seconds)
    stuck = Takes(post, timedelta(seconds=6))  # begun after 0, 6, 12 and 18 s; half the lease is 15
    assert deliver_due(post.db, stuck, [Lane.SURVEY], config) == 6
    assert states(post, rows) == {MessageState.ACCEPTED: 3, MessageState.QUEUED: 3}
    post.later(minutes=5)
    assert deliver_due(post.db, Takes(post, FAST), [Lane.SURVEY], config) == 3
    assert states(post, rows) == {MessageState.ACCEPTED: 6}
    assert len(post.fake.accepted) == len({sent.id for sent in post.fake.accepted}) == 6


def test_of_a_large_batch_no_more_are_with_the_provider_than_abreast(post: Post) -> None:
    rows = queue(post, 30)
    inside: set[UUID] = set()
    most: list[int] = []
    together = threading.Barrier(3, timeout=20)

    class Counts:
        def send(self, message: Outgoing) -> Accepted:
            inside.add(message.id)
            together.wait()
            most.append(len(inside))
            together.wait()
            inside.discard(message.id)
            return Accepted(f"SM{message.id.hex}")

    config = replace(CONFIG, threads=True, batch=30, abreast=3)
    assert deliver_due(post.db, Counts(), [Lane.SURVEY], config, BatchSize(30, 30)) == 30
    assert most == [3] * 30
    assert states(post, rows) == {MessageState.ACCEPTED: 30}


@pytest.mark.parametrize("threads", [0, 2])
def test_where_the_host_has_no_thread_left_those_that_there_are_send_all(
    post: Post, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    rows = queue(post, 6)
    begun: list[object] = []
    none_left = threading.Event()

    class Few(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
            if len(begun) == threads:
                none_left.set()
                raise RuntimeError("can't start new thread")
            begun.append(fn)
            return super().submit(fn, *given, **named)

    class Waits:
        def send(self, message: Outgoing) -> Accepted:
            assert none_left.wait(20)
            return Accepted(f"SM{message.id.hex}")

    monkeypatch.setattr(sending, "ThreadPoolExecutor", Few)
    config = replace(CONFIG, threads=True)
    assert deliver_due(post.db, Waits(), [Lane.SURVEY], config) == 6
    assert states(post, rows) == {MessageState.ACCEPTED: 6}
