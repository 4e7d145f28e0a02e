"""Several answers in one text, words after the last question, a year of birth, red flags."""

import pytest

from rsm.instruments.library import shipped
from rsm.kernel.answers import answered
from rsm.messaging.item_replies import birth_year, is_only_signs, parse_line, parse_words
from rsm.messaging.parse import ReplyKind
from rsm.messaging.red_flags import is_emergency, library

WEEKLY = shipped()["weekly-symptoms"]
FIRST = WEEKLY.item_by_code["pain.frequency"]


def line(text: str) -> list[int | None] | None:
    given = parse_line(WEEKLY, {}, FIRST, text, "en")
    return None if given is None else [each.value for each in given.values()]


@pytest.mark.parametrize(
    ("text", "values"),
    [("2 1 0", [2, 1, 0]), ("2, 1, 0", [2, 1, 0]), ("two one zero", [2, 1, 0]), ("4 4 4", [4] * 3)],
)
def test_all_answers_about_one_symptom_are_taken(text: str, values: list[int]) -> None:
    assert line(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "2", "2 1", "2 1 0 1", "0 0", "2 1 9", "2 1 or 2", "2,1", "2 1/2", "2 x 1", "2 1 0?",
        "1-2-3", "2 1 0 thanks a lot for asking", "", "2 skip 1",
    ],
)  # fmt: skip
def test_fewer_more_or_doubtful_ones_are_not(text: str) -> None:
    assert line(text) is None


def test_all_that_is_left_is_taken_over_the_borders_of_symptoms() -> None:
    answers = {item.code: answered(0) for item in WEEKLY.items}
    for item in WEEKLY.items[-3:]:
        del answers[item.code]
    asked = WEEKLY.items[-3]
    given = parse_line(WEEKLY, answers, asked, "1 1 1", "en")
    assert given is None or set(given) <= {item.code for item in WEEKLY.items[-3:]}


def test_zeros_all_through_are_the_whole_survey() -> None:
    gates = [item for item in WEEKLY.items if item.asked_when is None]
    given = parse_line(WEEKLY, {}, FIRST, " ".join("0" for _ in gates), "en")
    assert given is not None
    assert set(given) == {item.code for item in gates}


@pytest.mark.parametrize("text", ["done", "DONE.", "no", "nothing else", "listo", "nada", "skip"])
def test_nothing_more(text: str) -> None:
    assert parse_words(text).kind is ReplyKind.DONE


@pytest.mark.parametrize("text", ["I sleep badly", "no appetite at all", "done with chemo"])
def test_her_own_words(text: str) -> None:
    reply = parse_words(text)
    assert (reply.kind, reply.text) == (ReplyKind.ANSWER, text)


@pytest.mark.parametrize(
    ("text", "year"),
    [("1957", 1957), ("born 1957", 1957), ("3/4/1957", 1957), ("57", None), ("1957 or 1958", None),
     ("", None), ("19571", None)],
)  # fmt: skip
def test_a_year_of_birth(text: str, year: int | None) -> None:
    assert birth_year(text) == year


@pytest.mark.parametrize(("text", "slip"), [("7", True), ("2/3", True), ("22?", True), ("", False),
                                            ("two", False), ("2 pills", False)])  # fmt: skip
def test_a_slip_of_the_finger_has_no_words(text: str, slip: bool) -> None:
    assert is_only_signs(text) is slip


@pytest.mark.parametrize(
    "text",
    [
        "I can't breathe", "i cant breathe!!", "cannot breathe help", "chest pain", "CHEST PAIN",
        "No. Chest pain!", "I have no fever but chest pain", "she passed out", "he won't wake up",
        "I want to die", "bleeding won't stop", "no puedo respirar", "NO PUEDO RESPIRAR",
        "me falta el aire", "dolor de pecho", "no para de sangrar", "quiero morirme",
        "se desmayó", "2 and I can't breathe", "took too many pills", "no can't breathe",
        "no cant breath", "sin dolor no puedo respirar",
    ],
)  # fmt: skip
def test_words_of_an_emergency(text: str) -> None:
    assert is_emergency(text)


@pytest.mark.parametrize(
    "text",
    [
        "2", "no chest pain", "I don't have any chest pain", "without chest pain",
        "sin dolor de pecho", "can't stop vomiting", "no puedo parar de vomitar",
        "breathing fine", "I breathe easier",
        "a bit short of breath", "dying for a coffee", "my chest is fine", "",
        "no tengo dolor de pecho", "strokes of luck", "fever",
    ],
)  # fmt: skip
def test_other_words_are_none(text: str) -> None:
    assert not is_emergency(text)


def test_every_language_names_who_reviewed_its_red_flags() -> None:
    assert {"en", "es"} <= set(library().languages)
    assert all(words.reviewed_by for words in library().languages.values())
