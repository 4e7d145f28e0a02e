"""A reply to one question, by text: which of its options, or a keyword, or for a person to read.

An answer is taken only when every word of the reply is understood and all of it means the same
option. No false number is worth a reply saved: everything else is `unclear`, and staff are told.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rsm.instruments import numbers
from rsm.instruments.model import NumberItem
from rsm.kernel.keywords import normalise
from rsm.messaging.decide import ReadingKind, read_text
from rsm.messaging.phrases import AROUND_ANSWER, COURTESY, NUMBER_WORDS, YES_NO, cut


@dataclass(frozen=True)
class Choice:
    """One option of a question: its stored code and its label per language."""

    value: int
    labels: Mapping[str, str]


class ReplyKind(StrEnum):
    ANSWER = "answer"
    SKIP = "skip"
    REFUSED = "refused"  # she would rather not say
    NOT_APPLICABLE = "not_applicable"
    BACK = "back"  # the question before is to be asked again
    LINK = "link"  # she would rather answer on the page
    DONE = "done"  # she has nothing to add
    STOP = "stop"
    START = "start"
    HELP = "help"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Reply:
    """What we make of a reply; `value` is the option's code and stands only in an answer.

    Where several can be chosen `picked` are their codes; of free text `text` is what she wrote.
    """

    kind: ReplyKind
    value: int | None = None
    tell_staff: bool = False
    picked: tuple[int, ...] = ()
    text: str = field(default="", repr=False)


_UNCLEAR = Reply(ReplyKind.UNCLEAR, tell_staff=True)
_STEERING = {
    ReadingKind.STOP: ReplyKind.STOP,
    ReadingKind.START: ReplyKind.START,
    ReadingKind.HELP: ReplyKind.HELP,
}
# Signs that change what a number says: 2/10, 2%, "2?"; "*3" corrects something said before.
_DOUBT = frozenset("?¿/&%‰\\@*")
_HARMLESS_SYMBOLS = frozenset("👍👌🙏😊🙂😀❤♥✅✔")
_MINUS = re.compile(r"(?<!\w)[-–−—]\d")  # noqa: RUF001 - all the signs that may mean it


def parse_reply(choices: Sequence[Choice], text: str, language: str) -> Reply:
    """Read `text` as a reply to the question whose options are `choices`.

    Understands digits of any script, the letter O for zero, number words and the options' own
    labels, in `language` (a tag such as `es-MX` counts as `es`) and in English, alone or together
    ("2 - moderate"), between courtesies.
    """
    reading = read_text(text)
    if kind := _STEERING.get(reading.kind):
        return Reply(kind, tell_staff=reading.tell_staff)
    value = _value(choices, text, _languages(language))
    return _UNCLEAR if value is None else Reply(ReplyKind.ANSWER, value)


def parse_number(item: NumberItem, text: str, language: str) -> Reply:
    """Read `text` as a reply to a question for a number; `value` is the number as it is stored.

    "38.2", "38,2 °C" and "it is 100.4 F, thanks" are understood; what lies out of range, like all
    else, is for a person to read.
    """
    reading = read_text(text)
    if kind := _STEERING.get(reading.kind):
        return Reply(kind, tell_staff=reading.tell_staff)
    phrases = COURTESY.union(*(AROUND_ANSWER.get(each, ()) for each in _languages(language)))
    around = {word for phrase in phrases for word in phrase.split()}
    said = [word for word in text.split() if normalise(word) not in around]
    value = numbers.parse(item, " ".join(said), language)
    if isinstance(value, numbers.Refusal) or _changes_a_number(text.replace("°", "")):
        return _UNCLEAR
    return Reply(ReplyKind.ANSWER, value)


def _value(choices: Sequence[Choice], text: str, languages: Sequence[str]) -> int | None:
    """The one option that all of the text means, or None."""
    if _changes_a_number(text):
        return None
    kinds = (_numerals(choices), _number_words(choices, languages), _labels(choices, languages))
    fillers = [AROUND_ANSWER.get(language, frozenset()) for language in languages]
    found, unknown = cut(normalise(text), *kinds, COURTESY, *fillers)
    if unknown:
        return None
    # Each kind once: "2 - moderate" is one answer, "2 2" are answers to two questions.
    values: set[int] = set()
    for kind in kinds:
        said = [kind[phrase] for phrase in found if phrase in kind]
        if len(said) > 1:
            return None
        values.update(said)
    return values.pop() if len(values) == 1 else None


def _changes_a_number(text: str) -> bool:
    """Whether a sign in the raw text makes its number doubtful, or is itself a message (😭)."""
    if _MINUS.search(text):
        return True
    return any(char in _DOUBT or _is_telling_symbol(char) for char in text)


def _is_telling_symbol(char: str) -> bool:
    if char in _HARMLESS_SYMBOLS or "\U0001f3fb" <= char <= "\U0001f3ff":  # shades of skin
        return False
    circled_or_keycap = unicodedata.normalize("NFKD", char).isalnum()
    return unicodedata.category(char)[0] == "S" and not circled_or_keycap


def _numerals(choices: Sequence[Choice]) -> dict[str, int]:
    values = {choice.value for choice in choices}
    numerals = {str(value): value for value in values}
    return numerals | {"o": 0} if 0 in values else numerals


def _number_words(choices: Sequence[Choice], languages: Sequence[str]) -> dict[str, int]:
    values = {choice.value for choice in choices}
    return {
        word: number
        for language in languages
        for number, word in enumerate(NUMBER_WORDS.get(language, ()))
        if number in values
    }


def _labels(choices: Sequence[Choice], languages: Sequence[str]) -> dict[str, int]:
    """Normalised labels and short forms of yes and no; two options' common label is left out."""
    labels: dict[str, set[int]] = {}
    for choice in choices:
        for language in languages:
            if label := normalise(choice.labels.get(language, "")):
                for phrase in _spellings(label):
                    labels.setdefault(phrase, set()).add(choice.value)
    return {label: min(values) for label, values in labels.items() if len(values) == 1}


def _spellings(label: str) -> Collection[str]:
    """`yes` may be `y`; otherwise a label is spelled as it is."""
    for words in YES_NO.values():
        if label in words:
            return words
    return (label,)


def _languages(language: str) -> Sequence[str]:
    primary = language.replace("_", "-").split("-")[0].casefold()
    return tuple(dict.fromkeys((primary, "en")))
