"""A number as an answer: read as it is written, stored as a count of its steps, never guessed."""

import pytest

from rsm.alerts.specs import spec_of
from rsm.instruments import numbers
from rsm.instruments.checks import check
from rsm.instruments.decide import parse_value, publish_problems
from rsm.instruments.library import find
from rsm.instruments.load import load_instrument, reload_published
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument, NumberItem
from rsm.instruments.numbers import Refusal
from rsm.kernel.answers import REFUSED, Answer, AnswerStatus, answered
from rsm.kernel.errors import Invalid
from rsm.messaging.parse import Reply, ReplyKind, parse_number

SAFETY = find("safety-questions")
TEMPERATURE = numbers.number_items(SAFETY)["temperature"]
NOT_MEASURED = Answer(AnswerStatus.NOT_APPLICABLE)
BODY = """\
key = "weight"
version = "1.0.0"
wording = "own"
validated = false
recall_days = 0
min_age = 18
licence = { name = "Apache-2.0", holder = "Example", display = true }

[languages.en]
title = "Weight"
recall = "Today"
notice = "Not a validated instrument."

[[items]]
type = "yes_no"
code = "scales.presence"
attribute = "presence"
text = { en = "Have you scales?" }
short = { en = "Scales" }
options = [{ value = 0, label = { en = "No" } }, { value = 1, label = { en = "Yes" } }]

[[items]]
type = "number"
code = "weight"
text = { en = "What do you weigh?" }
short = { en = "Weight" }
unit = "kg"
minimum = 30
maximum = 250
decimals = 1

[[symptoms]]
key = "scales"
name = { en = "Scales" }
"""


def item(**changes: object) -> NumberItem:
    return TEMPERATURE.model_copy(update=changes)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("38.2", 382),
        ("38,2", 382),
        ("38'2", 382),
        (" 38.2 ", 382),
        ("38", 380),
        ("38.", 380),
        ("38.20", 382),
        ("+38.2", 382),
        ("38.2 °C", 382),
        ("38,2ºC", 382),
        ("38.2c", 382),
        ("38.2 °", 382),
        ("38.2 \N{DEGREE CELSIUS}", 382),
        ("\u0663\u0668\u066b\u0662", 382),
        ("30", 300),
        ("45.0", 450),
    ],
)
@pytest.mark.parametrize("language", ["en", "es", "es-MX"])
def test_a_temperature_is_read_as_people_write_it(typed: str, stored: int, language: str) -> None:
    assert numbers.parse(TEMPERATURE, typed, language) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("100.4", 380), ("100.4 °F", 380), ("100,4F", 380), ("100.3", 379), ("101", 383), ("86", 300)],
)
def test_degrees_fahrenheit_are_understood_since_no_body_is_that_hot(
    typed: str, stored: int
) -> None:
    assert numbers.parse(TEMPERATURE, typed) == stored


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", Refusal.NO_NUMBER),
        ("hot", Refusal.NO_NUMBER),
        ("38 or 39", Refusal.NO_NUMBER),
        ("3 8", Refusal.NO_NUMBER),
        ("38..2", Refusal.NO_NUMBER),
        ("38.2.1", Refusal.NO_NUMBER),
        ("38.2 kg", Refusal.NO_NUMBER),
        ("\u00b2\u00b3", Refusal.NO_NUMBER),
        ("9" * 60, Refusal.NO_NUMBER),
        ("38.25", Refusal.TOO_FINE),
        ("382", Refusal.OUT_OF_RANGE),
        ("29.9", Refusal.OUT_OF_RANGE),
        ("45.1", Refusal.OUT_OF_RANGE),
        ("100.4 °C", Refusal.OUT_OF_RANGE),
        ("38.2 °F", Refusal.OUT_OF_RANGE),
        ("-38.2", Refusal.OUT_OF_RANGE),
    ],
)
def test_what_is_no_temperature_is_refused_and_never_guessed(typed: str, why: Refusal) -> None:
    assert numbers.parse(TEMPERATURE, typed) == why


def test_thousands_are_told_from_decimals_by_the_language() -> None:
    steps = item(unit="", minimum=0, maximum=100_000, decimals=1, other_units=())
    assert numbers.parse(steps, "1,200", "en") == 12_000
    assert numbers.parse(steps, "1.200", "es") == 12_000
    assert numbers.parse(steps, "1.200", "es-MX") == 12
    assert numbers.parse(steps, "1,200.5", "es") == 12_005
    assert numbers.parse(steps, "1.200,5", "en") == 12_005
    assert numbers.parse(steps, "1,20,0.5", "en") == Refusal.NO_NUMBER


def test_a_number_may_be_below_zero_where_the_item_says_so() -> None:
    change = item(unit="kg", minimum=-20, maximum=20, decimals=1, other_units=())
    assert numbers.parse(change, "-1.5") == -15
    assert numbers.shown(change, -5) == "-0.5\N{NO-BREAK SPACE}kg"


