"""Log-in flows on a real database: both factors, lockout, replay, idle lock, the end."""

from datetime import timedelta
from threading import Barrier, Thread

import pyotp
import pytest
from sqlalchemy import Engine, text

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import invitations, second_factor, sessions, staff
from rsm.security.model import LogIn, Needs, NewStaff, Session, SessionState
from tests.security_world import PASSWORD, Person, Sites, hire, make_sites


@pytest.fixture
def sites(owner: Engine) -> Sites:
    return make_sites(owner)


@pytest.fixture
def nurse(web_db: Database, clock: VirtualClock, sites: Sites) -> Person:
    return hire(web_db, clock, sites, Role.NURSE)


def try_log_in(db: Database, email: str, password: str = PASSWORD) -> LogIn:
    return sessions.log_in(db, email, password)


def find(db: Database, token: str) -> Session | None:
    with db.begin(NOWHERE) as tx:
        return sessions.find(tx, token)


def events(owner: Engine, action: str) -> list[dict[str, object]]:
    with owner.connect() as connection:
        rows = connection.execute(
            text("SELECT facts FROM audit_event WHERE action = :action ORDER BY seq"),
            {"action": action},
        )
        return [row.facts for row in rows]


def test_password_and_code_open_a_session(web_db: Database, nurse: Person, sites: Sites) -> None:
    session = find(web_db, nurse.log_in())
    assert session is not None
    assert session.state is SessionState.READY
    assert session.roles == {sites.lakeside: frozenset({Role.NURSE})}


def test_the_password_alone_opens_nothing(web_db: Database, nurse: Person) -> None:
    answer = try_log_in(web_db, nurse.email)
    assert answer.needs is Needs.SECOND_FACTOR
    assert answer.token is not None
    session = find(web_db, answer.token)
    assert session is not None
    assert session.state is SessionState.NEEDS_CODE


def test_the_token_of_the_first_step_is_worth_nothing_after_the_second(
    web_db: Database, nurse: Person
) -> None:
    first = try_log_in(web_db, nurse.email).token
    assert first is not None
    with web_db.begin(NOWHERE) as tx:
        second = sessions.confirm(tx, first, nurse.code())
    assert second is not None
    assert second != first
    assert find(web_db, first) is None


