"""What is shown can be typed again, in every language: no number changes on its way."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rsm.instruments import numbers
from rsm.instruments.library import find
from rsm.instruments.model import NumberItem

LANGUAGES = ("en", "en-US", "es", "es-MX", "es-ES", "fr", "de", "pt-BR", "zh-Hans")
TEMPERATURE = numbers.number_items(find("safety-questions"))["temperature"]


@st.composite
def items(draw: st.DrawFn) -> NumberItem:
    """Any range that has something in it, with up to three decimals."""
    decimals = draw(st.integers(0, 3))
    low = draw(st.integers(-50_000, 50_000))
    high = low + draw(st.integers(1, 100_000))
    return NumberItem(
        type="number",
        code="n",
        unit=draw(st.sampled_from(["", "°C", "kg", "l/min", "mm Hg"])),
        minimum=low,
        maximum=high,
        decimals=decimals,
    )


@given(item=items(), share=st.fractions(0, 1), language=st.sampled_from(LANGUAGES))
def test_what_is_shown_is_read_as_the_same_number(
    item: NumberItem, share: Fraction, language: str
) -> None:
    low, high = numbers.span(item)
    value = low + int((high - low) * share)
    for text in (numbers.shown(item, value, language), numbers.typed(item, value, language)):
        assert numbers.parse(item, text, language) == value
    assert numbers.stored(item, Fraction(value, 10**item.decimals)) == value
    assert numbers.stored(item, numbers.number(item, value)) == value


@given(text=st.text(max_size=50), language=st.sampled_from(LANGUAGES))
def test_any_text_is_a_number_in_range_or_a_refusal(text: str, language: str) -> None:
    value = numbers.parse(TEMPERATURE, text, language)
    assert isinstance(value, numbers.Refusal) or 300 <= value <= 450


@given(value=st.integers(300, 450))
def test_fahrenheit_goes_there_and_back_to_a_tenth(value: int) -> None:
    fahrenheit = Fraction(value, 10) * 9 / 5 + 32
    typed = f"{float(fahrenheit):.1f}"
    read = numbers.parse(TEMPERATURE, typed)
    assert isinstance(read, int)
    assert read == value
