"""Ours as FHIR R4: every shipped instrument comes back the same, and others can read it."""

import json
from collections.abc import Iterator, Mapping

import pytest

from integrations.fhir.addresses import OUR_VALUES, OURS
from integrations.fhir.comparing import lost
from integrations.fhir.questionnaire import JsonObject
from integrations.fhir.writing import write_questionnaire
from rsm.bootstrap.forms import read_fhir as read_questionnaire
from rsm.instruments.items import options_of
from rsm.instruments.library import find, shipped
from rsm.instruments.load import load_instrument
from rsm.instruments.writing import write_instrument
from rsm.kernel.errors import Invalid


def written(key: str) -> JsonObject:
    return write_questionnaire(find(key))


def elements(form: JsonObject) -> Iterator[JsonObject]:
    items = form.get("item", ())
    assert isinstance(items, list | tuple)
    for each in items:
        assert isinstance(each, Mapping)
        yield each
        yield from elements(each)


def element(key: str, link: str) -> JsonObject:
    return next(each for each in elements(written(key)) if each["linkId"] == link)


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_shipped_instrument_comes_back_the_same(key: str) -> None:
    again = read_questionnaire(json.dumps(written(key)), key).instrument
    assert again == find(key)
    assert again.pin == find(key).pin


@pytest.mark.parametrize("key", sorted(shipped()))
def test_every_element_has_what_r4_demands(key: str) -> None:
    form = written(key)
    assert form["resourceType"] == "Questionnaire"
    assert form["status"] in {"draft", "active"}
    links = [each["linkId"] for each in elements(form)]
    assert len(set(links)) == len(links)
    for each in elements(form):
        assert "type" in each
        if each["type"] == "group":
            assert each["item"]
        if len(each.get("enableWhen", ())) > 1:  # type: ignore[arg-type]  # a list, by the writer
            assert each["enableBehavior"] in {"all", "any"}


def test_a_gate_names_every_grade_above_none() -> None:
    item = element("weekly-symptoms", "pain.interference")
    conditions = item["enableWhen"]
    assert isinstance(conditions, list)
    assert [each["operator"] for each in conditions] == ["=", "=", "=", "="]
    assert item["enableBehavior"] == "any"


def test_grades_are_ordinal_values_and_languages_are_translations() -> None:
    text = json.dumps(element("weekly-symptoms", "pain.severity"), ensure_ascii=False)
    assert '"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue"' in text
    assert '"valueCode": "es"' in text


def test_our_own_tests_are_refused_where_the_form_was_changed_beside_them() -> None:
    form = json.loads(json.dumps(written("weekly-symptoms")))
    changed = next(each for each in form["item"] if each["linkId"] == "pain.interference")
    del changed["enableWhen"][0]
    with pytest.raises(Invalid, match="was changed since we wrote it"):
        read_questionnaire(json.dumps(form), "changed.json")


def test_a_text_that_others_changed_is_read_as_they_wrote_it() -> None:
    form = json.loads(json.dumps(written("safety-questions")))
    form["item"][0]["text"] = "Something else?"
    found = read_questionnaire(json.dumps(form), "changed.json").instrument
    assert found.items[0].text["en"] == "Something else?"


def test_without_our_extensions_it_is_still_a_form_that_we_read() -> None:
    form = json.loads(json.dumps(written("short-measure")))
    found = read_questionnaire(json.dumps(_bare(form)), "bare.json").instrument
    assert [item.code for item in found.items] == [
        item.code for item in find("short-measure").items
    ]


def _bare(value: object) -> object:
    """The same without our extensions."""
    if isinstance(value, list):
        return [
            _bare(each)
            for each in value
            if not (isinstance(each, dict) and each.get("url") == OURS)
        ]
    if isinstance(value, dict):
        return {key: inner for key, each in value.items() if (inner := _bare(each)) != []}
    return value


