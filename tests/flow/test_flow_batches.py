"""Delivery in batches: all at once, one claim and one record, and none of them in another's way."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from rsm.db.work import Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow import inbound
from rsm.flow.deliver import deliver_due
from rsm.flow.envelope import Envelope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, OutcomeUnknown, Rejected, SendReason
from rsm.kernel.ids import SystemIds
from rsm.messaging import service as messaging
from rsm.messaging.model import Accepted, Lane, MessageState, MessageView, Outgoing, StatusReport
from rsm.patients import service as patients
from tests.clinic import build_clinic
from tests.flow.post import CONFIG, Post

AT_ONCE = replace(CONFIG, threads=True)


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def enrol(post: Post, count: int) -> dict[str, UUID]:
    """Patients with a survey text each: the row by the number."""
    made = {}
    for number in range(count):
        phone = f"+120255501{50 + number}"
        patient = post.clinic.enrol_patient(phone=phone)
        made[phone] = post.survey_text(patient, f"survey:{number}")
    return made


def states(post: Post, rows: dict[str, UUID]) -> Counter[MessageState]:
    return Counter(post.look(row).state for row in rows.values())


class AllTogether:
    """A provider that answers nobody before everybody of the batch has asked."""

    def __init__(self, parties: int) -> None:
        self.met = threading.Barrier(parties, timeout=60)

    def send(self, message: Outgoing) -> Accepted:
        self.met.wait()
        return Accepted(f"SM{message.id.hex}")


def test_every_message_of_a_batch_starts_to_be_sent_at_once(post: Post) -> None:
    rows = enrol(post, 30)
    assert deliver_due(post.db, AllTogether(30), [Lane.SURVEY], AT_ONCE) == 30
    assert states(post, rows) == {MessageState.ACCEPTED: 30}
    assert {post.look(row).provider_id for row in rows.values()} == {
        f"SM{row.hex}" for row in rows.values()
    }


def test_a_batch_costs_no_more_statements_for_more_messages(post: Post) -> None:
    enrol(post, 4)
    post.deliver()  # the sender's first message makes its row
    post.later(minutes=1)
    for phone in ("+12025550191", "+12025550192"):
        post.survey_text(post.clinic.enrol_patient(phone=phone), phone)
    few = statements(post)
    post.later(minutes=1)
    for number in range(40):
        phone = f"+12025550{100 + number}"
        patient = post.clinic.enrol_patient(phone=phone)
        post.survey_text(patient, f"more:{number}")
    assert statements(post) == few


def statements(post: Post) -> int:
    counted: list[str] = []

    def count(*args: object) -> None:
        counted.append(str(args[2]))

    event.listen(post.db.engine, "before_cursor_execute", count)
    try:
        assert deliver_due(post.db, post.fake, [Lane.SURVEY], CONFIG) > 0
    finally:
        event.remove(post.db.engine, "before_cursor_execute", count)
    return len(counted)


def test_each_outcome_of_a_batch_is_recorded_for_its_own_message(post: Post) -> None:
    rows = enrol(post, 5)
    phones = list(rows)
    answers = {
        phones[1]: Rejected(SendReason.INVALID_NUMBER),
        phones[2]: Deferred(SendReason.RATE_LIMITED),
        phones[3]: OutcomeUnknown(SendReason.TIMEOUT),
    }

    class Mixed:
        def send(self, message: Outgoing) -> Accepted:
            if message.to in answers:
                raise answers[message.to]
            return Accepted(f"SM{message.id.hex}")

    assert deliver_due(post.db, Mixed(), [Lane.SURVEY], AT_ONCE) == 5
    assert [post.look(rows[phone]).state for phone in phones] == [
        MessageState.ACCEPTED,
        MessageState.FAILED,
        MessageState.QUEUED,
        MessageState.SENDING,
        MessageState.ACCEPTED,
    ]


def test_one_that_cannot_be_made_into_a_text_holds_up_none_of_its_batch(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = enrol(post, 6)
    bad = next(iter(rows))
    look_up = envelopes.address_all

    def broken(tx: Tx, messages: Sequence[MessageView], *held: Any) -> list[Envelope]:
        if rows[bad] in {message.id for message in messages}:
            raise RuntimeError(bad)
        return look_up(tx, messages, *held)

    monkeypatch.setattr(envelopes, "address_all", broken)
    post.deliver()
    assert states(post, rows) == {MessageState.ACCEPTED: 5, MessageState.QUEUED: 1}
    assert (post.look(rows[bad]).attempts, post.look(rows[bad]).reason) == (1, "broken")


def test_a_failure_whose_consequences_break_loses_no_other_record(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = enrol(post, 3)
    bad = next(iter(rows))
    post.fake.faults.refused[bad] = 21614
    monkeypatch.setattr("rsm.flow.sent.follow_up", _breaks)
    post.deliver()
    assert states(post, rows) == {MessageState.ACCEPTED: 2, MessageState.SENDING: 1}


def _breaks(*_: object) -> None:
    raise RuntimeError


def test_a_patient_who_is_busy_is_left_for_the_next_round_and_nobody_waits_for_her(
    post: Post,
) -> None:
    rows = enrol(post, 4)
    busy = next(iter(rows))
    with post.clinic.begin() as tx:
        who = post.look(rows[busy]).patient_id
        assert who is not None
        patients.locked(tx, who)
        assert post.deliver() == 3
    assert states(post, rows) == {MessageState.ACCEPTED: 3, MessageState.QUEUED: 1}
    assert post.deliver() == 1


def test_the_lease_of_each_begins_with_its_claim(post: Post, owner: Engine) -> None:
    enrol(post, 3)
    post.later(minutes=2)

    class Silent:
        def send(self, message: Outgoing) -> Accepted:
            raise OutcomeUnknown(SendReason.TIMEOUT)

    deliver_due(post.db, Silent(), [Lane.SURVEY], AT_ONCE)
    with owner.connect() as connection:
        query = "SELECT next_at, claimed_at, claim FROM message"
        found = connection.execute(text(query)).all()
    assert {row[0] for row in found} == {post.clock.now() + CONFIG.lease}
    assert {row[1] for row in found} == {post.clock.now()}
    assert len({row[2] for row in found}) == 3


def test_reports_and_stops_that_come_while_batches_are_sent_block_nothing_and_double_nothing(
    post: Post, clock: VirtualClock
) -> None:
    """Three workers, and a provider that calls back before it has answered (lesson 62)."""
    rows = enrol(post, 24)
    db = Database(post.db.engine, SystemIds(), post.db.vault, clock)
    taken: Counter[UUID] = Counter()
    door = threading.Lock()

    class CallsBackAtOnce:
        def send(self, message: Outgoing) -> Accepted:
            with door:
                taken[message.id] += 1
            report = StatusReport(f"SM{message.id.hex}", MessageState.DELIVERED)
            assert inbound.receive_status(db, report, post.clinic.site, message.id)
            return Accepted(f"SM{message.id.hex}")

    def cancel() -> None:
        for phone in list(rows)[:6]:
            with db.begin(Scope.site(post.clinic.site)) as tx:
                who = messaging.lock(tx, rows[phone])
                assert who is not None
            with db.begin(Scope.site(post.clinic.site)) as tx:
                assert who.patient_id is not None
                patients.locked(tx, who.patient_id)
                messaging.cancel_for_patient(tx, who.patient_id, "paused")

    def work() -> None:
        while deliver_due(db, CallsBackAtOnce(), [Lane.SURVEY], replace(AT_ONCE, batch=5)):
            pass

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(job) for job in (work, work, work, cancel)]:
            each.result()
    deliver_due(db, CallsBackAtOnce(), [Lane.SURVEY], AT_ONCE)
    ended = states(post, rows)
    assert set(ended) <= {MessageState.DELIVERED, MessageState.CANCELLED}
    assert ended[MessageState.DELIVERED] == len(taken) >= 18
    assert set(taken.values()) == {1}
