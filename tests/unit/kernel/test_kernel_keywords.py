"""Keywords: an exact match of the whole text acts, in any language (lessons 45 to 47)."""

import pytest

from rsm.kernel.keywords import (
    HELP_WORDS,
    START_WORDS,
    STOP_WORDS,
    Keyword,
    classify,
    normalise,
)

TABLES = {Keyword.STOP: STOP_WORDS, Keyword.START: START_WORDS, Keyword.HELP: HELP_WORDS}
ALL_WORDS = [
    (keyword, language, word)
    for keyword, table in TABLES.items()
    for language, words in table.items()
    for word in sorted(words)
]


@pytest.mark.parametrize(("keyword", "language", "word"), ALL_WORDS)
def test_every_word_acts_however_it_is_written(keyword: Keyword, language: str, word: str) -> None:
    assert normalise(word) == word
    for written in (word, word.upper(), f"  {word}.\n", f"“{word.title()}”!!"):
        assert classify(written) is keyword


def test_no_word_stands_in_two_tables() -> None:
    seen = [{word for words in table.values() for word in words} for table in TABLES.values()]
    assert sum(len(words) for words in seen) == len(set().union(*seen))


@pytest.mark.parametrize(
    "text",
    ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"],
)
def test_the_words_that_revoke_consent_by_law_all_stop(text: str) -> None:
    assert classify(text) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    ["STOPALL", "OPTOUT", "OPT-OUT", "ARRET", "Arrêt", "REMOVE", "TD", "STOP ALL", "S.T.O.P.",
     "\uff33\uff34\uff2f\uff30", "Stop 🙏", "PARAR", "ALTO", "BAJA", "Basta", "No más", "退订"],
)  # fmt: skip
def test_vendors_lists_and_odd_spellings_stop(text: str) -> None:
    assert classify(text) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    ["no", "No", "yes", "YES", "sí", "si", "n", "y", "0", "1", "4", "", "   ", "...", "?",
     "can't stop vomiting", "stopped", "don't stop", "nonstop", "the end", "help me", "weekend",
     "alta", "para", "bajo", "none", "never", "mild", "severe", "fine"],
)  # fmt: skip
def test_answers_and_sentences_are_no_keywords(text: str) -> None:
    assert classify(text) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Stop. Thank you!", "stop thank you"),
        ("  OPT—OUT ", "opt out"),
        ("can’t", "cant"),  # noqa: RUF001 - the curly apostrophe is the point
        ("¿Más náuseas?", "mas nauseas"),
        ("٢", "2"),
        ("२", "2"),
        ("\uff12", "2"),
        ("②", "2"),
        ("2️⃣", "2"),
        ("st\u200bop", "stop"),
        ("STRASSE straße", "strasse strasse"),
        ("2.5", "2 5"),
    ],
)
def test_normalising(text: str, plain: str) -> None:
    assert normalise(text) == plain
    assert normalise(normalise(text)) == plain
