"""Each kind of item in a form: right, wrong, refused, skipped; and its answer in words."""

from datetime import date

import pytest

from rsm.instruments.items import Item
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.web.item_fields import Reader, Typed, Wrong, read, typed, typed_of
from rsm.web.item_words import shown, to_mend
from tests.every_kind import instrument

READER = Reader("en", date(2026, 10, 19))
ITEMS = instrument().item_by_code
NB = "\N{NO-BREAK SPACE}"


def form(item: str, *ticked: int, **fields: str) -> dict[str, str]:
    """The fields of one item: `_` is its own, the others are named after it."""
    own = {item if name == "_" else f"{item}:{name}": value for name, value in fields.items()}
    return own | {f"{item}:{code}": str(code) for code in ticked}


def found(item: str, *ticked: int, **fields: str) -> Answer | Wrong:
    return read(ITEMS[item], typed(ITEMS[item], form(item, *ticked, **fields)), READER)


def picked(count: int, *codes: int) -> Answer:
    return Answer(AnswerStatus.ANSWERED, count, codes)


@pytest.mark.parametrize(
    ("item", "ticked", "fields", "answer", "words"),
    [
        ("mood", (), {"_": "2"}, answered(2), "Not well"),
        ("pain.scale", (), {"_": "45"}, answered(45), "45 (0\N{EN DASH}100)"),
        ("pain.scale", (), {"_": "٤٥"}, answered(45), "45 (0\N{EN DASH}100)"),
        ("pain.scale", (), {"_": "0"}, answered(0), "0 (0\N{EN DASH}100)"),
        ("pain.place", (4, 2), {}, picked(2, 2, 4), "Chest, Right arm"),
        ("pain.place", (9,), {}, picked(0, 9), "Somewhere else"),
        ("helps", (1, 3), {}, picked(2, 1, 3), "Rest, Medicine"),
        (
            "since",
            (),
            {"day": "19", "month": "10", "year": "2026"},
            answered(20745),
            "19 October 2026",
        ),
        ("weight", (), {"_": "71,5"}, answered(715), f"71.5{NB}kg"),
    ],
)
def test_what_is_right_is_an_answer_and_can_be_filled_in_again(
    item: str, ticked: tuple[int, ...], fields: dict[str, str], answer: Answer, words: str
) -> None:
    assert found(item, *ticked, **fields) == answer
    assert shown(ITEMS[item], answer, "en") == words
    again = typed_of(ITEMS[item], answer, "en")
    assert read(ITEMS[item], again, READER) == answer


def test_words_are_kept_as_they_were_written() -> None:
    answer = found("wish", _=" less\r\npain ")
    assert answer == Answer(AnswerStatus.ANSWERED, 1, text="less\npain")
    assert shown(ITEMS["wish"], answer, "en") == "less\npain"
    assert read(ITEMS["wish"], typed_of(ITEMS["wish"], answer, "en"), READER) == answer


@pytest.mark.parametrize(
    ("item", "ticked", "fields", "wrong", "said"),
    [
        ("mood", (), {}, Wrong.EMPTY, "Choose one answer to go on."),
        ("mood", (), {"_": "7"}, Wrong.EMPTY, "Choose one answer to go on."),
        ("pain.scale", (), {}, Wrong.EMPTY, "Choose a place on the scale"),
        ("pain.scale", (), {"_": "101"}, Wrong.OUT_OF_RANGE, "from 0 to 100, in steps of 5"),
        ("pain.scale", (), {"_": "7"}, Wrong.OUT_OF_RANGE, "from 0 to 100, in steps of 5"),
        ("pain.scale", (), {"_": "bad"}, Wrong.NO_NUMBER, "from 0 to 100, in steps of 5"),
        ("pain.scale", (), {"_": "9" * 5000}, Wrong.NO_NUMBER, "from 0 to 100"),
        ("pain.scale", (), {"_": "5", "why": "refused"}, Wrong.BOTH, "not both"),
        ("pain.place", (1, 2, 3, 4), {}, Wrong.TOO_MANY, "at most 3 answers"),
        ("pain.place", (1, 9), {}, Wrong.EXCLUSIVE, "“Somewhere else” does not go with"),
        ("helps", (), {}, Wrong.EMPTY, "Choose one or more answers"),
        ("helps", (1,), {"why": "refused"}, Wrong.BOTH, "not both"),
        ("since", (), {"day": "30", "month": "2", "year": "2026"}, Wrong.NO_DATE, "no such day"),
        ("since", (), {"day": "3"}, Wrong.NO_DATE, "no such day"),
        ("since", (), {"day": "x", "month": "1", "year": "2026"}, Wrong.NO_DATE, "no such day"),
        (
            "since",
            (),
            {"day": "31", "month": "12", "year": "2025"},
            Wrong.TOO_EARLY,
            "before 1 January 2026",
        ),
        (
            "since",
            (),
            {"day": "20", "month": "10", "year": "2026"},
            Wrong.TOO_LATE,
            "after 19 October 2026",
        ),
        ("since", (), {}, Wrong.EMPTY, "Choose a day"),
        ("weight", (), {"_": "700"}, Wrong.OUT_OF_RANGE, "from 20 to 300"),
        ("wish", (), {"_": "x" * 81}, Wrong.TOO_LONG, "to 80 characters"),
        ("wish", (), {"_": "x", "why": "refused"}, Wrong.BOTH, "not both"),
        ("wish", (), {"why": "whatever"}, Wrong.EMPTY, "Write something"),
    ],
)
def test_what_is_wrong_is_no_answer_and_is_said(
    item: str, ticked: tuple[int, ...], fields: dict[str, str], wrong: Wrong, said: str
) -> None:
    assert found(item, *ticked, **fields) is wrong
    given = typed(ITEMS[item], form(item, *ticked, **fields))
    for language in ("en", "es", "ar"):
        words = to_mend(ITEMS[item], given, wrong, Reader(language, READER.today))
        assert words
        assert "{" not in words
    assert said in to_mend(ITEMS[item], given, wrong, READER)


@pytest.mark.parametrize("item", list(ITEMS.values()), ids=list(ITEMS))
def test_every_kind_may_be_refused(item: Item) -> None:
    name = item.code if item.code == "mood" else f"{item.code}:why"
    assert read(item, typed(item, {name: "refused"}), READER) == REFUSED
    assert shown(item, REFUSED, "en") is None
    assert read(item, typed_of(item, REFUSED, "en"), READER) == REFUSED


def test_words_need_not_be_given_but_where_they_are_required() -> None:
    assert found("wish") == SKIPPED
    required = ITEMS["wish"].model_copy(update={"required": True})
    assert read(required, Typed(), READER) is Wrong.EMPTY


def test_not_applicable_is_an_answer_only_where_the_item_allows_it() -> None:
    none = Answer(AnswerStatus.NOT_APPLICABLE)
    assert found("since", why="not_applicable") == none
    assert shown(ITEMS["since"], none, "es") == "No lo sé"
    assert found("helps", why="not_applicable") is Wrong.EMPTY


def test_what_is_posted_for_another_option_is_not_picked() -> None:
    assert found("helps", 77) is Wrong.EMPTY
