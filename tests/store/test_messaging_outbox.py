"""The outbox: one row per business key, claimed by exactly one worker, cancelled in time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Lock
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.flow.inbound import receive_text
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SystemIds
from rsm.kernel.words import Audience
from rsm.messaging import inbox
from rsm.messaging import service as messaging
from rsm.messaging.incoming import Origin
from rsm.messaging.model import (
    Accepted,
    Draft,
    IncomingText,
    Lane,
    MessageState,
    MessageView,
    StatusReport,
)
from rsm.patients import service as patients
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, STAFF_SENDER, Clinic, build_clinic

LEASE = timedelta(seconds=30)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def draft(clinic: Clinic, key: str, **others: object) -> Draft:
    values: dict[str, object] = {
        "business_key": key,
        "lane": Lane.STAFF,
        "audience": Audience.STAFF,
        "site_id": clinic.site,
        "purpose": "staff_alert",
        "language": "en",
        "staff_id": clinic.nurse,
    }
    return Draft(**values | others)  # type: ignore[arg-type]  # a table of defaults


def put(clinic: Clinic, key: str, **others: object) -> UUID:
    with clinic.begin() as tx:
        message_id = messaging.enqueue(tx, draft(clinic, key, **others))
    assert message_id is not None
    return message_id


def claim(db: Database, site: UUID, message_id: UUID) -> MessageView | None:
    with db.begin(Scope.site(site)) as tx:
        message = messaging.lock_due(tx, message_id)
        ready = [(message, STAFF_SENDER, "text")] if message else []
        return messaging.start_sending(tx, ready, LEASE)[0] if ready else None


def look(clinic: Clinic, message_id: UUID) -> MessageView:
    with clinic.begin() as tx:
        message = messaging.lock(tx, message_id)
    assert message is not None
    return message


def at_once(workers: int, work: Callable[[], object]) -> list[object]:
    """Let several threads begin the same work at the same moment."""
    barrier = Barrier(workers)

    def run() -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(workers) as pool:
        return [each.result() for each in [pool.submit(run) for _ in range(workers)]]


def test_the_same_business_key_is_written_once(clinic: Clinic) -> None:
    first = put(clinic, "alert:1")
    with clinic.begin() as tx:
        assert messaging.enqueue(tx, draft(clinic, "alert:1", purpose="staff_alert_again")) is None
    assert look(clinic, first).purpose == "staff_alert"


def racing(db: Database, clock: VirtualClock) -> Database:
    """The same door with ids that several threads may draw at once."""
    return Database(db.engine, SystemIds(), db.vault, clock)


def test_two_writers_of_the_same_business_key_leave_one_message(
    clinic: Clinic, web_db: Database, clock: VirtualClock
) -> None:
    db = racing(web_db, clock)

    def write() -> UUID | None:
        with db.begin(Scope.site(clinic.site)) as tx:
            return messaging.enqueue(tx, draft(clinic, "alert:1"))

    written = at_once(4, write)
    assert sum(message_id is not None for message_id in written) == 1


def test_each_row_is_claimed_by_exactly_one_of_several_workers(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    rows = [put(clinic, f"alert:{number}") for number in range(12)]
    db = racing(worker_db, clock)

    def work() -> list[UUID]:
        return [row for row in rows if claim(db, clinic.site, row) is not None]

    claimed = [row for mine in at_once(4, work) for row in mine]  # type: ignore[attr-defined]  # lists
    assert sorted(claimed) == sorted(rows)


def test_a_row_that_is_sending_is_never_claimed_for_sending_again(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    row = put(clinic, "alert:1")
    assert claim(worker_db, clinic.site, row) is not None
    clock.advance(timedelta(days=1))
    assert claim(worker_db, clinic.site, row) is None
    with worker_db.begin(EVERYWHERE) as tx:
        assert messaging.due(tx, list(Lane), 10) == []
        assert [one.message_id for one in messaging.unsure(tx, 10)] == [row]


def test_sites_take_turns_so_that_a_flood_at_one_delays_no_other(
    clinic: Clinic, web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    for number in range(5):
        put(clinic, f"flood:{number}")
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550150", "+12025550151"))
    clock.advance(timedelta(seconds=1))
    late = put(other, "late")
    with worker_db.begin(EVERYWHERE) as tx:
        first_two = [one.message_id for one in messaging.due(tx, [Lane.STAFF], 2)]
    assert late in first_two


def test_lanes_are_claimed_separately(clinic: Clinic, worker_db: Database) -> None:
    put(clinic, "survey", lane=Lane.SURVEY)
    urgent = put(clinic, "urgent", lane=Lane.EMERGENCY)
    with worker_db.begin(EVERYWHERE) as tx:
        due = messaging.due(tx, [Lane.EMERGENCY], 10)
    assert [one.message_id for one in due] == [urgent]


def test_what_is_cancelled_is_not_due_any_more(clinic: Clinic, worker_db: Database) -> None:
    patient = clinic.enrol_patient()
    put(clinic, "survey", lane=Lane.SURVEY, patient_id=patient, staff_id=None)
    with clinic.begin() as tx:
        assert messaging.cancel_for_patient(tx, patient, "ended") == 1
        assert messaging.cancel_for_patient(tx, patient, "ended") == 0
    with worker_db.begin(EVERYWHERE) as tx:
        assert messaging.due(tx, list(Lane), 10) == []


def test_a_record_of_a_lost_claim_only_adds_the_providers_id(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    row = put(clinic, "alert:1")
    mine = claim(worker_db, clinic.site, row)
    assert mine is not None
    with clinic.begin() as tx:
        assert messaging.record_deferred(tx, mine, tx.now, "unconfirmed")
    assert claim(worker_db, clinic.site, row) is not None
    with clinic.begin() as tx:
        assert not messaging.record_accepted(tx, [(mine, Accepted("SM1"))])
        assert not messaging.record_failed(tx, mine, "refused")
    after = look(clinic, row)
    assert (after.state, after.provider_id) == (MessageState.SENDING, "SM1")


@pytest.mark.parametrize(
    "words", [["sent", "delivered"], ["delivered", "sent"], ["sent", "sent", "delivered", "sent"]]
)
def test_reports_in_any_order_lead_to_the_same_state(clinic: Clinic, words: list[str]) -> None:
    row = put(clinic, "alert:1")
    for word in words:
        with clinic.begin() as tx:
            message = messaging.lock(tx, row)
            assert message is not None
            messaging.apply_report(tx, message, StatusReport("SM1", MessageState(word)))
    assert look(clinic, row).state is MessageState.DELIVERED


def test_a_report_that_overtakes_our_own_record_settles_the_row(
    clinic: Clinic, worker_db: Database
) -> None:
    row = put(clinic, "alert:1")
    mine = claim(worker_db, clinic.site, row)
    assert mine is not None
    with clinic.begin() as tx:
        messaging.apply_report(tx, mine, StatusReport("SM1", MessageState.DELIVERED))
    with clinic.begin() as tx:
        assert not messaging.record_accepted(tx, [(mine, Accepted("SM1"))])
    assert look(clinic, row).state is MessageState.DELIVERED
    with worker_db.begin(EVERYWHERE) as tx:
        assert messaging.unsure(tx, 10) == []


def test_a_text_that_is_handed_in_twice_at_once_is_stored_and_handled_once(
    clinic: Clinic, web_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    clinic.enrol_patient()
    db = racing(web_db, clock)
    said = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "STOP")
    assert sorted(at_once(4, lambda: receive_text(db, said)), key=bool) == [False] * 3 + [True]
    with owner.connect() as connection:
        for table in ("inbound_message", "opt_event", "task"):
            count = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert (table, count) == (table, 1)


def test_two_texts_of_one_phone_at_once_are_answered_once(
    clinic: Clinic, web_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    clinic.enrol_patient()
    db = racing(web_db, clock)
    numbers = iter(range(4))
    door = Lock()

    def say() -> bool:
        with door:
            sid = f"SM{next(numbers)}"
        return receive_text(db, IncomingText("twilio", sid, PATIENT_PHONE, PATIENT_SENDER, "HELP"))

    assert at_once(4, say) == [True] * 4
    with owner.connect() as connection:
        replies = connection.execute(text("SELECT count(*) FROM message")).scalar_one()
    assert replies == 1


def test_a_text_that_comes_in_is_stored_while_somebody_holds_the_patient(clinic: Clinic) -> None:
    """Only a reference to her: it must not wait for a report that is being judged (P8)."""
    who = clinic.enrol_patient()
    stop = IncomingText("twilio", "SM1", PATIENT_PHONE, PATIENT_SENDER, "STOP")
    origin = Origin(clinic.site, Audience.PATIENT, who)
    with clinic.begin() as held, clinic.begin() as tx:
        patients.locked(held, who)
        tx.session.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert inbox.store(tx, stop, origin) is not None


def test_what_is_cancelled_stands_in_the_trail(clinic: Clinic, owner: Engine) -> None:
    row = put(clinic, "survey:1:invite", staff_id=None, patient_id=clinic.enrol_patient())
    with clinic.begin() as tx:
        message = messaging.lock(tx, row)
        assert message is not None
        assert message.patient_id is not None
        assert messaging.cancel_for_patient(tx, message.patient_id, "paused") == 1
    with owner.connect() as connection:
        query = "SELECT subject_id, facts FROM audit_event WHERE action = 'message.cancelled'"
        assert [tuple(found) for found in connection.execute(text(query))] == [
            (row, {"reason": "paused"})
        ]
