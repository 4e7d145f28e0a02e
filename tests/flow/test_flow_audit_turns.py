"""P1 of very many plans is read in turns: nothing unread is believed, nothing found forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database
from rsm.flow.audit_plans import Turns
from rsm.metrics import promises
from rsm.metrics.promises import Share
from tests.clinic import build_clinic
from tests.conftest import MONDAY_NINE

PLANS = 6
LONG_AGO = MONDAY_NINE - timedelta(days=1)


@pytest.fixture
def enrolled(web_db: Database) -> None:
    clinic = build_clinic(web_db)
    for number in range(PLANS):
        clinic.enrol_patient(phone=f"+120255501{number:02}", record_number=f"R{number}")


def let_timers_lapse(owner: Engine, count: int) -> None:
    with owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE plan_assignment SET next_at = :then WHERE id IN"
                " (SELECT id FROM plan_assignment ORDER BY id LIMIT :count)"
            ),
            {"then": LONG_AGO, "count": count},
        )


def rounds(db: Database, turns: Turns, count: int = 1) -> list[int]:
    found = []
    for _ in range(count):
        with db.begin(EVERYWHERE) as tx:
            found.append(turns.lost(tx))
    return found


def test_every_plan_is_in_exactly_one_share(worker_db: Database, enrolled: None) -> None:
    with worker_db.begin(EVERYWHERE) as tx:
        since = LONG_AGO.date()
        whole = [plan.following.id for plan in promises.plans(tx, since)]
        shares = [
            plan.following.id
            for number in range(4)
            for plan in promises.plans(tx, since, Share(number, 4))
        ]
    assert len(whole) == PLANS
    assert sorted(shares) == sorted(whole)


def test_who_begins_to_audit_reads_every_plan(
    worker_db: Database, owner: Engine, enrolled: None
) -> None:
    let_timers_lapse(owner, PLANS)
    assert rounds(worker_db, Turns(at_once=1)) == [PLANS]


def test_what_is_lost_later_is_found_within_one_turn_of_all_shares(
    worker_db: Database, owner: Engine, enrolled: None
) -> None:
    turns = Turns(at_once=1)
    assert rounds(worker_db, turns) == [0]
    let_timers_lapse(owner, PLANS)
    seen = rounds(worker_db, turns, PLANS)
    assert seen == sorted(seen)  # what one share was found to have lost goes on counting
    assert seen[-1] == PLANS


def test_what_was_mended_is_believed_once_it_was_read_again(
    worker_db: Database, owner: Engine, enrolled: None
) -> None:
    turns = Turns(at_once=2)
    let_timers_lapse(owner, PLANS)
    assert rounds(worker_db, turns) == [PLANS]
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE plan_assignment SET next_at = :then"),
            {"then": MONDAY_NINE + timedelta(days=1)},
        )
    seen = rounds(worker_db, turns, PLANS // 2)
    assert seen[0] > 0
    assert seen[-1] == 0


def test_who_lost_the_lease_in_between_reads_every_plan_again(
    worker_db: Database, owner: Engine, enrolled: None
) -> None:
    turns = Turns(at_once=1)
    rounds(worker_db, turns)
    let_timers_lapse(owner, PLANS)
    turns.forget()
    assert rounds(worker_db, turns) == [PLANS]


def test_a_number_of_plans_that_goes_up_and_down_does_not_have_all_read_anew(
    worker_db: Database, owner: Engine, enrolled: None
) -> None:
    """Six plans are three shares; five would be three as well, four two: one is to spare."""
    turns = Turns(at_once=2)
    rounds(worker_db, turns)
    with owner.begin() as connection:
        ended = "UPDATE plan_assignment SET active = false, next_at = NULL WHERE id IN"
        connection.execute(text(f"{ended} (SELECT id FROM plan_assignment ORDER BY id LIMIT 2)"))
    let_timers_lapse(owner, PLANS)
    assert rounds(worker_db, turns)[0] < PLANS - 2  # one share of them
    assert rounds(worker_db, turns, 2)[-1] == PLANS - 2
