"""What a FHIR Questionnaire becomes, and what only whoever imports it can say."""

import json

import pytest

from rsm.bootstrap.forms import Imported, Said
from rsm.bootstrap.forms import read_fhir as read_questionnaire
from rsm.instruments.conditions import Branch
from rsm.instruments.decide import publish_problems
from rsm.instruments.items import NumberItem, TextItem, VisualScaleItem, options_of
from rsm.kernel.errors import Invalid

HL7 = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
Json = dict[str, object]


def read(*items: Json, said: Said | None = None, **heading: object) -> Imported:
    start = {"resourceType": "Questionnaire", "language": "en", "title": "Form", "status": "draft"}
    return read_questionnaire(json.dumps({**start, **heading, "item": items}), "f.json", said)


def question(code: str = "1", kind: str = "boolean", **more: object) -> Json:
    return {"linkId": code, "text": "Really?", "type": kind, **more}


def extension(name: str, **value: object) -> Json:
    return {"url": f"{HL7}{name}", **value}


# --- what FHIR does not say ------------------------------------------------------------------


def test_what_nobody_has_said_makes_a_draft_that_is_not_published() -> None:
    instrument = read(question(), language="").instrument
    assert instrument.unstated == ("language", "licence", "min_age", "recall_days")
    where = {problem.where for problem in publish_problems(instrument)}
    assert where >= {"licence", "min_age", "recall_days", "languages.en"}


def test_what_is_said_beside_it_lets_it_be_published() -> None:
    said = Said(
        key="tea-form",
        licence="Example terms",
        display=True,
        min_age=16,
        recall_days=7,
        recall="In the last 7 days",
        validated=True,
        reviewer="R. Reviewer",
        reviewed_on="2026-11-21",
    )
    instrument = read(question(), said=said).instrument
    assert publish_problems(instrument) == ()
    assert instrument.key == "tea-form"
    assert instrument.languages["en"].recall == "In the last 7 days"


def test_a_form_that_no_licence_lets_us_show_says_so_with_its_own_terms() -> None:
    found = read(question(), publisher="Example Publisher", copyright="Ask first.").instrument
    assert (found.licence.holder, found.licence.terms) == ("Example Publisher", "Ask first.")
    assert not found.licence.display


def test_a_number_without_bounds_is_a_draft_until_somebody_says_what_can_be_believed() -> None:
    item = question("weight", "integer")
    assert read(item).instrument.unstated[-2:] == ("weight.minimum", "weight.maximum")
    found = read(item, said=Said(bounds={"weight": (30, 250)})).instrument
    number = found.items[0]
    assert isinstance(number, NumberItem)
    assert (number.minimum, number.maximum) == (30, 250)
    assert "weight.minimum" not in found.unstated


@pytest.mark.parametrize(
    ("stated", "ours"), [("1.2.3", "1.2.3"), ("2.9", "2.9.0"), ("4", "4.0.0"), ("", "1.0.0")]
)
def test_a_version_is_three_numbers(stated: str, ours: str) -> None:
    assert read(question(), version=stated).instrument.version == ours


def test_of_another_spelling_of_a_version_somebody_says_ours_before_it_is_published() -> None:
    found = read(question(), version="2026-spring").instrument
    assert (found.version, "version" in found.unstated) == ("1.0.0", True)
    said = Said(version="3.1.4")
    assert read(question(), version="2026-spring", said=said).instrument.version == "3.1.4"


# --- types -----------------------------------------------------------------------------------


def test_grades_are_those_of_ordinal_values_and_keep_their_codes() -> None:
    options = [
        {
            "valueCoding": {"system": "s", "code": f"LA{n}", "display": f"Word {n}"},
            "extension": [extension("ordinalValue", valueDecimal=n)],
        }
        for n in range(3)
    ]
    item = read(question(kind="choice", answerOption=options)).instrument.items[0]
    assert item.type == "graded"
    assert [(one.value, one.codes["s"]) for one in options_of(item)] == [
        *((0, "LA0"), (1, "LA1"), (2, "LA2"))
    ]


def test_a_slider_has_the_words_at_its_ends() -> None:
    def control(code: str) -> Json:
        coding = {"system": "http://hl7.org/fhir/questionnaire-item-control", "code": code}
        concept = {"coding": [coding]}
        return extension("questionnaire-itemControl", valueCodeableConcept=concept)

    def shown(code: str, text: str) -> Json:
        return {"linkId": code, "text": text, "type": "display", "extension": [control(code)]}

    bounds = [extension("minValue", valueInteger=0), extension("maxValue", valueInteger=10)]
    ends = [shown("lower", "Nothing"), shown("upper", "All")]
    slider = question(kind="integer", extension=[control("slider"), *bounds], item=ends)
    item = read(slider).instrument.items[0]
    assert isinstance(item, VisualScaleItem)
    assert (item.low["en"], item.high["en"]) == ("Nothing", "All")


