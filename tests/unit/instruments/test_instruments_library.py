"""What is shipped: our own survey in two languages, and PRO-CTCAE's structure without wording."""

import re
from collections import Counter

import pytest

from rsm.instruments.checks import check
from rsm.instruments.decide import publish_problems
from rsm.instruments.library import find, shipped
from rsm.instruments.model import ChoiceItem, Instrument, Item, Option
from rsm.kernel.errors import Invalid
from rsm.kernel.keywords import classify

WEEKLY = find("weekly-symptoms")
STRUCTURE = find("pro-ctcae")
# Structure and scoring of instruments whose wording is not ours.
STRUCTURES = {
    *("pro-ctcae", "phq-2", "phq-9", "gad-2", "gad-7", "eortc-qlq-c30", "eq-5d-5l", "swemwbs"),
    "esas-r",
}


def options_of(item: Item) -> tuple[Option, ...]:
    """What can be chosen; a number has none."""
    return item.options if isinstance(item, ChoiceItem) else ()


def words(instrument: Instrument, language: str) -> list[str]:
    """Every text of the questions and answers in one language."""
    texts = []
    for item in instrument.items:
        texts += [item.text[language], item.short[language]]
        for option in options_of(item):
            texts += [option.label[language], option.hint[language]]
    return texts


def test_every_shipped_instrument_is_sound_and_bears_its_key() -> None:
    assert set(shipped()) == STRUCTURES | {"weekly-symptoms", "safety-questions", "short-measure"}
    for key, instrument in shipped().items():
        assert instrument.key == key
        assert check(instrument) == []


def test_an_unknown_instrument_names_the_nearest() -> None:
    with pytest.raises(Invalid, match="did you mean `weekly-symptoms`"):
        find("weekly-symptom")
    with pytest.raises(Invalid, match="there are eortc-qlq-c30, eq-5d-5l, "):
        find("xyz")


def test_a_version_is_found_or_refused() -> None:
    assert find("weekly-symptoms", "1.0.0") is WEEKLY
    with pytest.raises(Invalid, match=r"there is no version 9\.0\.0"):
        find("weekly-symptoms", "9.0.0")


def test_our_survey_has_pro_ctcaes_structure_for_twelve_symptoms() -> None:
    ours = {(item.code, item.asked_when) for item in WEEKLY.items}
    keys = {symptom.key for symptom in WEEKLY.symptoms}
    theirs = {(item.code, item.asked_when) for item in STRUCTURE.items if item.symptom in keys}
    assert len(keys) == 12
    assert ours == theirs
    assert all(
        [option.value for option in options_of(item)] == [0, 1, 2, 3, 4] for item in WEEKLY.items
    )


def test_our_survey_says_that_it_is_not_validated_in_each_language() -> None:
    assert not WEEKLY.validated
    assert "not a validated instrument" in WEEKLY.languages["en"].notice
    assert "No son un instrumento validado" in WEEKLY.languages["es"].notice


def test_our_survey_carries_no_pro_ctcae_composite() -> None:
    assert "proctcae_composite" not in {score.kind for score in WEEKLY.scores}


def test_our_survey_is_reviewed_by_people_who_are_marked_as_synthetic() -> None:
    for language in WEEKLY.languages.values():
        assert "synthetic" in language.reviewed_by
        assert language.reviewed_on is not None


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_text_is_a_command_of_text_messages(language: str) -> None:
    assert [text for text in words(WEEKLY, language) if classify(text)] == []


def test_spanish_questions_are_marked_on_both_sides_and_formal() -> None:
    for item in WEEKLY.items:
        assert item.text["es"].startswith("¿")
        assert item.text["es"].endswith("?")
    assert not any(re.search(r"\b(tú|tu|tus|te|ti)\b", text) for text in words(WEEKLY, "es"))


def test_english_is_at_most_at_grade_6() -> None:
    """Flesch-Kincaid over all questions, with vowel groups for syllables."""
    questions = [item.text["en"] for item in WEEKLY.items]
    tokens = re.findall(r"[a-z]+", " ".join(questions).lower())
    syllables = sum(
        max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", token)))) for token in tokens
    )
    grade = 0.39 * len(tokens) / len(questions) + 11.8 * syllables / len(tokens) - 15.59
    assert grade <= 6


def test_the_pro_ctcae_structure_is_complete_and_without_any_wording() -> None:
    assert len(STRUCTURE.items) == 124
    assert len(STRUCTURE.symptoms) == 80
    assert Counter(item.attribute for item in STRUCTURE.items) == {
        "severity": 51,
        "frequency": 25,
        "interference": 25,
        "presence": 21,
        "amount": 2,
    }
    assert len(STRUCTURE.scores) == 59
    assert not STRUCTURE.languages
    for item in STRUCTURE.items:
        assert not item.text
        assert not item.short
        assert not any(option.label or option.hint for option in options_of(item))
    assert publish_problems(STRUCTURE)


def test_items_with_a_not_applicable_answer_are_those_of_the_published_form() -> None:
    numbers = {
        int(re.sub(r"\D", "", item.codes["nci"])) for item in STRUCTURE.items if item.may_not_apply
    }
    assert numbers == {36, 57, 58, 66, 67, 68, 69, 70, 71, 79}


def test_the_library_is_a_mapping_without_reading_what_is_not_asked_for() -> None:
    assert "weekly-symptoms" in shipped()
    assert "no-such" not in shipped()
    assert len(shipped()) == 12


@pytest.mark.parametrize("key", sorted(STRUCTURES))
def test_a_structure_has_no_wording_and_may_not_be_published(key: str) -> None:
    structure = find(key)
    assert structure.wording == "none"
    assert not structure.licence.display
    assert structure.licence.terms
    assert not structure.languages
    assert not any(symptom.name for symptom in structure.symptoms)
    for item in structure.items:
        assert not item.text
        assert not item.short
        assert not any(option.label or option.hint for option in options_of(item))
    problems = publish_problems(structure)
    assert {problem.where for problem in problems} == {"licence", "languages"}
    assert "no wording is here (load wording that you are licensed to use)" in str(problems[0])
