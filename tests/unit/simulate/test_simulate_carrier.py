"""The carrier's weather: each kind does what it is called, as often as the habit says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from rsm.db.work import Database
from rsm.flow import inbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Deferred, OutcomeUnknown
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Channel
from rsm.messaging.mail_words import Letter
from rsm.messaging.model import Accepted, IncomingText, MessageState, Outgoing, StatusReport
from rsm.simulate.carrier import Carrier, CarrierHabits
from rsm.simulate.post import Post
from rsm.simulate.world import World

BEGIN = datetime(2026, 10, 12, 9, tzinfo=UTC)
SITE = UUID(int=9)
HERS, CLINICS = "+12025550131", "+12025550100"
SENT, DELIVERED, UNDELIVERED = (
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNDELIVERED,
)
WORST: dict[str, float] = dict.fromkeys(
    ("lost", "silent", "unsure", "busy", "doubled", "disorder"), 1.0
)


class Air:
    """A carrier with this weather; `told` is what its callbacks say, and of which text."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **weather: float) -> None:
        self.clock = VirtualClock(BEGIN)
        self.told: list[tuple[UUID, MessageState | None]] = []
        self.seen: list[datetime] = []
        calm = Post(self.clock, SeededIds("air"))
        self.carrier = Carrier(calm, CarrierHabits(**weather), "seed")
        nowhere = cast("Database", None)
        self.world = World(nowhere, nowhere, self.clock, self.carrier, "", "seed")
        self.world.phones[HERS] = lambda _text: self.seen.append(self.clock.now())
        self.carrier.serve(self.world)

        def hears(_db: Any, report: StatusReport, site_id: UUID, message_id: UUID) -> None:
            assert site_id == SITE
            self.told.append((message_id, report.state))

        monkeypatch.setattr(inbound, "receive_status", hears)

    @property
    def said(self) -> list[MessageState | None]:
        return [state for _, state in self.told]

    def send(self, number: int = 1) -> Accepted:
        return self.carrier.send(outgoing(number))

    def passes(self) -> None:
        """All that was to happen happens."""
        while (at := self.world.agenda.next_at) is not None:
            self.clock.set(at)
            deed = self.world.agenda.take(at)
            assert deed is not None
            deed()


def outgoing(number: int) -> Outgoing:
    id_ = UUID(int=number)
    url = f"https://rsm.example.org/hooks/twilio/status/{SITE}/{id_}"
    return Outgoing(id_, Channel.SMS, HERS, CLINICS, f"Text {number}.", url)


def test_a_calm_carrier_delivers_at_once_and_says_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    air = Air(monkeypatch)
    assert air.send().state is DELIVERED
    assert [text.body for text in air.carrier.unread()] == ["Text 1."]
    assert air.world.agenda.next_at is None


@pytest.mark.parametrize(
    ("weather", "phones", "said"),
    [
        ({"delay_seconds_median": 20.0}, 1, [SENT, DELIVERED]),
        ({"lost": 1.0}, 0, [SENT, UNDELIVERED]),
        ({"silent": 1.0}, 1, []),
        ({"lost": 1.0, "silent": 1.0}, 0, []),
        ({"doubled": 1.0}, 1, [SENT, DELIVERED, DELIVERED]),
        ({"disorder": 1.0}, 1, [DELIVERED, SENT]),
    ],
)
def test_what_becomes_of_a_text_that_was_taken(
    monkeypatch: pytest.MonkeyPatch,
    weather: dict[str, float],
    phones: int,
    said: list[MessageState],
) -> None:
    air = Air(monkeypatch, **weather)
    taken = air.send()
    assert taken.state is MessageState.ACCEPTED
    air.passes()
    assert len(air.seen) == phones
    assert air.said == said
    assert air.carrier.state_of(taken.provider_id) is (DELIVERED if phones else UNDELIVERED)
    assert len(air.carrier.taken) == 1


def test_a_text_whose_answer_is_lost_was_taken_and_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    air = Air(monkeypatch, unsure=1.0)
    with pytest.raises(OutcomeUnknown):
        air.send()
    air.passes()
    assert len(air.carrier.taken) == len(air.seen) == 1


def test_what_a_busy_carrier_refuses_it_never_took(monkeypatch: pytest.MonkeyPatch) -> None:
    air = Air(monkeypatch, busy=1.0)
    with pytest.raises(Deferred):
        air.send()
    assert air.carrier.taken == []
    assert air.world.agenda.next_at is None


def test_half_of_the_texts_take_longer_than_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    air = Air(monkeypatch, delay_seconds_median=60.0)
    for number in range(200):
        air.send(number)
    air.passes()
    late = sum(at - BEGIN > timedelta(seconds=60) for at in air.seen)
    assert len(air.seen) == 200
    assert 70 <= late <= 130


@pytest.mark.parametrize("kind", sorted(WORST))
def test_weather_falls_on_as_many_as_the_habit_says_and_on_the_same_by_the_seed(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fallen_on() -> list[int]:
        found = []
        for number in range(100):
            air = Air(monkeypatch, **{kind: 0.3})
            before: object = (1, [SENT, DELIVERED])
            try:
                air.send(number)
            except (Deferred, OutcomeUnknown):
                found.append(number)
                continue
            air.passes()
            if (len(air.seen), air.said) != before:
                found.append(number)
        return found

    first = fallen_on()
    assert 15 <= len(first) <= 45
    assert fallen_on() == first


def test_a_persons_text_is_handed_in_twice_where_callbacks_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hers = IncomingText("twilio", "SM1", HERS, CLINICS, "1")
    assert Air(monkeypatch, doubled=1.0).carrier.hands_in_twice(hers)
    assert not Air(monkeypatch, lost=1.0).carrier.hands_in_twice(hers)


def test_e_mails_are_none_of_its_business(monkeypatch: pytest.MonkeyPatch) -> None:
    air = Air(monkeypatch, **WORST)
    letter = Letter("Your check-in", "<p>Ready.</p>", "Lakeside", "r@example.org")
    mail = replace(outgoing(1), channel=Channel.EMAIL, to="her@example.org", letter=letter)
    assert air.carrier.send(mail).state is DELIVERED
    assert air.world.agenda.next_at is None
