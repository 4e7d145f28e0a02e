"""Two at once at accounts and the trail: nothing is made twice, and no fault found that is none."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, event, text

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Role
from rsm.security import audit, staff
from rsm.security.audit import Subject
from rsm.security.model import NewStaff
from tests.at_once import begun
from tests.security_world import Sites, hire, make_sites


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


def test_what_is_written_and_sealed_while_the_trail_is_verified_is_no_fault(
    web_db: Database, worker_db: Database, sites: Sites
) -> None:
    asked = list[str]()

    def write() -> None:
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            audit.record(tx, "patient.read", Subject("patient"), sites.lakeside)

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)
        write()
        with worker_db.begin(EVERYWHERE) as tx:
            audit.seal(tx)
        write()

    write()
    with worker_db.begin(EVERYWHERE) as tx:
        event.listen(tx.session.connection(), "before_cursor_execute", meanwhile)
        verdict = audit.verify(tx)
    assert len(asked) > 1
    assert verdict.faults == ()


def test_of_two_accounts_with_one_e_mail_that_are_made_at_once_the_second_is_refused(
    web_db: Database, owner: Engine, sites: Sites
) -> None:
    new = NewStaff(sites.organisation, "ana@example.org", "Ana")

    def again() -> None:
        with web_db.begin(NOWHERE) as tx:
            staff.create(tx, new)

    with ThreadPoolExecutor(1) as pool:
        with web_db.begin(NOWHERE) as tx:
            who = staff.create(tx, new)
            second = begun(pool, owner, again)
        with pytest.raises(Conflict, match="has an account already"):
            second.result(60)
    with web_db.begin(NOWHERE) as tx:
        known = staff.find(tx, "ana@example.org")
    assert known is not None
    assert known.id == who


def test_a_role_that_two_take_away_at_once_is_taken_away_once(
    web_db: Database, owner: Engine, clock: VirtualClock, sites: Sites
) -> None:
    nurse = hire(web_db, clock, sites, Role.NURSE)

    def again() -> None:
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            staff.revoke(tx, nurse.id, sites.lakeside, Role.NURSE)

    with ThreadPoolExecutor(1) as pool:
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            staff.revoke(tx, nurse.id, sites.lakeside, Role.NURSE)
            second = begun(pool, owner, again)
        second.result(60)
    told = text("SELECT count(*) FROM audit_event WHERE action = 'staff.revoked'")
    with owner.connect() as connection:
        assert connection.execute(told).scalar_one() == 1
