"""Whatever is written in the editor stands in the text of the draft, and is read back the same."""

from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments import draft_edits, draft_text
from rsm.instruments.bank import listed
from rsm.instruments.draft_blank import blank
from rsm.instruments.draft_text import Data
from rsm.web import instrument_item_form as form

TAGS = ["en", "es"]
WORDS = st.text(st.characters(codec="utf-8"), max_size=30)  # no surrogates
STEPS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from((-1, 0, 1))), max_size=8)


def question(code: str, texts: list[str]) -> Data:
    """A graded question with these words, as its form reads them."""
    fields = {"code": code, "text:en": texts[0], "short:en": texts[1], "text:es": texts[2]}
    for number, label in enumerate(texts[3:]):
        fields |= {f"option:{number}:value": "", f"option:{number}:label:en": label}
    return form.read(fields, form.new("graded", TAGS), TAGS)


@given(st.lists(st.lists(WORDS, min_size=4, max_size=6), max_size=5))
def test_what_the_form_reads_the_text_keeps(questions: list[list[str]]) -> None:
    content = draft_text.read(blank("Lakeside Clinic", TAGS))
    for number, texts in enumerate(questions):
        content = draft_edits.with_item(content, None, question(f"q{number}", texts))
    again = draft_text.read(draft_text.write(content))
    assert listed(again, "items") == listed(content, "items")
    assert draft_text.write(again) == draft_text.write(content)


@given(st.integers(1, 5), STEPS)
def test_moving_loses_no_question_and_doubles_none(
    count: int, steps: list[tuple[int, int]]
) -> None:
    content: Data = {}
    for number in range(count):
        content = draft_edits.with_item(content, None, {"code": f"q{number}"})
    for place, by in steps:
        content = draft_edits.moved(content, place % count, by)
    codes = [str(item["code"]) for item in listed(content, "items")]
    assert sorted(codes) == [f"q{number}" for number in range(count)]
