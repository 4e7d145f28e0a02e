"""A survey's questions by phone: which can be asked, what is said, and what keys mean."""

import base64
import json
from collections.abc import Mapping
from uuid import UUID

import pytest

from rsm.flow import voice_items
from rsm.flow.voice_items import Read, can_ask, most_keys, need_more_than_keys, read, words
from rsm.flow.voice_turn import Step, Turn, opened
from rsm.instruments.library import find
from rsm.instruments.model import Instrument, Item
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.ids import SeededIds
from rsm.messaging.spoken import read_out
from rsm.security.keyring import KeyRing

WEEKLY, SAFETY = find("weekly-symptoms"), find("safety-questions")
NOT_APPLICABLE = Answer(AnswerStatus.NOT_APPLICABLE)


def options(*values: int) -> list[dict[str, object]]:
    return [{"value": value, "label": {"en": f"Answer {value}"}} for value in values]


def item(**fields: object) -> Item:
    """One item of an instrument that consists of it."""
    return instrument(**fields).items[0]


def instrument(**fields: object) -> Instrument:
    made = {
        "key": "made",
        "version": "1.0.0",
        "wording": "own",
        "validated": False,
        "licence": {"name": "Apache-2.0", "holder": "Example", "display": True},
        "recall_days": 7,
        "min_age": 18,
        "languages": {"en": {"title": "Made", "recall": "In the last 7 days"}},
        "items": [{"code": "made.item", "text": {"en": "How is it?"}, **fields}],
    }
    return Instrument.model_validate_json(json.dumps(made))


GRADED = {"type": "graded", "options": options(0, 1, 2, 3, 4)}
ELEVEN = {"type": "graded", "options": options(*range(11))}
STRANGE = {"type": "choice", "options": options(10, 200, 3000)}
SEVERAL = {
    "type": "choices",
    "options": [*options(1, 2, 3), {"value": 0, "label": {"en": "None"}, "exclusive": True}],
}
SCALE = {
    "type": "visual_scale",
    "minimum": 0,
    "maximum": 100,
    "low": {"en": "No pain"},
    "high": {"en": "The worst"},
}
WORDS = {"type": "text"}
DATE = {"type": "date"}
BELOW_ZERO = {"type": "number", "minimum": -5, "maximum": 5, "decimals": 0}
STEPS = {"type": "number", "minimum": 0, "maximum": 50000, "decimals": 0}


@pytest.mark.parametrize(
    ("fields", "can"),
    [
        (GRADED, True),
        (ELEVEN, True),
        (STRANGE, True),
        (SEVERAL, True),
        (SCALE, True),
        (STEPS, True),
        (WORDS, False),
        (DATE, False),
        (BELOW_ZERO, False),
        ({"type": "choices", "options": options(*range(11))}, False),
    ],
)
def test_what_keys_can_answer_can_be_asked(fields: dict[str, object], can: bool) -> None:
    assert can_ask(item(**fields)) is can


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        (WORDS, []),
        ({**WORDS, "required": True}, ["made.item"]),
        (DATE, ["made.item"]),
        ({**DATE, "hidden": True}, []),
        (GRADED, []),
    ],
)
def test_only_words_that_may_be_left_out_are_left_out_of_a_call(
    fields: dict[str, object], needed: list[str]
) -> None:
    assert [each.code for each in need_more_than_keys(instrument(**fields))] == needed


def test_all_that_we_ship_ready_to_use_can_be_asked() -> None:
    assert all(can_ask(each) for each in (*WEEKLY.items, *SAFETY.items))


@pytest.mark.parametrize(
    ("fields", "keys", "means"),
    [
        (GRADED, "0", Read(answered(0))),
        (GRADED, "4", Read(answered(4))),
        (GRADED, "5", None),
        (GRADED, "44", None),
        (GRADED, "", None),
        (GRADED, "*", None),
        (GRADED, "٣", None),  # a digit of another script is no key
        (GRADED, "9", Read(SKIPPED)),
        ({**GRADED, "required": True}, "9", Read(REFUSED)),
        (GRADED, "8", None),
        ({**GRADED, "may_not_apply": True}, "8", Read(NOT_APPLICABLE)),
        (ELEVEN, "10", Read(answered(10))),
        (ELEVEN, "07", Read(answered(7))),
        (ELEVEN, "11", None),
        (STRANGE, "2", Read(answered(200))),
        (STRANGE, "0", None),
        (SCALE, "55", Read(answered(55))),
        (SCALE, "101", None),
        (STEPS, "3800", Read(answered(3800), check=True)),
        (STEPS, "50001", None),
        (SEVERAL, "31", Read(Answer(AnswerStatus.ANSWERED, 2, (1, 3)), check=True)),
        (SEVERAL, "11", Read(Answer(AnswerStatus.ANSWERED, 1, (1,)), check=True)),
        (SEVERAL, "0", Read(Answer(AnswerStatus.ANSWERED, 0, (0,)), check=True)),
        (SEVERAL, "01", None),  # "none" goes with nothing else
        (SEVERAL, "7", None),
        (SEVERAL, "9", Read(SKIPPED)),
    ],
)
def test_keys_mean_what_was_said_and_nothing_else(
    fields: dict[str, object], keys: str, means: Read | None
) -> None:
    assert read(item(**fields), keys) == means


