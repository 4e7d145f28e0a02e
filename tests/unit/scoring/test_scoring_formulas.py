"""Each kind of formula, what it says of itself, and how the kinds of missing are told apart."""

from typing import Any

import pytest

from rsm.instruments.library import find
from rsm.instruments.model import Instrument
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.scoring.decide import score
from rsm.scoring.model import Gap, Missing, Score, ScoreCode

NOT_APPLICABLE = Answer(AnswerStatus.NOT_APPLICABLE)
# PROMIS Global Mental Health, raw 4 to 20: T and its standard error as printed in "Steps to
# Produce Raw Score to Theta Estimates for Global Mental Health Items", R. Hays, UCLA, 2009.
GLOBAL_MENTAL_T = (
    *(21.1, 25.1, 28.4, 31.3, 33.8, 36.3, 38.8, 41.1, 43.5),
    *(45.8, 48.3, 50.8, 53.3, 56.0, 59.0, 62.5, 67.6),
)
GLOBAL_MENTAL_ERROR = (
    *(4.6, 4.1, 3.9, 3.7, 3.7, 3.7, 3.6, 3.6, 3.6),
    *(3.6, 3.7, 3.7, 3.7, 3.8, 3.9, 4.2, 5.3),
)


def made(*scores: dict[str, Any], values: range = range(1, 6)) -> Instrument:
    """Four items a, b, c (gated by b) and d on one scale, and these scores."""
    item = {"type": "graded", "options": [{"value": value} for value in values]}
    gate = {"item": "b", "at_least": 1}
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": [
            item | {"code": code} | ({"asked_when": gate} if code == "c" else {}) for code in "abcd"
        ],
        "scores": [{"source": "Example 2001"} | each for each in scores],
    }
    return Instrument.model_validate(content, strict=False)


def only(instrument: Instrument, values: dict[str, int | Answer]) -> Score:
    """The last score, for those answers."""
    answers = {
        code: value if isinstance(value, Answer) else answered(value)
        for code, value in values.items()
    }
    return list(score(instrument, answers).values())[-1]


ALL = {"name": "s", "items": ["a", "b", "c", "d"]}


def test_a_reversed_item_counts_from_the_other_end() -> None:
    instrument = made(ALL | {"kind": "sum", "reversed": ["b", "d"]})
    assert only(instrument, {"a": 1, "b": 2, "c": 3, "d": 5}).value == 1 + 4 + 3 + 1


def test_a_weight_counts_in_sum_mean_and_prorating() -> None:
    weighted = {"kind": "sum", "weights": {"a": 2, "b": 0.5}, "min_answered": 3}
    instrument = made(ALL | weighted)
    assert only(instrument, {"a": 1, "b": 2, "c": 3, "d": 4}).value == 2 + 1 + 3 + 4
    # without d: mean (2 + 1 + 3) / 3.5 over weights 4.5
    assert only(instrument, {"a": 1, "b": 2, "c": 3}).value == pytest.approx(6 / 3.5 * 4.5)
    mean = made(ALL | {"kind": "mean", "weights": {"a": 3}})
    assert only(mean, {"a": 5, "b": 1, "c": 1, "d": 1}).value == 3


@pytest.mark.parametrize(("rounding", "value"), [(None, 28 / 3), ("nearest", 9), ("up", 10)])
def test_a_prorated_sum_is_rounded_as_published(rounding: str | None, value: float) -> None:
    instrument = made(ALL | {"kind": "sum", "min_answered": 3, "rounding": rounding})
    assert only(instrument, {"a": 2, "b": 2, "d": 3}).value == pytest.approx(value)


def test_nearest_takes_a_half_up() -> None:
    instrument = made(ALL | {"kind": "sum", "min_answered": 2, "rounding": "nearest"})
    three = made(
        {"name": "s", "items": ["a", "b", "d"], "kind": "sum", "min_answered": 2}
        | {"rounding": "nearest"}
    )
    assert only(instrument, {"a": 2, "b": 3}).value == 10
    assert only(three, {"a": 1, "b": 2}).value == 5  # 4.5


@pytest.mark.parametrize(("onto", "value"), [([0, 100], 25), ([100, 0], 75), ([1, 2], 1.25)])
def test_a_linear_score_stretches_the_mean(onto: list[int], value: float) -> None:
    instrument = made(ALL | {"kind": "linear", "onto": onto})
    assert only(instrument, {"a": 1, "b": 3, "c": 2, "d": 2}).value == value


def promis() -> Instrument:
    rows = [
        {"raw": raw, "value": value, "standard_error": error}
        for raw, value, error in zip(
            range(4, 21), GLOBAL_MENTAL_T, GLOBAL_MENTAL_ERROR, strict=True
        )
    ]
    return made(
        ALL | {"name": "raw", "kind": "sum", "higher_is": "better"},
        {"name": "t", "kind": "table", "raw": "raw", "rows": rows, "higher_is": "better"},
    )


