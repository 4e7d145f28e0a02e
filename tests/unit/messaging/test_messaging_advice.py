"""Our own words for what is said at once: complete, without a symptom where others may hear."""

import pytest

from rsm.kernel.words import Channel, Level
from rsm.messaging import advice
from rsm.messaging.texts import placeholders
from rsm.messaging.wording import channels_of, check_wording
from rsm.messaging.wording_rules import health_words

EVERY = [
    (advice.purpose_of(level), language, door)
    for level in advice.LEVELS
    for door in advice.PAGED
    for language in advice.library().languages
]


@pytest.mark.parametrize(("purpose", "language", "door"), EVERY)
def test_our_own_words_pass_the_checks_of_a_sites(
    purpose: str, language: str, door: Channel
) -> None:
    body = advice.ours(purpose, language, door)
    assert check_wording(purpose, language, door, body) == []
    assert "emergency_number" in placeholders(body)


@pytest.mark.parametrize("language", advice.library().languages)
@pytest.mark.parametrize("level", advice.LEVELS)
def test_what_others_may_hear_names_nothing_of_her_health(level: Level, language: str) -> None:
    for door in (Channel.VOICE, Channel.SMS):
        assert health_words(advice.ours(advice.purpose_of(level), language, door)) == []


def test_of_a_symptom_only_the_page_speaks() -> None:
    assert channels_of("symptom_advice.pain") == (Channel.WEB,)
    assert advice.ours("symptom_advice.pain", "en", Channel.WEB) == ""
    assert check_wording("symptom_advice.pain", "en", Channel.WEB, "Rest.") == []
    (problem,) = check_wording("symptom_advice.pain", "en", Channel.WEB, " ")
    assert problem.what == "is empty"
    (unknown,) = check_wording("symptom_advice.pain", "en", Channel.WEB, "Open {link}.")
    assert "unknown field {link}" in unknown.what


def test_what_is_said_in_an_emergency_names_both_numbers() -> None:
    found = check_wording("advice_emergency", "en", Channel.VOICE, "Hang up.")
    assert [each.what for each in found] == [
        "{emergency_number} is missing",
        "{help_phone} is missing",
    ]


def test_an_unknown_language_is_told_in_english() -> None:
    assert advice.language_of("vi-VN", Channel.WEB) == "en"
    assert advice.language_of("es-MX", Channel.VOICE) == "es"
    assert advice.language_of("ar", Channel.SMS) == "en"


def test_values_are_never_read_as_fields() -> None:
    values = {"help_phone": "{sender_name}", "emergency_number": "911", "sender_name": "x"}
    assert advice.sentences("Call {help_phone}.\n\n 911 ", values) == ("Call {sender_name}.", "911")
