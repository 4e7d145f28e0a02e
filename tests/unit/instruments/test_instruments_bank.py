"""The item bank, what questions are the same, what is put into a draft, what asking costs."""

from datetime import date

import pytest

from rsm.instruments import bank, draft_edits, draft_text, library
from rsm.instruments.bank import BankItem, Wanted, same_question
from rsm.instruments.burden import FEWEST, burden, minutes, questions
from rsm.instruments.draft_blank import blank
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Conflict, Invalid, NotFound

SAFETY = library.body("safety-questions")


def measure(key: str, *changes: tuple[str, str]) -> Instrument:
    """The safety questions under another name, changed."""
    text = SAFETY.replace('key = "safety-questions"', f'key = "{key}"')
    for was, now in changes:
        assert was in text
        text = text.replace(was, now)
    return load_instrument(text, key)


ONE = measure("one")
OTHER_CODE = ('code = "bleeding.presence"', 'code = "funder.q2"\nsymptom = "bleeding"')


def asked(instrument: Instrument, words: str) -> BankItem:
    (found,) = bank.search(bank.bank([instrument]), Wanted(words))
    return found


def same(other: Instrument) -> bool:
    here, there = asked(ONE, "bleeding not stop"), asked(other, "bleeding stop")
    return same_question((ONE, here.item), (other, there.item))


# --- the same question ---------------------------------------------------------------------------


def test_the_same_words_scale_and_look_back_are_one_question() -> None:
    assert same(measure("two", OTHER_CODE))


@pytest.mark.parametrize(
    "change",
    [
        ("bleeding that would not stop?", "bleeding that did not stop?"),
        ("¿Tuvo algún sangrado que no paraba?", "¿Tuvo un sangrado que no paraba?"),
        ('labels.en = ["No", "Yes"]', 'labels.en = ["None at all", "Some of it"]'),
        ('recall = "In the last 24 hours"', 'recall = "In the last 7 days"'),
        ('wording = "own"', 'wording = "official"'),
    ],
)
def test_other_words_scale_look_back_or_licence_make_it_another(change: tuple[str, str]) -> None:
    assert not same(measure("two", OTHER_CODE, change))


def test_no_common_language_is_nothing_in_common() -> None:
    english = measure("two")
    french = english.model_copy(update={"languages": {"fr": english.languages["en"]}})
    item = english.items[0]
    assert not same_question((ONE, item), (french, item))


# --- the bank ------------------------------------------------------------------------------------


def test_a_question_stands_there_once_with_everywhere_it_is_asked() -> None:
    found = bank.bank([ONE, measure("two", OTHER_CODE)])
    assert len(found) == len(ONE.items)
    where = {each.item.code: [(i.key, code) for i, code in each.others] for each in found}
    assert where["bleeding.presence"] == [("two", "funder.q2")]


def test_what_has_no_words_is_not_in_the_bank() -> None:
    assert bank.bank([library.find("pro-ctcae")]) == ()


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (Wanted("TIGHTNESS chest"), ["chest-pain.presence"]),
        (Wanted(type="number"), ["temperature"]),
        (Wanted(symptom="confusion"), ["confusion.presence"]),
        (Wanted("sangrado", language="es"), ["bleeding.presence"]),
        (Wanted("sangrado", language="fr"), []),
        (Wanted("no such words"), []),
    ],
)
def test_it_is_searched_by_words_symptom_type_and_language(
    wanted: Wanted, codes: list[str]
) -> None:
    assert [each.item.code for each in bank.search(bank.bank([ONE]), wanted)] == codes


# --- into a draft --------------------------------------------------------------------------------


def test_a_question_brings_its_symptom_and_its_look_back_in_the_drafts_languages() -> None:
    content = draft_text.read(blank("Lakeside Clinic", ["en"]))
    content = bank.added(content, asked(ONE, "tightness"))
    made = load_instrument(draft_text.write(content))
    item = made.items[0]
    assert item.text == {"en": "Did you have pain, pressure or tightness in your chest?"}
    assert item.recall == {"en": "In the last 24 hours"}  # the draft looks back over 7 days
    assert [symptom.key for symptom in made.symptoms] == ["chest-pain"]


def test_a_look_back_over_as_many_days_in_other_words_is_brought_too() -> None:
    days = ("recall_days = 1\n", "recall_days = 7\n")
    ours = measure("two", days, ("In the last 24 hours", "Since Monday"))
    same = measure("three", days, ("In the last 24 hours", "In the last 7 days"))
    for instrument, recall in ((ours, {"en": "Since Monday"}), (same, {})):
        content = draft_text.read(blank("Lakeside Clinic", ["en"]))
        content = bank.added(content, asked(instrument, "tightness"))
        assert load_instrument(draft_text.write(content)).items[0].recall == recall


def test_it_is_added_once() -> None:
    content = bank.added(draft_text.read(blank("Lakeside", ["en"])), asked(ONE, "tightness"))
    with pytest.raises(Conflict):
        bank.added(content, asked(ONE, "tightness"))


def test_a_questionnaire_that_is_asked_as_a_whole_gives_none_away() -> None:
    official = measure("two", ('wording = "own"', 'wording = "official"'))
    with pytest.raises(Invalid, match="keeps it in its questionnaire"):
        bank.added(draft_text.read(blank("Lakeside", ["en"])), asked(official, "tightness"))


