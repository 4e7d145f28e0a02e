"""The form of answers taken by phone: what was ticked, read strictly; what is missing, told.

Pure. Whoever stores must say for each question that is asked what was answered, that she would
not say, or that it was not asked; whoever stops keeps what there is, and the rest was not asked.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from rsm.flow.entry import Taken
from rsm.instruments.decide import asked_items, parse_value
from rsm.instruments.model import Instrument, Item, NumberItem
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Relation
from rsm.responses.decide import WORDS_AT_MOST
from rsm.web import number_field
from rsm.web.staff_words import section

SELF, PROXY = "self", "proxy"
_NOT_ASKED = frozenset({"", "skipped"})
_STAFF_WRITE = "en"  # numbers as the language of their pages writes them


@dataclass(frozen=True)
class Typed:
    """The form as it was filled in: `marks` by item."""

    by: str = ""
    relation: str = ""
    interpreter: bool = False
    words: str = ""
    stop: bool = False
    marks: Mapping[str, str] | None = None

    def mark(self, item: Item) -> str:
        return (self.marks or {}).get(item.code, "")

    def number(self, item: NumberItem) -> number_field.Typed:
        return number_field.typed(item, self.marks or {})


def typed(form: Mapping[str, object]) -> Typed:
    """The fields of a posted form; nothing is checked yet."""
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    return Typed(
        by=texts.get("_by", ""),
        relation=texts.get("_relation", ""),
        interpreter=bool(texts.get("_interpreter")),
        words=texts.get("_words", ""),
        stop=texts.get("_do") == "stop",
        marks={name: value for name, value in texts.items() if not name.startswith("_")},
    )


def read(
    given: Typed, instrument: Instrument, language: str, of_herself: Collection[str] = ()
) -> Taken:
    """The report that the form describes. Raises `Invalid` with every problem at its field.

    The items `of_herself` are not asked of a relative (`rsm.flow.asking`).
    """
    answers, problems = _answers(given, instrument, of_herself)
    problems = [*_who_problems(given), *problems]
    if len(given.words.strip()) > WORDS_AT_MOST:
        problems.append(Problem("_words", section("entry").too_long.format(count=WORDS_AT_MOST)))
    if problems:
        raise Invalid(problems)
    relation = Relation(given.relation) if given.by == PROXY else None
    return Taken(answers, language, given.words.strip(), relation, given.interpreter)


def _who_problems(given: Typed) -> Iterator[Problem]:
    words = section("entry")
    if given.by not in {SELF, PROXY}:
        yield Problem("_by", words.choose_who)
    elif given.by == PROXY and given.relation not in set(Relation):
        yield Problem("_relation", words.choose_relation)


def _answers(
    given: Typed, instrument: Instrument, of_herself: Collection[str]
) -> tuple[dict[str, Answer], list[Problem]]:
    """Answers of the questions that are asked, in order; those behind a closed gate are none."""
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []
    for number, item in enumerate(instrument.items, start=1):
        if item not in asked_items(instrument, answers):
            continue
        if given.by == PROXY and item.code in of_herself:
            if given.mark(item) not in _NOT_ASKED:
                what = section("entry").of_herself_told.format(number=number)
                problems.append(Problem(item.code, what))
            continue
        found = _answer(given, item, number)
        if isinstance(found, Answer):
            answers[item.code] = found
        elif found is not None:
            problems.append(found)
    if not problems and not answers:
        problems.append(Problem(instrument.items[0].code, section("entry").nothing))
    return answers, problems


def _answer(given: Typed, item: Item, number: int) -> Answer | Problem | None:
    """The answer, or what is wrong with it; None where the call was stopped before."""
    if isinstance(item, NumberItem):
        return _number(given, item, number)
    try:
        return parse_value(item, given.mark(item))
    except Invalid:
        if given.stop and not given.mark(item):
            return None
        return Problem(item.code, section("entry").choose_answer.format(number=number))


def _number(given: Typed, item: NumberItem, number: int) -> Answer | Problem | None:
    try:
        found = number_field.read(item, given.number(item), _STAFF_WRITE)
    except Invalid:
        return Problem(item.code, section("entry").choose_answer.format(number=number))
    if isinstance(found, Answer):
        return found
    if found is number_field.Wrong.EMPTY and given.stop:
        return None
    what = number_field.in_words(item, found, _STAFF_WRITE)
    return Problem(item.code, section("entry").number_wrong.format(number=number, what=what))
