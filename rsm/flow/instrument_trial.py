"""A questionnaire tried by text and by phone: what would be said, and how replies are read. Pure.

Nothing is stored and nothing is sent. A trial is its replies, read from the beginning each time,
with the readers and the words of the real conversation and the real call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rsm.flow import voice_items
from rsm.flow.free_text import FOR_A_PERSON
from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument, Item, OneOfItem, TextItem
from rsm.kernel.answers import SKIPPED, Answer, Answers
from rsm.messaging import item_replies, questions, spoken, texts
from rsm.messaging.decide import Reading, ReadingKind, read_text
from rsm.messaging.parse import Reply, ReplyKind
from rsm.messaging.red_flags import is_emergency

_TAKEN = frozenset({ReplyKind.ANSWER, ReplyKind.SKIP, ReplyKind.REFUSED, ReplyKind.NOT_APPLICABLE})
_READ: Mapping[StrEnum, str] = {
    ReplyKind.SKIP: "skip",
    ReplyKind.REFUSED: "refused",
    ReplyKind.NOT_APPLICABLE: "not_applicable",
    ReplyKind.BACK: "back",
    ReplyKind.LINK: "link",
    ReplyKind.DONE: "done",
    ReadingKind.STOP: "stop",
    ReadingKind.START: "start",
    ReadingKind.HELP: "help",
}
_SAID = {
    ReadingKind.STOP: "stop_confirmed",
    ReadingKind.START: "start_confirmed",
    ReadingKind.HELP: "help",
    ReadingKind.WRONG_NUMBER: "wrong_number_reply",
    ReadingKind.HOSPITAL: "not_monitored_reply",
}
_LAST = frozenset(ReadingKind) - {ReadingKind.START, ReadingKind.HELP, ReadingKind.UNCLEAR}
_AGAIN, _CALL = "survey_ask_again", "advice_emergency"
_MOST = 200  # replies
Words = Mapping[str, str]  # in which staff read how a reply was read, by what it was


@dataclass(frozen=True)
class Said:
    """One message of ours, or one reply with how it was read."""

    words: str
    ours: bool = True
    read: str = ""


@dataclass(frozen=True)
class Trial:
    """How far it has come. `item` waits for an answer; `cannot`: why it does not go this way."""

    said: tuple[Said, ...]
    answers: Answers
    item: Item | None = None
    is_over: bool = False
    cannot: tuple[str, ...] = ()


def by_text(
    instrument: Instrument, language: str, replies: Sequence[str], names: Words, words: Words
) -> Trial:
    """The survey as a conversation by text; `names` are the site's own for its messages."""
    if cannot := tuple(_not_by_text(instrument, language, words)):
        return Trial((), {}, cannot=cannot)
    talk = _Talk(instrument, language, names, words)
    talk.ask("survey_ask_first")
    for reply in replies[:_MOST]:
        if talk.is_over:
            break
        talk.take(reply)
    return talk.trial


def by_keys(instrument: Instrument, language: str, pressed: Sequence[str], words: Words) -> Trial:
    """The survey as a phone call: what is said, and the keys that were pressed."""
    if cannot := tuple(_not_by_keys(instrument, language, words)):
        return Trial((), {}, cannot=cannot)
    answers: dict[str, Answer] = {}
    said: list[Said] = []
    item = _ask_by_keys(instrument, answers, language, said, "")
    for keys in pressed[:_MOST]:
        if item is None:
            break
        read = voice_items.read(item, keys)
        if read is None:
            said.append(Said(keys, ours=False, read=words["no_answer"]))
            lead = spoken.say("call_no_answer", language, {})
        else:
            answers[item.code] = read.answer
            heard = voice_items.answer_said(item, read.answer, language) or _status(read, words)
            if read.check:
                heard = words["confirmed"].format(read=heard)
            said.append(Said(keys, ours=False, read=heard))
            lead = ""
        item = _ask_by_keys(instrument, answers, language, said, lead)
    return Trial(tuple(said), answers, item, is_over=item is None)