def test_a_condition_on_what_the_draft_does_not_ask_is_left_out() -> None:
    weekly = library.find("weekly-symptoms")
    gated = next(each for each in bank.bank([weekly]) if each.item.asked_when is not None)
    content = bank.added(draft_text.read(blank("Lakeside", ["en", "es"])), gated)
    load_instrument(draft_text.write(content))
    assert "asked_when" not in bank.listed(content, "items")[0]


@pytest.mark.parametrize("key", [key for key in library.shipped() if key != "pro-ctcae"])
def test_what_the_editor_writes_is_what_it_read(key: str) -> None:
    text = library.body(key)
    again = draft_text.write(draft_text.read(text))
    assert load_instrument(again).pin == load_instrument(text).pin


DAY = date(2026, 11, 21)
NAMES = {"en": 'Ann "the reader" O\'Neil, RN', "es": "Lucía Herrera, intérprete"}


def test_who_has_read_it_is_written_and_all_else_stays_as_it_was() -> None:
    text = draft_text.with_reviews(SAFETY, NAMES, DAY)
    made = load_instrument(text)
    assert {tag: one.reviewed_by for tag, one in made.languages.items()} == NAMES
    assert {one.reviewed_on for one in made.languages.values()} == {DAY}
    assert "# --- questions ---" in text  # comments too
    changed = {*text.splitlines()} ^ {*SAFETY.splitlines()}
    assert all(line.startswith("reviewed_") for line in changed)


def test_a_text_whose_languages_are_no_tables_is_written_anew() -> None:
    content = draft_text.read(SAFETY)
    languages = content.pop("languages")
    assert isinstance(languages, dict)
    inline = "".join(
        f'languages.{tag} = {{ title = "T", recall = "R", notice = "N" }}\n' for tag in languages
    )
    text = draft_text.with_reviews(inline + draft_text.write(content), NAMES, DAY)
    made = load_instrument(text)
    assert made.languages["en"].reviewed_by == NAMES["en"]
    assert made.languages["es"].title == "T"


# --- one change at a time ------------------------------------------------------------------------


def items(content: dict[str, object]) -> list[object]:
    return [each["code"] for each in bank.listed(content, "items")]


def test_questions_move_and_go_and_their_scores_with_them() -> None:
    content = draft_text.read(SAFETY)
    first, second, *rest = items(content)
    moved = draft_edits.moved(content, 0, 1)
    assert items(moved) == [second, first, *rest]
    assert items(draft_edits.moved(content, 0, -1)) == items(content)
    scored = draft_edits.with_score(content, "All of it", "max", [str(first), str(second)])
    alone = draft_edits.with_score(scored, "First", "sum", [str(first)])
    left = draft_edits.without_item(alone, 0)
    assert bank.listed(left, "scores") == [
        {"kind": "max", "name": "all-of-it", "items": [second]},
    ]
    assert bank.listed(draft_edits.without_score(left, "all-of-it"), "scores") == []
    with pytest.raises(NotFound):
        draft_edits.without_item(content, 99)


def test_a_score_has_a_name_of_its_own_and_parts() -> None:
    content = draft_text.read(SAFETY)
    with pytest.raises(Invalid) as refused:
        draft_edits.with_score(content, " ", "sum", [])
    assert [each.where for each in refused.value.problems] == ["score", "scored"]
    once = draft_edits.with_score(content, "Sum", "sum", ["temperature"])
    with pytest.raises(Conflict):
        draft_edits.with_score(once, "sum", "sum", ["temperature"])


def test_a_code_is_made_of_words_and_never_twice() -> None:
    content = draft_text.read(SAFETY)
    item: dict[str, object] = {"type": "yes_no", "code": "bad-sleep"}
    assert draft_edits.free_code(content, "Bad sleep!") == "bad-sleep"
    content = draft_edits.with_item(content, None, item)
    assert draft_edits.free_code(content, "Bad sleep?") == "bad-sleep-2"
    assert draft_edits.free_code(content, "؟") == "question"
    with pytest.raises(Invalid, match="another question has it"):
        draft_edits.with_item(content, None, item)


# --- what asking costs ---------------------------------------------------------------------------


def test_what_two_ask_in_the_same_words_is_counted_once() -> None:
    two = measure(
        "two",
        OTHER_CODE,
        ('code = "temperature"', 'code = "funder.q4"'),
        ("highest temperature?", "temperature this morning?"),
    )
    found = burden([ONE, two])
    assert (found.asked, found.saved) == (5, 3)
    assert questions(ONE) == 4


def test_minutes_are_measured_once_there_are_enough_reports() -> None:
    few, many = [600.0] * (FEWEST - 1), [30.0, 180.0, 190.0] * FEWEST
    assert (minutes(10, few).minutes, minutes(10, few).reports) == (2, 0)
    assert (minutes(10, many).minutes, minutes(10, many).reports) == (3, len(many))


def test_a_condition_that_is_not_finished_names_nothing() -> None:
    """A draft may be wrong: its page is what it is mended on."""
    assert bank.named({"every": [{"operator": "exists"}, {"item": "a", "operator": "exists"}]}) == [
        "a"
    ]
