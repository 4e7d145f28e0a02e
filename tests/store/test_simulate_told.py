"""The judge of a simulation: an urgent alert is told from when it became urgent, and every ladder
but the one that is built in was published.
"""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, insert

from rsm.alerts.tables import AlertEvent
from rsm.db.work import EVERYWHERE, Database
from rsm.escalation import safety
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import AlertEventKind, Audience, Level
from rsm.messaging.model import Lane, MessageState
from rsm.simulate.promises.judge import check_all
from rsm.simulate.promises.pack import Named
from tests.clinic import build_clinic
from tests.conftest import MONDAY_NINE
from tests.hand_clinic import HOUR, Rows

UNTOLD = "an urgent alert was told to nobody"
MINUTE = timedelta(minutes=1)
OPENED = MONDAY_NINE - 10 * HOUR


@pytest.fixture
def rows(owner: Engine, web_db: Database) -> Rows:
    return Rows(owner, build_clinic(web_db).site, SeededIds("told"))


def alert(rows: Rows) -> UUID:
    """Opened as soon, worsened to urgent three hours later."""
    made = rows.alert(Level.URGENT, None, None, opened_at=OPENED)
    for kind, at in ((AlertEventKind.OPENED, 0 * HOUR), (AlertEventKind.WORSENED, 3 * HOUR)):
        rows.add(AlertEvent, alert_id=made, kind=kind, at=OPENED + at)
    return made


def told(rows: Rows, alert_id: UUID, after: timedelta) -> None:
    staff_text(rows, alert_id, f"staff:{alert_id}:{after}", after, alert_id=alert_id)


def staff_text(rows: Rows, whose: UUID, key: str, after: timedelta, **values: object) -> None:
    rows.text(
        whose,
        whose,
        MessageState.DELIVERED,
        business_key=key,
        lane=Lane.STAFF,
        audience=Audience.STAFF,
        purpose="staff_alert",
        patient_id=None,
        occurrence_id=None,
        address_sealed=b"sealed",
        created_at=OPENED + after,
        **values,
    )


def untold(db: Database) -> bool:
    with db.begin(EVERYWHERE) as tx:
        return UNTOLD in {one.what for one in check_all(tx, Named()).broken}


def test_what_grew_worse_and_was_told_then_is_no_break(rows: Rows, worker_db: Database) -> None:
    told(rows, alert(rows), 3 * HOUR + MINUTE)
    assert not untold(worker_db)


def test_what_grew_worse_and_was_told_before_only_is_a_break(
    rows: Rows, worker_db: Database
) -> None:
    told(rows, alert(rows), MINUTE)
    assert untold(worker_db)


def test_whoever_takes_it_at_once_need_not_be_told(rows: Rows, worker_db: Database) -> None:
    taken = alert(rows)
    at = OPENED + 3 * HOUR + MINUTE
    rows.add(AlertEvent, alert_id=taken, kind=AlertEventKind.ACKNOWLEDGED, at=at)
    assert not untold(worker_db)


@pytest.mark.parametrize("is_written", [True, False])
def test_what_waits_for_one_text_about_many_is_told_if_there_is_such_a_text(
    rows: Rows, worker_db: Database, *, is_written: bool
) -> None:
    waits = alert(rows)
    at = OPENED + 3 * HOUR + MINUTE
    key = "bundle:site:nurse:20261012T0910Z"
    rows.add(AlertEvent, alert_id=waits, kind=AlertEventKind.BUNDLED, at=at, code=key)
    if is_written:  # for another alert, minutes before
        staff_text(rows, waits, key, 3 * HOUR - 2 * MINUTE)
    assert untold(worker_db) is not is_written


@pytest.mark.parametrize(("key", "is_broken"), [(safety.KEY, False), ("of-nobody", True)])
def test_only_the_built_in_ladder_was_never_published(
    rows: Rows, worker_db: Database, key: str, *, is_broken: bool
) -> None:
    """An alert stands on it where the site's policy cannot be used, as when a disk is full (P6)."""
    found = safety.policy().pin.document | {"key": key}
    values: dict[str, object] = {
        "state": EscalationState.DONE,
        "epoch": 1,
        "step": 0,
        "lap": 0,
        "reason": "",
    }
    values |= {"alert_id": alert(rows), "site_id": rows.site, "policy": found, "since": OPENED}
    with rows.owner.begin() as connection:
        connection.execute(insert(Escalation).values(values))
    with worker_db.begin(EVERYWHERE) as tx:
        broken = {one.what for one in check_all(tx, Named()).broken}
    assert (
        "an alert or its ladder names a version that was never published" in broken
    ) is is_broken
