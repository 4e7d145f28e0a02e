"""What falls due together is one survey: each question once, each score for itself."""

import pytest

from rsm.instruments.checks import check
from rsm.instruments.decide import next_item, publish_problems
from rsm.instruments.library import find
from rsm.instruments.load import load_instrument, reload_published
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument
from rsm.kernel.answers import answered
from rsm.kernel.errors import Invalid
from rsm.scoring.decide import score

COUGH = """\
key = "cough"
version = "1.2.0"
wording = "own"
validated = false
recall_days = 14
min_age = 40

[licence]
name = "Apache-2.0"
holder = "Example"
display = true

[languages.en]
title = "Cough"
recall = "In the last 14 days"
notice = "Not a validated instrument."
reviewed_by = "Synthetic Reviewer"
reviewed_on = 2026-09-01

[[symptoms]]
key = "cough"
name = { en = "Cough" }

[[items]]
type = "yes_no"
code = "cough.presence"
text = { en = "Did you cough?" }
short = { en = "Cough" }
options = [{ value = 0, label = { en = "No" } }, { value = 1, label = { en = "Yes" } }]

[[scores]]
name = "cough.any"
kind = "value"
items = ["cough.presence"]
"""


def cough(text: str = COUGH) -> Instrument:
    return load_instrument(text, "cough.toml")


def test_the_questions_follow_in_order_and_each_says_its_own_look_back() -> None:
    weekly = find("weekly-symptoms")
    both = merge([weekly, cough()])
    assert [item.code for item in both.items] == [
        *(item.code for item in weekly.items),
        "cough.presence",
    ]
    assert both.item_by_code["cough.presence"].recall == {"en": "In the last 14 days"}
    assert not both.items[0].recall
    assert next_item(both, {}) == both.items[0]


def test_only_what_every_part_speaks_is_offered() -> None:
    both = merge([find("weekly-symptoms"), cough()])
    assert set(both.languages) == {"en"}
    assert both.languages["en"].notice.count("Not a validated instrument.") <= 1
    assert both.min_age == 40


def test_the_pin_names_the_exact_versions_that_went_in() -> None:
    weekly = find("weekly-symptoms")
    both, again = merge([weekly, cough()]), merge([weekly, cough()])
    other = merge([weekly, cough(COUGH.replace("1.2.0", "1.2.1"))])
    assert both.pin == again.pin
    assert both.pin.key != other.pin.key
    assert [part.hash for part in both.merged_from] == [weekly.pin.hash, cough().pin.hash]


def test_what_was_merged_may_be_published_and_reads_back_as_it_was() -> None:
    both = merge([find("weekly-symptoms"), cough()])
    assert not check(both)
    assert not publish_problems(both)
    assert reload_published(both.canonical_json).pin == both.pin


def test_each_part_keeps_its_scores() -> None:
    weekly = find("weekly-symptoms")
    both = merge([weekly, cough()])
    found = score(both, {"cough.presence": answered(1)})
    assert found["cough.any"].value == 1
    assert set(found) == {*(formula.name for formula in weekly.scores), "cough.any"}


def test_one_alone_is_itself() -> None:
    assert merge([cough()]) == cough()


def test_a_question_that_two_share_word_for_word_is_asked_once() -> None:
    short = COUGH.replace('key = "cough"\nversion', 'key = "short-cough"\nversion', 1)
    short = short[: short.index("[[scores]]")]
    assert len(merge([cough(), cough(short)]).items) == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("Did you cough?", "Do you cough?"), "ask `cough.presence` in different words"),
        (("recall_days = 14", "recall_days = 7"), "ask `cough.presence` in different words"),
        (('name = { en = "Cough" }', 'name = { en = "Chest" }'), "call `cough` by different names"),
        (("\n[[items]]", "\n[[items]]"), "both have a score `cough.any`"),
    ],
)
def test_one_code_for_two_things_is_refused(change: tuple[str, str], what: str) -> None:
    other = COUGH.replace('key = "cough"\nversion', 'key = "chest"\nversion', 1).replace(*change)
    with pytest.raises(Invalid, match=what):
        merge([cough(), cough(other)])


def test_parts_without_a_common_language_are_refused() -> None:
    spanish = COUGH.replace("en =", "es =").replace("languages.en", "languages.es")
    spanish = spanish.replace("cough.", "tos.").replace('"cough"', '"tos"')
    with pytest.raises(Invalid, match="share no language"):
        merge([cough(), cough(spanish)])
