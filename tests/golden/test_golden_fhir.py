"""Small forms of our own, one for each structure met in public Questionnaires: read, or refused
with the path of the element that cannot be.
"""

import json
from pathlib import Path

import pytest

from integrations.fhir.comparing import lost
from integrations.fhir.writing import write_questionnaire
from rsm.bootstrap.forms import read_fhir as read_questionnaire
from rsm.instruments.load import load_instrument
from rsm.instruments.writing import write_instrument
from rsm.kernel.errors import Invalid

_FORMS = Path(__file__).parent / "fhir"

# Form → the items that are in it, each with its type.
ACCEPTED = {
    "a01-scale": "1 graded, 2 graded",
    "a02-groups": "a.1 yes_no, a.2 number, a.3 text, b graded",
    "a03-operators": (
        "yes yes_no, cups number, heat number, day date, colour choice, colours choices, "
        "t1 text, t2 text, t3 text, t4 text, t5 text, t6 text, t7 text, t8 text, t9 text"
    ),
    "a04-translations": "1 yes_no, 2 graded",
    "a05-value-sets": "1 graded, 2 choice",
    "a06-several": "1 choices, 2 choice",
    "a07-numbers": "length number, heat number, count number, weight number",
    "a08-slider": "1 visual_scale",
    "a09-words-and-dates": "1 text, 2 text, 3 date",
    "a10-hidden": "1 yes_no, kind text, made text, sums text",
    "a11-heading": "1 yes_no",
    "a12-weights": "1 choice, 2 choice, 3 graded, 4 choice",
    "a13-plain-options": (
        "1 choice, 2 graded, 3 choice, 4 choice, 5 choice, 6 text, 7 text, 8 text"
    ),
    "a14-coding-of-r5": "1 choice",
    "a15-prefilled": "1 text",
    "a16-rich-text": "1 yes_no",
    "a17-calculated": "1 number, 2 text",
    "a18-read-only": "1 text, 2 yes_no",
    "a19-version": "1 yes_no",
    "a20-preset": "1 number, 2 choice",
}
# Form → the elements that stand in the way.
REFUSED = {
    "r01-open-choice": ("item[0].type",),
    "r02-repeating-group": ("item[0].repeats",),
    "r03-repeating-number": ("item[0].repeats",),
    "r04-value-set-elsewhere": ("item[0].answerValueSet", "item[1].answerValueSet"),
    "r08-expressions": ("item[1].extension[0]", "item[2].extension[0]"),
    "r09-stu3": ("item[0].answerOption", "item[0].option", "item[2].enableWhen[0].operator"),
    "r10-types": ("item[0].type", "item[1].type", "item[2].type", "item[3].type", "item[4].type"),
    "r11-branch-loop": ("item[0].enableWhen[0]",),
    "r12-looks-ahead": ("item[0].enableWhen[0]",),
    "r13-double-link-id": ("item[1].item[0].linkId",),
    "r14-blank-in-link-id": ("item[0].linkId",),
    "r15-unknown-question": (
        "item[2].enableWhen[1].question",
        "item[3].enableWhen[0].question",
    ),
    "r16-looks-into-words": ("item[1].enableWhen[0].answerString",),
    "r17-no-behaviour": ("item[1].enableBehavior",),
    "r18-reads-like-stop": ("item[0].answerOption[1]",),
    "r19-modifier": ("modifierExtension", "item[0].modifierExtension"),
    "r20-implicit-rules": ("implicitRules",),
    "r21-question-in-question": ("item[0].item[0]",),
    "r22-no-words": (
        "item[0].text",
        "item[1].answerOption[0].valueCoding.display",
        "item[2].text",
    ),
    "r23-one-option": ("item[0].answerOption", "item[1].answerOption"),
    "r24-unknown-extension": ("item[0].extension[0]",),
    "r25-rich-text-says-more": ("item[0]._text.extension[0]",),
    "r27-adaptive": ("extension[0]",),
    "r28-units": ("item[0].extension[1]", "item[1]"),
    "r29-too-long": ("item[0].maxLength",),
    "r30-asks-nothing": ("item",),
    "r31-compares-options": (
        "item[1].enableWhen[0].operator",
        "item[2].enableWhen[0].answerCoding",
    ),
    "r32-limits-of-words": ("item[0].extension[0]", "item[0].extension[1]"),
    "r33-hidden-is-looked-at": ("item[1].enableWhen[0].question",),
}


def text_of(form: str) -> str:
    return (_FORMS / f"{form}.json").read_text(encoding="utf-8")


def test_every_form_is_in_one_of_both_tables() -> None:
    assert {path.stem for path in _FORMS.glob("*.json")} == ACCEPTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("form", ACCEPTED)
def test_the_form_is_read(form: str) -> None:
    items = read_questionnaire(text_of(form), form).instrument.items
    assert ", ".join(f"{item.code} {item.type}" for item in items) == ACCEPTED[form]


@pytest.mark.parametrize("form", ACCEPTED)
def test_what_is_written_again_says_all_that_the_form_says(form: str) -> None:
    instrument = read_questionnaire(text_of(form), form).instrument
    assert lost(json.loads(text_of(form)), write_questionnaire(instrument)) == []


@pytest.mark.parametrize("form", ACCEPTED)
def test_what_is_written_is_read_as_the_same_instrument(form: str) -> None:
    instrument = read_questionnaire(text_of(form), form).instrument
    again = read_questionnaire(json.dumps(write_questionnaire(instrument)), form).instrument
    assert (again, again.pin) == (instrument, instrument.pin)


@pytest.mark.parametrize("form", ACCEPTED)
def test_as_toml_it_is_the_same_instrument(form: str) -> None:
    instrument = read_questionnaire(text_of(form), form).instrument
    again = load_instrument(write_instrument(instrument), form)
    assert (again, again.pin) == (instrument, instrument.pin)


@pytest.mark.parametrize("form", REFUSED)
def test_the_form_is_refused_by_the_path_of_each_element_with_how_to_mend_it(form: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_questionnaire(text_of(form), form)
    problems = refused.value.problems
    assert tuple(each.where for each in problems) == tuple(
        f"{form}: {path}" for path in REFUSED[form]
    )
    assert all(each.what and each.mend for each in problems)
