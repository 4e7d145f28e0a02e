"""Who may come in, when, and as what: decisions and the table of permissions."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

import pytest

from rsm.kernel.errors import NotAllowed, NotFound
from rsm.kernel.vault import Vault
from rsm.kernel.words import Role
from rsm.security.decide import (
    CODE_LIFE,
    IDLE_LIFE,
    LONGEST_PAUSE,
    SESSION_LIFE,
    Attempt,
    SessionFacts,
    pause_after,
    refusal,
    session_state,
)
from rsm.security.model import Permission, Refusal, Session, SessionState
from rsm.security.permissions import TABLE, may, require, sites_with
from rsm.security.sessions import csrf_token, is_csrf_token
from tests.conftest import MONDAY_NINE

NOW = MONDAY_NINE
RIGHT = Attempt(right=True, disabled=False, has_role=True, paused_until=None)
READY = SessionFacts(
    expires_at=NOW + SESSION_LIFE,
    seen_at=NOW,
    ended=False,
    locked=False,
    has_second_factor=True,
    account_has_second_factor=True,
    may_work=True,
)
HERE, THERE, ELSEWHERE = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(4, None), (5, 15), (6, 30), (7, 60), (10, 480), (99, 1440)]
)
def test_the_pause_starts_at_five_failures_and_doubles(failures: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert pause_after(failures, NOW) == expected


def test_the_longest_pause_is_a_day() -> None:
    assert pause_after(1000, NOW) == NOW + LONGEST_PAUSE


def test_while_paused_even_the_right_password_is_refused() -> None:
    paused = replace(RIGHT, paused_until=NOW + timedelta(seconds=1))
    assert refusal(paused, NOW) is Refusal.PAUSED
    assert refusal(paused, NOW + timedelta(seconds=1)) is None


def test_the_disabled_and_those_without_a_role_are_refused() -> None:
    assert refusal(RIGHT, NOW) is None
    assert refusal(replace(RIGHT, right=False), NOW) is Refusal.WRONG
    assert refusal(replace(RIGHT, disabled=True), NOW) is Refusal.DISABLED
    assert refusal(replace(RIGHT, has_role=False), NOW) is Refusal.NO_ROLE


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (READY, SessionState.READY),
        (replace(READY, seen_at=NOW - IDLE_LIFE), SessionState.LOCKED),
        (
            replace(READY, seen_at=NOW - IDLE_LIFE + timedelta(seconds=1)),
            SessionState.READY,
        ),
        (replace(READY, locked=True), SessionState.LOCKED),
        (replace(READY, has_second_factor=False), SessionState.NEEDS_CODE),
        (
            replace(READY, has_second_factor=False, account_has_second_factor=False),
            SessionState.NEEDS_ENROLMENT,
        ),
        (replace(READY, ended=True), None),
        (replace(READY, may_work=False), None),
        (replace(READY, expires_at=NOW), None),
    ],
)
def test_how_far_a_session_has_come(facts: SessionFacts, state: SessionState | None) -> None:
    assert session_state(facts, NOW) is state


def test_the_first_step_is_shorter_than_the_idle_time() -> None:
    assert CODE_LIFE < IDLE_LIFE < SESSION_LIFE


def session(**roles: frozenset[Role]) -> Session:
    sites = {"here": HERE, "there": THERE}
    return Session(
        token_hash=b"",
        staff_id=UUID(int=9),
        organisation_id=UUID(int=8),
        name="Dana Reyes",
        email="dana@example.org",
        language="en",
        state=SessionState.READY,
        roles=MappingProxyType({sites[name]: held for name, held in roles.items()}),
        seen_at=NOW,
        expires_at=NOW,
    )


def test_every_role_has_permissions_and_every_permission_a_role() -> None:
    assert set(TABLE) == set(Role)
    assert all(TABLE.values())
    assert frozenset().union(*TABLE.values()) == set(Permission)


def test_only_those_who_judge_close_alerts_and_only_administrators_manage_staff() -> None:
    closers = {role for role in Role if may([role], Permission.CLOSE_ALERT)}
    assert closers == {Role.NURSE, Role.CLINICIAN}
    managers = {role for role in Role if may([role], Permission.MANAGE_STAFF)}
    assert managers == {Role.ADMINISTRATOR}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_who_manages_does_not_see_patients(role: Role) -> None:
    assert not may([role], Permission.SEE_PATIENTS)
    assert not may([role], Permission.TRIAGE)


def test_a_role_counts_at_its_own_site_only() -> None:
    who = session(here=frozenset({Role.NURSE}), there=frozenset({Role.MANAGER}))
    assert require(who, HERE, Permission.TRIAGE) == {Role.NURSE}
    with pytest.raises(NotAllowed):
        require(who, THERE, Permission.TRIAGE)
    with pytest.raises(NotFound):
        require(who, ELSEWHERE, Permission.TRIAGE)
    assert sites_with(who, Permission.TRIAGE) == [HERE]
    assert sites_with(who, Permission.SEE_FIGURES) == [HERE, THERE]


def test_a_forms_token_belongs_to_its_session(vault: Vault) -> None:
    token = csrf_token(vault, "session-a")
    assert is_csrf_token(vault, "session-a", token)
    for given in ("", "ü", token[:-1], token + "A", csrf_token(vault, "session-b")):
        assert not is_csrf_token(vault, "session-a", given)
    assert "session-a" not in token
