"""Whatever is pressed: no key sequence is an answer that the item does not have, none crashes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rsm.flow.voice_items import answer_said, can_ask, most_keys, read, words
from rsm.instruments.library import find
from rsm.instruments.model import Instrument, Item
from rsm.instruments.reading import problem
from rsm.responses.decide import check

KEYS = st.text("0123456789*#", max_size=12)


def _made(fields: dict[str, object]) -> Instrument:
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


@st.composite
def instruments(draw: st.DrawFn) -> Instrument:
    """One question of a kind that keys may answer, and with codes that may be strange."""
    kind = draw(st.sampled_from(["graded", "choice", "choices", "visual_scale", "number"]))
    more: dict[str, object] = {
        "type": kind,
        "required": draw(st.booleans()),
        "may_not_apply": draw(st.booleans()),
    }
    low = draw(st.integers(-5, 40))
    high = low + draw(st.integers(1, 120))
    if kind == "visual_scale":
        return _made({**more, "minimum": low, "maximum": high})
    if kind == "number":
        decimals = draw(st.integers(0, 2))
        return _made({**more, "minimum": low, "maximum": high, "decimals": decimals})
    codes = draw(st.lists(st.integers(-3, 120), min_size=2, max_size=12, unique=True))
    options = [{"value": code, "label": {"en": f"A{code}"}} for code in sorted(codes)]
    return _made({**more, "options": options})


def only(instrument: Instrument) -> Item:
    return instrument.items[0]


@given(instruments(), KEYS)
def test_keys_give_an_answer_of_the_item_or_none(instrument: Instrument, keys: str) -> None:
    item = only(instrument)
    if not can_ask(item):
        return
    assert 1 <= most_keys(item) <= 20
    assert words(instrument, item, {}, "en")
    means = read(item, keys)
    if means is None:
        return
    assert set(keys) <= set("0123456789")
    assert problem(item, means.answer) is None
    check(instrument, {item.code: means.answer})
    assert (means.answer.value is None) or answer_said(item, means.answer, "en")


@given(KEYS)
def test_no_two_keys_of_a_shipped_question_mean_the_same(keys: str) -> None:
    for item in find("weekly-symptoms").items:
        means = read(item, keys)
        if means is not None:
            others = [key for key in "0123456789" if key != keys and read(item, key) == means]
            assert others == []
            assert len(keys) == 1