@pytest.mark.parametrize(
    ("values", "value", "error"),
    [  # the first two: awell-score, PROMIS 10, test responses "median" and "random"
        ((3, 3, 3, 3), 43.5, 3.6),
        ((3, 1, 1, 1), 28.4, 3.9),
        ((1, 1, 1, 1), 21.1, 4.6),
        ((5, 5, 5, 5), 67.6, 5.3),
    ],
)
def test_a_raw_score_is_looked_up_with_its_standard_error(
    values: tuple[int, ...], value: float, error: float
) -> None:
    result = only(promis(), dict(zip("abcd", values, strict=True)))
    assert (result.value, result.standard_error, result.code) == (value, error, ScoreCode.COMPUTED)


def test_without_a_raw_score_nothing_is_looked_up() -> None:
    result = only(promis(), {"a": 1, "b": 2, "c": 3})
    assert (result.value, result.standard_error, result.code) == (None, None, ScoreCode.MISSING)
    assert result.missing == (Missing("raw", Gap.NO_SCORE),)
    assert result.reason == "missing: raw (no score)"


def test_a_raw_score_that_the_table_lacks_has_no_value_and_its_own_code() -> None:
    """Refused when it is checked; a version published before must still fail safe (P6)."""
    rows = [{"raw": 4, "value": 20}]
    instrument = made(
        ALL | {"name": "raw", "kind": "sum"},
        {"name": "t", "kind": "table", "raw": "raw", "rows": rows},
    )
    result = only(instrument, dict.fromkeys("abcd", 2))
    assert (result.value, result.code) == (None, ScoreCode.NOT_IN_TABLE)
    assert result.reason == "raw 8 is not in the table"


def test_a_sub_scale_is_a_part_like_an_item() -> None:
    instrument = made(
        {"name": "half", "kind": "mean", "items": ["a", "b"]},
        {"name": "s", "kind": "sum", "items": ["d"], "scores": ["half"], "reversed": ["half"]},
    )
    assert only(instrument, {"a": 1, "b": 2, "d": 3}).value == 3 + (6 - 1.5)
    missing = only(instrument, {"a": 1, "b": REFUSED, "d": 3})
    assert (missing.value, missing.missing) == (None, (Missing("half", Gap.NO_SCORE),))


def test_a_profile_names_the_state_by_its_digits() -> None:
    instrument = made(ALL | {"kind": "profile"})
    assert only(instrument, {"a": 2, "b": 1, "c": 1, "d": 4}).value == 2114
    assert only(instrument, {"a": 2, "b": 1, "c": 1}).value is None


def test_a_value_is_banded_by_its_cut_offs() -> None:
    bands = [{"at_least": 1, "code": "low"}, {"at_least": 4, "code": "high"}]
    cut_offs = {"source": "Example 2003", "bands": bands}
    instrument = made({"name": "s", "kind": "value", "items": ["a"], "cut_offs": cut_offs})
    assert only(instrument, {"a": 3}).band == "low"
    assert only(instrument, {"a": 4}).band == "high"
    assert only(instrument, {"a": SKIPPED}).band is None


def test_every_kind_of_missing_is_told_apart_and_none_is_zero() -> None:
    instrument = made(ALL | {"kind": "mean"}, values=range(5))
    gaps = {"a": SKIPPED, "b": REFUSED, "d": NOT_APPLICABLE}
    result = only(instrument, dict(gaps))
    assert result.value is None
    assert result.missing == (
        Missing("a", Gap.SKIPPED),
        Missing("b", Gap.REFUSED),
        Missing("c", Gap.NOT_ANSWERED),  # behind a gate without a value
        Missing("d", Gap.NOT_APPLICABLE),
    )


def test_a_structural_zero_is_a_value_and_not_missing() -> None:
    instrument = made(ALL | {"kind": "mean"}, values=range(5))
    result = only(instrument, {"a": 4, "b": 0, "d": 4})
    assert (result.value, result.missing, result.code) == (2, (), ScoreCode.COMPUTED)


def test_a_prorated_score_names_what_is_missing() -> None:
    instrument = made(ALL | {"kind": "mean", "min_answered": 3})
    result = only(instrument, {"a": 1, "b": 2, "c": 3, "d": REFUSED})
    assert (result.value, result.code) == (2, ScoreCode.PRORATED)
    assert result.missing == (Missing("d", Gap.REFUSED),)


def test_too_few_and_missing_have_codes_of_their_own() -> None:
    some = made(ALL | {"kind": "mean", "min_answered": 3})
    every = made(ALL | {"kind": "mean"})
    assert only(some, {"a": 1, "b": 2}).code is ScoreCode.TOO_FEW
    assert only(every, {"a": 1, "b": 2}).code is ScoreCode.MISSING


def test_a_composite_says_when_it_is_0_by_its_first_item() -> None:
    result = score(find("pro-ctcae"), {"nausea.frequency": answered(0)})["nausea.composite"]
    assert (result.value, result.code) == (0, ScoreCode.FIRST_ITEM_ZERO)


def test_p11_a_score_carries_its_instruments_pin_and_its_formulas_source() -> None:
    phq = find("phq-9")
    result = score(phq, {})["phq-9.total"]
    assert result.instrument == phq.pin
    assert result.source.startswith("Kroenke, Spitzer, Williams")


@pytest.mark.parametrize(
    ("value", "code"), [(0, ScoreCode.MISSING), (None, ScoreCode.COMPUTED), (1, ScoreCode.TOO_FEW)]
)
def test_a_score_cannot_hold_a_value_against_its_code(value: int | None, code: ScoreCode) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        Score(value, "x", code)
