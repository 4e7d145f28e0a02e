"""The form of answers taken by phone: what was ticked, read strictly; what is missing, told.

Pure. Whoever stores must say for each question that is asked what was answered, that she would
not say, or that it was not asked; whoever stops keeps what there is, and the rest was not asked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rsm.flow.entry import Relation, Taken
from rsm.instruments.decide import asked_items, parse_value
from rsm.instruments.model import Instrument, Item
from rsm.kernel.answers import Answer
from rsm.kernel.errors import Invalid, Problem
from rsm.responses.decide import WORDS_AT_MOST
from rsm.web.staff_words import section

SELF, PROXY = "self", "proxy"


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


def read(given: Typed, instrument: Instrument, language: str) -> Taken:
    """The report that the form describes. Raises `Invalid` with every problem at its field."""
    answers, problems = _answers(given, instrument)
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


def _answers(given: Typed, instrument: Instrument) -> tuple[dict[str, Answer], list[Problem]]:
    """Answers of the questions that are asked, in order; those behind a closed gate are none."""
    answers: dict[str, Answer] = {}
    problems: list[Problem] = []
    words = section("entry")
    for number, item in enumerate(instrument.items, start=1):
        if item not in asked_items(instrument, answers):
            continue
        try:
            answers[item.code] = parse_value(item, given.mark(item))
        except Invalid:
            if given.mark(item) or not given.stop:
                problems.append(Problem(item.code, words.choose_answer.format(number=number)))
    if not problems and not answers:
        problems.append(Problem(instrument.items[0].code, words.nothing))
    return answers, problems
