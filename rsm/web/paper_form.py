"""Sheets of paper as they are typed in: one card each, a few signs a question; pure.

A question takes the code of its answer (`3`), several codes (`1,3`), a number, a date
(`2026-11-21`), words, `R` for "would not say" and `X` where it does not apply. What was left blank
on the paper is left blank here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rsm.instruments.decide import asked_items
from rsm.instruments.items import TextItem
from rsm.instruments.model import Instrument, Item
from rsm.instruments.reading import parse_date, parse_value, words_answer
from rsm.kernel.answers import SKIPPED, Answer
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Relation
from rsm.responses.decide import WORDS_AT_MOST
from rsm.web.staff_words import section

CARDS = 3  # on a page at once
_WORDS = {"r": "refused", "x": "not_applicable"}
_OWN = ("who", "born", "on", "relation", "words")


@dataclass(frozen=True)
class Card:
    """A sheet as it was typed: its own fields, and one for each question, by item."""

    number: int
    own: Mapping[str, str]
    marks: Mapping[str, str]

    @property
    def is_blank(self) -> bool:
        return not any(self.own.values()) and not any(self.marks.values())


@dataclass(frozen=True)
class Sheet:
    """What a card says once it was read."""

    who: str
    born: date | None
    on: date
    relation: Relation | None
    words: str
    answers: Mapping[str, Answer]


def own(name: str, number: int) -> str:
    """The name under which a card posts a field of its own."""
    return f"c{number}.{name}"


def of_item(code: str, number: int) -> str:
    """The name under which a card posts a question."""
    return f"c{number}:{code}"


def cards(form: Mapping[str, str], instrument: Instrument) -> Iterator[Card]:
    """The cards as they were typed, blank ones too."""
    for number in range(1, CARDS + 1):
        yield Card(
            number,
            {name: form.get(own(name, number), "").strip() for name in _OWN},
            {
                item.code: form.get(of_item(item.code, number), "").strip()
                for item in instrument.askable
            },
        )


def read(card: Card, instrument: Instrument) -> Sheet:
    """What the card says. Raises `Invalid` with every problem at its field."""
    words, problems = section("paper"), list[Problem]()
    on, born = parse_date(card.own["on"]), parse_date(card.own["born"])
    if not card.own["who"]:
        problems.append(Problem("who", words.who_missing))
    if on is None:
        problems.append(Problem("on", words.no_date))
    if card.own["born"] and born is None:
        problems.append(Problem("born", words.no_date))
    if card.own["relation"] and card.own["relation"] not in set(Relation):
        problems.append(Problem("relation", words.no_relation))
    if len(card.own["words"]) > WORDS_AT_MOST:
        problems.append(Problem("words", words.too_long.format(count=WORDS_AT_MOST)))
    answers, wrong = _answers(card, instrument, on)
    problems += wrong
    if problems or on is None:
        raise Invalid(problems)
    relation = Relation(card.own["relation"]) if card.own["relation"] else None
    return Sheet(card.own["who"], born, on, relation, card.own["words"], answers)


def _answers(
    card: Card, instrument: Instrument, on: date | None
) -> tuple[dict[str, Answer], list[Problem]]:
    """Blank is left out on the paper; an answer to what is not asked is told, not dropped."""
    words, answers, problems = section("paper"), dict[str, Answer](), list[Problem]()
    for number, item in enumerate(instrument.askable, start=1):
        typed = card.marks[item.code]
        if item not in asked_items(instrument, answers):
            if typed not in {"", "0"}:
                problems.append(Problem(item.code, words.not_asked.format(number=number)))
            continue
        try:
            answers[item.code] = _answer(item, typed, on)
        except Invalid:
            problems.append(Problem(item.code, words.no_answer.format(number=number)))
    if not problems and not any(each.value is not None for each in answers.values()):
        problems.append(Problem("", words.nothing))
    return answers, problems


def _answer(item: Item, typed: str, on: date | None) -> Answer:
    if not typed:
        return SKIPPED
    word = _WORDS.get(typed.casefold())
    if isinstance(item, TextItem) and word is None:
        return words_answer(item, typed)
    return parse_value(item, word or typed, "en", on)
