"""Every type of item: what is taken as its answer, what is refused, and how it can be asked."""

from datetime import date
from itertools import pairwise

import pytest

from rsm.instruments import numbers
from rsm.instruments.body import OUTLINES, SIDES, Area, outlines
from rsm.instruments.bounds import Bounds, item_bounds
from rsm.instruments.branching import days
from rsm.instruments.decide import asked_items, effective, next_item
from rsm.instruments.items import (
    DateItem,
    Item,
    Option,
    PickItem,
    SingleChoiceItem,
    TextItem,
    Way,
    askable_by,
    is_page_only,
    options_of,
)
from rsm.instruments.library import find
from rsm.instruments.model import Instrument
from rsm.instruments.pages import notes_of, page_of, titles_of
from rsm.instruments.reading import (
    date_of,
    parse_date,
    parse_value,
    picked_answer,
    problem,
    words_answer,
)
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.scoring.decide import score

SHORT = find("short-measure")
TODAY = date(2026, 11, 21)
TROUBLES, WHERE = SHORT.item_by_code["troubles"], SHORT.item_by_code["ache.where"]


def item(code: str) -> Item:
    return SHORT.item_by_code[code]


def picked(count: int, *codes: int) -> Answer:
    return Answer(AnswerStatus.ANSWERED, count, codes)


@pytest.mark.parametrize(
    ("code", "raw", "expected"),
    [
        ("feeling.severity", "3", answered(3)),
        ("ache.presence", " 1 ", answered(1)),
        ("week-overall", "10", answered(10)),
        ("helped-by", "2", answered(2)),
        ("troubles", "3,1", picked(2, 1, 3)),
        ("troubles", "1 3 5", picked(3, 1, 3, 5)),
        ("troubles", "0", picked(0, 0)),
        ("ache.where", "3", picked(1, 3)),
        ("last-visit", "2026-11-21", answered(days(TODAY))),
        ("last-visit", "not_applicable", Answer(AnswerStatus.NOT_APPLICABLE)),
        ("tell-us", " I can't sleep \r\n at all ", None),
        ("troubles", "skipped", SKIPPED),
        ("helped-by", "refused", REFUSED),
    ],
)
def test_an_answer_is_read_by_the_type_of_its_item(
    code: str, raw: str, expected: Answer | None
) -> None:
    wanted = expected or Answer(AnswerStatus.ANSWERED, 1, text="I can't sleep \n at all")
    assert parse_value(item(code), raw, today=TODAY) == wanted