def test_the_first_step_is_good_for_ten_minutes(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    first = try_log_in(web_db, nurse.email).token
    assert first is not None
    clock.advance(timedelta(minutes=10))
    with web_db.begin(NOWHERE) as tx:
        assert sessions.confirm(tx, first, nurse.code()) is None


def test_the_cookie_itself_is_not_kept(web_db: Database, nurse: Person, owner: Engine) -> None:
    token = nurse.log_in()
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT token_hash FROM staff_session")).scalars().all()
    assert all(len(one) == 32 and token.encode() not in one for one in kept)


def test_wrong_password_and_unknown_account_get_the_same_answer(
    web_db: Database, nurse: Person, owner: Engine
) -> None:
    wrong = try_log_in(web_db, nurse.email, "twelve tall herons")
    unknown = try_log_in(web_db, "nobody@example.org")
    assert wrong == unknown == LogIn()
    reasons = [fact["reason"] for fact in events(owner, "session.refused")]
    assert reasons == ["wrong", "unknown"]


def test_five_failures_pause_log_in_for_fifteen_minutes_then_twice_as_long(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    for _ in range(5):
        try_log_in(web_db, nurse.email, "twelve tall herons")
    assert try_log_in(web_db, nurse.email) == LogIn()
    clock.advance(timedelta(minutes=15))
    assert try_log_in(web_db, nurse.email, "twelve tall herons") == LogIn()
    clock.advance(timedelta(minutes=29))
    assert try_log_in(web_db, nurse.email) == LogIn()
    clock.advance(timedelta(minutes=1))
    assert try_log_in(web_db, nurse.email).needs is Needs.SECOND_FACTOR


def test_wrong_codes_count_as_failures_although_the_password_was_right(
    web_db: Database, nurse: Person
) -> None:
    for _ in range(5):
        first = try_log_in(web_db, nurse.email).token
        assert first is not None
        with web_db.begin(NOWHERE) as tx:
            assert sessions.confirm(tx, first, "000000") is None
    assert try_log_in(web_db, nurse.email) == LogIn()


def test_guesses_at_the_same_time_are_counted_one_by_one(
    web_db: Database, nurse: Person, owner: Engine
) -> None:
    barrier = Barrier(4)

    def guess() -> None:
        barrier.wait()
        try_log_in(web_db, nurse.email, "twelve tall herons")

    threads = [Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with owner.connect() as connection:
        assert connection.execute(text("SELECT failures FROM staff_account")).scalar_one() == 4


def test_a_full_log_in_forgets_the_failures(web_db: Database, nurse: Person, owner: Engine) -> None:
    for _ in range(4):
        try_log_in(web_db, nurse.email, "twelve tall herons")
    nurse.log_in()
    with owner.connect() as connection:
        assert connection.execute(text("SELECT failures FROM staff_account")).scalar_one() == 0


def test_a_code_is_good_once(web_db: Database, nurse: Person) -> None:
    code = nurse.code()
    outcomes = []
    for _ in range(2):
        first = try_log_in(web_db, nurse.email).token
        assert first is not None
        with web_db.begin(NOWHERE) as tx:
            outcomes.append(sessions.confirm(tx, first, code) is not None)
    assert outcomes == [True, False]


def test_a_code_of_an_earlier_step_than_the_last_used_is_refused(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    earlier = nurse.code()
    nurse.log_in()
    first = try_log_in(web_db, nurse.email).token
    assert first is not None
    with web_db.begin(NOWHERE) as tx:
        assert sessions.confirm(tx, first, earlier) is None


def test_the_first_log_in_enrols_a_second_factor_and_shows_ten_recovery_codes(
    web_db: Database, clock: VirtualClock, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        who = staff.create(tx, NewStaff(sites.organisation, "New@Example.org", "Sam Ito"))
        staff.grant(tx, who, sites.lakeside, Role.NURSE)
        invitations.set_password(tx, who, PASSWORD)
    answer = try_log_in(web_db, "new@example.org")
    assert answer.needs is Needs.ENROL_SECOND_FACTOR
    assert answer.token is not None
    with web_db.begin(NOWHERE) as tx:
        waiting = second_factor.pending(tx, who)
        assert waiting is not None
        assert sessions.enrol(tx, answer.token, "000000") is None
    with web_db.begin(NOWHERE) as tx:
        enrolled = sessions.enrol(tx, answer.token, pyotp.TOTP(waiting.secret).at(clock.now()))
    assert enrolled is not None
    assert len(set(enrolled.recovery_codes)) == 10
    session = find(web_db, enrolled.token)
    assert session is not None
    assert session.state is SessionState.READY


def test_a_recovery_code_opens_once_and_only_its_hash_is_kept(
    web_db: Database, clock: VirtualClock, sites: Sites, owner: Engine, nurse: Person
) -> None:
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
        nurse.secret = second_factor.begin(tx, nurse.id).secret
    with web_db.begin(NOWHERE) as tx:
        codes = second_factor.confirm(tx, nurse.id, nurse.code())
    assert codes is not None
    outcomes = []
    for _ in range(2):
        first = try_log_in(web_db, nurse.email).token
        assert first is not None
        with web_db.begin(NOWHERE) as tx:
            outcomes.append(sessions.confirm(tx, first, codes[3].lower()) is not None)
    assert outcomes == [True, False]
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT recovery_hashes FROM staff_account")).scalar_one()
    assert len(kept) == 9
    assert not set(kept) & {code.replace("-", "") for code in codes}


def test_a_session_locks_after_fifteen_idle_minutes_and_a_code_opens_it(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    token = nurse.log_in()
    clock.advance(timedelta(minutes=14))
    session = find(web_db, token)
    assert session is not None
    with web_db.begin(NOWHERE) as tx:
        sessions.touch(tx, session)
    clock.advance(timedelta(minutes=14))
    assert state(web_db, token) is SessionState.READY
    clock.advance(timedelta(minutes=1))
    assert state(web_db, token) is SessionState.LOCKED
    with web_db.begin(NOWHERE) as tx:
        assert not sessions.unlock(tx, token, "000000")
    code = nurse.code()
    with web_db.begin(NOWHERE) as tx:
        assert sessions.unlock(tx, token, code)
    assert state(web_db, token) is SessionState.READY


def state(db: Database, token: str) -> SessionState | None:
    session = find(db, token)
    return session.state if session else None


def test_touching_a_locked_session_does_not_open_it(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    token = nurse.log_in()
    clock.advance(timedelta(minutes=16))
    session = find(web_db, token)
    assert session is not None
    with web_db.begin(NOWHERE) as tx:
        sessions.touch(tx, session)
    assert state(web_db, token) is SessionState.LOCKED


def test_a_session_that_is_locked_by_hand_opens_with_the_password(
    web_db: Database, nurse: Person
) -> None:
    token = nurse.log_in()
    with web_db.begin(NOWHERE) as tx:
        sessions.lock(tx, token)
    assert state(web_db, token) is SessionState.LOCKED
    with web_db.begin(NOWHERE) as tx:
        assert sessions.unlock(tx, token, PASSWORD)
    assert state(web_db, token) is SessionState.READY


def test_a_session_ends_after_twelve_hours_however_busy(
    web_db: Database, nurse: Person, clock: VirtualClock
) -> None:
    token = nurse.log_in()
    for _ in range(72):
        clock.advance(timedelta(minutes=10))
        session = find(web_db, token)
        if session is not None:
            with web_db.begin(NOWHERE) as tx:
                sessions.touch(tx, session)
    assert find(web_db, token) is None


def test_disabling_ends_the_session_at_once(web_db: Database, nurse: Person, sites: Sites) -> None:
    token = nurse.log_in()
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.disable(tx, nurse.id)
    assert find(web_db, token) is None
    assert try_log_in(web_db, nurse.email) == LogIn()
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.enable(tx, nurse.id)
    assert find(web_db, token) is None


def test_losing_the_last_role_ends_the_session(
    web_db: Database, nurse: Person, sites: Sites
) -> None:
    token = nurse.log_in()
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.revoke(tx, nurse.id, sites.lakeside, Role.NURSE)
    assert find(web_db, token) is None
    assert try_log_in(web_db, nurse.email) == LogIn()


def test_losing_one_of_two_roles_keeps_the_session(
    web_db: Database, nurse: Person, sites: Sites
) -> None:
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.grant(tx, nurse.id, sites.lakeside, Role.MANAGER)
    token = nurse.log_in()
    with web_db.begin(Scope.site(sites.lakeside)) as tx:
        staff.revoke(tx, nurse.id, sites.lakeside, Role.NURSE)
    session = find(web_db, token)
    assert session is not None
    assert session.roles == {sites.lakeside: frozenset({Role.MANAGER})}


def test_signing_out_ends_the_session(web_db: Database, nurse: Person) -> None:
    token = nurse.log_in()
    with web_db.begin(NOWHERE) as tx:
        sessions.end(tx, token)
    assert find(web_db, token) is None


def test_a_lost_second_factor_is_reset_and_signs_out(web_db: Database, nurse: Person) -> None:
    token = nurse.log_in()
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
    assert find(web_db, token) is None
    assert try_log_in(web_db, nurse.email).needs is Needs.ENROL_SECOND_FACTOR


def fail_five_times(db: Database, email: str) -> None:
    for _ in range(5):
        try_log_in(db, email, "twelve tall herons")


def test_a_recovery_code_given_while_log_in_pauses_is_not_used_up(
    web_db: Database, nurse: Person, owner: Engine
) -> None:
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
        nurse.secret = second_factor.begin(tx, nurse.id).secret
    with web_db.begin(NOWHERE) as tx:
        codes = second_factor.confirm(tx, nurse.id, nurse.code())
    first = try_log_in(web_db, nurse.email).token
    fail_five_times(web_db, nurse.email)
    assert first is not None
    assert codes is not None
    with web_db.begin(NOWHERE) as tx:
        assert sessions.confirm(tx, first, codes[0]) is None
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT recovery_hashes FROM staff_account")).scalar_one()
    assert len(kept) == 10


def test_a_second_factor_is_not_enrolled_while_log_in_pauses(
    web_db: Database, nurse: Person, owner: Engine
) -> None:
    """Else it would count, and nobody would ever have seen its recovery codes."""
    with web_db.begin(NOWHERE) as tx:
        second_factor.reset(tx, nurse.id)
    first = try_log_in(web_db, nurse.email).token
    fail_five_times(web_db, nurse.email)
    assert first is not None
    with web_db.begin(NOWHERE) as tx:
        waiting = second_factor.pending(tx, nurse.id)
    assert waiting is not None
    nurse.secret = waiting.secret
    code = nurse.code()
    with web_db.begin(NOWHERE) as tx:
        assert sessions.enrol(tx, first, code) is None
        assert second_factor.pending(tx, nurse.id) is not None


def test_letting_somebody_in_again_before_the_pause_is_over_is_audited(
    web_db: Database, nurse: Person, owner: Engine
) -> None:
    fail_five_times(web_db, nurse.email)
    with web_db.begin(NOWHERE) as tx:
        staff.unpause(tx, nurse.id)
    assert len(events(owner, "staff.unpaused")) == 1
