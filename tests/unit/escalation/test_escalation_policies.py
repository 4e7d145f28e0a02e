"""Escalation policies: the one that ships, and those that are refused."""

from datetime import timedelta

import pytest

from rsm.escalation.model import Policy
from rsm.escalation.policies import (
    Crew,
    check,
    default_policy,
    default_text,
    load_policy,
    parse_policy,
    safe_within,
    slow,
    unstaffed,
)
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Channel, Level, Role


def refused(old: str, new: str, count: int = 1) -> str:
    text = default_text()
    assert old in text
    with pytest.raises(Invalid) as caught:
        load_policy(text.replace(old, new, count), "policy.toml")
    return str(caught.value)


def test_the_shipped_policy_is_good_and_reaches_the_safety_contact_in_time() -> None:
    policy = default_policy()
    assert check(policy) == []
    assert safe_within(policy.ladder(Level.EMERGENCY)) == timedelta(minutes=10)
    assert safe_within(policy.ladder(Level.URGENT)) == timedelta(minutes=45)
    assert safe_within(policy.ladder(Level.SOON)) == timedelta(hours=30)


def test_an_emergency_that_climbs_longer_than_its_target_is_noted() -> None:
    assert slow(default_policy()) == []
    late = default_text().replace("wait_minutes = 5", "wait_minutes = 8")
    [note] = slow(*parse_policy(late, "policy.toml"))
    assert note.where == "policy.toml:14: levels.emergency"
    assert "only after 16 minutes: its target is 15" in note.what


def test_a_missing_level_is_refused() -> None:
    text = default_text()
    without = text[: text.index("[levels.info]")]
    with pytest.raises(Invalid, match=r"levels\.info: `info` is missing"):
        load_policy(without, "policy.toml")


def test_a_ladder_that_does_not_end_with_the_safety_contact_is_refused() -> None:
    message = refused('{ kind = "safety_contact" }, ', "")
    assert "levels.emergency" in message
    assert "the last step must tell" in message


def test_steps_behind_the_safety_contact_are_unreachable() -> None:
    message = refused(
        'who = [{ kind = "role", role = "manager" }]', 'who = [{ kind = "safety_contact" }]'
    )
    assert (
        "policy.toml:25: levels.emergency.steps[1]: the steps after it are unreachable" in message
    )


def test_a_step_that_reaches_nobody_new_is_refused() -> None:
    message = refused(
        'rank = 2 }]\nhow = ["sms"]\nwait_minutes = 15',
        'rank = 1 }]\nhow = ["sms"]\nwait_minutes = 15',
    )
    assert "levels.urgent.steps[1]: it tells nobody whom the step before did not tell" in message


def test_urgent_and_emergency_are_told_at_once() -> None:
    message = refused('first_step = "at_once"', 'first_step = "at_target"', 2)
    assert "an alert that is emergency is told at once" in message
    assert "an alert that is urgent is told at once" in message


def test_a_loan_by_text_is_the_shorter_one() -> None:
    assert "cannot last longer" in refused("ack_loan_minutes = 30", "ack_loan_minutes = 10")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('role = "manager"', 'role = "manger"', "did you mean `manager`?"),
        ('kind = "on_duty"', 'kind = "onduty"', "did you mean `on_duty`?"),
        ('how = ["sms"]', 'how = ["smoke"]', "`smoke` is not one of 'sms', 'email' or 'voice'"),
        ("wait_minutes = 5", "wait_minutes = 0", "greater than or equal to 1"),
        ("wait_minutes = 5", "wait_mintes = 5", "did you mean `wait_minutes`?"),
        ("wait_minutes = 5", "wait_minutes = 5\nnext = 0", "unknown key `next`"),
    ],
)
def test_a_mistake_is_told(old: str, new: str, message: str) -> None:
    assert message in refused(old, new)


def test_a_team_or_role_that_the_site_does_not_have_is_told() -> None:
    text = default_text().replace(
        '{ kind = "on_duty", rank = 2 }]', '{ kind = "team", team = "x" }]'
    )
    policy, source = parse_policy(text, "policy.toml")
    roles = [role for role in Role if role is not Role.MANAGER]
    whats = {problem.what for problem in unstaffed(policy, Crew(["triage"], roles), source)}
    assert whats == {"the site has no team `x`", "nobody at the site is manager"}
    assert unstaffed(default_policy(), Crew([], list(Role))) == []


def test_the_pin_names_the_content() -> None:
    policy: Policy = default_policy()
    assert load_policy("# a comment\n" + default_text(), "x").pin == policy.pin
    changed = load_policy(default_text().replace("= 5\n", "= 6\n"), "x")
    assert changed.pin.hash != policy.pin.hash


def test_a_step_that_only_calls_needs_a_number_for_calls() -> None:
    body = default_text().replace('how = ["sms"]', 'how = ["voice"]', 1)
    policy, source = parse_policy(body, "policy.toml")
    crew = Crew([], list(Role), (), {Channel.SMS})
    (problem,) = unstaffed(policy, crew, source)
    assert problem.where.startswith("policy.toml:")
    assert problem.where.endswith("levels.emergency.steps[0].how")
    assert problem.what == "the site has no number for calls"
    assert unstaffed(policy, Crew([], list(Role), (), set(Channel)), source) == []
    assert unstaffed(policy, Crew([], list(Role)), source) == []


def test_calls_beside_texts_need_no_number() -> None:
    assert unstaffed(default_policy(), Crew([], list(Role), (), {Channel.SMS})) == []