class _Talk:
    """A conversation by text while it is replayed."""

    def __init__(self, instrument: Instrument, language: str, names: Words, words: Words) -> None:
        self._instrument = instrument
        self._language = language
        self._names = names
        self._words = words
        self._answers: dict[str, Answer] = {}
        self._said: list[Said] = []
        self._item: Item | None = None
        self._unread = 0  # how often the question that stands was asked again
        self.is_over = False

    @property
    def trial(self) -> Trial:
        return Trial(tuple(self._said), self._answers, self._item, self.is_over)

    def ask(self, purpose: str) -> None:
        """The next question that is open; after the last, whether there is anything else."""
        self._ask(next_item(self._instrument, self._answers), purpose)

    def _ask(self, item: Item | None, purpose: str) -> None:
        self._item = item
        self._unread += 1 if purpose == _AGAIN else -self._unread
        if item is None:
            return self._say("survey_words")
        asked = questions.question(self._instrument, item, self._language)
        first = questions.first_question(self._instrument, item, self._language)
        return self._say(purpose, question=asked, first_question=first)

    def take(self, body: str) -> None:
        """A reply, read as the real conversation reads it."""
        reading = read_text(body)
        if reading.kind is not ReadingKind.UNCLEAR:
            return self._in_place(body, reading.kind)
        if self._item is None:
            return self._own_words(body)
        return self._answered(self._item, body, reading)

    def _in_place(self, body: str, kind: ReadingKind) -> None:
        """What is no reply to a question, whichever stands: it is answered by itself."""
        self._hear(body, self._words[_READ.get(kind, "stands")])
        if kind in _SAID:
            self._say(_SAID[kind])
        self.is_over = kind in _LAST

    def _answered(self, item: Item, body: str, reading: Reading) -> None:
        reply = item_replies.parse_item(item, body, self._language)
        given = {item.code: item_replies.answer_of(reply)} if reply.kind in _TAKEN else None
        if reply.kind is ReplyKind.UNCLEAR:
            known = self._answers
            given = item_replies.parse_line(self._instrument, known, item, body, self._language)
        if given is not None:
            self._hear(body, self._reading(reply, given))
            self._answers.update(given)
            if reply.text and is_emergency(body):
                self._say(_CALL)
            return self.ask("survey_ask")
        if reply.kind is ReplyKind.UNCLEAR and (
            is_emergency(body) or reading.reason in FOR_A_PERSON
        ):
            return self._for_a_person(body)
        self._hear(body, self._reading(reply, None))
        return self._no_answer(item, reply)

    def _no_answer(self, item: Item, reply: Reply) -> None:
        if reply.kind is ReplyKind.BACK:
            again = item_replies.before(self._instrument, self._answers, item)
            return self._ask(again, "survey_ask")
        if reply.kind is ReplyKind.UNCLEAR and not self._unread:
            return self._ask(item, _AGAIN)
        return self._by_link()

    def _for_a_person(self, body: str) -> None:
        """A nurse reads it; the question stands."""
        self._hear(body, self._words["person_reads"].format(read=self._words["stands"]))
        self._say(_CALL if is_emergency(body) else "not_monitored_reply")

    def _by_link(self) -> None:
        self._say("survey_by_link", link="…")
        self.is_over = True

    def _own_words(self, body: str) -> None:
        reply = item_replies.parse_words(body)
        read = _READ.get(reply.kind, "kept_words")
        self._hear(body, self._words[read])
        if reply.kind is ReplyKind.BACK:
            again = item_replies.before(self._instrument, self._answers, None)
            return self._ask(again, "survey_ask")
        if reply.kind is ReplyKind.LINK:
            return self._by_link()
        if reply.text and is_emergency(body):
            self._say(_CALL)
        self._say("survey_done")
        self.is_over = True
        return None

    def _hear(self, body: str, read: str) -> None:
        self._said.append(Said(body, ours=False, read=read))

    def _reading(self, reply: Reply, given: Mapping[str, Answer] | None) -> str:
        if reply.kind in _READ:
            return self._words[_READ[reply.kind]]
        if given is None:
            read = self._words["unclear_link" if self._unread else "unclear_again"]
            return self._words["person_reads"].format(read=read) if reply.tell_staff else read
        items = self._instrument.item_by_code
        return "; ".join(self._answer(items[code], answer) for code, answer in given.items())

    def _answer(self, item: Item, answer: Answer) -> str:
        if isinstance(item, TextItem):
            return self._words["own_words"]
        words = voice_items.answer_said(item, answer, self._language)
        is_code = isinstance(item, OneOfItem) and words != str(answer.value)
        return f"{answer.value}: {words}" if is_code else words

    def _say(self, purpose: str, **fields: str) -> None:
        known = texts.library().purposes[purpose].fields
        values = {**self._names, **fields}
        wanted = {name: values[name] for name in known}
        self._said.append(Said(texts.render(purpose, self._language, wanted)))


def _status(read: voice_items.Read, words: Words) -> str:
    return words[f"status_{read.answer.status}"]


def _not_by_text(instrument: Instrument, language: str, words: Words) -> list[str]:
    """Why it is not asked by text in this language; nothing when it is."""
    if questions.can_be_texted(instrument, language):
        return []
    unfit = [
        item.code for item in instrument.askable if not questions.fits(instrument, item, language)
    ]
    if not unfit:
        return [words["cannot_page"]]
    return [words["cannot_text"].format(code=code) for code in unfit]


def _not_by_keys(instrument: Instrument, language: str, words: Words) -> list[str]:
    if language not in spoken.languages():
        return [words["cannot_call"].format(language=language)]
    needed = voice_items.need_more_than_keys(instrument)
    return [words["cannot_keys"].format(code=item.code) for item in needed]


def _ask_by_keys(
    instrument: Instrument, answers: dict[str, Answer], language: str, said: list[Said], lead: str
) -> Item | None:
    """Say the next question; words that may be left out are not asked by phone."""
    item = next_item(instrument, answers)
    while item is not None and not voice_items.can_ask(item):
        answers[item.code] = SKIPPED
        item = next_item(instrument, answers)
    if item is None:
        said.append(Said(spoken.say("call_thanks", language, {})))
        return None
    words = voice_items.words(instrument, item, answers, language)
    said.append(Said(f"{lead} {words}".strip()))
    return item
