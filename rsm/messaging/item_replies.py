"""A reply to a question of any kind that can be asked by text: an answer, or a word in its place.

An option's own label wins over our words ("none" may be both). Whatever is in doubt is `unclear`:
no false number is worth a reply saved. Pure.
"""

import re
from collections.abc import Collection, Sequence

from rsm.instruments.decide import asked_items, next_item
from rsm.instruments.items import Option
from rsm.instruments.model import (
    Instrument,
    Item,
    MultipleChoiceItem,
    NumberItem,
    TextItem,
    VisualScaleItem,
)
from rsm.instruments.reading import picked_answer
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, Answers, AnswerStatus
from rsm.kernel.errors import Invalid
from rsm.kernel.keywords import normalise
from rsm.messaging.decide import ReadingKind, read_text
from rsm.messaging.parse import Choice, Reply, ReplyKind, parse_number, parse_reply
from rsm.messaging.phrases import (
    BACK,
    COURTESY,
    DONE,
    LINK,
    NOT_APPLICABLE,
    REFUSE,
    SKIP,
    cut,
)

_UNCLEAR = Reply(ReplyKind.UNCLEAR, tell_staff=True)
_MOST_IN_ONE = 40  # answers in one text
_ALONE = (NumberItem, TextItem, MultipleChoiceItem)  # their answers may hold blanks and commas
_BETWEEN_ANSWERS = re.compile(r"[\s,;]+")
_BETWEEN_PICKS = re.compile(r"[,;&+]+|\b(?:and|y|e)\b", re.IGNORECASE)
_ONLY_SIGNS = re.compile(r"[\W\d_]*\d[\W\d_]*")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DECIMAL = re.compile(r"\d+,\d+")
_SPAN = re.compile(r"\d\s*[-–—]\s*\d|\d[.:]\d")  # noqa: RUF001 - every sign that may mean it
_IN_PLACE: Sequence[tuple[Collection[str], ReplyKind]] = (
    (SKIP, ReplyKind.SKIP),
    (REFUSE, ReplyKind.REFUSED),
    (NOT_APPLICABLE, ReplyKind.NOT_APPLICABLE),
    (BACK, ReplyKind.BACK),
    (LINK, ReplyKind.LINK),
)


def parse_item(item: Item, text: str, language: str) -> Reply:
    """Read `text` as a reply to the question `item`, as asked in `language`."""
    words = _in_place(text, _IN_PLACE)
    if isinstance(item, TextItem):
        return _for(item, words) if words is not None else _own_words(item, text)
    reply = _answer(item, text, language)
    if reply.kind is ReplyKind.UNCLEAR and words is not None:
        return _for(item, words)
    return reply


def parse_words(text: str) -> Reply:
    """Read what was replied to "anything else?": nothing more, or her own words."""
    if kind := _in_place(text, ((DONE, ReplyKind.DONE), (LINK, ReplyKind.LINK))):
        return Reply(kind)
    if kind := _in_place(text, ((SKIP, ReplyKind.DONE), (BACK, ReplyKind.BACK))):
        return Reply(kind)
    return _words(text)


def parse_line(
    instrument: Instrument, answers: Answers, item: Item, text: str, language: str
) -> dict[str, Answer] | None:
    """Several answers in one text, to `item` and what is then asked: code → answer.

    Only where nothing is left to guess: every part is an answer by itself, and they answer all
    that is still to be asked, or all that is asked about this symptom. Else None.
    """
    parts = [part for part in _BETWEEN_ANSWERS.split(text.strip()) if part]
    if not 2 <= len(parts) <= _MOST_IN_ONE or _DECIMAL.fullmatch(text.strip()):
        return None
    known, given = dict(answers), dict[str, Answer]()
    asked: Item | None = item
    for part in parts:
        if asked is None or isinstance(asked, _ALONE):
            return None
        reply = parse_item(asked, part, language)
        if reply.kind is not ReplyKind.ANSWER:
            return None
        given[asked.code] = known[asked.code] = answer_of(reply)
        asked = next_item(instrument, known)
    return given if asked is None or _ends_symptom(instrument, given, asked) else None


def _ends_symptom(instrument: Instrument, given: Answers, following: Item) -> bool:
    """Whether these are all of the questions about one symptom that are asked."""
    about = {instrument.item_by_code[code].symptom for code in given}
    return len(about) == 1 and None not in about and following.symptom not in about


