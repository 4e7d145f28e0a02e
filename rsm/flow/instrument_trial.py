"""A questionnaire tried by text and by phone: what would be said, and how replies are read. Pure.

Nothing is stored and nothing is sent. A trial is its replies, read from the beginning each time,
with the readers and the words of the real conversation and the real call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rsm.flow import voice_items
from rsm.instruments.decide import next_item
from rsm.instruments.model import Instrument, Item, OneOfItem, TextItem
from rsm.kernel.answers import SKIPPED, Answer, Answers
from rsm.messaging import item_replies, questions, spoken, texts
from rsm.messaging.parse import Reply, ReplyKind

_TAKEN = frozenset({ReplyKind.ANSWER, ReplyKind.SKIP, ReplyKind.REFUSED, ReplyKind.NOT_APPLICABLE})
_READ = {
    ReplyKind.SKIP: "left out",
    ReplyKind.REFUSED: "would rather not say",
    ReplyKind.NOT_APPLICABLE: "does not apply",
    ReplyKind.BACK: "wants the question before once more",
    ReplyKind.LINK: "wants the page: the link is sent",
    ReplyKind.STOP: "STOP: nothing more is sent",
    ReplyKind.START: "START",
    ReplyKind.HELP: "HELP: whom to call is sent",
    ReplyKind.DONE: "nothing to add",
}
_ENDS = frozenset({ReplyKind.LINK, ReplyKind.STOP})
_MOST = 200  # replies


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
    instrument: Instrument, language: str, replies: Sequence[str], names: Mapping[str, str]
) -> Trial:
    """The survey as a conversation by text; `names` are the site's own for its messages."""
    if cannot := tuple(_not_by_text(instrument, language)):
        return Trial((), {}, cannot=cannot)
    talk = _Talk(instrument, language, names)
    talk.ask("survey_ask_first")
    for reply in replies[:_MOST]:
        if talk.is_over:
            break
        talk.take(reply)
    return talk.trial


def by_keys(instrument: Instrument, language: str, pressed: Sequence[str]) -> Trial:
    """The survey as a phone call: what is said, and the keys that were pressed."""
    if cannot := tuple(_not_by_keys(instrument, language)):
        return Trial((), {}, cannot=cannot)
    answers: dict[str, Answer] = {}
    said: list[Said] = []
    item = _ask_by_keys(instrument, answers, language, said, "")
    for keys in pressed[:_MOST]:
        if item is None:
            break
        read = voice_items.read(item, keys)
        if read is None:
            said.append(Said(keys, ours=False, read="no answer: it is asked again"))
            lead = spoken.say("call_no_answer", language, {})
        else:
            answers[item.code] = read.answer
            words = voice_items.answer_said(item, read.answer, language)
            checked = ", said back and confirmed first" if read.check else ""
            said.append(
                Said(keys, ours=False, read=f"{words or read.answer.status.value}{checked}")
            )
            lead = ""
        item = _ask_by_keys(instrument, answers, language, said, lead)
    return Trial(tuple(said), answers, item, is_over=item is None)


class _Talk:
    """A conversation by text while it is replayed."""

    def __init__(self, instrument: Instrument, language: str, names: Mapping[str, str]) -> None:
        self._instrument = instrument
        self._language = language
        self._names = names
        self._answers: dict[str, Answer] = {}
        self._said: list[Said] = []
        self._item: Item | None = None
        self._unread = 0
        self._asks_words = False
        self.is_over = False

    @property
    def trial(self) -> Trial:
        return Trial(tuple(self._said), self._answers, self._item, self.is_over)

    def ask(self, purpose: str) -> None:
        """The next question that is open; after the last, whether there is anything else."""
        self._item = next_item(self._instrument, self._answers)
        if self._item is None:
            self._asks_words = True
            return self._say("survey_words")
        asked = questions.question(self._instrument, self._item, self._language)
        first = questions.first_question(self._instrument, self._item, self._language)
        return self._say(purpose, question=asked, first_question=first)

    def take(self, body: str) -> None:
        """A reply, read as the real conversation reads it."""
        if self._asks_words or self._item is None:
            return self._words(body)
        reply = item_replies.parse_item(self._item, body, self._language)
        given = {self._item.code: item_replies.answer_of(reply)} if reply.kind in _TAKEN else None
        if reply.kind is ReplyKind.UNCLEAR:
            given = item_replies.parse_line(
                self._instrument, self._answers, self._item, body, self._language
            )
        self._said.append(Said(body, ours=False, read=self._reading(reply, given)))
        if given is not None:
            self._answers.update(given)
            self._unread = 0
            return self.ask("survey_ask")
        return self._no_answer(reply)

    def _no_answer(self, reply: Reply) -> None:
        match reply.kind:
            case ReplyKind.BACK:
                if self._answers:
                    self._answers.popitem()
                return self.ask("survey_ask")
            case ReplyKind.UNCLEAR if self._unread == 0:
                self._unread = 1
                return self.ask("survey_ask_again")
            case ReplyKind.HELP | ReplyKind.START:
                return None
        if reply.kind is not ReplyKind.STOP:
            self._say("survey_by_link", link="…")
        self.is_over = True
        return None

    def _words(self, body: str) -> None:
        reply = item_replies.parse_words(body)
        read = _READ.get(reply.kind, "kept, and shown to the nurse")
        self._said.append(Said(body, ours=False, read=read))
        self._say("survey_done")
        self.is_over = True

    def _reading(self, reply: Reply, given: Mapping[str, Answer] | None) -> str:
        if given is None:
            again = "asked once more" if self._unread == 0 else "the link is sent"
            told = ", a person reads it" if reply.tell_staff else ""
            return _READ.get(reply.kind, f"not understood: {again}{told}")
        if reply.kind in _READ:
            return _READ[reply.kind]
        items = self._instrument.item_by_code
        return "; ".join(self._answer(items[code], answer) for code, answer in given.items())

    def _answer(self, item: Item, answer: Answer) -> str:
        if isinstance(item, TextItem):
            return "own words, shown to the nurse"
        words = voice_items.answer_said(item, answer, self._language)
        is_code = isinstance(item, OneOfItem) and words != str(answer.value)
        return f"{answer.value}: {words}" if is_code else words

    def _say(self, purpose: str, **fields: str) -> None:
        known = texts.library().purposes[purpose].fields
        values = {**self._names, **fields}
        wanted = {name: values[name] for name in known}
        self._said.append(Said(texts.render(purpose, self._language, wanted)))


def _not_by_text(instrument: Instrument, language: str) -> list[str]:
    """Why it is not asked by text in this language; nothing when it is."""
    if questions.can_be_texted(instrument, language):
        return []
    unfit = [
        item.code for item in instrument.askable if not questions.fits(instrument, item, language)
    ]
    if not unfit:
        return ["It has words between its questions that belong on a page."]
    return [
        f"{code} cannot be asked by text: its kind, its length or its language." for code in unfit
    ]


def _not_by_keys(instrument: Instrument, language: str) -> list[str]:
    if language not in spoken.languages():
        return [f"We do not call in this language ({language})."]
    needed = voice_items.need_more_than_keys(instrument)
    return [f"{item.code} cannot be answered with keys." for item in needed]


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
