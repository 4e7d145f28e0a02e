"""A questionnaire tried by text and by phone: the real words and the real readers, in memory."""

import pytest

from rsm.flow.instrument_trial import Trial, by_keys, by_text
from rsm.instruments.library import find
from rsm.kernel.answers import SKIPPED, answered
from rsm.web.staff_words import section

SAFETY = find("safety-questions")
NAMES = {"sender_name": "Lakeside", "help_phone": "202-555-0140", "emergency_number": "911"}

READ = vars(section("trials"))


def text(*replies: str, language: str = "en") -> Trial:
    return by_text(SAFETY, language, replies, NAMES, READ)


def test_it_begins_as_the_conversation_does() -> None:
    (first,) = text().said
    assert first.words.startswith("Lakeside: your check-in.")
    assert first.words.endswith("tightness in your chest? 0 No, 1 Yes")


def test_replies_are_read_as_they_would_be_and_answer_the_whole() -> None:
    trial = text("0", "yes", "SKIP", "38.5", "I feel fine")
    assert trial.is_over
    assert dict(trial.answers) == {
        "chest-pain.presence": answered(0),
        "bleeding.presence": answered(1),
        "confusion.presence": SKIPPED,
        "temperature": answered(385),
    }
    read = [said.read for said in trial.said if not said.ours]
    assert read[:3] == ["0: No", "1: Yes", "left out"]
    assert read[4] == "kept, and shown to the nurse"


def test_several_answers_in_one_text_are_read_where_nothing_is_left_to_guess() -> None:
    assert len(text("0 1").answers) in {0, 2}


def test_what_is_not_understood_is_asked_once_more_then_the_link_is_sent() -> None:
    once = text("purple")
    assert not once.is_over
    assert once.said[-1].words.startswith("Sorry, we could not read that.")
    twice = text("purple", "purple")
    assert twice.is_over
    assert "please answer on this page" in twice.said[-1].words
    assert twice.answers == {}


@pytest.mark.parametrize(("reply", "over"), [("STOP", True), ("LINK", True), ("HELP", False)])
def test_words_in_place_of_an_answer(reply: str, over: bool) -> None:
    trial = text("0", reply)
    assert trial.is_over is over
    assert len(trial.answers) == 1


def test_back_asks_the_question_before_again_and_its_answer_stands_until_then() -> None:
    trial = text("1", "BACK")
    assert trial.answers == {"chest-pain.presence": answered(1)}
    assert trial.item is not None
    assert trial.item.code == "chest-pain.presence"


def test_what_cannot_be_texted_says_which_question() -> None:
    (why,) = by_text(find("short-measure"), "en", (), NAMES, READ).cannot[:1]
    assert "cannot be asked by text" in why or "belong on a page" in why
    assert by_text(SAFETY, "fr", (), NAMES, READ).cannot != ()


def test_by_phone_keys_are_read_and_a_wrong_one_is_asked_again() -> None:
    trial = by_keys(SAFETY, "es", ["0", "7", "1", "0", "385"], READ)
    assert trial.is_over
    assert trial.answers["temperature"] == answered(385)
    read = [said.read for said in trial.said if not said.ours]
    assert read[1] == "no answer: it is asked again"
    assert read[-1].endswith("said back and confirmed first")


def test_by_phone_only_in_languages_that_we_speak() -> None:
    assert by_keys(SAFETY, "fr", [], READ).cannot == ("We do not call in this language (fr).",)
