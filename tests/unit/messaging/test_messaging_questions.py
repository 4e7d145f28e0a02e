"""What a question costs as a text: every shipped instrument and language within its budget."""

import pytest

from rsm.instruments.items import (
    DateItem,
    GradedItem,
    MultipleChoiceItem,
    Option,
    PickOption,
    TextItem,
    VisualScaleItem,
)
from rsm.instruments.library import shipped
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument, Note, Section
from rsm.messaging import questions, texts
from rsm.messaging.texts import segments

ASKED = [
    (instrument, item, language)
    for instrument in shipped().values()
    for language in instrument.languages
    for item in instrument.items
    if questions.can_be_texted(instrument, language)
]
WHOLE = [
    (key, language)
    for key, instrument in shipped().items()
    for language in instrument.languages
    if key in {"weekly-symptoms", "safety-questions"}
]
LONG_NAME = {"sender_name": "Lakeside Care Center", "emergency_number": "911"}


@pytest.mark.parametrize(("key", "language"), WHOLE)
def test_what_we_ship_with_wording_can_be_asked_by_text(key: str, language: str) -> None:
    assert questions.can_be_texted(shipped()[key], language)


def test_every_question_fits_its_budget_in_every_language() -> None:
    assert ASKED
    for instrument, item, language in ASKED:
        encoding, parts = segments(questions.question(instrument, item, language))
        assert parts <= questions.MOST_SEGMENTS[encoding], (item.code, language)


def test_an_english_question_is_one_segment() -> None:
    for instrument, item, language in ASKED:
        if language == "en" and item.code != "temperature":
            assert segments(questions.question(instrument, item, language)) == ("GSM-7", 1)


@pytest.mark.parametrize("purpose", ["survey_ask_first", "survey_ask_remind", "survey_ask_again"])
def test_with_what_stands_around_it_no_text_is_longer_than_a_few_segments(purpose: str) -> None:
    wanted = texts.purpose_named(purpose).fields
    for instrument, item, language in ASKED:
        known = LONG_NAME | {
            "question": questions.question(instrument, item, language),
            "first_question": questions.first_question(instrument, item, language),
        }
        fields = {name: known[name] for name in wanted}
        encoding, parts = segments(texts.render(purpose, language, fields))
        assert parts <= {"GSM-7": 3, "UCS-2": 6}[encoding], (item.code, language)


def test_the_question_keeps_its_wording_and_has_its_options() -> None:
    instrument = shipped()["weekly-symptoms"]
    item = instrument.item_by_code["pain.severity"]
    said = questions.question(instrument, item, "es")
    assert said.startswith(item.text["es"])
    assert said.endswith("4 Muy fuerte")


def test_the_time_that_a_question_looks_back_over_is_said_once() -> None:
    weekly, safety = shipped()["weekly-symptoms"], shipped()["safety-questions"]
    for instrument in (weekly, merge([weekly, safety])):
        for item in instrument.items:
            said = questions.first_question(instrument, item, "en")
            recalls = {each.languages["en"].recall for each in (weekly, safety)}
            assert sum(said.count(recall) for recall in recalls) == 1, said


def of(*items: object, **others: object) -> Instrument:
    whole = shipped()["safety-questions"]
    return Instrument.model_construct(**{**dict(whole), "items": items, **others})


TEXT = {"en": "Where is it?"}
LABEL = {"en": "Here"}
KINDS = [
    (VisualScaleItem(code="s", type="visual_scale", minimum=0, maximum=10, text=TEXT,
                     low={"en": "No pain"}, high={"en": "Worst"}),
     "Where is it? Reply with a number from 0 (No pain) to 10 (Worst)."),
    (MultipleChoiceItem(code="m", type="choices", text=TEXT, options=(
        PickOption(value=1, label=LABEL), PickOption(value=2, label={"en": "There"}))),
     "Where is it? 1 Here, 2 There. Reply with one or more numbers, such as 1 3."),
    (TextItem(code="t", type="text", text=TEXT),
     "Where is it? Reply in your own words, or SKIP."),
    (GradedItem(code="g", type="graded", text=TEXT, may_not_apply=True,
                not_applicable={"en": "Does not apply"},
                options=(Option(value=0, label=LABEL), Option(value=1, label={"en": "There"}))),
     "Where is it? 0 Here, 1 There, NA Does not apply"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "said"), KINDS)
def test_each_kind_says_how_it_is_answered(item: GradedItem, said: str) -> None:
    assert questions.question(of(item), item, "en") == said


def test_a_question_that_needs_a_page_sends_the_whole_survey_to_the_link() -> None:
    day = DateItem(code="d", type="date", text=TEXT)
    assert not questions.can_be_texted(of(KINDS[2][0], day), "en")


def test_what_is_never_asked_or_asked_as_another_keeps_nobody_from_texting() -> None:
    words = TextItem(code="t", type="text", text=TEXT)
    again = TextItem(code="u", type="text", text=TEXT, same_as="t")
    day = DateItem(code="d", type="date", text=TEXT, section="about")
    about = Section(key="about", hidden=True)
    assert questions.can_be_texted(of(words, again, day, sections=(about,)), "en")


def test_a_question_that_is_too_long_sends_the_survey_to_the_link() -> None:
    long = TextItem(code="t", type="text", text={"en": "Why? " * 90})
    assert not questions.can_be_texted(of(long), "en")


def test_words_between_the_questions_need_a_page() -> None:
    note = Note(code="n", text={"en": "Read this first."}, before="t")
    assert questions.can_be_texted(of(KINDS[2][0]), "en")
    assert not questions.can_be_texted(of(KINDS[2][0], notes=(note,)), "en")


def test_a_language_in_which_we_cannot_say_how_to_answer_gets_the_link() -> None:
    assert not questions.can_be_texted(of(KINDS[2][0]), "fr")
