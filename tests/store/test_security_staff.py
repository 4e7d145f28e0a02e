"""Accounts, invitations, API keys and idempotency keys on a real database."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import EVERYWHERE, NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Expired, Invalid, NotFound
from rsm.kernel.words import Role
from rsm.security import api_keys, commands, idempotency, invitations, sessions, staff
from rsm.security.idempotency import Answer, Call
from rsm.security.model import ApiScope, Needs, NewStaff
from tests.security_world import PASSWORD, Person, Sites, hire, make_sites


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


@pytest.fixture
def nurse(web_db: Database, clock: VirtualClock, sites: Sites) -> Person:
    return hire(web_db, clock, sites, Role.NURSE)


def test_an_e_mail_has_one_account_whatever_its_spelling(
    web_db: Database, sites: Sites, nurse: Person
) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Conflict):
        staff.create(tx, NewStaff(sites.organisation, " DANA@example.org ", "Dana Two"))


@pytest.mark.parametrize("email", ["", "dana", "dana@example", "da na@example.org"])
def test_what_is_no_e_mail_is_refused(web_db: Database, sites: Sites, email: str) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Invalid):
        staff.create(tx, NewStaff(sites.organisation, email, "Dana"))


def test_a_phone_is_sealed_and_found_by_its_number(
    web_db: Database, sites: Sites, owner: Engine
) -> None:
    with web_db.begin(NOWHERE) as tx:
        new = NewStaff(sites.organisation, "a@example.org", "Ana", phone="(202) 555-0142")
        who = staff.create(tx, new)
    with web_db.begin(NOWHERE) as tx:
        assert staff.get(tx, who).phone == "+12025550142"
        assert staff.by_phone(tx, "+12025550142") == [who]
        assert staff.by_phone(tx, "+12025550143") == []
    with owner.connect() as connection:
        row = connection.execute(text("SELECT phone_sealed, phone_hash FROM staff_account")).one()
    assert b"5550142" not in row.phone_sealed + row.phone_hash


def test_a_changed_phone_must_be_verified_again(web_db: Database, nurse: Person) -> None:
    with web_db.begin(NOWHERE) as tx:
        staff.rename(tx, nurse.id, "Dana Reyes", "+12025550142")
        staff.verify_phone(tx, nurse.id)
    with web_db.begin(NOWHERE) as tx:
        staff.rename(tx, nurse.id, "Dana R.", "+1 202 555 0142")
        assert staff.get(tx, nurse.id).phone_verified
        staff.rename(tx, nurse.id, "Dana R.", "+12025550143")
        assert not staff.get(tx, nurse.id).phone_verified


def test_the_disabled_are_not_among_those_with_a_role(
    web_db: Database, nurse: Person, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        assert staff.with_role(tx, sites.lakeside, Role.NURSE) == [nurse.id]
        assert staff.works_at(tx, nurse.id, sites.lakeside)
        assert not staff.works_at(tx, nurse.id, sites.hillside)
        staff.disable(tx, nurse.id)
        assert staff.with_role(tx, sites.lakeside, Role.NURSE) == []
        assert not staff.works_at(tx, nurse.id, sites.lakeside)


def test_one_sites_administrator_may_not_take_over_who_works_elsewhere_too(
    web_db: Database, clock: VirtualClock, nurse: Person, sites: Sites
) -> None:
    boss = hire(web_db, clock, sites, Role.ADMINISTRATOR, email="boss@example.org")
    token = boss.log_in()
    with web_db.begin(Scope.site(sites.lakeside, sites.hillside)) as tx:
        session = sessions.find(tx, token)
        assert session is not None
        assert staff.may_manage(tx, session, nurse.id)
        staff.grant(tx, nurse.id, sites.hillside, Role.NURSE)
        assert not staff.may_manage(tx, session, nurse.id)


def test_an_invitation_sets_the_password_once(
    web_db: Database, sites: Sites, clock: VirtualClock
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        new = NewStaff(sites.organisation, "first@example.org", "Ana First")
        link = commands.create_administrator(tx, new, sites.lakeside)
    with web_db.begin(NOWHERE) as tx:
        invitations.accept(tx, link.token, PASSWORD)
    answer = sessions.log_in(web_db, "first@example.org", PASSWORD)
    assert answer.needs is Needs.ENROL_SECOND_FACTOR
    with web_db.begin(NOWHERE) as tx, pytest.raises(Expired):
        invitations.accept(tx, link.token, "another good phrase")


def test_two_who_use_one_invitation_at_once_have_one_winner(
    web_db: Database, nurse: Person
) -> None:
    with web_db.begin(NOWHERE) as tx:
        link = invitations.invite(tx, nurse.id)
    barrier, outcomes = Barrier(2), list[str]()

    def use(password: str) -> None:
        barrier.wait()
        try:
            with web_db.begin(NOWHERE) as tx:
                invitations.accept(tx, link.token, password)
            outcomes.append("set")
        except Expired:
            outcomes.append("expired")

    threads = [Thread(target=use, args=(f"{word} tall herons",)) for word in ("nineteen", "forty")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["expired", "set"]


def test_an_invitation_ends_after_three_days(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    with web_db.begin(NOWHERE) as tx:
        link = invitations.invite(tx, nurse.id)
    clock.set(link.expires_at)
    with web_db.begin(NOWHERE) as tx, pytest.raises(Expired):
        invitations.invited(tx, link.token)


@pytest.mark.parametrize("token", ["", "test.", "test.AAAA", "other.AAAA", "ü.ü", "x" * 500])
def test_a_made_up_invitation_is_refused(web_db: Database, nurse: Person, token: str) -> None:
    with web_db.begin(NOWHERE) as tx, pytest.raises(Expired):
        invitations.invited(tx, token)


def test_an_invitation_does_not_serve_another_account(
    web_db: Database, clock: VirtualClock, nurse: Person, sites: Sites
) -> None:
    other = hire(web_db, clock, sites, Role.NURSE, email="other@example.org")
    with web_db.begin(NOWHERE) as tx:
        mine = invitations.invite(tx, nurse.id).token
        hers = invitations.invite(tx, other.id).token
        with pytest.raises(Expired):
            invitations.invited(tx, hers[:20] + mine[20:])


def test_admin_reset_asks_for_a_new_password_and_a_new_second_factor(
    web_db: Database, nurse: Person
) -> None:
    with web_db.begin(NOWHERE) as tx:
        link = commands.reset(tx, nurse.email)
        invitations.accept(tx, link.token, "nineteen tall herons")
    answer = sessions.log_in(web_db, nurse.email, "nineteen tall herons")
    assert answer.needs is Needs.ENROL_SECOND_FACTOR


def make_key(db: Database, site: UUID, expires_in: timedelta | None = None) -> tuple[UUID, str]:
    with db.begin(Scope.site(site)) as tx:
        end = tx.now + expires_in if expires_in else None
        return api_keys.create(tx, site, "lab system", {ApiScope.PATIENTS_READ}, end)


def test_an_api_key_is_found_by_its_text_until_revoked(
    web_db: Database, sites: Sites, owner: Engine
) -> None:
    key_id, key = make_key(web_db, sites.lakeside)
    with web_db.begin(NOWHERE) as tx:
        found = api_keys.find(tx, key)
        assert found is not None
        assert (found.id, found.site_id) == (key_id, sites.lakeside)
        assert found.scopes == {ApiScope.PATIENTS_READ}
        assert found.used_at == tx.now
        assert api_keys.find(tx, key[:-1] + "!") is None
        assert api_keys.find(tx, key[:-4] + "AAAA") is None
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        api_keys.revoke(tx, sites.lakeside, key_id)
    with web_db.begin(NOWHERE) as tx:
        assert api_keys.find(tx, key) is None
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT key_hash FROM api_key")).scalar_one()
    assert key.encode() not in kept


def test_an_api_key_ends_in_time(web_db: Database, sites: Sites, clock: VirtualClock) -> None:
    _, key = make_key(web_db, sites.lakeside, timedelta(days=1))
    clock.advance(timedelta(days=1))
    with web_db.begin(NOWHERE) as tx:
        assert api_keys.find(tx, key) is None


def test_another_sites_key_cannot_be_revoked(web_db: Database, sites: Sites) -> None:
    key_id, _ = make_key(web_db, sites.lakeside)
    with web_db.begin(Scope.site(sites.hillside)) as tx, pytest.raises(NotFound):
        api_keys.revoke(tx, sites.hillside, key_id)


def call(sites: Sites, content: bytes = b"POST /patients {}") -> Call:
    return Call(sites.lakeside, sites.organisation, "k-1", content)


def test_a_repeated_post_gets_the_first_answer_and_acts_once(
    web_db: Database, sites: Sites, owner: Engine
) -> None:
    acted = []

    def act() -> Answer:
        acted.append(1)
        return Answer(201, b'{"name": "Maria Lopez"}')

    answers = []
    for _ in range(2):
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            answers.append(idempotency.once(tx, call(sites), act))
    assert answers == [Answer(201, b'{"name": "Maria Lopez"}')] * 2
    assert len(acted) == 1
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT body FROM idempotency_key")).scalar_one()
    assert b"Maria" not in kept


def test_the_same_key_for_another_request_is_a_conflict(web_db: Database, sites: Sites) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        idempotency.once(tx, call(sites), lambda: Answer(200, b""))
        with pytest.raises(Conflict):
            idempotency.once(tx, call(sites, b"POST /alerts {}"), lambda: Answer(200, b""))


def test_two_posts_at_once_act_once(web_db: Database, sites: Sites) -> None:
    barrier, acted = Barrier(2), list[int]()

    def act() -> Answer:
        acted.append(1)
        return Answer(201, b"done")

    answers: list[Answer] = []

    def post() -> None:
        barrier.wait()
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            answers.append(idempotency.once(tx, call(sites), act))

    threads = [Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [Answer(201, b"done")] * 2
    assert len(acted) == 1


def test_a_post_that_failed_may_be_sent_again(web_db: Database, sites: Sites) -> None:
    def fail() -> Answer:
        raise Conflict("somebody was faster")

    def post() -> None:
        with web_db.begin(Scope.site(sites.lakeside)) as tx:
            idempotency.once(tx, call(sites), fail)

    with pytest.raises(Conflict, match="faster"):
        post()
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        assert idempotency.once(tx, call(sites), lambda: Answer(200, b"")).status == 200


def test_idempotency_keys_are_forgotten_after_a_day(
    web_db: Database, worker_db: Database, sites: Sites, clock: VirtualClock
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        idempotency.once(tx, call(sites), lambda: Answer(200, b""))
    clock.advance(timedelta(hours=24, seconds=1))
    with worker_db.begin(EVERYWHERE) as tx:
        assert idempotency.forget(tx) == 1
