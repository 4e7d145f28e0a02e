"""Instruments as TOML: read again, each is the very same content."""

import pytest

from rsm.instruments.library import find, shipped
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.instruments.writing import write_instrument


@pytest.mark.parametrize("key", sorted(shipped()))
def test_what_is_written_is_read_as_the_same_content(key: str) -> None:
    again = load_instrument(write_instrument(find(key)), key)
    assert again == find(key)
    assert again.pin == find(key).pin


def test_a_code_with_a_point_names_no_symptom_that_it_does_not_have() -> None:
    item = {"type": "text", "code": "1.2", "text": {"en": "Why?"}, "short": {"en": "Why?"}}
    plain = find("weekly-symptoms").model_dump(mode="json", exclude_defaults=True)
    english = {"en": plain["languages"]["en"]}
    content = {**plain, "items": [item], "scores": [], "symptoms": [], "languages": english}
    instrument = Instrument.model_validate(content, strict=False)
    again = load_instrument(write_instrument(instrument))
    assert again.items[0].symptom is None
    assert again.items[0].attribute is None
    assert again.pin == instrument.pin


def test_words_that_toml_must_escape_come_back() -> None:
    words = "He said \"stop\\now\" =  'x' # no\nand é😀"
    weekly = find("weekly-symptoms")
    licence = weekly.licence.model_copy(update={"terms": words})
    instrument = weekly.model_copy(update={"licence": licence})
    assert load_instrument(write_instrument(instrument)).licence.terms == words