@pytest.mark.parametrize(
    ("keys", "value"),
    [("382", 382), ("1008", 382), ("38", 380), ("98", 367), ("99", 372), ("2", None), ("999", 377)],
)
def test_a_temperature_is_typed_without_its_point_in_either_unit(
    keys: str, value: int | None
) -> None:
    means = read(SAFETY.item_by_code["temperature"], keys)
    assert means == (None if value is None else Read(answered(value), check=True))


def test_one_key_answers_and_what_is_typed_ends_with_pound() -> None:
    assert [most_keys(item(**each)) == 1 for each in (GRADED, STRANGE)] == [True, True]
    assert all(most_keys(item(**each)) > 1 for each in (ELEVEN, SEVERAL, SCALE, STEPS))


def said(fields: Mapping[str, object]) -> str:
    made = instrument(**fields)
    return words(made, made.items[0], {}, "en")


def test_a_question_says_its_time_its_words_and_its_keys() -> None:
    heard = said(GRADED)
    assert heard.startswith("In the last 7 days. How is it? For: Answer 0, press 0. For: Answer 1,")
    assert heard.endswith("To leave this question out, press 9.")


def test_a_long_scale_says_its_ends_only() -> None:
    heard = said(ELEVEN)
    assert "0 is: Answer 0. 10 is: Answer 10. Type the number, then press pound." in heard
    assert "Answer 5" not in heard
    assert "0 is: No pain. 100 is: The worst." in said(SCALE)


def test_a_number_says_how_it_is_typed() -> None:
    item_ = SAFETY.item_by_code["temperature"]
    heard = words(SAFETY, item_, {}, "en")
    assert "From 30 to 45 °C. From 86 to 113 °F." in heard
    assert "For 37.5 that is 3 7 5." in heard
    assert "For: I have not measured it, type 0, then press pound." in heard
    assert "Para 37,5 son 3 7 5." in words(SAFETY, item_, {}, "es")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_question_that_we_ship_is_said_whole_in_each_language(language: str) -> None:
    for made in (WEEKLY, SAFETY):
        for each in made.items:
            heard = words(made, each, {}, language)
            assert each.text[language] in heard
            assert "{" not in heard
            assert len(heard) < 1500  # a Say holds 4,096


def test_what_was_typed_is_said_back_in_both_units() -> None:
    item_ = SAFETY.item_by_code["temperature"]
    assert voice_items.answer_said(item_, answered(382), "en") == "38.2 °C (100.8 °F)"
    several = item(**SEVERAL)
    picked = Answer(AnswerStatus.ANSWERED, 2, (1, 3))
    assert voice_items.answer_said(several, picked, "en") == "Answer 1, Answer 3"
    assert voice_items.answer_said(several, SKIPPED, "en") == ""


# --- what an address carries ----------------------------------------------------------------------


IDS = SeededIds("vault")
VAULT = KeyRing({"k1": IDS.bytes(32)}, IDS.bytes(32), IDS)


def test_a_turn_is_read_again_from_its_address_and_only_in_its_own_message() -> None:
    mine, other = UUID(int=1), UUID(int=2)
    turn = Turn("CA1", Step.CHECK, "es", item="temperature", typed="382", slow=True, begun=True)
    token = turn.sealed(VAULT, mine)
    assert opened(VAULT, mine, token) == turn
    assert opened(VAULT, other, token) is None
    assert opened(VAULT, mine, "not a token!") is None
    assert opened(VAULT, mine, "x" * 5000) is None
    assert "temperature" not in token
    assert turn.sealed(VAULT, mine) != token  # each turn is known by its address


def test_a_turn_of_another_version_of_ours_is_none() -> None:
    message = UUID(int=1)
    box = VAULT.seal(b'{"call": "CA1", "step": "item", "later": 1}', f"voice.turn:{message}")
    assert opened(VAULT, message, base64.urlsafe_b64encode(box).decode().rstrip("=")) is None


def test_asked_for_twice_all_is_slower_and_stays_so() -> None:
    turn = Turn("CA1", Step.ITEM, "en")
    once = turn.again(asked=True)
    twice = once.again(asked=True)
    assert (once.slow, twice.slow, twice.to(Step.ITEM).slow) == (False, True, True)


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Call 911 now.", "Call 9 1 1 now."),
        ("At 202-555-0140, please.", "At 2 0 2, 5 5 5, 0 1 4 0, please."),
        ("There are 25 questions.", "There are 25 questions."),
        ("At +1-202-555-0143.", "At 1, 2 0 2, 5 5 5, 0 1 4 3."),
    ],
)
def test_numbers_to_call_are_read_digit_by_digit(text: str, heard: str) -> None:
    assert read_out(text) == heard
