"""A backlog costs nothing: what is due is read in the order of an index, sites in turn (lesson 3).

Rows have ids that follow from what they are about, and say when they were to leave.
"""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import keyed_id
from rsm.kernel.words import Audience
from rsm.messaging import service as messaging
from rsm.messaging import store
from rsm.messaging.model import Draft, Lane, MessageState
from rsm.patients import many
from rsm.patients import service as patients
from tests.clinic import Clinic, build_clinic

BACKLOG = 100_000


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def survey(clinic: Clinic, patient: UUID, key: str, **others: object) -> UUID | None:
    values: dict[str, object] = {
        "business_key": key,
        "lane": Lane.SURVEY,
        "audience": Audience.PATIENT,
        "site_id": clinic.site,
        "purpose": "survey_invite",
        "language": "en",
        "patient_id": patient,
    }
    with clinic.begin() as tx:
        return messaging.enqueue(tx, Draft(**values | others))  # type: ignore[arg-type]  # a table


def flood(owner: Engine, clinic: Clinic, patient: UUID, count: int) -> None:
    """Rows as they would stand after an outage, all due."""
    with owner.begin() as connection:
        connection.execute(
            text(
                """
                INSERT INTO message (id, site_id, business_key, lane, channel, audience, patient_id,
                  purpose, language, fields, state, next_at, created_at)
                SELECT gen_random_uuid(), :site, 'flood:' || n, 'survey', 'sms', 'patient',
                  :patient, 'survey_invite', 'en', '{}', 'queued',
                  TIMESTAMPTZ '2026-10-19 12:00Z' + n * interval '1 millisecond',
                  TIMESTAMPTZ '2026-10-19 12:00Z'
                FROM generate_series(1, CAST(:count AS integer)) AS n
                """
            ),
            {"site": clinic.site, "patient": patient, "count": count},
        )
        connection.execute(text("ANALYZE message"))


def plan_nodes(node: dict[str, object]) -> list[dict[str, object]]:
    """Every step of a plan, from the top."""
    parts = node.get("Plans", [])
    assert isinstance(parts, list)
    return [node, *(found for part in parts for found in plan_nodes(part))]


def test_a_backlog_of_one_lane_is_read_from_an_index_and_never_sorted(
    clinic: Clinic, worker_db: Database, owner: Engine
) -> None:
    patient = clinic.enrol_patient()
    flood(owner, clinic, patient, BACKLOG)
    with worker_db.begin(EVERYWHERE) as tx:
        values = {
            "sites": [clinic.site],
            "lanes": [lane.value for lane in Lane],
            "state": MessageState.QUEUED.value,
            "now": tx.now,
            "most": 50,
        }
        explain = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {store.DUE.text}")
        told = tx.session.execute(explain, values).scalar_one()
        assert len(messaging.due(tx, [Lane.SURVEY], 50)) == 50
    plan = told if isinstance(told, list) else json.loads(told)
    steps = plan_nodes(plan[0]["Plan"])
    scans = [each for each in steps if each.get("Relation Name") == "message"]
    assert [each.get("Index Name") for each in scans] == ["ix_message_turn"]
    # Per lane not more than was asked for, however many wait behind them.
    assert max(float(str(each["Actual Rows"])) for each in steps) <= 50


def test_a_flood_at_one_site_leaves_the_other_its_turn_within_each_round(
    clinic: Clinic, web_db: Database, worker_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    flood(owner, clinic, clinic.enrol_patient(), 300)
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550150", "+12025550151"))
    theirs = other.enrol_patient(phone="+12025550160")
    late = [survey(other, theirs, f"late:{number}") for number in range(3)]
    clock.advance(timedelta(seconds=1))
    with worker_db.begin(EVERYWHERE) as tx:
        due = messaging.due(tx, [Lane.SURVEY], 10)
    assert [one.site_id for one in due[:6]] == [clinic.site, other.site] * 3
    assert {one.message_id for one in due if one.site_id == other.site} == set(late)
    assert len(due) == 10


def test_what_is_left_sending_is_found_behind_a_backlog_that_is_queued(
    clinic: Clinic, worker_db: Database, owner: Engine
) -> None:
    flood(owner, clinic, clinic.enrol_patient(), 2000)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE message SET state = 'sending' WHERE business_key = 'flood:1999'")
        )
    with worker_db.begin(EVERYWHERE) as tx:
        assert len(messaging.unsure(tx, 10)) == 1


def test_the_same_message_has_the_same_id_wherever_and_whenever_it_is_written(
    clinic: Clinic,
) -> None:
    patient = clinic.enrol_patient()
    assert survey(clinic, patient, "survey:1:invite") == keyed_id("message", "survey:1:invite")
    assert survey(clinic, patient, "survey:1:invite") is None


def test_a_message_keeps_when_it_was_to_leave_whatever_holds_it(
    clinic: Clinic, owner: Engine, clock: VirtualClock
) -> None:
    at = clock.now() + timedelta(minutes=17)
    row = survey(clinic, clinic.enrol_patient(), "survey:1:invite", not_before=at)
    with clinic.begin() as tx:
        message = messaging.lock(tx, row) if row else None
        assert message is not None
        messaging.hold(tx, [(message, at + timedelta(hours=9), "quiet_hours")])
    with owner.connect() as connection:
        query = "SELECT planned_at, next_at, reason FROM message WHERE business_key LIKE 'survey%'"
        assert tuple(connection.execute(text(query)).one()) == (
            at,
            at + timedelta(hours=9),
            "quiet_hours",
        )


def test_patients_are_held_in_one_order_and_whoever_is_busy_is_left_out(
    clinic: Clinic, worker_db: Database
) -> None:

    first, second = (clinic.enrol_patient(phone=f"+120255501{n}") for n in (61, 62))
    with clinic.begin() as busy:
        patients.locked(busy, first)
        with worker_db.begin(EVERYWHERE) as tx:
            assert list(many.lock(tx, [second, first])) == [second]
    with worker_db.begin(EVERYWHERE) as tx:
        assert list(many.lock(tx, [second, first])) == sorted((first, second))
