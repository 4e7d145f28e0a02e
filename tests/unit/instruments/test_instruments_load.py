"""An instrument file is read whole, or refused with file, line and how to mend it."""

from pathlib import Path

import pytest

from rsm.instruments.load import load_instrument, reload_published
from rsm.instruments.model import ChoiceItem
from rsm.kernel.errors import Invalid

SMALL = """\
key = "small"
version = "1.0.0"
wording = "own"
validated = false
recall_days = 7
min_age = 18

[licence]
name = "Apache-2.0"
holder = "Example"
display = true

[languages.en]
title = "Small"
recall = "In the last 7 days"
notice = "Not a validated instrument."

[languages.es]
title = "Corto"
recall = "En los últimos 7 días"
notice = "No es un instrumento validado."

[scales.often]
values = [0, 1, 2]
labels.en = ["Never", "Sometimes", "Often"]
labels.es = ["Nunca", "A veces", "A menudo"]
hints.en = [
    "Not once",
    "On some days",
    "On most days",
]
hints.es = ["Ni una vez", "Algunos días", "Casi todos los días"]

[[symptoms]]
key = "cough"
name = { en = "Cough", es = "Tos" }

[[items]]
type = "graded"
code = "cough.frequency"
text = { en = "How often did you cough?", es = "¿Qué tan seguido tuvo tos?" }
short = { en = "Cough, how often", es = "Tos, qué tan seguido" }
scale = "often"
hints.en.0 = "I did not cough"

[[items]]
type = "graded"
code = "cough.severity"
text = { en = "How bad was your cough?", es = "¿Qué tan fuerte fue su tos?" }
short = { en = "Cough, how bad", es = "Tos, qué tan fuerte" }
asked_when = { item = "cough.frequency", at_least = 1 }
options = [
    { value = 0, label = { en = "None", es = "Ninguna" } },
    { value = 1, label = { en = "Bad", es = "Fuerte" } },
]

[[scores]]
name = "cough.max"
kind = "max"
items = ["cough.frequency", "cough.severity"]
"""

GATE = 'asked_when = { item = "cough.frequency", at_least = 1 }'


def line_of(fragment: str, text: str) -> int:
    return text[: text.index(fragment)].count("\n") + 1


def refused(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        load_instrument(text, "small.toml")
    return str(caught.value)


def test_scales_are_spelled_out_with_the_changes_of_the_item() -> None:
    frequency = load_instrument(SMALL).item_by_code["cough.frequency"]
    assert isinstance(frequency, ChoiceItem)
    assert [option.value for option in frequency.options] == [0, 1, 2]
    assert frequency.options[0].label == {"en": "Never", "es": "Nunca"}
    assert frequency.options[0].hint == {"en": "I did not cough", "es": "Ni una vez"}
    assert frequency.options[1].hint == {"en": "On some days", "es": "Algunos días"}


def test_symptom_and_attribute_follow_from_the_code() -> None:
    severity = load_instrument(SMALL).item_by_code["cough.severity"]
    assert (severity.symptom, severity.attribute) == ("cough", "severity")


def test_the_content_hash_ignores_how_the_file_is_written() -> None:
    reordered = SMALL.replace('version = "1.0.0"\n', "# a comment\n").replace(
        "min_age = 18\n", 'min_age = 18\nversion = "1.0.0"\n'
    )
    pin = load_instrument(SMALL).pin
    assert load_instrument(reordered).pin == pin
    assert (pin.key, pin.version, len(pin.hash)) == ("small", "1.0.0", 64)


def test_the_content_hash_changes_with_one_word() -> None:
    changed = SMALL.replace("How bad was your cough?", "How bad was the cough?")
    assert load_instrument(changed).pin.hash != load_instrument(SMALL).pin.hash


def test_content_survives_being_stored_as_json() -> None:
    instrument = load_instrument(SMALL)
    again = type(instrument).model_validate_json(instrument.canonical_json)
    assert again == instrument
    assert again.pin == instrument.pin


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        ("recall_days = 7", "recal_days = 7", "unknown key `recal_days`", "recall_days"),
        ("min_age = 18\n", "", "`min_age` is missing", "min_age = 18"),
        ("recall_days = 7", 'recall_days = "7"', "recall_days", ""),
        ('version = "1.0.0"', 'version = "1.0"', "version", ""),
        ('type = "graded"\ncode = "cough.s', 'type = "grade"\ncode = "cough.s', "grade", "graded"),
        ('type = "graded"\n', "", "`type` is missing", 'type = "graded"'),
        ('kind = "max"\n', "", "`kind` is missing", 'kind = "max"'),
        ('scale = "often"', 'scale = "oftn"', "unknown scale 'oftn'", "did you mean `often`?"),
        ("hints.en.0", "hints.en.7", "the scale has no value 7", "it has 0, 1, 2"),
        ('"Never", "Sometimes", "Often"]', '"Never", "Sometimes"]', "3 values, but 2 texts", ""),
        ('kind = "max"', 'kind = "maximum"', "maximum", "max"),
        ('"cough.severity"\n', '"cough.frequency"\n', "is used before, by items[0]", "own code"),
        ('item = "cough.frequency"', 'item = "cough.frequenc"', "unknown item", "did you mean"),
        (GATE, GATE.replace("1 }", "3 }"), "never reaches 3", "highest value is 2"),
        (', es = "Ninguna"', "", "no text in es", "label.es"),
        ('", es = "Tos" }', '" }', "no text in es", "name.es"),
        ('notice = "No es un instrumento validado."\n', "", "must say so", "notice in es"),
        ('en = "None"', 'en = "Stop!"', "reads like STOP", "another label"),
        ('es = "Ninguna"', 'es = "Ayuda"', "reads like HELP", "another label"),
        ('en = "None"', 'en = "start"', "reads like START", "another label"),
        ('es = "Ninguna"', 'es = "Arrêt"', "reads like STOP", "another label"),
        ('es = "Ninguna"', 'es = "fuerte"', "2 options read 'fuerte' in es", "tell them apart"),
        ("{ value = 1,", "{ value = 2,", "values are [0, 2]", "number them 0 to 1"),
        ('["cough.frequency", ', '["cough.x", ', "unknown item 'cough.x'", ""),
        ('kind = "max"', 'kind = "max"\nmin_answered = 3', "needs 3 of 2 items", "lower it"),
        ('kind = "max"', 'kind = "proctcae_composite"', "no PRO-CTCAE composite", "max"),
        ('key = "cough"', 'key = "coughs"', "unknown symptom 'cough'", "did you mean `coughs`?"),
        ("[licence]", "[licence]]", "not TOML", "mend the syntax"),
    ],
)
def test_a_mistake_is_named_with_how_to_mend_it(old: str, new: str, what: str, mend: str) -> None:
    assert old in SMALL
    message = refused(SMALL.replace(old, new, 1))
    assert message.startswith("small.toml")
    assert what in message
    assert mend in message


