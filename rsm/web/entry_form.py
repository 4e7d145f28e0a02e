"""The form of answers taken by phone: what was ticked, read strictly; what is missing, told.

Pure. Whoever stores must say for each question that is asked what was answered, that she would
not say, or that it was not asked; whoever stops keeps what there is, and the rest was not asked.
What stands in a draft already is not asked again: it counts until it is changed here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rsm.flow.entry import Taken
from rsm.instruments.decide import asked_items
from rsm.instruments.items import NumberItem
from rsm.instruments.model import Instrument, Item
from rsm.kernel.answers import SKIPPED, Answer, Answers
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Relation
from rsm.responses.decide import WORDS_AT_MOST
from rsm.web import item_fields
from rsm.web.item_fields import Reader, Wrong
from rsm.web.item_words import to_mend
from rsm.web.staff_words import section

SELF, PROXY = "self", "proxy"
_NOTHING: Answers = MappingProxyType({})


@dataclass(frozen=True)
class Typed:
    """The form as it was filled in: `marks` by the names of its fields."""

    by: str = ""
    relation: str = ""
    interpreter: bool = False
    words: str = ""
    stop: bool = False
    marks: Mapping[str, str] | None = None
    extra: Mapping[str, str] = field(default_factory=dict)  # the form's own fields, by name

    @property
    def is_new(self) -> bool:
        """Whether nobody has typed anything yet: then a draft's answers stand in the fields."""
        return self.marks is None

    def fields(self, item: Item) -> item_fields.Typed:
        return item_fields.typed(item, self.marks or {})


@dataclass(frozen=True)
class Asking:
    """What the form asks: of whom not (`of_herself`, see `rsm.flow.asking`), and what stands
    already (`standing`)."""

    instrument: Instrument
    language: str
    reader: Reader
    of_herself: Collection[str] = ()
    standing: Answers = field(default_factory=lambda: _NOTHING)

    @property
    def items(self) -> tuple[Item, ...]:
        """All that may be asked, in order."""
        return self.instrument.askable


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
        extra={name: value for name, value in texts.items() if name.startswith("_")},
    )


def read(given: Typed, asking: Asking) -> Taken:
    """The report that the form describes. Raises `Invalid` with every problem at its field."""
    answers, problems = _answers(given, asking)
    problems = [*_who_problems(given), *problems]
    if len(given.words.strip()) > WORDS_AT_MOST:
        problems.append(Problem("_words", section("entry").too_long.format(count=WORDS_AT_MOST)))
    if problems:
        raise Invalid(problems)
    relation = Relation(given.relation) if given.by == PROXY else None
    return Taken(answers, asking.language, given.words.strip(), relation, given.interpreter)


def changes(given: Typed, asking: Asking) -> Answers:
    """What the form changes of what stands. Raises `Invalid` with every problem."""
    answers, problems = _answers(given, asking)
    if problems:
        raise Invalid(problems)
    return answers


def of_this_voice(given: Typed, asking: Asking) -> Typed:
    """The same without what only repeats what stands: that was said by somebody else."""
    stands = asking.standing
    repeated = frozenset(
        name
        for item in asking.items
        if item.code in stands
        and item_fields.read(item, given.fields(item), asking.reader) == stands[item.code]
        for name in item_fields.names_of(item)
    )
    marks = {name: value for name, value in (given.marks or {}).items() if name not in repeated}
    return replace(given, marks=marks)


def _who_problems(given: Typed) -> Iterator[Problem]:
    words = section("entry")
    if given.by not in {SELF, PROXY}:
        yield Problem("_by", words.choose_who)
    elif given.by == PROXY and given.relation not in set(Relation):
        yield Problem("_relation", words.choose_relation)


def _answers(given: Typed, asking: Asking) -> tuple[dict[str, Answer], list[Problem]]:
    """Answers of the questions that are asked, in order; those behind a closed gate are none, and
    those that stand as they are need not be stored again."""
    whole: dict[str, Answer] = {}
    problems: list[Problem] = []
    for number, item in enumerate(asking.items, start=1):
        if item not in asked_items(asking.instrument, whole):
            continue
        found = _of_herself(given, item, number, asking) or _answer(given, item, number, asking)
        if isinstance(found, Answer):
            whole[item.code] = found
        elif isinstance(found, Problem):
            problems.append(found)
    if not problems and not whole:
        problems.append(Problem(asking.items[0].code, section("entry").nothing))
    fresh = {code: each for code, each in whole.items() if asking.standing.get(code) != each}
    return fresh, problems


def _of_herself(given: Typed, item: Item, number: int, asking: Asking) -> Problem | str | None:
    """What is not asked of a relative: a word where nothing was said of it, else the problem."""
    if given.by != PROXY or item.code not in asking.of_herself:
        return None
    fields = given.fields(item)
    nothing = fields.text in {"", "skipped"} and not fields.picked and fields.why in {"", "skipped"}
    told = section("entry").of_herself_told.format(number=number)
    return "not asked" if nothing else Problem(item.code, told)


def _answer(given: Typed, item: Item, number: int, asking: Asking) -> Answer | Problem | None:
    """The answer, or what is wrong with it; None where the call was stopped before."""
    fields, standing = given.fields(item), asking.standing.get(item.code)
    found = item_fields.read(item, fields, asking.reader)
    empty = not fields.is_filled and not fields.why
    if empty and standing is not None:
        return standing
    if isinstance(found, Answer):
        return None if given.stop and empty and found == SKIPPED else found
    if given.stop and empty:
        return None
    words = section("entry")
    if found is Wrong.EMPTY and not isinstance(item, NumberItem):
        return Problem(item.code, words.choose_answer.format(number=number))
    what = to_mend(item, fields, found, asking.reader)
    return Problem(item.code, words.number_wrong.format(number=number, what=what))
