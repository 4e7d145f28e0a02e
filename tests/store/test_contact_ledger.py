"""The ledger of contacts: every planned message and every call stands in it exactly once."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.metrics.ledger import ATTEMPT, DELIVERED, SENT, SPOKEN_TO
from tests.clinic import Clinic, build_clinic
from tests.conftest import MONDAY_NINE

OTHER_PHONE = "+12025550161"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def other(web_db: Database, clinic: Clinic) -> Clinic:
    return build_clinic(web_db, name="Prairie", numbers=("+12025550162", "+12025550163"))


def plan(clinic: Clinic, patient: UUID, key: str, channel: Channel = Channel.SMS) -> UUID:
    with clinic.begin() as tx:
        planned = messaging.enqueue(
            tx,
            Draft(
                business_key=key,
                lane=Lane.SURVEY,
                audience=Audience.PATIENT,
                site_id=clinic.site,
                purpose="survey_invite",
                language="en",
                channel=channel,
                patient_id=patient,
                not_before=MONDAY_NINE + timedelta(hours=1),
            ),
        )
    assert planned is not None
    return planned


def tell_staff(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        messaging.enqueue(
            tx,
            Draft(
                business_key="staff:1",
                lane=Lane.STAFF,
                audience=Audience.STAFF,
                site_id=clinic.site,
                purpose="staff_ready_check",
                language="en",
                staff_id=clinic.nurse,
            ),
        )


def call(clinic: Clinic, patient: UUID, outcome: str) -> UUID:
    """A call by a person, written as the call list's room does."""
    with clinic.begin() as tx:
        call_id = tx.new_id()
        tx.session.execute(
            text(
                "INSERT INTO call_attempt (id, site_id, patient_id, at, outcome, is_test)"
                " VALUES (:id, :site, :patient, :at, :outcome, false)"
            ),
            {
                "id": call_id,
                "site": clinic.site,
                "patient": patient,
                "at": tx.now,
                "outcome": outcome,
            },
        )
    return call_id


def seen(db: Database, scope: Scope) -> list[UUID]:
    with db.begin(scope) as tx:
        return sorted(tx.session.scalars(select(ATTEMPT.c.id)))


def test_each_planned_message_and_each_call_stands_in_the_ledger_exactly_once(
    clinic: Clinic, worker_db: Database
) -> None:
    patient = clinic.enrol_patient()
    planned = [
        plan(clinic, patient, "survey:1:invite"),
        plan(clinic, patient, "survey:1:invite:email", Channel.EMAIL),
        call(clinic, patient, "voicemail"),
        call(clinic, patient, "reached"),
    ]
    tell_staff(clinic)
    assert seen(worker_db, EVERYWHERE) == sorted(planned)


def test_a_message_keeps_the_time_for_which_it_was_planned(
    clinic: Clinic, worker_db: Database
) -> None:
    plan(clinic, clinic.enrol_patient(), "survey:1:invite")
    with worker_db.begin(EVERYWHERE) as tx:
        assert tx.session.scalar(select(ATTEMPT.c.planned_at)) == MONDAY_NINE + timedelta(hours=1)


def test_sent_delivered_and_spoken_to_are_three_things(clinic: Clinic, worker_db: Database) -> None:
    patient = clinic.enrol_patient()
    plan(clinic, patient, "survey:1:invite")
    call(clinic, patient, "voicemail")
    reached = call(clinic, patient, "reached")
    with worker_db.begin(EVERYWHERE) as tx:
        for which, expected in ((SENT, []), (DELIVERED, []), (SPOKEN_TO, [reached])):
            assert list(tx.session.scalars(select(ATTEMPT.c.id).where(which))) == expected


@pytest.mark.usefixtures("other")
def test_the_ledger_shows_a_site_its_own_and_nobody_without_a_scope_anything(
    clinic: Clinic, other: Clinic, web_db: Database
) -> None:
    here, there = clinic.enrol_patient(), other.enrol_patient("Otto Elsewhere", OTHER_PHONE)
    mine = sorted([plan(clinic, here, "a"), call(clinic, here, "reached")])
    theirs = sorted([plan(other, there, "b"), call(other, there, "no_answer")])
    assert seen(web_db, Scope.site(clinic.site)) == mine
    assert seen(web_db, Scope.site(other.site)) == theirs
    assert seen(web_db, NOWHERE) == []
    assert seen(web_db, EVERYWHERE) == []  # honoured for the worker's role only


def test_a_patient_s_session_sees_her_own_attempts_only(clinic: Clinic, web_db: Database) -> None:
    ann, bea = clinic.enrol_patient("Ann"), clinic.enrol_patient("Bea", OTHER_PHONE)
    own = sorted([plan(clinic, ann, "a"), call(clinic, ann, "reached")])
    plan(clinic, bea, "b")
    call(clinic, bea, "reached")
    assert seen(web_db, Scope.of_patient(clinic.site, ann)) == own
