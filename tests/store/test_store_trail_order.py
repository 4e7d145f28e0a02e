"""What one statement changes in many rows stands in the trail in one order, however they lie."""

from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.words import Audience
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from tests.clinic import Clinic, build_clinic

TOLD = "SELECT subject_id FROM audit_event WHERE action = 'message.cancelled' ORDER BY seq"


def put(clinic: Clinic, number: int) -> None:
    with clinic.begin() as tx:
        draft = Draft(
            business_key=f"order:{number}",
            lane=Lane.STAFF,
            audience=Audience.STAFF,
            site_id=clinic.site,
            purpose="staff_alert",
            language="en",
            staff_id=clinic.nurse,
        )
        assert messaging.enqueue(tx, draft) is not None


def test_messages_that_are_cancelled_together_are_noted_in_the_order_of_their_ids(
    web_db: Database, owner: Engine
) -> None:
    clinic = build_clinic(web_db)
    for number in range(8):
        put(clinic, number)
    with clinic.begin() as tx:
        for way in ("indexscan", "bitmapscan"):  # as they lie in the table
            tx.session.execute(text(f"SET LOCAL enable_{way} = off"))
        assert messaging.cancel_for_staff(tx, clinic.nurse, "left") == 8
    with owner.connect() as connection:
        noted = list(connection.execute(text(TOLD)).scalars())
    assert noted == sorted(noted)