def test_without_a_licence_nothing_is_read() -> None:
    start, end = SMALL.index("[licence]"), SMALL.index("[languages.en]")
    message = refused(SMALL[:start] + SMALL[end:])
    assert "`licence` is missing (add [licence]" in message


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("recall_days = 7", "recal_days = 7", "recal_days"),
        (GATE, GATE.replace("frequency", "oftenness"), "asked_when"),
        ("hints.en.0", "hints.en.9", "hints.en.9"),
    ],
)
def test_a_problem_names_its_line(old: str, new: str, key: str) -> None:
    text = SMALL.replace(old, new, 1)
    assert f"small.toml:{line_of(key, text)}:" in refused(text)


def test_a_gate_on_a_later_item_is_refused() -> None:
    text = SMALL.replace(
        "[[scores]]",
        '[[items]]\ntype = "graded"\ncode = "early"\nscale = "often"\n'
        'text = { en = "A", es = "B" }\nshort = { en = "A", es = "B" }\n\n[[scores]]',
    ).replace('item = "cough.frequency"', 'item = "early"')
    assert "'early' is asked only later (put it before 'cough.severity')" in refused(text)


def test_a_branch_loop_is_refused_with_its_way_round() -> None:
    text = SMALL.replace(
        'code = "cough.frequency"\n',
        'code = "cough.frequency"\nasked_when = { item = "cough.severity" }\n',
    )
    message = refused(text)
    assert "branch loop: cough.frequency → cough.severity → cough.frequency" in message


def test_an_item_that_waits_for_itself_is_a_loop() -> None:
    text = SMALL.replace('item = "cough.frequency"', 'item = "cough.severity"')
    assert "branch loop: cough.severity → cough.severity" in refused(text)


def test_every_problem_is_named_not_only_the_first() -> None:
    text = SMALL.replace('en = "None"', 'en = "Quit"').replace(', es = "Tos" }', " }")
    with pytest.raises(Invalid) as caught:
        load_instrument(text)
    assert len(caught.value.problems) == 2


def test_a_language_that_is_not_offered_may_be_incomplete() -> None:
    text = SMALL.replace('en = "Cough", es', 'en = "Cough", fr = "Toux", es')
    assert load_instrument(text).languages.keys() == {"en", "es"}


def test_a_published_version_stays_readable_when_checks_grow_stricter() -> None:
    text = SMALL.replace('en = "None"', 'en = "Quit"')
    refused(text)
    assert reload_published(text).key == "small"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        load_instrument(tmp_path / "none.toml")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")
    assert load_instrument(path) == load_instrument(SMALL)
