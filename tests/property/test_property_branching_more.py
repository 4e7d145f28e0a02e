"""Branching over every type of item, every operator, and sections within sections."""

import json
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.instruments.bounds import item_bounds
from rsm.instruments.branching import EPOCH
from rsm.instruments.checks import check
from rsm.instruments.conditions import Operator
from rsm.instruments.decide import asked_items, effective, next_item, progress, route
from rsm.instruments.items import (
    DateItem,
    Item,
    NumberItem,
    OneOfItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.model import Instrument
from rsm.instruments.pages import notes_of, page_of
from rsm.instruments.reading import picked_answer, problem
from rsm.kernel.answers import (
    REFUSED,
    SKIPPED,
    STRUCTURAL_ZERO,
    Answer,
    Answers,
    AnswerStatus,
    answered,
)
from rsm.scoring.decide import score

_OPTIONS = [{"value": value} for value in range(4)]
_PICKS = [{"value": 0, "exclusive": True}, *_OPTIONS[1:]]
_AREAS = [{"value": 0, "exclusive": True}, *({"value": n, "area": a} for n, a in enumerate(("chest", "face"), 1))]  # fmt: skip  # noqa: E501 - one table
KINDS: dict[str, dict[str, object]] = {
    "graded": {"options": _OPTIONS},
    "yes_no": {"options": _OPTIONS[:2]},
    "number": {"minimum": 30, "maximum": 45, "decimals": 1},
    "choice": {"options": _OPTIONS},
    "choices": {"options": _PICKS},
    "body_area": {"options": _AREAS},
    "date": {"earliest": "2026-01-01", "latest": "2026-12-31"},
    "text": {},
    "visual_scale": {"minimum": 0, "maximum": 10},
}
_SAME = ["equals", "differs"]
_ORDER = [*_SAME, "above", "below", "at_least", "at_most"]


@st.composite
def looks(draw: st.DrawFn, kinds: list[str], place: int) -> dict[str, object]:
    """A test of any earlier item, by an operator that fits its type."""
    earlier = draw(st.integers(0, place - 1))
    kind = kinds[earlier]
    names = {"text": [], "choice": _SAME}.get(kind, _ORDER)
    operator = draw(st.sampled_from([*names, "exists"]))
    code = f"i{earlier}"
    if operator == "exists":
        return {"item": code, "operator": operator, "value": draw(st.booleans())}
    if kind == "date":
        day = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 364)))
        return {"item": code, "operator": operator, "value": day.isoformat()}
    highest = {"yes_no": 1, "body_area": 2, "visual_scale": 10}.get(kind, 3)
    value: float = draw(st.integers(0, highest))
    if kind == "number":
        value = 37.5
    return {"item": code, "operator": operator, "value": value}


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """Up to nine items in sections that follow one another, some within others."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=9))
    items = []
    for place, kind in enumerate(kinds):
        item: dict[str, object] = {"type": kind, "code": f"i{place}", **KINDS[kind]}
        rated = [n for n in range(place) if kinds[n] in {"graded", "yes_no"}]
        how = draw(st.sampled_from(["always", "gate", "every", "any"])) if place else "always"
        if how == "gate" and rated:
            item["asked_when"] = {"item": f"i{draw(st.sampled_from(rated))}"}
        elif how in {"every", "any"}:
            item["asked_when"] = {how: draw(st.lists(looks(kinds, place), min_size=1, max_size=3))}
        items.append(item)
    sections = []
    if len(kinds) > 2 and draw(st.booleans()):
        middle = draw(st.integers(1, len(kinds) - 1))
        sections = [{"key": "S"}, {"key": "T", "parent": "S"}]
        if draw(st.booleans()):
            sections[1]["asked_when"] = {"any": [draw(looks(kinds, middle))]}  # type: ignore[assignment]  # a table of JSON
        for place, item in enumerate(items):
            item["section"] = "S" if place < middle else "T"
    content = {
        "key": "made",
        "version": "1.0.0",
        "wording": "none",
        "validated": False,
        "page": draw(st.sampled_from(["question", "section"])),
        "licence": {"name": "none", "holder": "nobody", "display": False},
        "recall_days": 7,
        "min_age": 18,
        "sections": sections,
        "notes": [{"code": "n1", "text": {}}, {"code": "n2", "text": {}, "before": "i0"}],
        "items": items,
        "scores": [
            {"kind": "max", "name": "worst", "items": rated_codes, "min_answered": 1}
            for rated_codes in [[f"i{n}" for n, kind in enumerate(kinds) if kind == "graded"]]
            if rated_codes
        ],
    }
    return Instrument.model_validate_json(json.dumps(content))


@st.composite
def answers_to(draw: st.DrawFn, item: Item) -> Answer:
    """Any answer that this item takes."""
    without = st.sampled_from([REFUSED, SKIPPED])
    match item:
        case NumberItem():
            value = st.integers(300, 450).map(answered)
        case VisualScaleItem():
            value = st.integers(item.minimum, item.maximum).map(answered)
        case DateItem():
            first = (date(2026, 1, 1) - EPOCH).days
            value = st.integers(first, first + 364).map(answered)
        case TextItem():
            value = st.just(Answer(AnswerStatus.ANSWERED, 1, text="words"))
        case _ if isinstance(item, PickItem):
            several = [option.value for option in item.options if not option.exclusive]
            some = st.lists(st.sampled_from(several), min_size=1, unique=True)
            value = st.one_of(some, st.just([0])).map(lambda codes: picked_answer(item, codes))
        case _:
            assert isinstance(item, OneOfItem)
            value = st.sampled_from([option.value for option in options_of(item)]).map(answered)
    return draw(st.one_of(without, value, value))


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Instrument, dict[str, Answer]]:
    """An instrument with anything stored for any of its items, also behind closed branches."""
    instrument = draw(instruments())
    stored = {
        item.code: draw(st.one_of(answers_to(item), st.just(STRUCTURAL_ZERO)))
        for item in instrument.items
        if draw(st.booleans())
    }
    return instrument, stored | {"gone": answered(1)}


@given(instruments())
def test_the_random_instruments_are_sound(instrument: Instrument) -> None:
    assert check(instrument) == []
    assert Instrument.model_validate_json(instrument.canonical_json) == instrument


@given(surveys(), st.data())
def test_the_order_of_answers_is_irrelevant_to_every_operator(
    survey: tuple[Instrument, Answers], data: st.DataObject
) -> None:
    instrument, answers = survey
    shuffled = dict(data.draw(st.permutations(list(answers.items()))))
    assert list(effective(instrument, shuffled).items()) == list(
        effective(instrument, answers).items()
    )
    assert next_item(instrument, shuffled) == next_item(instrument, answers)
    assert progress(instrument, shuffled) == progress(instrument, answers)
    assert route(instrument, shuffled) == route(instrument, answers)


@given(surveys())
def test_an_answer_behind_a_closed_branch_counts_nowhere(
    survey: tuple[Instrument, dict[str, Answer]],
) -> None:
    instrument, answers = survey
    counted = effective(instrument, answers)
    asked = {item.code for item in asked_items(instrument, answers)}
    given_and_asked = {code for code, one in counted.items() if one is not STRUCTURAL_ZERO}
    assert given_and_asked <= asked
    assert effective(instrument, counted) == counted
    cleaned = {code: answer for code, answer in answers.items() if code in given_and_asked}
    assert effective(instrument, cleaned) == counted
    assert score(instrument, cleaned) == score(instrument, answers)


@given(surveys())
def test_structural_zeros_stand_only_behind_the_gate_of_a_symptom(
    survey: tuple[Instrument, Answers],
) -> None:
    instrument, answers = survey
    for code, answer in effective(instrument, answers).items():
        if answer.status is AnswerStatus.STRUCTURAL_ZERO:
            assert instrument.item_by_code[code].asked_when is not None
            assert hasattr(instrument.item_by_code[code].asked_when, "at_least")


@settings(max_examples=150)
@given(instruments(), st.data())
def test_progress_only_goes_forward_with_every_operator(
    instrument: Instrument, data: st.DataObject
) -> None:
    answers: dict[str, Answer] = {}
    total = len(instrument.items)
    while (item := next_item(instrument, answers)) is not None:
        position, now_total = progress(instrument, answers)
        assert position == len(answers) + 1
        assert position <= now_total <= total
        total = now_total
        page = page_of(instrument, answers, item)
        assert item in page
        assert len({each.section for each in page}) == 1
        notes_of(instrument, answers, item)
        answer = data.draw(answers_to(item))
        assert problem(item, answer) is None
        answers[item.code] = answer
    assert progress(instrument, answers) == (len(answers), len(answers))
    assert [item.code for item in asked_items(instrument, answers)] == list(answers)


@given(instruments(), st.data())
def test_every_value_lies_within_the_bounds_of_its_item(
    instrument: Instrument, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(instrument.items))
    answer, bounds = data.draw(answers_to(item)), item_bounds(item)
    if answer.value is not None and bounds is not None:
        assert bounds.lowest <= answer.value <= bounds.highest


def test_every_operator_is_drawn() -> None:
    assert {*_ORDER, "exists"} == {each.value for each in Operator}
