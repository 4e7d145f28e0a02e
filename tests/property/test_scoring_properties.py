"""What must hold of every formula, for any instrument and any answers."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments.bounds import Bounds, item_bounds, part_bounds
from rsm.instruments.checks import check
from rsm.instruments.formulas import Linear, Maximum, Mean, Summary
from rsm.instruments.items import Item, NumberItem, RatedItem, options_of
from rsm.instruments.library import find, shipped
from rsm.instruments.model import Instrument
from rsm.instruments.numbers import span
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, AnswerStatus, answered
from rsm.scoring.decide import score
from rsm.scoring.model import ScoreCode

MISSING = (REFUSED, SKIPPED, Answer(AnswerStatus.NOT_APPLICABLE), None)
KEYS = sorted(shipped())


def values_of(item: Item) -> list[int]:
    """What may be stored as its answer."""
    if isinstance(item, NumberItem):
        return list(span(item))
    bounds = item_bounds(item)
    if isinstance(item, RatedItem) or bounds is None:
        return [option.value for option in options_of(item)] or [1]
    return [int(bounds.lowest), int(bounds.highest)]  # a point on a line, or how many


@st.composite
def formulas(draw: st.DrawFn, codes: list[str]) -> dict[str, object]:
    """Any summary over some of the items."""
    kind = draw(st.sampled_from(["max", "mean", "sum", "linear"]))
    items = draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))
    formula: dict[str, object] = {
        "name": "s",
        "kind": kind,
        "items": items,
        "reversed": draw(st.lists(st.sampled_from(items), unique=True)),
        "min_answered": draw(st.none() | st.integers(1, len(items))),
    }
    if kind in {"mean", "sum"}:
        weights = st.integers(1, 5) | st.sampled_from([0.1, 0.5, 2.5])
        formula["weights"] = draw(st.dictionaries(st.sampled_from(items), weights))
    if kind == "linear":
        formula["onto"] = draw(st.sampled_from([(0, 100), (100, 0), (-1, 1.5)]))
    return formula


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """Two to six items on one scale from 0 or 1, and one score."""
    lowest, width = draw(st.integers(0, 1)), draw(st.integers(1, 10))
    options = [{"value": lowest + step} for step in range(width + 1)]
    codes = [f"i{place}" for place in range(draw(st.integers(2, 6)))]
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": [{"type": "graded", "code": code, "options": options} for code in codes],
        "scores": [draw(formulas(codes))],
    }
    return Instrument.model_validate(content, strict=False)


def bounds_of(instrument: Instrument) -> dict[str, Bounds]:
    found = {item.code: item_bounds(item) for item in instrument.items}
    return {code: bounds for code, bounds in found.items() if bounds}


@st.composite
def complete(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    instrument = draw(instruments())
    answers = {
        code: answered(draw(st.integers(int(bounds.lowest), int(bounds.highest))))
        for code, bounds in bounds_of(instrument).items()
    }
    return instrument, answers


@st.composite
def reports(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    """As above, with any items missing for any reason."""
    instrument, answers = draw(complete())
    for code in draw(st.lists(st.sampled_from(sorted(answers)), unique=True)):
        why = draw(st.sampled_from(MISSING))
        if why is None:
            del answers[code]
        else:
            answers[code] = why
    return instrument, answers


def formula_of(instrument: Instrument) -> Summary:
    formula = instrument.scores[0]
    assert isinstance(formula, Summary)
    return formula


def changed(instrument: Instrument, **changes: object) -> Instrument:
    formula = formula_of(instrument).model_copy(update=changes)
    return instrument.model_copy(update={"scores": (formula,)})


def value(instrument: Instrument, answers: Answers) -> float | None:
    return score(instrument, answers)["s"].value


@given(instruments())
def test_the_random_instruments_are_sound(instrument: Instrument) -> None:
    assert check(instrument) == []


@given(reports())
def test_reversal_is_an_involution(report: tuple[Instrument, dict[str, Answer]]) -> None:
    """Answers turned round by hand, and reversed by the formula, score as they did."""
    instrument, answers = report
    bounds, formula = bounds_of(instrument), formula_of(instrument)
    turned = {
        code: answer
        if answer.value is None
        else answered(int(bounds[code].lowest + bounds[code].highest) - answer.value)
        for code, answer in answers.items()
    }
    others = tuple(code for code in formula.items if code not in formula.reversed)
    assert value(changed(instrument, reversed=others), turned) == value(instrument, answers)


@given(complete())
def test_with_complete_answers_prorating_is_the_plain_formula(
    report: tuple[Instrument, dict[str, Answer]],
) -> None:
    instrument, answers = report
    result = score(instrument, answers)["s"]
    assert result.code is ScoreCode.COMPUTED
    for least in (None, 1):
        again = score(changed(instrument, min_answered=least), answers)["s"]
        assert (again.value, again.reason) == (result.value, result.reason)


@given(reports(), st.data())
def test_a_score_is_monotone_in_each_of_its_items(
    report: tuple[Instrument, dict[str, Answer]], data: st.DataObject
) -> None:
    instrument, answers = report
    formula = formula_of(instrument)
    code = data.draw(st.sampled_from(formula.items))
    answer, top = answers.get(code), bounds_of(instrument)[code].highest
    before = value(instrument, answers)
    if answer is None or answer.value is None or answer.value == top or before is None:
        return
    after = value(instrument, answers | {code: answered(answer.value + 1)})
    assert after is not None
    falls = (code in formula.reversed) != (
        isinstance(formula, Linear) and formula.onto[0] > formula.onto[1]
    )
    assert after <= before if falls else after >= before


@given(reports(), st.sampled_from(MISSING))
def test_p7_missing_never_acts_as_zero(
    report: tuple[Instrument, dict[str, Answer]], why: Answer | None
) -> None:
    """A missing item leaves the score without a value, or where it would be without the item."""
    instrument, answers = report
    formula = formula_of(instrument)
    with_value = [
        code for code in formula.items if code in answers and answers[code].value is not None
    ]
    result = score(instrument, answers)["s"]
    assert {each.part for each in result.missing} == set(formula.items) - set(with_value)
    if len(with_value) < formula.needed:
        assert result.value is None
        return
    other_gaps = {code: why for code in formula.items if code not in with_value}
    again = {code: answers[code] for code in with_value} | {
        code: gap for code, gap in other_gaps.items() if gap is not None
    }
    assert value(instrument, again) == result.value
    if isinstance(formula, (Maximum, Mean)):
        kept = changed(
            instrument,
            items=tuple(with_value),
            reversed=tuple(code for code in formula.reversed if code in with_value),
            min_answered=None,
        )
        assert value(kept, answers) == result.value


@given(reports(), st.data())
def test_the_order_of_items_and_answers_is_irrelevant(
    report: tuple[Instrument, dict[str, Answer]], data: st.DataObject
) -> None:
    instrument, answers = report
    items = tuple(data.draw(st.permutations(formula_of(instrument).items)))
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert value(changed(instrument, items=items), shuffled) == value(instrument, answers)


@given(reports())
def test_a_score_stays_within_its_bounds(report: tuple[Instrument, dict[str, Answer]]) -> None:
    instrument, answers = report
    found, bounds = value(instrument, answers), part_bounds(instrument)["s"]
    assert bounds is not None
    if found is not None:
        assert float(bounds.lowest) - 1e-9 <= found <= float(bounds.highest) + 1e-9


@given(st.sampled_from(KEYS), st.data())
def test_every_shipped_score_has_a_value_or_names_what_is_missing(
    key: str, data: st.DataObject
) -> None:
    instrument = find(key)
    answers: dict[str, Answer] = {}
    for item in instrument.items:
        given_value = st.sampled_from(values_of(item)).map(answered)
        answer = data.draw(st.one_of(given_value, given_value, st.sampled_from(MISSING)))
        answers |= {item.code: answer} if answer else {}
    bounds = part_bounds(instrument)
    for name, each in score(instrument, answers).items():
        assert (each.value is None) == (not each.code.has_value)
        within = bounds[name]
        if each.value is None:
            assert each.missing
        elif within is not None:
            assert float(within.lowest) <= each.value <= float(within.highest)