def answer_of(reply: Reply) -> Answer:
    """What is stored for a reply that answers the question, or says why it is not answered."""
    match reply.kind:
        case ReplyKind.SKIP:
            return SKIPPED
        case ReplyKind.REFUSED:
            return REFUSED
        case ReplyKind.NOT_APPLICABLE:
            return Answer(AnswerStatus.NOT_APPLICABLE)
        case _:
            return Answer(AnswerStatus.ANSWERED, reply.value, reply.picked, reply.text)


def before(instrument: Instrument, answers: Answers, item: Item | None) -> Item | None:
    """What "back" asks again: the question answered before `item`, or without one the last."""
    asked = list(asked_items(instrument, answers))
    codes = [each.code for each in asked]
    end = codes.index(item.code) if item is not None and item.code in codes else len(asked)
    answered = [each for each in asked[:end] if each.code in answers]
    return answered[-1] if answered else item


def is_only_signs(text: str) -> bool:
    """Whether a reply is digits and signs without a word: a slip of the finger, not a message."""
    return _ONLY_SIGNS.fullmatch(text.strip()) is not None


def birth_year(text: str) -> int | None:
    """The one year that a reply names: "1957", "March 4, 1957"; None for none, or for several."""
    years = _YEAR.findall(text)
    return int(years[0]) if len(years) == 1 else None


def _answer(item: Item, text: str, language: str) -> Reply:
    match item:
        case NumberItem():
            return parse_number(item, text, language)
        case VisualScaleItem():
            points = range(item.minimum, item.maximum + 1, item.step)
            return parse_reply([Choice(point, {}) for point in points], text, language)
        case MultipleChoiceItem():
            return _several(item, text, language)
        case _:
            return parse_reply(_choices(getattr(item, "options", ())), text, language)


def _choices(options: Sequence[Option]) -> list[Choice]:
    return [Choice(option.value, option.label) for option in options]


def _several(item: MultipleChoiceItem, text: str, language: str) -> Reply:
    """All the options that were chosen, each said once; an exclusive one stands alone."""
    choices = _choices(item.options)
    whole = parse_reply(choices, text, language)
    if whole.kind not in {ReplyKind.ANSWER, ReplyKind.UNCLEAR}:
        return whole
    parts = [
        each for part in _BETWEEN_PICKS.split(text) for each in _picks(choices, part, language)
    ]
    replies = [parse_reply(choices, part, language) for part in parts]
    codes = [reply.value for reply in replies if reply.value is not None]
    if not codes or len(codes) < len(replies) or len(set(codes)) < len(codes) or _SPAN.search(text):
        return _UNCLEAR
    return _picked(item, set(codes))


def _picks(choices: Sequence[Choice], part: str, language: str) -> list[str]:
    """A label may hold blanks; where the whole is none, they part one number from the next."""
    whole = parse_reply(choices, part, language)
    return [part] if whole.kind is ReplyKind.ANSWER else part.split()


def _picked(item: MultipleChoiceItem, codes: Collection[int]) -> Reply:
    try:
        answer = picked_answer(item, codes)
    except Invalid:  # too few or too many, or one that stands alone beside another
        return _UNCLEAR
    return Reply(ReplyKind.ANSWER, answer.value, picked=answer.picked)


def _own_words(item: TextItem, text: str) -> Reply:
    """Free text; what is longer than is kept with the answer, a person reads as it came."""
    reply = _words(text)
    if reply.kind is not ReplyKind.ANSWER or len(reply.text) <= item.max_length:
        return reply
    return Reply(ReplyKind.ANSWER, 1, tell_staff=True, text=reply.text[: item.max_length])


def _words(text: str) -> Reply:
    reading = read_text(text)
    if reading.kind in {ReadingKind.STOP, ReadingKind.START, ReadingKind.HELP}:
        return Reply(ReplyKind(reading.kind.value), tell_staff=reading.tell_staff)
    said = text.strip()
    return Reply(ReplyKind.ANSWER, 1, text=said) if said else _UNCLEAR


def _in_place(text: str, known: Sequence[tuple[Collection[str], ReplyKind]]) -> ReplyKind | None:
    """The word in place of an answer that all of the text is, but for courtesy."""
    found, unknown = cut(normalise(text), *(words for words, _ in known), COURTESY)
    kinds = {kind for phrase in found for words, kind in known if phrase in words}
    return kinds.pop() if len(kinds) == 1 and not unknown else None


def _for(item: Item, kind: ReplyKind) -> Reply:
    """Not every question may be passed over, and not every one can fail to apply."""
    if kind is ReplyKind.SKIP and item.required:
        return Reply(ReplyKind.UNCLEAR)
    if kind is ReplyKind.NOT_APPLICABLE and not item.may_not_apply:
        return _UNCLEAR
    return Reply(kind)
