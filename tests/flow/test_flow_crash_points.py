"""A process may die at any named point: nothing is missing then, and no patient hears twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import pytest

from integrations.twilio.callbacks import TwilioCallbacks
from integrations.twilio.fake import FakeCall
from integrations.twilio.faults import CallbackFault, CreateFault
from rsm.alerts import handling
from rsm.db.work import Database
from rsm.flow import inbound
from rsm.flow.deliver import deliver_due
from rsm.flow.escalate import escalate_due
from rsm.kernel import faults
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SystemIds
from rsm.kernel.words import AlertKind
from rsm.messaging.model import Accepted, IncomingText, Lane, MessageState, Outgoing
from rsm.tasks.model import TaskKind
from tests.clinic import NURSE_PHONE, PATIENT_PHONE, PATIENT_SENDER, build_clinic
from tests.flow.post import CONFIG, Post

POINTS = [
    "deliver.before_claim",
    "deliver.claimed",
    "deliver.before_send",
    "deliver.sent",
    "deliver.before_record",
    "deliver.recorded",
    "reconcile.found",
    "callback.stored",
    "inbound.stored",
    "inbound.handled",
    "escalate.told",
]
# Each at its first passing; those that are passed for every message also at the second.
CRASHES = [(point, 1) for point in POINTS] + [(point, 2) for point in POINTS[:8]]
TEXT = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "I feel worse")


class Crash(BaseException):
    """The process is gone: nothing that catches errors may catch this."""


class Bomb:
    """Crashes at the nth time that a point is passed."""

    def __init__(self, name: str, nth: int) -> None:
        self.name = name
        self.left = nth
        self.went_off = False

    def __call__(self, name: str) -> None:
        if name != self.name or self.went_off:
            return
        self.left -= 1
        if self.left == 0:
            self.went_off = True
            raise Crash(name)


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


@pytest.fixture(autouse=True)
def no_hook_is_left() -> Iterator[None]:
    yield
    faults.install(None)


def report(post: Post, call: FakeCall) -> None:
    """The provider calls back."""
    site, message = call.url.rsplit("/", 2)[-2:]
    said = TwilioCallbacks().status(
        {
            "MessageSid": call.callback.provider_id,
            "MessageStatus": call.callback.status,
            "AccountSid": call.callback.account_sid,
            "ErrorCode": call.callback.error_code or "",
        }
    )
    inbound.receive_status(post.clinic.db, said, UUID(site), UUID(message))


def day(post: Post, *, texts_in: bool = True) -> None:
    """A round of everything that workers and callbacks do."""
    post.deliver()
    if texts_in:
        inbound.receive_text(post.clinic.db, TEXT)
    escalate_due(post.db)
    post.reconcile()
    for call in post.fake.flush_callbacks():
        report(post, call)
    inbound.handle_due(post.db)


@pytest.mark.parametrize(("point", "nth"), CRASHES)
def test_a_crash_loses_nothing_and_tells_no_patient_twice(post: Post, point: str, nth: int) -> None:
    patient = post.clinic.enrol_patient()
    survey = post.survey_text(patient)
    post.alert(climbing=True)
    if point.startswith("reconcile"):  # then there must be a doubt, which no callback ends
        post.fake.fault(CreateFault.DROP_AFTER_ACCEPT, times=2)
        post.fake.faults.callbacks = CallbackFault.LOST
    bomb = Bomb(point, nth)
    faults.install(bomb)
    for _ in range(30):
        with suppress(Crash):  # the next round is a fresh process: only the database is kept
            day(post)
        post.later(minutes=1)
    assert bomb.went_off
    _nothing_is_missing(post, survey)


def _nothing_is_missing(post: Post, survey: UUID) -> None:
    bodies = Counter(sent.body for sent in post.fake.accepted if sent.to == PATIENT_PHONE)
    assert set(bodies.values()) <= {1}, "a patient got the same message twice"
    asked = TaskKind.NOT_DELIVERED in post.tasks()
    arrived = any("check-in" in body for body in bodies)
    assert arrived or asked, "the survey text is missing and nobody was asked"
    state = post.look(survey).state
    known = {MessageState.ACCEPTED, MessageState.DELIVERED}
    assert state in (known if arrived else {MessageState.UNCONFIRMED})
    assert any(sent.to == NURSE_PHONE for sent in post.fake.accepted), "the nurse was not told"
    with post.clinic.begin() as tx:
        kinds = [alert.kind for alert in handling.worklist(tx, post.clinic.site)]
    assert kinds.count(AlertKind.TEXT) == 1, "the patient's words are missing, or there twice"


@pytest.mark.parametrize("fault", list(CallbackFault))
def test_callbacks_that_are_late_doubled_unordered_or_lost_send_nothing_twice(
    post: Post, fault: CallbackFault
) -> None:
    post.survey_text(post.clinic.enrol_patient())
    post.fake.faults.callbacks = fault
    for _ in range(5):
        day(post, texts_in=False)
        post.later(hours=1)
    assert len(post.fake.accepted) == 1


def test_several_workers_send_each_message_once(
    post: Post, worker_db: Database, clock: VirtualClock
) -> None:
    patients = [post.clinic.enrol_patient(phone=f"+120255501{60 + n}") for n in range(3)]
    for number in range(12):
        post.survey_text(patients[number % 3], f"survey:{number}")
    db = Database(worker_db.engine, SystemIds(), worker_db.vault, clock)
    door = threading.Lock()

    class OneAtATime:
        def send(self, message: Outgoing) -> Accepted:
            with door:
                return post.fake.send(message)

    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        for _ in range(20):
            deliver_due(db, OneAtATime(), [Lane.SURVEY], CONFIG)

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(work) for _ in range(4)]:
            each.result()
    assert Counter(sent.id for sent in post.fake.accepted) == Counter(
        {sent.id: 1 for sent in post.fake.accepted}
    )
    assert len(post.fake.accepted) == 12
