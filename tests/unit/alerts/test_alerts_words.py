"""What the patient writes, and what the patient reads."""

import pytest

from rsm.alerts.alarming import red_flag
from rsm.alerts.decide import advice_for
from rsm.alerts.packs import folder, read_pack
from rsm.alerts.schema import Advice
from rsm.alerts.templates import fill
from rsm.kernel.words import Level

PACK = read_pack(folder() / "first.toml")[0]


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("I have CHEST  PAIN since noon", "en", "chest pain"),
        ("cant breathe", "en", "can't breathe"),
        ("I can\u2019t breathe!", "en", "can't breathe"),
        ("Tengo opresion en el pecho", "es", "opresión en el pecho"),
        ("tengo FIEBRE", "en", "fiebre"),
        ("chest pain, doctora", "es", "chest pain"),
        ("blood.", "en", "blood"),
    ],
)
def test_a_red_flag_is_found_blind_to_case_accents_and_language(
    text: str, language: str, word: str
) -> None:
    assert red_flag(PACK, text, language) == word


@pytest.mark.parametrize("text", ["", "  ", "a bit tired", "feverfew tea helps", "bloodhound", "3"])
def test_only_whole_words_alarm(text: str) -> None:
    assert red_flag(PACK, text, "en") is None


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("level", list(Level))
def test_every_level_has_advice_in_each_language_with_whom_to_call(
    level: Level, language: str
) -> None:
    text = advice_for(PACK, level, language)
    assert text is not None
    shown = fill(text, clinic_phone="202-555-0140", emergency_number="911")
    assert "202-555-0140" in shown
    assert "911" in shown
    assert (text in PACK.advice["es"].model_dump().values()) is (language == "es")


def test_advice_that_nobody_reviewed_is_not_shown() -> None:
    unread = PACK.advice["es"].model_copy(update={"reviewed_by": ""})
    pack = PACK.model_copy(update={"advice": {"en": PACK.advice["en"], "es": unread}})
    assert advice_for(pack, Level.URGENT, "es") == PACK.advice["en"].urgent
    alone = PACK.model_copy(update={"advice": {"es": unread}})
    assert advice_for(alone, Level.URGENT, "es") is None


def test_advice_may_use_only_the_two_numbers() -> None:
    with pytest.raises(ValueError, match="unknown placeholder"):
        Advice(emergency="Call {name}", urgent="x", soon="x", info="x")
