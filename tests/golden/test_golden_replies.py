"""Several hundred replies, English and Spanish: no false STOP, no false number, doubt to a person.

The tables are data (`replies_en.toml`, `replies_es.toml`), so that whoever finds another reply adds
a line.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsm.instruments.items import (
    GradedItem,
    Item,
    MultipleChoiceItem,
    NumberItem,
    Option,
    OtherUnit,
    PickOption,
    TextItem,
    VisualScaleItem,
    YesNoItem,
)
from rsm.messaging.item_replies import parse_item
from rsm.messaging.parse import Reply

HERE = Path(__file__).parent


def option(value: int, english: str, spanish: str) -> Option:
    return Option(value=value, label={"en": english, "es": spanish})


def pick(value: int, english: str, spanish: str, *, alone: bool = False) -> PickOption:
    return PickOption(value=value, label={"en": english, "es": spanish}, exclusive=alone)


ITEMS: dict[str, Item] = {
    "severity": GradedItem(
        code="pain.severity",
        type="graded",
        options=(
            option(0, "None", "Ninguno"),
            option(1, "Mild", "Leve"),
            option(2, "Moderate", "Moderado"),
            option(3, "Severe", "Fuerte"),
            option(4, "Very severe", "Muy fuerte"),
        ),
    ),
    "yes_no": YesNoItem(
        code="chest-pain.presence",
        type="yes_no",
        options=(option(0, "No", "No"), option(1, "Yes", "Sí")),
    ),
    "temperature": NumberItem(
        code="temperature",
        type="number",
        unit="°C",
        minimum=34,
        maximum=43,
        decimals=1,
        may_not_apply=True,
        other_units=(OtherUnit(unit="°F", minus=32, times=5, over=9),),
    ),
    "several": MultipleChoiceItem(
        code="where",
        type="choices",
        options=(
            pick(1, "Left arm", "Brazo izquierdo"),
            pick(2, "Right arm", "Brazo derecho"),
            pick(3, "Legs", "Piernas"),
            pick(4, "Back", "Espalda"),
            pick(0, "None of these", "Ninguna de estas", alone=True),
        ),
    ),
    "scale": VisualScaleItem(code="line", type="visual_scale", minimum=0, maximum=10),
    "words": TextItem(code="note", type="text"),
}


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Language, question, reply, what is made of it."""
    for language in ("en", "es"):
        text = (HERE / f"replies_{language}.toml").read_text(encoding="utf-8")
        for question, made in tomllib.loads(text).items():
            for expected, replies in made.items():
                for reply in replies:
                    yield language, question, reply, expected


CASES = list(cases())


def named(reply: Reply, question: str) -> str:
    """What was made of it, as the tables say it."""
    if reply.kind != "answer":
        return reply.kind.value
    if question == "words":
        return "text"
    picked = " ".join(str(code) for code in reply.picked)
    return picked if question == "several" else str(reply.value)


@pytest.mark.parametrize(("language", "question", "reply", "expected"), CASES)
def test_a_reply_is_read_as_it_was_meant(
    language: str, question: str, reply: str, expected: str
) -> None:
    assert named(parse_item(ITEMS[question], reply, language), question) == expected


def test_there_are_several_hundred() -> None:
    for language in ("en", "es"):
        assert len([case for case in CASES if case[0] == language]) >= 300


def test_what_is_in_doubt_is_told_to_a_person() -> None:
    for language, question, reply, expected in CASES:
        if expected == "unclear":
            assert parse_item(ITEMS[question], reply, language).tell_staff


def test_free_text_is_kept_as_it_came() -> None:
    reply = parse_item(ITEMS["words"], "  My daughter drives me.  ", "en")
    assert (reply.value, reply.text) == (1, "My daughter drives me.")


def test_more_than_is_kept_with_an_answer_is_read_by_a_person_as_well() -> None:
    short = TextItem(code="note", type="text", max_length=10)
    reply = parse_item(short, "much longer than that", "en")
    assert reply.tell_staff
    assert reply.text == "much longe"