def test_a_group_is_a_section_with_its_own_tests_and_notes_stand_where_they_stood() -> None:
    words: Json = {"type": "display", "text": "Words"}
    when = [{"question": "0", "operator": "=", "answerBoolean": False}]
    inner = [{"linkId": "n1", **words}, question("1"), {"linkId": "n2", **words}]
    group: Json = {
        "linkId": "g",
        "text": "Title",
        "type": "group",
        "enableWhen": when,
        "item": inner,
    }
    found = read(question("0"), {"linkId": "n0", **words}, group, {"linkId": "n3", **words})
    instrument = found.instrument
    section = instrument.sections[0]
    assert (section.key, section.title) == ("g", {"en": "Title"})
    assert isinstance(section.asked_when, Branch)
    assert section.asked_when.every[0].value == 0
    places = [(one.code, one.before, one.before_section, one.end_of) for one in instrument.notes]
    assert places == [
        ("n0", None, "g", None),
        ("n1", "1", None, None),
        ("n2", None, None, "g"),
        ("n3", None, None, None),
    ]


def test_a_language_that_is_not_complete_is_kept_and_not_offered() -> None:
    parts = [{"url": "lang", "valueCode": "es"}, {"url": "content", "valueString": "¿De veras?"}]
    spanish = {"extension": [extension("translation", extension=parts)]}
    found = read(question("1", _text=spanish), question("2"))
    assert list(found.instrument.languages) == ["en"]
    assert found.instrument.items[0].text["es"] == "¿De veras?"
    assert found.remarks == ("es is not offered: title has no text in it",)


# --- what is kept and not acted upon ---------------------------------------------------------


def test_hidden_metadata_is_kept_whole_whatever_it_is_and_never_asked() -> None:
    hidden = [extension("questionnaire-hidden", valueBoolean=True)]
    secret = question("2", "dateTime", extension=hidden, initial=[{"valueDateTime": "2026"}])
    found = read(question(), secret)
    item = found.instrument.items[1]
    assert isinstance(item, TextItem)
    assert item.code in found.instrument.hidden_codes
    assert found.remarks == ("item[1]: is kept and never asked",)


def test_what_computes_an_answer_is_not_published_before_somebody_says_how_it_scores() -> None:
    total = question("2", "decimal", readOnly=True)
    total["extension"] = [{"url": f"{SDC}calculatedExpression", "valueExpression": {}}]
    found = read(question(), total)
    assert found.instrument.items[1].hidden
    assert "2.score" in found.instrument.unstated
    assert "2.score" in {problem.where for problem in publish_problems(found.instrument)}
    kept = read(question(), total, said=Said(keep=frozenset({"calculatedExpression"})))
    assert "2.score" not in kept.instrument.unstated


def test_what_fills_answers_in_is_kept_and_told() -> None:
    item = question("1", "string")
    item["extension"] = [{"url": f"{SDC}initialExpression", "valueExpression": {"language": "x"}}]
    assert read(item).remarks == ("item[0]: initialExpression is kept and not acted upon",)


def test_an_answer_that_nobody_gave_is_kept_and_not_given_beforehand() -> None:
    found = read(question(initial=[{"valueBoolean": False}]))
    assert found.remarks == ("item[0]: initial is kept, and no answer is given beforehand",)


def test_no_wish_keeps_what_changes_which_questions_are_asked() -> None:
    item = question()
    item["extension"] = [{"url": f"{SDC}enableWhenExpression", "valueExpression": {}}]
    with pytest.raises(Invalid, match="say the same with enableWhen"):
        read(item, said=Said(keep=frozenset({"enableWhenExpression"})))


# --- files that are none ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "no Questionnaire"),
        ('{"resourceType": "Bundle"}', "take the Questionnaires out of it"),
        ('{"resourceType": "Questionnaire", "a": 1, "a": 2}', "`a` is there twice"),
        ('{"resourceType": "Questionnaire", "item": [null]}', r"item\[0\]: is null"),
        ('{"resourceType": "Questionnaire", "item": [{"linkId": NaN}]}', "no number"),
        ('{"resourceType": "Questionnaire", "item": [{"linkId": 1e999}]}', "too large a number"),
        ('{"resourceType": "Questionnaire", "item": {}}', "item: is '{}', not a list"),
        ('{"resourceType": "Questionnaire", "item": ["x"]}', r"item\[0\]: is 'x', not an object"),
        ('{"resourceType": "Questionnaire", "title": 7}', "title: is '7', not a text"),
        ("[" * 100_000, "too many brackets"),
    ],
)
def test_what_is_no_questionnaire_is_refused(text: str, problem: str) -> None:
    with pytest.raises(Invalid, match=problem):
        read_questionnaire(text, "f.json")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read(question(kind="time"), question(kind="url"), question("x y"))
    assert len(refused.value.problems) == 4


@pytest.mark.parametrize(
    ("coding", "where"),
    [
        ({"code": 7, "display": "Some"}, "[1].valueCoding.code"),
        ({"code": "b", "display": ["Some"]}, "[1].valueCoding.display"),
        ({"code": "b", "display": "Some", "extension": [{"url": 3}]}, "[1].valueCoding.extension"),
    ],
)
def test_what_is_wrong_in_a_contained_value_set_is_refused(coding: Json, where: str) -> None:
    codes = [{"code": "a", "display": "None"}, coding]
    options = {
        "resourceType": "ValueSet",
        "id": "how",
        "status": "active",
        "compose": {"include": [{"system": "http://example.org/how", "concept": codes}]},
    }
    asked = question(kind="choice", answerValueSet="#how")
    with pytest.raises(Invalid) as refused:
        read(asked, contained=[options])
    assert any(
        problem.where.startswith(f"f.json: item[0].answerValueSet(#how){where}")
        for problem in refused.value.problems
    ), refused.value.problems
