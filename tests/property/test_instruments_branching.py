"""Branching over random instruments and random answers."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments.checks import check
from rsm.instruments.decide import asked_items, effective, next_item, progress
from rsm.instruments.model import Condition, Instrument
from rsm.kernel.answers import (
    REFUSED,
    SKIPPED,
    STRUCTURAL_ZERO,
    Answer,
    Answers,
    AnswerStatus,
    answered,
    value_of,
)

GIVEN = st.one_of(st.sampled_from([REFUSED, SKIPPED]), st.integers(0, 4).map(answered))
STORED = st.one_of(GIVEN, st.just(STRUCTURAL_ZERO))


def built(gates: list[tuple[int, int] | None]) -> Instrument:
    items = [
        {
            "type": "graded",
            "code": f"i{place}",
            "options": tuple({"value": value} for value in range(5)),
            "asked_when": gate and {"item": f"i{gate[0]}", "at_least": gate[1]},
        }
        for place, gate in enumerate(gates)
    ]
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "items": tuple(items),
    }
    return Instrument.model_validate(content)


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """Up to ten items, each perhaps gated by any item before it, at any threshold."""
    gates: list[tuple[int, int] | None] = [None]
    for place in range(1, draw(st.integers(1, 10))):
        gate = st.tuples(st.integers(0, place - 1), st.integers(1, 4))
        gates.append(draw(st.none() | gate))
    return built(gates)


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    """An instrument with anything stored for any of its items, and for one that it lacks."""
    instrument = draw(instruments())
    codes = [*instrument.item_by_code, "gone"]
    return instrument, draw(st.dictionaries(st.sampled_from(codes), STORED))


@given(instruments())
def test_the_random_instruments_are_sound(instrument: Instrument) -> None:
    assert check(instrument) == []


@given(surveys())
def test_closing_branches_twice_changes_nothing(survey: tuple[Instrument, Answers]) -> None:
    instrument, answers = survey
    once = effective(instrument, answers)
    assert effective(instrument, once) == once


@given(surveys(), st.data())
def test_the_order_of_answers_is_irrelevant(
    survey: tuple[Instrument, Answers], data: st.DataObject
) -> None:
    instrument, answers = survey
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert list(effective(instrument, shuffled).items()) == list(
        effective(instrument, answers).items()
    )
    assert next_item(instrument, shuffled) == next_item(instrument, answers)
    assert progress(instrument, shuffled) == progress(instrument, answers)


@given(surveys())
def test_p7_a_structural_zero_stands_exactly_behind_a_gate_of_0(
    survey: tuple[Instrument, Answers],
) -> None:
    instrument, answers = survey
    counted = effective(instrument, answers)
    for item in instrument.items:
        gate = item.asked_when
        behind_zero = isinstance(gate, Condition) and value_of(counted, gate.item) == 0
        status = counted[item.code].status if item.code in counted else None
        assert (status is AnswerStatus.STRUCTURAL_ZERO) == behind_zero


@given(surveys())
def test_what_counts_was_given_and_asked(survey: tuple[Instrument, Answers]) -> None:
    instrument, answers = survey
    asked = {item.code for item in asked_items(instrument, answers)}
    for code, answer in effective(instrument, answers).items():
        if answer.status is not AnswerStatus.STRUCTURAL_ZERO:
            assert answers[code] == answer
            assert code in asked


@given(instruments(), st.data())
def test_progress_only_goes_forward_until_all_is_asked(
    instrument: Instrument, data: st.DataObject
) -> None:
    answers: dict[str, Answer] = {}
    total = len(instrument.items)
    while (item := next_item(instrument, answers)) is not None:
        position, now_total = progress(instrument, answers)
        assert position == len(answers) + 1
        assert position <= now_total <= total
        total = now_total
        answers[item.code] = data.draw(GIVEN)
    assert progress(instrument, answers) == (len(answers), len(answers))
    assert [item.code for item in asked_items(instrument, answers)] == list(answers)
