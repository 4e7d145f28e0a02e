"""Questionnaires in the words of staff's pages: titles, kinds, conditions, answers; per language.

What is wrong with a draft's text is said in English, as everywhere: it is about a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace

from fastapi.responses import HTMLResponse

from rsm.instruments import numbers
from rsm.instruments.burden import Minutes
from rsm.instruments.conditions import AnswerTest, Branch, Condition, Operator
from rsm.instruments.items import (
    DateItem,
    Item,
    NumberItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.model import Instrument
from rsm.security import staff
from rsm.web.auth import Desk
from rsm.web.deps import html
from rsm.web.pages import View
from rsm.web.staff_words import section
from rsm.web.texts import texts_for
from rsm.web.views.common import Choice

KINDS = (
    *("graded", "yes_no", "number", "choice", "choices", "date", "text", "visual_scale"),
    "body_area",
)
OPERATORS = ("gate", "at_least", "equals", "differs", "above", "at_most", "below", "exists")
WAYS = ("web", "text", "call")


def words_for(desk: Desk) -> "InstrumentWords":
    """In the language of whoever reads, as far as we have its words."""
    spoken = staff.get(desk.tx, desk.staff.staff_id).language
    return InstrumentWords(texts_for("instruments", spoken).language)


def show(desk: Desk, template: str, view: View, status: int = 200) -> HTMLResponse:
    """The page in her language."""
    return html(template, view, words_for(desk).language, status)


def name_of(instrument: Instrument) -> str:
    return f"{instrument.key} {instrument.version}"


@dataclass(frozen=True)
class InstrumentWords:
    """The words of one language: `w` for the library, `d` for drafts, `t` for trials."""

    language: str = "en"

    @property
    def w(self) -> SimpleNamespace:
        return section("instruments", self.language)

    @property
    def d(self) -> SimpleNamespace:
        return section("drafts", self.language)

    @property
    def t(self) -> SimpleNamespace:
        return section("trials", self.language)

    def count(self, key: str, number: int, words: SimpleNamespace | None = None) -> str:
        """The text `<key>_one` or `<key>_other`, of the library's unless others are given."""
        text: str = getattr(words or self.w, f"{key}_{'one' if number == 1 else 'other'}")
        return text.replace("{count}", str(number))

    # --- small words ---------------------------------------------------------------------------

    def kind(self, kind: str) -> str:
        return str(getattr(self.w, f"kind_{kind}", kind))

    @property
    def kinds(self) -> tuple[Choice, ...]:
        return tuple(Choice(kind, self.kind(kind)) for kind in KINDS)

    @property
    def operators(self) -> tuple[Choice, ...]:
        return tuple(Choice(one, str(getattr(self.w, f"op_{one}"))) for one in OPERATORS)

    def way(self, way: str) -> str:
        return str(getattr(self.w, f"way_{way}"))

    def tongue(self, tag: str) -> str:
        """A language's name."""
        return str(getattr(self.w, f"lang_{tag}", tag))

    def tongues(self, tags: Iterable[str]) -> str:
        """`English, Spanish`."""
        return ", ".join(self.tongue(tag) for tag in tags) or str(self.w.no_wording)

    def minutes(self, found: Minutes) -> str:
        """`3 minutes (median of 42 reports)`."""
        basis = self.w.measured.format(count=found.reports) if found.reports else self.w.supposed
        return self.count("minutes", found.minutes).format(basis=basis)

    # --- a questionnaire -----------------------------------------------------------------------

    def title(self, instrument: Instrument) -> str:
        """In her language, else in English, else in its first language; else its key."""
        spoken = instrument.languages
        first = next(iter(spoken.values()), None)
        language = spoken.get(self.language) or spoken.get("en") or first
        return language.title if language else instrument.key

    def licence(self, instrument: Instrument) -> str:
        name = instrument.licence.name
        if instrument.licence.display:
            return name
        return str(self.w.not_shown).format(licence=name)

    def score(self, kind: str, parts: Iterable[object]) -> str:
        """`sum of bad-sleep, pain`."""
        how = getattr(self.w, f"score_{kind}", kind.replace("_", " "))
        return str(self.w.score_of).format(kind=how, parts=", ".join(str(part) for part in parts))

    def says(self, item: Item) -> str:
        """The question as staff call it."""
        first = next(iter(item.text.values()), item.code)
        return item.text.get(self.language) or item.text.get("en") or first

    def asked_when(self, item: Item) -> str:
        """When it is asked, as staff read it; empty when always."""
        match item.asked_when:
            case None:
                return ""
            case Condition(item=code, at_least=least):
                test = self.w.test_gate.format(item=code, value=least)
            case branch:
                test = self._tests(branch)
        return str(self.w.asked_if).format(test=test)

    def _tests(self, branch: Branch) -> str:
        joined = str(self.w.both if branch.every else self.w.either)
        return joined.join(self._test(test) for test in branch.tests)

    def _test(self, test: AnswerTest) -> str:
        text, operator = self.w.test, getattr(self.w, f"op_{test.operator}")
        if test.operator is Operator.EXISTS:
            text = self.w.test_exists if test.value else self.w.test_absent
        return str(text).format(item=test.item, operator=operator, value=test.value)

    def answers(self, item: Item, language: str) -> tuple[str, ...]:
        """What can be answered, in that `language` of the questionnaire."""
        match item:
            case NumberItem():
                ranges = numbers.ranges(item, language)
                return tuple(self.w.range.format(low=low, high=high) for low, high in ranges)
            case VisualScaleItem():
                ends = (item.low.get(language, ""), item.high.get(language, ""))
                return (f"{item.minimum} {ends[0]}".strip(), f"{item.maximum} {ends[1]}".strip())
            case DateItem():
                return (str(self.w.a_date),)
            case TextItem():
                return (str(self.w.own_words).format(count=item.max_length),)
            case _:
                said = [f"{one.value} {one.label.get(language, '')}" for one in options_of(item)]
                return tuple(each.strip() for each in said)