@pytest.mark.parametrize(
    ("code", "raw", "what"),
    [
        ("week-overall", "11", "11 is not on its scale"),
        ("week-overall", "2.5", "is not an answer"),
        ("helped-by", "9", "send one of 1, 2, 3, 4"),
        ("helped-by", "²", "is not an answer"),
        ("troubles", "0,1", "cannot be chosen with others"),
        ("troubles", "1,9", "send some of 0, 1, 2, 3, 4, 5"),
        ("troubles", "", "nothing was chosen"),
        ("last-visit", "2026-11-22", "2026-11-22 is too late"),
        ("last-visit", "21/11/2026", "a date such as 2026-11-21"),
        ("last-visit", "2026-02-30", "a date such as"),
        ("tell-us", "x" * 501, "has 501 characters"),
        ("feeling.severity", "not_applicable", "is not an answer"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_would_be(code: str, raw: str, what: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_value(item(code), raw, today=TODAY)
    assert what in str(caught.value)
    assert str(caught.value).startswith(code)


def test_a_question_that_is_required_is_not_skipped_but_may_be_refused() -> None:
    required = item("helped-by").model_copy(update={"required": True})
    assert parse_value(required, "refused") == REFUSED
    with pytest.raises(Invalid, match="send one of 1, 2, 3, 4, refused"):
        parse_value(required, "skipped")


def test_words_are_words_whatever_they_say() -> None:
    tell = item("tell-us")
    assert isinstance(tell, TextItem)
    assert words_answer(tell, "skipped").text == "skipped"
    with pytest.raises(Invalid, match="nothing was written"):
        words_answer(tell, "  \n ")
    with pytest.raises(Invalid, match="at most 500"):
        words_answer(tell, "x" * 501)
    assert "skipped" not in repr(words_answer(tell, "skipped"))


def test_options_are_picked_in_the_order_of_the_item_each_once() -> None:
    assert isinstance(TROUBLES, PickItem)
    assert picked_answer(TROUBLES, [5, 2, 5]) == picked(2, 2, 5)
    for codes, what in (([], "nothing"), ([0, 2], "choose it alone"), ([7, 1], "7 are not among")):
        with pytest.raises(Invalid, match=what):
            picked_answer(TROUBLES, codes)


def test_too_few_and_too_many_are_told_with_how_many() -> None:
    assert isinstance(TROUBLES, PickItem)
    bounded = TROUBLES.model_copy(update={"at_least": 2, "at_most": 3})
    for codes in ([1], [1, 2, 3, 4]):
        with pytest.raises(Invalid, match="choose 2 to 3"):
            picked_answer(bounded, codes)
    assert picked_answer(bounded, [0]) == picked(0, 0)  # none of these is an answer


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("troubles", answered(2)),  # how many, but not which
        ("troubles", picked(3, 1, 2)),
        ("troubles", picked(2, 2, 1)),
        ("troubles", picked(1, 1, 1)),
        ("troubles", picked(1, 0)),
        ("helped-by", picked(1, 1)),
        ("helped-by", Answer(AnswerStatus.ANSWERED, 1, text="Bob")),
        ("tell-us", answered(2)),
        ("week-overall", answered(-1)),
    ],
)
def test_what_a_client_made_up_is_no_answer(code: str, answer: Answer) -> None:
    assert problem(item(code), answer) is not None


def test_a_date_has_bounds_of_the_calendar_and_of_today() -> None:
    bare = DateItem(type="date", code="d", earliest=date(2026, 1, 1), latest=date(2026, 12, 31))
    ahead = bare.model_copy(update={"not_before_today": True})
    assert problem(bare, answered(days(date(2026, 1, 1)))) is None
    assert problem(bare, answered(days(date(2025, 12, 31)))) is not None
    assert problem(bare, answered(days(date(2027, 1, 1)))) is not None
    assert problem(ahead, answered(days(date(2026, 11, 20))), TODAY) is not None
    assert problem(ahead, answered(days(TODAY)), TODAY) is None
    assert date_of(answered(days(TODAY))) == TODAY
    assert date_of(SKIPPED) is None
    assert parse_date("2026-11-21T00:00") is None
    assert parse_date("2026-W47-6") is None
    assert problem(bare, answered(10**9)) is not None
    assert days(date(1969, 12, 31)) == -1


def test_a_line_has_steps() -> None:
    line = item("week-overall").model_copy(update={"maximum": 100, "step": 25})
    assert problem(line, answered(75)) is None
    assert problem(line, answered(80)) is not None


# --- what rules and scores see -------------------------------------------------------------------


def test_rules_see_grades_and_numbers_but_no_names_dates_and_words() -> None:
    given = {
        "feeling.severity": answered(2),
        "week-overall": answered(7),
        "ache.presence": answered(1),
        "ache.where": picked(2, 1, 3),
        "troubles": picked(0, 0),
        "helped-by": answered(4),
        "last-visit": answered(20000),
        "tell-us": answered(1),
        "another": answered(1),
    }
    apart = numbers.split(SHORT, given)
    assert dict(apart.grades) == {
        "feeling.severity": answered(2),
        "ache.presence": answered(1),
        "another": answered(1),
    }
    assert apart.numbers == {"week-overall": 7.0, "ache.where": 2.0, "troubles": 0.0}
    assert numbers.has_more_than_grades(SHORT)
    assert not numbers.has_more_than_grades(find("weekly-symptoms"))


def test_options_that_are_chosen_together_count_by_how_many() -> None:
    assert item_bounds(TROUBLES) == Bounds(0, 5)
    assert item_bounds(WHERE) == Bounds(1, 17)
    assert item_bounds(item("helped-by")) is None
    found = score(SHORT, {"troubles": picked(2, 1, 4), "ache.presence": answered(0)})
    assert found["troubles.count"].value == 2
    assert found["ache.places"].value is None


# --- branching -----------------------------------------------------------------------------------


def test_a_test_that_fails_leaves_its_item_out_and_concludes_nothing() -> None:
    closed = effective(SHORT, {"ache.presence": answered(0), "ache.where": picked(1, 3)})
    assert "ache.where" not in closed
    opened = effective(SHORT, {"ache.presence": answered(1), "ache.where": picked(1, 3)})
    assert opened["ache.where"] == picked(1, 3)


def test_a_test_for_1_is_kept_as_1_and_not_as_the_default() -> None:
    """1 equals true, which is the default: left out, another file would have the same hash."""
    assert '"operator":"equals","value":1' in SHORT.canonical_json
    again = Instrument.model_validate_json(SHORT.canonical_json)
    assert again.canonical_json == SHORT.canonical_json


def test_any_of_several_tests_is_enough() -> None:
    shown = [
        "helped-by" in {each.code for each in _all_asked({"troubles": first, **second})}
        for first in (SKIPPED, picked(0, 0))
        for second in ({"feeling.severity": answered(1)}, {"feeling.severity": answered(4)})
    ]
    assert shown == [False, True, True, True]


def _all_asked(answers: dict[str, Answer]) -> list[Item]:
    return [*asked_items(SHORT, answers)]


def test_a_hidden_item_is_neither_asked_nor_counted() -> None:
    items = tuple(
        one.model_copy(update={"hidden": True}) if one.code == "troubles" else one
        for one in SHORT.items
    )
    hidden = Instrument.model_construct(**{**dict(SHORT), "items": items})
    assert "troubles" not in effective(hidden, {"troubles": picked(1, 2)})
    assert askable_by(items[4]) == frozenset()
    done = {"feeling.severity": answered(0), "week-overall": answered(5), "ache.presence": SKIPPED}
    following = next_item(hidden, done)
    assert following is not None
    assert following.code == "last-visit"


# --- pages ---------------------------------------------------------------------------------------


def test_a_section_is_a_page_with_its_title_and_its_notes() -> None:
    first = SHORT.items[0]
    assert [one.code for one in page_of(SHORT, {}, first)] == ["feeling.severity", "week-overall"]
    assert [one.key for one in titles_of(SHORT, first)] == ["how-you-are"]
    assert [note.code for note in notes_of(SHORT, {}, first).before] == ["thanks-for-looking"]
    opened = {"ache.presence": answered(1)}
    assert [one.code for one in page_of(SHORT, opened, WHERE)] == ["ache.presence", "ache.where"]
    assert [note.code for note in notes_of(SHORT, opened, WHERE).beside] == ["where-help"]
    assert notes_of(SHORT, {}, WHERE).beside == ()


def test_one_question_a_page_where_the_instrument_says_so() -> None:
    single = SHORT.model_copy(update={"page": "question"})
    assert page_of(single, {}, single.items[0]) == (single.items[0],)


# --- ways ----------------------------------------------------------------------------------------


def test_what_needs_a_drawing_or_a_calendar_is_asked_on_a_page_only() -> None:
    assert [one.code for one in SHORT.items if is_page_only(one)] == ["ache.where", "last-visit"]
    assert askable_by(item("tell-us")) == {Way.PAGE, Way.TEXT}
    assert askable_by(item("troubles")) == {Way.PAGE, Way.TEXT, Way.KEYS}
    assert askable_by(item("week-overall")) == {Way.PAGE, Way.TEXT, Way.KEYS}


def test_a_long_list_is_not_read_out_by_a_machine() -> None:
    long = SingleChoiceItem(
        type="choice", code="c", options=tuple(Option(value=n) for n in range(11))
    )
    assert askable_by(long) == {Way.PAGE, Way.TEXT}
    assert len(options_of(long)) == 11


def test_the_drawing_has_every_part_within_its_box_and_limbs_on_both_sides() -> None:
    seen = {area for side in SIDES for area, _ in outlines(side)}
    assert seen == set(Area)
    for area in Area:
        sides = [one.side for one in OUTLINES[area]]
        limb = area.value.startswith(("left", "right"))
        assert sides == (["front", "back"] if limb else sides[:1])
    front = dict(outlines("front"))
    assert front[Area.RIGHT_ARM] != front[Area.LEFT_ARM]
    starts = [int(path.split()[0][1:]) for area, path in outlines("front") if "hand" in area]
    assert all(first < 100 < second for first, second in pairwise(starts))
