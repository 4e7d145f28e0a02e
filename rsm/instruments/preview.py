"""How an instrument reads before anybody is asked: pure text, one line at a time."""

from collections.abc import Iterator

from rsm.instruments import burden, numbers
from rsm.instruments.bounds import has_zero
from rsm.instruments.conditions import Branch, Condition
from rsm.instruments.decide import asked_items, next_item, publish_problems
from rsm.instruments.items import (
    DateItem,
    Item,
    NumberItem,
    PickItem,
    TextItem,
    VisualScaleItem,
    options_of,
)
from rsm.instruments.model import Instrument
from rsm.instruments.pages import notes_of, titles_of
from rsm.kernel.answers import Answers


def preview(instrument: Instrument, answers: Answers, language: str = "") -> Iterator[str]:
    """What it is, the questions that are asked after these answers, and which one is next.

    With a language the questions are in it, or else in the first that is offered.
    """
    yield from _heading(instrument)
    spoken = language or next(iter(instrument.languages), "")
    following = next_item(instrument, answers)
    before: tuple[str, ...] = ()
    for item in asked_items(instrument, answers):
        sections = titles_of(instrument, item)
        titles = tuple(section.title.get(spoken, section.key) for section in sections)
        if titles != before:
            yield from ("", f"== {' / '.join(titles)} ==" if titles else "==")
            before = titles
        yield ""
        yield from _question(instrument, answers, item, spoken)
        if item is following:
            yield "    <- next"
    yield ""
    yield "all is answered" if following is None else f"next: {following.code}"
    for item in instrument.items:
        if item.asked_when is not None:
            is_zero = isinstance(item.asked_when, Condition) and has_zero(item)
            counts = "; at 0 it counts as 0" if is_zero else ""
            yield f"{item.code} is asked {_when(item.asked_when)}{counts}"


def _heading(instrument: Instrument) -> Iterator[str]:
    asked = burden.questions(instrument)
    yield f"{instrument.key} {instrument.version}, content {instrument.pin.hash[:12]}"
    yield (
        f"{len(instrument.items) - len(instrument.hidden_codes)} items, {asked} asked at most, "
        f"about {burden.minutes(asked, ()).minutes} min, {len(instrument.scores)} scores"
    )
    yield f"languages: {', '.join(instrument.languages) or 'none'}"
    shown = "may be shown" if instrument.licence.display else "may not be shown"
    yield f"licence: {instrument.licence.name} ({instrument.licence.holder}), {shown}"
    for problem in publish_problems(instrument):
        yield f"not to be published: {problem}"


def _question(instrument: Instrument, answers: Answers, item: Item, language: str) -> Iterator[str]:
    notes = notes_of(instrument, answers, item)
    for note in notes.before:
        yield f"  ({note.text.get(language, note.code)})"
    words = (f"[{item.code}]", item.prefix, item.text.get(language, "(no wording)"))
    yield " ".join(word for word in words if word)
    for option in options_of(item):
        yield f"    {option.value}  {option.label.get(language, '')}".rstrip()
    if expected := _expected(item, language):
        yield f"    {expected}"
    for note in (*notes.beside, *notes.after):
        yield f"  ({note.text.get(language, note.code)})"
    if item.code in answers:
        given = answers[item.code]
        yield f"    = {given.status if given.value is None else given.picked or given.value}"


def _expected(item: Item, language: str) -> str:
    match item:
        case NumberItem():
            spans = " or ".join(f"{low} to {high}" for low, high in numbers.ranges(item, language))
            return f"a number from {spans}, decimals: {item.decimals}"
        case VisualScaleItem():
            low, high = item.low.get(language, ""), item.high.get(language, "")
            return f"a line from {item.minimum} {low} to {item.maximum} {high}".replace("  ", " ")
        case DateItem():
            return "a date"
        case TextItem():
            return f"words, at most {item.max_length} characters"
        case _ if isinstance(item, PickItem):
            return f"at least {item.at_least}, at most {item.at_most or 'all'}"
    return ""


def _when(asked_when: Condition | Branch) -> str:
    if isinstance(asked_when, Condition):
        return f"when {asked_when.item} is at least {asked_when.at_least}"
    word = " and " if asked_when.every else " or "
    tests = (f"{each.item} {each.operator} {each.value}" for each in asked_when.tests)
    return f"when {word.join(tests)}".replace("_", " ")
