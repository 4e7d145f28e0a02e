"""Random conversations: any spelling, slips, redeliveries, back, STOP and START, the page between.

In the end the report holds what was answered, each once, and nothing else.
"""

from dataclasses import dataclass, field
from random import Random

import pytest
from sqlalchemy import text

from rsm.db.work import Database
from rsm.flow import answer, inbound
from rsm.instruments import service as instruments
from rsm.instruments.decide import asked_items, effective, next_item
from rsm.instruments.items import Item, options_of
from rsm.instruments.model import Instrument
from rsm.kernel.answers import SKIPPED, Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.messaging.incoming import ConversationEnd
from rsm.messaging.phrases import NUMBER_WORDS
from rsm.responses.model import Author
from tests.flow.talk import Talk, begin

MOST_ACTS = 120


@dataclass
class Model:
    """What should stand: the answers, the question that was asked last, how many were taken."""

    instrument: Instrument
    answers: dict[str, Answer] = field(default_factory=dict)
    standing: Item | None = None
    taken: int = 0

    def take(self, item: Item, given: Answer) -> None:
        self.answers[item.code] = given
        self.taken += 1

    def goes_on(self) -> None:
        self.standing = next_item(self.instrument, self.answers)

    def before(self) -> Item | None:
        """The question before the one that stands, if it was answered."""
        asked = asked_items(self.instrument, self.answers)
        codes = [item.code for item in asked]
        there = self.standing is not None and self.standing.code in codes
        end = codes.index(self.standing.code) if there and self.standing else len(codes)
        given = [item for item in asked[:end] if item.code in self.answers]
        return given[-1] if given else self.standing


@dataclass
class Play:
    """One conversation, its model beside it."""

    talk: Talk
    draws: Random
    model: Model
    stopped: bool = False

    def act(self) -> None:
        acts = (self.replies, self.replies, self.replies, self.slips, self.redelivers)
        self.draws.choice((*acts, self.skips, self.goes_back, self.on_the_page, self.stops))()

    def replies(self) -> None:
        item = self.model.standing
        assert item is not None
        option = self.draws.choice(options_of(item))
        words = NUMBER_WORDS["en"][option.value]
        label = option.label["en"]
        spelled = (str(option.value), f"{option.value}.", words, f"{option.value} - {label}", label)
        self.talk.says(self.draws.choice(spelled))
        self.model.take(item, answered(option.value))
        self.model.goes_on()

    def slips(self) -> None:
        """Once; a second one would lead to the link. An answer follows."""
        self.talk.says("99")
        self.replies()

    def redelivers(self) -> None:
        said = self.talk.phone.says("77?!")
        self.talk.post.deliver()
        assert not inbound.receive_text(self.talk.world.clinic.db, said)
        self.talk.post.deliver()
        self.replies()

    def skips(self) -> None:
        assert self.model.standing is not None
        self.talk.says("skip")
        self.model.take(self.model.standing, SKIPPED)
        self.model.goes_on()

    def goes_back(self) -> None:
        self.model.standing = self.model.before()
        self.talk.says("back")
        self.replies()

    def on_the_page(self) -> None:
        """What stands in the thread stays there; what is asked after it follows from both."""
        item = next_item(self.model.instrument, self.model.answers)
        assert item is not None
        given = answered(self.draws.choice(options_of(item)).value)
        with self.talk.world.as_patient() as tx:
            answer.save(tx, self.talk.survey().id, item.code, given, Author())
        self.model.take(item, given)
        self.replies()

    def stops(self) -> None:
        """Once: whoever stops and starts all day is looked after by a person."""
        if self.stopped:
            return
        self.stopped = True
        self.talk.says("STOP", "3", "START")
        self.model.goes_on()


@pytest.mark.parametrize("seed", range(3))
def test_in_the_end_the_report_is_what_was_answered(
    web_db: Database, worker_db: Database, clock: VirtualClock, seed: int
) -> None:
    talk = begin(web_db, worker_db, clock)
    with talk.world.begin() as tx:
        instrument = instruments.load(tx, talk.survey().instrument)
    model = Model(instrument)
    model.goes_on()
    play = Play(talk, Random(seed), model)
    for _ in range(MOST_ACTS):
        if model.standing is None:
            break
        play.act()
    assert "or DONE" in talk.last()
    talk.says("done")
    report = talk.report()
    assert report.is_final
    assert dict(report.answers) == effective(instrument, model.answers)
    assert ConversationEnd.SENT in talk.ends()
    with talk.world.begin() as tx:
        events = tx.session.scalar(text("SELECT count(*) FROM answer_event"))
        reports = tx.session.scalar(text("SELECT count(*) FROM response"))
        scored = tx.session.scalar(text("SELECT count(*) FROM score_set"))
    assert (events, reports, scored) == (model.taken, 1, 1)
