"""What calls say: nothing about health or a patient, in every language, spelled so that it is
understood on the phone."""

import re

import pytest

from rsm.kernel.errors import Invalid
from rsm.kernel.keywords import normalise
from rsm.kernel.words import Audience, Channel, Level
from rsm.messaging import spoken, texts, wording
from rsm.messaging.spoken import level_said, locale, phrases, say, spelled

EVERY = [(name, language) for name, one in phrases().says.items() for language in one.words]
CALLED = sorted(phrases().says.keys() & texts.library().purposes.keys())
# An answer is said to nobody but whoever has just given it.
IN_A_SURVEY = {"help_phone", "emergency_number", "key", "label", "answer", "number"} | {
    "low",
    "high",
    "example",
    "digits",
}
HEALTH = re.compile(
    r"symptom|sintoma|cancer|chemo|quimio|oncolog|tumou?r|pain|dolor|nausea|vomit|medic|drug|dose"
    r"|treatment|tratamiento|patient|paciente|diagnos|nurse|enferm|doctor|hospital|severe|severo"
)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_no_call_says_a_word_about_health(name: str, language: str) -> None:
    assert not HEALTH.search(normalise(phrases().says[name].words[language]))


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_no_field_could_name_a_patient(name: str, language: str) -> None:
    about = {"level", "code", "minutes", "count", "until", "since", "loan", "holder"}
    about |= IN_A_SURVEY if name.startswith("call_") else set()
    assert set(phrases().says[name].fields) <= {"sender_name"} | about


def test_calls_are_about_alerts_to_staff_only() -> None:
    assert {"staff_alert", "staff_alert_again", "safety_contact_alert"} <= set(CALLED)
    assert {texts.library().purposes[name].audience for name in CALLED} == {Audience.STAFF}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", CALLED)
def test_a_call_says_first_who_calls(name: str, language: str) -> None:
    assert "{sender_name}" in phrases().says[name].words[language].partition(".")[0]


def test_a_code_is_read_letter_by_letter() -> None:
    assert spelled("K7QM") == "K, 7, Q, M"
    said = say("key_passed", "en", {"code": "K7QM"})
    assert said.startswith("Alert K, 7, Q, M: ")


def test_a_language_that_we_do_not_speak_is_spoken_in_english() -> None:
    assert locale("vi") == "en-US"
    assert locale("es-MX") == "es-US"
    assert "Goodbye" in say("no_key", "vi", {})


def test_every_level_has_a_word_in_every_language() -> None:
    said = {
        (level, language): level_said(level, language)
        for level in Level
        for language in phrases().languages
    }
    assert all(said.values())
    assert said[Level.EMERGENCY, "es"] == "emergencia"
    assert all(one.reviewed_by for one in phrases().languages.values())


def test_a_field_without_a_value_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        say("staff_alert", "en", {"sender_name": "Lakeside", "code": "K7QM", "level": " "})
    assert [problem.where for problem in refused.value.problems] == ["staff_alert.level"]


def test_a_message_that_no_call_can_say_is_refused() -> None:
    with pytest.raises(Invalid, match="survey_invite"):
        spoken.phrase("survey_invite")


def test_a_message_keeps_which_words_it_was_spoken_with() -> None:
    said = wording.library_ref("staff_alert", "en", Channel.VOICE)
    assert said.startswith("library:")
    assert said != wording.library_ref("staff_alert", "en", Channel.SMS)
    assert wording.library_ref("survey_invite", "en", Channel.VOICE) == "library"
