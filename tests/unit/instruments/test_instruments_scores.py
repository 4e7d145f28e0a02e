"""Scores as data: what is wrong with one is named with its line and how to mend it."""

import pytest

from rsm.instruments.bounds import Bounds, item_bounds, part_bounds
from rsm.instruments.formulas import CutOffs, Linear, Sum, Table
from rsm.instruments.library import find, shipped
from rsm.instruments.load import load_instrument
from rsm.instruments.model import GradedItem
from rsm.instruments.score_checks import check_scores
from rsm.kernel.errors import Invalid

SCORED = """\
key = "scored"
version = "1.0.0"
wording = "none"
validated = true
recall_days = 7
min_age = 18

[licence]
name = "Example"
holder = "Example"
display = false

[scales.four]
values = [1, 2, 3, 4]
labels = {}

[scales.ten]
values = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
labels = {}

[[items]]
type = "graded"
code = "a"
scale = "four"

[[items]]
type = "graded"
code = "b"
scale = "four"

[[items]]
type = "graded"
code = "c"
scale = "ten"

[[scores]]
name = "raw"
kind = "sum"
items = ["a", "b"]
source = "Example 2001"

[scores.important_change]
worse = 2
source = "Example 2002"

[scores.cut_offs]
source = "Example 2003"
bands = [
    { at_least = 2, code = "low" },
    { at_least = 5, code = "high" },
]

[[scores]]
name = "t"
kind = "table"
raw = "raw"
source = "Example 2001"
rows = [
    { raw = 2, value = 20.5, standard_error = 4.1 },
    { raw = 3, value = 30, standard_error = 4.1 },
    { raw = 4, value = 40, standard_error = 4.1 },
    { raw = 5, value = 50, standard_error = 4.1 },
    { raw = 6, value = 60, standard_error = 4.1 },
    { raw = 7, value = 70, standard_error = 4.1 },
    { raw = 8, value = 80, standard_error = 4.1 },
]

[[scores]]
name = "scale"
kind = "linear"
items = ["a", "b"]
onto = [100, 0]
min_answered = 1
source = "Example 2001"

[[scores]]
name = "all"
kind = "mean"
scores = ["scale", "t"]
reversed = ["t"]
weights = { t = 2 }
source = "Example 2001"

[[scores]]
name = "state"
kind = "profile"
items = ["a", "b"]
source = "Example 2001"
"""

ROW_8 = "    { raw = 8, value = 80, standard_error = 4.1 },\n"


def line_of(fragment: str, text: str) -> int:
    return text[: text.index(fragment)].count("\n") + 1


