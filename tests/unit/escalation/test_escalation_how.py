"""How a step tells people: by text unless it says otherwise, and that never moves a hash."""

import pytest

from rsm.escalation.policies import default_policy, default_text, parse_policy
from rsm.kernel.errors import Invalid
from rsm.kernel.words import Channel, Level

FIRST = "d14e95ea86a134e549a4897c17fa45e1f237598dfe3683b2de5fec007265754a"
SHIPPED = "2c6f133b733208fbe40686fe62fb921072de3e95a9f2d06b3390773fd2e94d46"


def test_the_policies_of_the_first_release_keep_their_content_hash() -> None:
    body = default_text().replace('how = ["sms", "voice"]', 'how = ["sms"]')
    first, _ = parse_policy(body.replace('version = "1.1.0"', 'version = "1.0.0"'), "first.toml")
    assert first.pin.hash == FIRST


def test_what_ships_now_is_another_version_that_never_changes_either() -> None:
    assert (default_policy().version, default_policy().pin.hash) == ("1.1.0", SHIPPED)


def test_at_the_end_of_what_is_urgent_phones_ring_too() -> None:
    for level in (Level.EMERGENCY, Level.URGENT):
        assert default_policy().ladder(level).steps[-1].how == (Channel.SMS, Channel.VOICE)
    for level in (Level.SOON, Level.INFO):
        assert {step.how for step in default_policy().ladder(level).steps} == {(Channel.SMS,)}


def test_a_step_that_says_nothing_tells_by_text_and_is_the_same_policy() -> None:
    silent, _ = parse_policy(default_text().replace('how = ["sms"]\n', ""), "silent.toml")
    assert {step.how for step in silent.ladder(Level.INFO).steps} == {(Channel.SMS,)}
    assert silent.pin == default_policy().pin


def test_other_channels_are_another_policy() -> None:
    both = default_text().replace('how = ["sms"]', 'how = ["sms", "email"]')
    policy, _ = parse_policy(both, "both.toml")
    assert policy.ladder(Level.INFO).steps[0].how == (Channel.SMS, Channel.EMAIL)
    assert policy.pin.hash != SHIPPED


@pytest.mark.parametrize("how", ["[]", '["web"]', '["fax"]', '"sms"'])
def test_a_channel_that_tells_nobody_is_refused(how: str) -> None:
    with pytest.raises(Invalid):
        parse_policy(default_text().replace('how = ["sms"]', f"how = {how}", 1), "odd.toml")
