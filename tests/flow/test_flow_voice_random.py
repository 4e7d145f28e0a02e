"""Random calls: keys, breaks, hooks handed in again, other doors in between; nothing is stored that
was not said, nothing that was said is lost, and no call crashes."""

import random
from collections.abc import Callable

import pytest

from integrations.twilio.fake_voice import FakeTurn
from rsm.db.work import Database
from rsm.flow import answer, voice_turn
from rsm.flow.voice_items import read
from rsm.flow.voice_turn import Step
from rsm.instruments import service as instruments
from rsm.instruments.decide import effective, is_asked, next_item
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answer, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from rsm.responses.model import Author
from tests.flow.survey_callers import SurveyPhone
from tests.safety_world import build_safety_world
from tests.survey_world import BORN

KEYS = "00112233445678999*#"
SEEDS = range(8)


class Caller:
    """Presses anything, and keeps what she has said: the oracle."""

    def __init__(self, phone: SurveyPhone, seed: int) -> None:
        self.phone = phone
        self.draws = random.Random(seed)
        self.said: dict[str, Answer] = {}
        self.before: list[FakeTurn] = []
        survey = phone.survey()
        with phone.world.begin() as tx:
            self.instrument: Instrument = instruments.load(tx, survey.instrument)

    def takes(self) -> None:
        """A call is taken; mostly it is she."""
        self.before = []
        who = self.draws.choice(["human", "human", "machine_start"])
        self.phone.takes(who)
        self.press("1")
        self.press(str(BORN.year) if self.draws.random() < 0.9 else "1900")
        if "That is not the year" in self.phone.heard.words:
            self.press(str(BORN.year))

    def presses(self) -> None:
        heard = self.phone.heard
        if not heard.keys_url:
            return
        many = self.draws.randint(1, 4) if heard.keys > 1 else 1
        self.press("".join(self.draws.choice(KEYS) for _ in range(many)))

    def press(self, keys: str) -> None:
        if not self.phone.heard.keys_url:
            return
        turn = self.phone.turn(keys)
        self.note(keys)
        said = self.phone.hand_in(turn)
        self.before.append(turn)
        if self.draws.random() < 0.3:
            assert self.phone.hand_in(turn) == said

    def redelivers(self) -> None:
        """An old hook comes late: nothing may change, and the call goes on as it stood."""
        if self.before:
            heard, stored = self.phone.heard, self.phone.stored()
            self.phone.hand_in(self.draws.choice(self.before))
            assert self.phone.stored() == stored
            self.phone.heard = heard

    def answers_on_the_web(self) -> None:
        item = next_item(self.instrument, self.said)
        if item is None or item.code == "temperature":
            return
        survey = self.phone.survey()
        with self.phone.world.as_patient() as tx:
            answer.save(tx, survey.id, item.code, answered(1), Author())
        self.said[item.code] = answered(1)

    def note(self, keys: str) -> None:
        """What these keys say, as whoever hears the question means it."""
        token = self.phone.heard.keys_url.rsplit("/", 1)[1]
        message_id = self.phone.fake.calls[-1].message.id
        now = voice_turn.opened(self.phone.world.clinic.db.vault, message_id, token)
        assert now is not None
        item = self.instrument.item_by_code.get(now.item)
        if item is None or "*" in keys or keys == "#":
            return
        means = read(item, now.typed if now.step is Step.CHECK else keys)
        counts = now.step is Step.CHECK and keys == "1"
        if means is None or not (counts or (now.step is Step.ITEM and not means.check)):
            return
        if is_asked(self.instrument, item, self.said):
            self.said[item.code] = means.answer


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_stored_is_what_was_said(
    web_db: Database, worker_db: Database, clock: VirtualClock, seed: int
) -> None:
    phone = SurveyPhone(build_safety_world(web_db, channel=Channel.VOICE), worker_db, clock)
    phone.window_opens()
    caller = Caller(phone, seed)
    for _ in range(5):
        if phone.survey().state.is_over:
            break
        caller.takes()
        deeds: list[Callable[[], None]] = [caller.presses] * 8
        deeds += [caller.redelivers, caller.answers_on_the_web]
        for _ in range(25):
            if phone.survey().state.is_over:
                break
            caller.draws.choice(deeds)()
        phone.hangs_up()
        phone.passes(hours=caller.draws.choice([2, 24]))
    stored = phone.stored()
    given = {code: each for code, each in stored.items() if code in caller.said}
    assert given == {code: each for code, each in caller.said.items() if code in stored}
    expected = effective(caller.instrument, caller.said)
    assert effective(caller.instrument, stored) == expected
