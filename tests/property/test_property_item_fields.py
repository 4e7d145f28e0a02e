"""Whatever a form is sent: an answer that the item takes, or a sentence; what was given comes back
as it was, in every language, so that going back and on changes nothing."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments.items import DateItem, Item, OneOfItem, PickItem
from rsm.instruments.library import find
from rsm.instruments.reading import problem
from rsm.kernel.answers import Answer, AnswerStatus
from rsm.web.item_fields import Reader, Typed, part_of, read, typed, typed_of, why_of
from rsm.web.item_words import shown, to_mend
from tests.every_kind import instrument

TODAY = date(2026, 10, 19)
KINDS = tuple(
    item
    for each in (instrument(), find("short-measure"), find("safety-questions"))
    for item in each.items
)
ITEMS = st.sampled_from(KINDS)
LANGUAGES = st.sampled_from(("en", "es", "ar"))
WORDS = st.one_of(
    st.text(max_size=60),
    st.integers(-2000, 40000).map(str),
    st.from_regex(r"[0-9\u0660-\u0669]{1,4}[.,]?[0-9]{0,2}", fullmatch=True),
    st.sampled_from(("refused", "skipped", "not_applicable", "structural_zero", "back")),
)


def form_of(item: Item, field: Typed) -> dict[str, str]:
    """The fields as a browser sends them."""
    if isinstance(item, PickItem):
        form = {part_of(item, code): str(code) for code in field.picked}
    elif isinstance(item, DateItem):
        form = {part_of(item, name): getattr(field, name) for name in ("day", "month", "year")}
    else:
        form = {item.code: field.text.replace("\n", "\r\n")}
    return form | ({why_of(item): field.why} if field.why else {})


@st.composite
def forms(draw: st.DrawFn, item: Item) -> dict[str, str]:
    """Anything under the item's names, and under others."""
    parts: list[object] = ["why", "day", "month", "year", *range(-1, 20)]
    names = st.sampled_from([item.code, "else", *(part_of(item, part) for part in parts)])
    return draw(st.dictionaries(names, WORDS, max_size=6))


@given(st.data(), ITEMS, LANGUAGES)
def test_a_form_is_an_answer_that_the_item_takes_or_a_sentence(
    data: st.DataObject, item: Item, language: str
) -> None:
    reader = Reader(language, TODAY)
    field = typed(item, data.draw(forms(item)))
    found = read(item, field, reader)
    if not isinstance(found, Answer):
        said = to_mend(item, field, found, reader)
        assert said
        assert "{" not in said.replace(field.text, "")
        return
    assert problem(item, found, TODAY) is None
    assert found.status is not AnswerStatus.STRUCTURAL_ZERO
    if found.status is AnswerStatus.SKIPPED:
        assert not item.required
    assert shown(item, found, language) is not None or found.value is None


@given(st.data(), ITEMS, LANGUAGES)
def test_what_was_given_comes_back_as_it_was(
    data: st.DataObject, item: Item, language: str
) -> None:
    reader = Reader(language, TODAY)
    found = read(item, typed(item, data.draw(forms(item))), reader)
    if isinstance(found, Answer):
        again = typed(item, form_of(item, typed_of(item, found, language)))
        assert read(item, again, reader) == found
        if isinstance(item, OneOfItem):
            assert again.why == ""
