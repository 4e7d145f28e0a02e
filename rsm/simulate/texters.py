"""Synthetic patients who answer by replying to texts: one question, one reply, a while apart."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Scope, Tx
from rsm.instruments import service as instruments
from rsm.instruments.items import Item, options_of
from rsm.kernel.answers import Answer
from rsm.kernel.words import Channel
from rsm.messaging import conversations
from rsm.messaging.incoming import ConversationStage, ConversationView
from rsm.patients import service as patients
from rsm.patients import texting
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.simulate.draws import Draws
from rsm.simulate.people import Person
from rsm.simulate.post import PastText
from rsm.simulate.world import World

# How she feels, as an answer: `rsm.simulate.patients` knows her course.
Feels = Callable[[Person, Item, OccurrenceView], Answer]
_IN_WORDS = 0.25  # replies that say the label with the number
_LAST_DAYS = 16  # before the end of the months: as many as make a conversation to look at


def chooses_at(person: Person, share: float, days: int) -> int | None:
    """The day on which she tells the desk that she would rather reply to texts; None: never."""
    fate = person.fate
    apart = fate.proxy or fate.wrong_number or fate.unreachable
    if apart or person.entry.channel is not Channel.SMS:
        return None
    chosen = Draws.of(person.seed, "by text").chance(share)
    return max(fate.enrols, days - _LAST_DAYS) if chosen else None


def choose(tx: Tx, patient_id: UUID) -> None:
    """The desk ticks it for her."""
    texting.choose(tx, patients.locked(tx, patient_id), wanted=True)


def reads(world: World, person: Person, site_id: UUID, text: PastText, feels: Feels) -> None:
    """A text has come that holds no link: if it asks something, she will reply."""
    draws = Draws.of(person.seed, "replies", text.at)
    asks_first = "check-in" in text.body or "encuesta" in text.body
    wait = timedelta(minutes=draws.around(90 if asks_first else 2, 0.5))
    world.later(wait, lambda: _replies(world, person, site_id, text, feels))


def _replies(world: World, person: Person, site_id: UUID, text: PastText, feels: Feels) -> None:
    words = _words(world, person, site_id, text, feels)
    if words:
        said = world.post.text(text.to, text.sender, words)
        world.hand_in(said)


def _words(world: World, person: Person, site_id: UUID, text: PastText, feels: Feels) -> str:
    """What she says to the question that stands; nothing where none does."""
    with world.web.begin(Scope.site(site_id)) as tx:
        hashed = patients.address_hash(tx, text.to)
        standing = conversations.open_at(tx, hashed, site_id)
        if standing is None or standing.asked_at is None or standing.asked_at > text.at:
            return ""
        if standing.stage is ConversationStage.WORDS:
            return "done" if standing.language == "en" else "listo"
        return _answer(tx, person, standing, feels)


def _answer(tx: Tx, person: Person, standing: ConversationView, feels: Feels) -> str:
    survey = schedules.occurrence(tx, standing.occurrence_id)
    instrument = instruments.load(tx, survey.instrument)
    item = instrument.item_by_code.get(standing.item or "")
    if item is None:
        return ""
    value = feels(person, item, survey).value
    labels = {each.value: each.label.get(standing.language, "") for each in options_of(item)}
    if value is None or value not in labels:
        return "skip"
    talks = Draws.of(person.seed, item.code, survey.local_date).chance(_IN_WORDS)
    return f"{value} {labels[value]}" if talks else str(value)