EVERYTHING = """
key = "everything"
version = "2.3.4"
wording = "own"
validated = true
recall_days = 1
min_age = 12
page = "section"
unstated = ["height.maximum"]
metadata = { editor = "us" }

[licence]
name = "Example"
holder = "Somebody"
terms = "As told."
display = true

[languages.es]
title = "Todo"
recall = "Hoy"

[pictures.dot]
svg = '<svg viewBox="0 0 9 9"><circle cx="5" cy="5" r="3" fill="none"/></svg>'
alt.es = "Un punto"

[[sections]]
key = "outer"
title.es = "Fuera"
text.es = "Lo que se dice antes."
codes = { s = "c" }

[[sections]]
key = "inner"
parent = "outer"
asked_when = { any = [{ item = "mood", operator = "at_least", value = 2 }] }

[[sections]]
key = "secret"
hidden = true
metadata = { other = "kept" }

[[notes]]
code = "n1"
text.es = "Ayuda"
beside = "day"
picture = "dot"
asked_when = { every = [{ item = "mood", operator = "exists" }] }

[[notes]]
code = "n2"
text.es = "Escondida"
before_section = "inner"
hidden = true

[[items]]
type = "graded"
code = "mood"
text.es = "¿Qué tal?"
short.es = "Ánimo"
section = "outer"
picture = "dot"
required = true
options = [
    { value = 0, label.es = "Bien", picture = "dot" },
    { value = 1, label.es = "Regular", hint.es = "Más o menos" },
    { value = 2, label.es = "Mal", codes = { s = "bad" } },
]

[[items]]
type = "choices"
code = "what"
text.es = "¿Cuáles?"
short.es = "Cuáles"
section = "inner"
at_least = 1
at_most = 2
may_not_apply = true
not_applicable.es = "No me toca"
options = [
    { value = 3, label.es = "Uno" },
    { value = 5, label.es = "Dos" },
    { value = 9, label.es = "Nada", exclusive = true },
]
asked_when = { every = [
    { item = "mood", operator = "at_least", value = 1 },
    { item = "mood", operator = "below", value = 2 },
] }

[[items]]
type = "number"
code = "height"
text.es = "¿Cuánto mide?"
short.es = "Altura"
section = "secret"
unit = "cm"
minimum = 100
maximum = 220.5
decimals = 1
hint.es = "Sin zapatos"
other_units = [{ unit = "in", times = 2.54 }]

[[items]]
type = "date"
code = "day"
text.es = "¿Cuándo?"
short.es = "Día"
not_after_today = true
earliest = 2020-01-31

[[items]]
type = "text"
code = "words"
text.es = "¿Algo más?"
short.es = "Más"
hidden = true
"""


def test_whatever_an_instrument_can_say_comes_back() -> None:
    instrument = load_instrument(EVERYTHING)
    again = read_questionnaire(json.dumps(write_questionnaire(instrument)), "again").instrument
    assert again == instrument
    assert again.pin == instrument.pin
    assert load_instrument(write_instrument(instrument)).pin == instrument.pin


def test_what_is_lost_is_named_by_its_path() -> None:
    form = json.loads(json.dumps(written("safety-questions")))
    assert lost(form, form) == []
    poorer = json.loads(json.dumps(form))
    del poorer["item"][1]["text"]
    assert lost(form, poorer) == ["item[1].text"]


def test_a_code_of_ours_that_is_no_number_is_a_code_like_others() -> None:
    """Another system may write any code under our address; it is not taken for a value."""
    options = [
        {"valueCoding": {"system": OUR_VALUES, "code": code, "display": f"Option {code}"}}
        for code in ("²", "--5")
    ]
    question = {"linkId": "q", "type": "choice", "text": "Q?", "answerOption": options}
    form = {"resourceType": "Questionnaire", "status": "draft", "title": "T", "item": [question]}
    found = read_questionnaire(json.dumps(form), "f.json").instrument
    assert [each.value for each in options_of(found.items[0])] == [1, 2]


def test_metadata_that_no_import_has_written_is_refused_and_not_written() -> None:
    changed = find("short-measure").model_copy(update={"metadata": {"fhir.publisher": "{"}})
    with pytest.raises(Invalid, match=r"fhir\.publisher is no JSON"):
        write_questionnaire(changed)
