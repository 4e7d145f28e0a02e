"""The PRO-CTCAE composite: all 179 published combinations, the zero rule, the missing rule.

The tables here were typed apart from the data file that the code reads, so that a slip in either
shows.
Source: Basch et al., Clin Trials 2021;18:104-114.
"""

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments.formulas import ProctcaeComposite
from rsm.instruments.library import find
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, answered
from rsm.scoring.decide import score

INSTRUMENT = find("pro-ctcae")
COMPOSITES = {
    formula.name: formula.items
    for formula in INSTRUMENT.scores
    if isinstance(formula, ProctcaeComposite)
}
MISSING: tuple[Answer | None, ...] = (REFUSED, SKIPPED, None)

# Each string is one row of grades, by the value of the last attribute 0 to 4.
FREQUENCY_SEVERITY_INTERFERENCE = {
    1: ("01122", "11122", "12223", "22233", "22333"),
    2: ("01122", "11122", "22233", "22233", "22333"),
    3: ("11122", "11122", "22233", "22333", "22333"),
    4: ("11122", "11223", "22233", "22333", "22333"),
}
PAIRS = {
    ("frequency", "severity"): ("11122", "11222", "11233", "11233"),
    ("frequency", "interference"): ("11122", "11122", "11233", "11233"),
    ("severity", "interference"): ("11122", "11223", "12233", "22233"),
}
# The publication has one column for interference and amount.
SINGLES = {"frequency": "01123", "severity": "01233", "interference": "01122", "amount": "01122"}

Attributes = tuple[str, ...]
Case = tuple[Attributes, tuple[int, ...], int]


def published() -> Iterator[Case]:
    """Attributes, their values, and the grade. Pairs and triples whose first is 0 have one row."""
    triple = ("frequency", "severity", "interference")
    yield triple, (0, 0, 0), 0
    for frequency, rows in FREQUENCY_SEVERITY_INTERFERENCE.items():
        for severity, interference in product(range(5), repeat=2):
            yield triple, (frequency, severity, interference), int(rows[severity][interference])
    for pair, grades in PAIRS.items():
        yield pair, (0, 0), 0
        for first, second in product(range(1, 5), range(5)):
            yield pair, (first, second), int(grades[first - 1][second])
    for attribute, row in SINGLES.items():
        for value, grade in enumerate(row):
            yield (attribute,), (value,), int(grade)


CASES = list(published())


def attributes_of(name: str) -> Attributes:
    return tuple(code.rpartition(".")[2] for code in COMPOSITES[name])


def scores_with(attributes: Attributes, values: tuple[int, ...]) -> tuple[list[str], Answers]:
    """Every symptom that has just these attributes, and these values for all of them."""
    names = [name for name in COMPOSITES if attributes_of(name) == attributes]
    answers = {
        code: answered(value)
        for name in names
        for code, value in zip(COMPOSITES[name], values, strict=True)
    }
    return names, answers


def test_the_cases_are_the_179_that_were_published() -> None:
    without_amount = [case for case in CASES if case[0] != ("amount",)]
    assert len(without_amount) == 179


@pytest.mark.parametrize("attributes", sorted({case[0] for case in CASES}))
def test_every_published_combination_for_every_symptom_that_has_it(attributes: Attributes) -> None:
    for _, values, grade in (case for case in CASES if case[0] == attributes):
        names, answers = scores_with(attributes, values)
        scores = score(INSTRUMENT, answers)
        assert {scores[name].value for name in names} <= {grade}, values


def test_every_composite_symptom_is_covered_by_the_cases() -> None:
    sets = {case[0] for case in CASES}
    interference_alone = {("interference",)}  # published, but no symptom has it
    assert {attributes_of(name) for name in COMPOSITES} == sets - interference_alone


@given(st.sampled_from(sorted(COMPOSITES)), st.data())
def test_a_first_item_of_0_gives_0_whatever_the_others_say(name: str, data: st.DataObject) -> None:
    first, *others = COMPOSITES[name]
    answers = {first: answered(0)}
    for code in others:
        later = data.draw(st.integers(0, 4).map(answered) | st.sampled_from(MISSING))
        answers |= {code: later} if later else {}
    assert score(INSTRUMENT, answers)[name].value == 0


@given(st.sampled_from(sorted(COMPOSITES)), st.data())
def test_any_needed_item_missing_gives_none_and_is_named(name: str, data: st.DataObject) -> None:
    codes = COMPOSITES[name]
    answers = {code: answered(data.draw(st.integers(1, 4))) for code in codes}
    gone = data.draw(st.sampled_from(codes))
    why = data.draw(st.sampled_from(MISSING))
    del answers[gone]
    result = score(INSTRUMENT, answers | ({gone: why} if why else {}))[name]
    assert result.value is None
    assert gone in result.reason


@given(st.sampled_from(CASES), st.data())
def test_a_higher_grade_never_lowers_the_composite(case: Case, data: st.DataObject) -> None:
    attributes, values, grade = case
    place = data.draw(st.integers(0, len(values) - 1))
    raised = [max(value, 1) if place == 0 else value for value in values]
    raised[place] = min(values[place] + 1, 4)
    names, answers = scores_with(attributes, tuple(raised))
    for name in names:
        value = score(INSTRUMENT, answers)[name].value
        assert value is not None
        assert value >= grade