def refused(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        load_instrument(text, "scored.toml")
    return str(caught.value)


def test_every_kind_is_read_from_its_document() -> None:
    instrument = load_instrument(SCORED)
    assert [score.kind for score in instrument.scores] == [
        "sum",
        "table",
        "linear",
        "mean",
        "profile",
    ]
    assert all(score.source for score in instrument.scores)
    again = type(instrument).model_validate_json(instrument.canonical_json)
    assert (again, again.pin) == (instrument, instrument.pin)


def test_bounds_follow_from_what_is_declared() -> None:
    bounds = part_bounds(load_instrument(SCORED))
    assert {name: str(each) for name, each in bounds.items()} == {
        "a": "1 to 4",
        "b": "1 to 4",
        "c": "0 to 10",
        "raw": "2 to 8",
        "t": "20.5 to 80",
        "scale": "0 to 100",
        "all": "13.666666666666666 to 86.66666666666667",
        "state": "11 to 44",
    }


def test_bands_begin_at_their_cut_off() -> None:
    cut_offs = load_instrument(SCORED).scores[0].cut_offs
    assert isinstance(cut_offs, CutOffs)
    assert [cut_offs.band_of(value) for value in (2, 4, 4.99, 5, 8)] == [
        *("low", "low", "low"),
        *("high", "high"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "key", "what", "mend"),
    [
        (
            'items = ["a", "b"]\nsource',
            'items = ["a", "bb"]\nsource',
            "items = [",
            "unknown item 'bb'",
            "",
        ),
        ('raw = "raw"', 'raw = "row"', "raw = ", "unknown score 'row'", "did you mean `raw`?"),
        (
            '["scale", "t"]',
            '["scale", "state"]',
            "scores = [",
            "'state' is computed only later",
            "put it before 'all'",
        ),
        (
            '["scale", "t"]',
            '["scale", "all"]',
            "scores = [",
            "'all' is computed only later",
            "",
        ),
        (
            '["scale", "t"]',
            '["t", "t"]',
            "scores = [",
            "a score is named twice",
            "name each once",
        ),
        (
            "min_answered = 1",
            "min_answered = 3",
            "min_answered = ",
            "needs 3 of 2 items",
            "it can never be computed: lower it",
        ),
        ("min_answered = 1", "min_answered = 0", "min_answered = ", "greater than or equal", ""),
        (
            'reversed = ["t"]',
            'reversed = ["tt"]',
            "reversed = ",
            "'tt' is none of its parts",
            "did you mean `t`?",
        ),
        (
            "weights = { t = 2 }",
            "weights = { raw = 2 }",
            "weights = ",
            "'raw' is none of its parts",
            "name some of scale, t",
        ),
        ("weights = { t = 2 }", "weights = { t = 0 }", "weights = ", "greater than 0", ""),
        ("weights = { t = 2 }", "weights = { t = nan }", "weights = ", "weights.t", ""),
        (ROW_8, "", "rows = [", "no row for raw 8", "raw is 2 to 8: give a row for each"),
        (
            ROW_8,
            ROW_8 + ROW_8.replace("8,", "9,", 1),
            "rows = [",
            "raw 9 is never reached",
            "raw is 2 to 8",
        ),
        (ROW_8, ROW_8 + ROW_8, "rows = [", "the rows are not in order", "each once"),
        (
            "value = 60",
            "value = 16",
            "rows = [",
            "the value at raw 6 breaks the order of the values",
            "compare it with the published table",
        ),
        (
            "value = 70, standard_error = 4.1",
            "value = 70",
            "rows = [",
            "no standard_error at raw 7",
            "give one for each row, or for none",
        ),
        (
            'kind = "sum"\nitems = ["a", "b"]',
            'kind = "sum"\nmin_answered = 1\nitems = ["a", "b"]',
            'raw = "raw"',
            "'raw' is not always a whole number",
            'rounding = "nearest"',
        ),
        ("onto = [100, 0]", "onto = [100, 100]", "onto = ", "both ends are the same", "[0, 100]"),
        (
            'items = ["a", "b"]\nonto',
            'items = ["a", "c"]\nonto',
            '[[scores]]\nname = "scale"',
            "its parts are not on one scale (a: 1 to 4, c: 0 to 10)",
            "one lowest and highest",
        ),
        (
            'kind = "profile"\nitems = ["a", "b"]',
            'kind = "profile"\nitems = ["a", "c"]',
            'items = ["a", "c"]',
            "'c' is not one digit",
            "values 0 to 9",
        ),
        ("at_least = 2", "at_least = 3", "bands = [", "the score at 2 to 8", "at_least = 2"),
        ("at_least = 5", "at_least = 9", "bands = [", "no score reaches 9 (high)", "is 2 to 8"),
        ("at_least = 5", "at_least = 2", "bands = [", "bands start at 2, 2", "each start once"),
        ('code = "high"', 'code = "low"', "bands = [", "'low' names two bands", "own code"),
        ("worse = 2", "worse = 7", "worse = ", "no score can change by 7", "is 2 to 8"),
        ("worse = 2\n", "", "[scores.important_change]", "how large a change", "worse"),
        ("worse = 2", "worst = 2", "worst = ", "unknown key `worst`", "did you mean `worse`?"),
        (
            'source = "Example 2001"\n\n[scores.important',
            "\n[scores.important",
            '[[scores]]\nname = "raw"',
            "names its source",
            "add source",
        ),
        ('name = "state"', 'name = "a"', 'name = "a"', "'a' is an item as well", "a.score"),
        ('scores = ["scale", "t"]\n', "", '[[scores]]\nname = "all"', "name the `items`", ""),
        ('kind = "linear"', 'kind = "liner"', '[[scores]]\nname = "scale"', "liner", "linear"),
    ],
)
def test_a_mistake_in_a_score_is_named_with_its_line_and_how_to_mend_it(
    old: str, new: str, key: str, what: str, mend: str
) -> None:
    assert old in SCORED
    text = SCORED.replace(old, new, 1)
    message = refused(text)
    assert what in message
    assert mend in message
    assert f"scored.toml:{line_of(key, text)}:" in message


def test_a_profile_has_no_bands_since_it_is_no_quantity() -> None:
    bands = '\n[scores.cut_offs]\nsource = "x"\nbands = [{ at_least = 11, code = "x" }]\n'
    assert "a profile names a state and is no quantity" in refused(SCORED + bands)


def test_a_reversed_item_without_bounds_is_refused() -> None:
    """No kind of item lacks a scale today; one that does must not be reversed by guessing."""
    instrument = load_instrument(SCORED)
    bare = instrument.items[0].model_copy(update={"options": ()})
    formula = Sum(kind="sum", name="s", items=("a", "b"), reversed=("a",), source="x")
    items = (bare, *instrument.items[1:])
    changed = instrument.model_copy(update={"items": items, "scores": (formula,)})
    (finding,) = check_scores(changed)
    assert finding.loc == ("scores", 0, "reversed")
    assert "'a' has no lowest and highest value" in finding.what
    assert finding.mend == "give it a scale of options"


def test_an_item_without_a_scale_has_no_bounds() -> None:
    assert item_bounds(GradedItem.model_construct(type="graded", code="t", options=())) is None


def test_reversing_twice_changes_nothing_and_swaps_the_ends() -> None:
    bounds = Bounds(1, 4)
    assert bounds.reverse(1) == 4
    assert bounds.reverse(bounds.reverse(3)) == 3


def test_grades_of_our_own_wording_still_begin_at_0() -> None:
    text = SCORED.replace('wording = "none"', 'wording = "own"')
    assert "values are [1, 2, 3, 4] (number them 0 to 3 in order)" in refused(text)


# --- what is shipped -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "digest"),
    [
        ("weekly-symptoms", "6bbeb48340433456b284244d2c8d2f44f95de970ffafde79a8be69ad2bdedd33"),
        ("pro-ctcae", "45971ff4e76e1ec6160f5d42a19a2486e2935aee22cffb04fbcbbde12f797415"),
    ],
)
def test_p11_optional_fields_added_later_leave_a_published_hash_as_it_is(
    key: str, digest: str
) -> None:
    assert find(key, "1.0.0").pin.hash == digest


@pytest.mark.parametrize("key", [key for key in shipped() if key != "weekly-symptoms"])
def test_every_formula_of_a_licensed_instrument_names_its_source(key: str) -> None:
    for score in find(key).scores:
        assert score.source
        assert score.cut_offs is None or score.cut_offs.source


def test_eq_5d_has_profile_and_self_rated_health_and_no_index() -> None:
    """The index needs a country's value set, which is licensed."""
    assert [score.kind for score in find("eq-5d-5l").scores] == ["profile", "value"]


def test_swemwbs_looks_every_raw_score_up() -> None:
    table = find("swemwbs").scores[1]
    assert isinstance(table, Table)
    assert [row.raw for row in table.rows] == list(range(7, 36))


def test_functions_and_symptoms_of_the_qlq_c30_point_in_opposite_directions() -> None:
    scales = [score for score in find("eortc-qlq-c30").scores if isinstance(score, Linear)]
    assert len(scales) == 15
    good = {
        score.name.removeprefix("eortc-qlq-c30.") for score in scales if score.higher_is == "better"
    }
    assert good == {
        *("physical-functioning", "role-functioning", "emotional-functioning"),
        *("cognitive-functioning", "social-functioning", "global-health"),
    }