def test_it_is_shown_as_its_readers_write_it() -> None:
    assert numbers.shown(TEMPERATURE, 382) == "38.2\N{NO-BREAK SPACE}°C"
    assert numbers.shown(TEMPERATURE, 380, "es") == "38,0\N{NO-BREAK SPACE}°C"
    assert numbers.shown(TEMPERATURE, 380, "es-US") == "38.0\N{NO-BREAK SPACE}°C"
    assert numbers.shown_in_all(TEMPERATURE, 380).endswith("(100.4\N{NO-BREAK SPACE}°F)")
    assert numbers.ranges(TEMPERATURE)[1] == ("86", "113\N{NO-BREAK SPACE}°F")


# --- beside grades -------------------------------------------------------------------------------


def test_rules_read_the_number_and_no_grade_of_it() -> None:
    answers = {"chest-pain.presence": answered(1), "temperature": answered(382)}
    apart = numbers.split(SAFETY, answers)
    assert apart.grades == {"chest-pain.presence": answered(1)}
    assert apart.numbers == numbers.numbers_of(SAFETY, answers) == {"temperature": 38.2}


def test_what_was_not_measured_is_no_number() -> None:
    assert numbers.numbers_of(SAFETY, {"temperature": NOT_MEASURED}) == {}
    assert numbers.split(SAFETY, {"temperature": REFUSED}).grades == {}


def test_the_alert_room_knows_it_as_a_number() -> None:
    spec = spec_of(SAFETY)
    assert [each.code for each in spec.numbers] == ["temperature"]
    assert "temperature" not in {each.code for each in spec.items}
    assert (spec.numbers[0].minimum, spec.numbers[0].maximum) == (30, 45)


def test_an_answer_from_a_form_is_stored_in_steps_or_says_what_may_be_sent() -> None:
    assert parse_value(TEMPERATURE, "38,2", "es") == answered(382)
    assert parse_value(TEMPERATURE, "not_applicable") == NOT_MEASURED
    with pytest.raises(Invalid, match="send a number from 30 to 45"):
        parse_value(TEMPERATURE, "382")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("38.2", Reply(ReplyKind.ANSWER, 382)),
        ("it is 100.4 F, thanks", Reply(ReplyKind.ANSWER, 380)),
        ("STOP", Reply(ReplyKind.STOP, tell_staff=True)),
        ("38.2?", Reply(ReplyKind.UNCLEAR, tell_staff=True)),
        ("382", Reply(ReplyKind.UNCLEAR, tell_staff=True)),
        ("38.2 then 39", Reply(ReplyKind.UNCLEAR, tell_staff=True)),
    ],
)
def test_a_reply_by_text_is_a_number_or_is_read_by_a_person(text: str, reply: Reply) -> None:
    assert parse_number(TEMPERATURE, text, "en") == reply


# --- the instrument ------------------------------------------------------------------------------


def test_the_safety_questions_can_be_asked_with_the_weekly_survey() -> None:
    both = merge([find("weekly-symptoms"), SAFETY])
    assert check(both) == []
    assert publish_problems(both) == ()
    assert reload_published(both.canonical_json).pin == both.pin
    assert both.item_by_code["temperature"].recall["en"] == "In the last 24 hours"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("maximum = 250", "maximum = 30", "the range 30 to 30 holds nothing"),
        ("minimum = 30", "minimum = 30.25", "30.25 has more than 1 decimals"),
        (
            'unit = "kg"\n',
            'unit = "kg"\nother_units = [{ unit = "lb", times = 45359237, over = 100000000 }]\n',
            "a number without its unit could be lb or kg",
        ),
        (
            'unit = "kg"\n',
            'unit = "kg"\nnot_applicable = { en = "No scales" }\n',
            "words for an answer that the item does not allow",
        ),
        ('unit = "kg"\n', 'unit = "kg"\nhint = { es = "Sin zapatos" }\n', "no text in en"),
        (
            "[[symptoms]]",
            '[[scores]]\nname = "s"\nkind = "value"\nitems = ["weight"]\n\n[[symptoms]]',
            "'weight' is a number, and scores are computed over grades",
        ),
    ],
)
def test_an_item_that_nobody_could_answer_well_is_refused_with_its_line(
    old: str, new: str, what: str
) -> None:
    assert load_instrument(BODY).items[1].type == "number"
    with pytest.raises(Invalid) as caught:
        load_instrument(BODY.replace(old, new, 1), "weight.toml")
    assert any(what in problem.what for problem in caught.value.problems)
    assert all("weight.toml:" in problem.where for problem in caught.value.problems)


def test_a_number_opens_no_gate() -> None:
    gated = BODY + (
        '\n[[items]]\ntype = "yes_no"\ncode = "more.presence"\nsymptom = "scales"\n'
        'text = { en = "More?" }\nshort = { en = "More" }\nasked_when = { item = "weight" }\n'
        'options = [{ value = 0, label = { en = "No" } }, { value = 1, label = { en = "Yes" } }]\n'
    )
    with pytest.raises(Invalid, match="weight is a number: a gate is a grade"):
        load_instrument(gated)


def test_what_was_published_before_numbers_keeps_its_hash() -> None:
    weekly: Instrument = find("weekly-symptoms")
    assert "not_applicable" not in weekly.canonical_json
    assert "number" not in {each.type for each in weekly.items}
