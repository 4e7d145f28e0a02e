"""Many events written together are what they would have been one by one."""

from uuid import UUID

from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.words import Actor, ActorKind
from rsm.security import audit
from rsm.security.audit import Event, Subject, Verdict
from tests.security_world import make_sites

NURSE = Actor(ActorKind.STAFF, UUID(int=7))
FACTS: dict[str, object] = {"count": 2, "reason": None, "patients": [UUID(int=1)], "done": True}


def rows(owner: Engine) -> list[tuple[object, ...]]:
    columns = (
        "site_id, actor_kind, actor_id, action, subject_kind, subject_id, patient_id, facts, at"
    )
    with owner.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM audit_event ORDER BY seq"))
        return [tuple(row) for row in found]


def test_they_are_the_same_rows_and_chained_as_soundly(
    web_db: Database, worker_db: Database, owner: Engine
) -> None:
    site = make_sites(owner).lakeside
    subject = Subject("message", UUID(int=3), None)
    with web_db.begin(Scope.site(site), NURSE) as tx:
        audit.record(tx, "message.accepted", subject, site, **FACTS)
        audit.record_all(tx, [Event("message.accepted", subject, site, FACTS)] * 2)
        audit.record_all(tx, [])
    one, *others = rows(owner)
    assert others == [one, one]
    with worker_db.begin(EVERYWHERE) as tx:
        assert audit.seal(tx) == 3
    with worker_db.begin(EVERYWHERE) as tx:
        assert audit.verify(tx) == Verdict(3, 0, ())


def test_they_leave_with_the_transaction_that_wrote_them(web_db: Database, owner: Engine) -> None:
    site = make_sites(owner).lakeside
    with web_db.begin(Scope.site(site)) as tx:
        audit.record_all(tx, [Event("message.failed", Subject("message"), site)])
        tx.session.rollback()
    assert rows(owner) == []
