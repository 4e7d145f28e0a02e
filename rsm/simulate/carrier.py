"""The carrier between us and people's phones: what it loses, delays, doubles and mixes up."""

from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import Field

from rsm.flow import inbound
from rsm.kernel.documents import Strict
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendReason
from rsm.messaging.model import Accepted, IncomingText, MessageState, Outgoing, StatusReport
from rsm.simulate.draws import Draws
from rsm.simulate.post import Post, past
from rsm.simulate.world import World

Share = Annotated[float, Field(ge=0, le=1)]
Spread = Annotated[float, Field(ge=0, le=5)]


class CarrierHabits(Strict):
    """Shares are of texts. All zero, and no delay, is a carrier that takes and delivers at once."""

    lost: Share = 0.0  # accepted, and never seen on a phone: reported as undelivered
    silent: Share = 0.0  # of those on a phone: no callback ever says so
    unsure: Share = 0.0  # of texts: taken, but the answer that says so is lost on its way to us
    busy: Share = 0.0  # of tries: refused for now, to be tried again
    doubled: Share = 0.0  # callbacks, and texts of people, that are handed in twice
    disorder: Share = 0.0  # of callbacks: "delivered" comes before "sent"
    delay_seconds_median: Annotated[float, Field(ge=0, le=86_400)] = 0.0
    delay_spread: Spread = 1.0

    @property
    def is_calm(self) -> bool:
        """Whether it does nothing but deliver, at once."""
        return not any(value for name, value in self if name != "delay_spread")


_CALLED_BACK = timedelta(seconds=2)


class Carrier(Post):
    """A provider with weather: what becomes of each text is drawn by the seed. Calls and e-mails
    are not its business."""

    def __init__(self, calm: Post, habits: CarrierHabits, seed: str) -> None:
        super().__init__(calm.clock, calm.ids, calm.unreachable)
        self._habits = habits
        self._seed = seed
        self._tries: dict[UUID, int] = {}
        self._states: dict[str, MessageState] = {}
        self._world: World | None = None

    def serve(self, world: World) -> None:
        """From now on its callbacks come in there."""
        self._world = world

    def send(self, message: Outgoing) -> Accepted:
        """Take it, or not, or take it and be silent. Raises as any sender."""
        if message.spoken is not None or message.letter is not None or self._habits.is_calm:
            return super().send(message)
        tried = self._tries[message.id] = self._tries.get(message.id, 0) + 1
        draws = Draws.of(self._seed, "carrier", message.id, tried)
        if draws.chance(self._habits.busy):
            raise Deferred(SendReason.RATE_LIMITED)
        sid = self.take(message)
        self._states[sid] = MessageState.ACCEPTED
        self._carry(message, sid, draws)
        if draws.chance(self._habits.unsure):
            raise OutcomeUnknown(SendReason.TIMEOUT)
        return Accepted(sid)

    def state_of(self, sid: str) -> MessageState:
        """Where it stands at the provider."""
        return self._states.get(sid, MessageState.DELIVERED)

    def hands_in_twice(self, text: IncomingText) -> bool:
        """Whether the callback of this text of somebody comes a second time."""
        return Draws.of(self._seed, "twice", text.provider_id).chance(self._habits.doubled)

    def _carry(self, message: Outgoing, sid: str, draws: Draws) -> None:
        habits = self._habits
        median = habits.delay_seconds_median
        wait = timedelta(seconds=draws.around(median, habits.delay_spread) if median else 0)
        ends = MessageState.UNDELIVERED if draws.chance(habits.lost) else MessageState.DELIVERED
        self._later(wait, partial(self._arrives, message, sid, ends))
        if draws.chance(habits.silent):
            return
        said = [MessageState.SENT, ends]
        if draws.chance(habits.disorder):
            said.reverse()
        if draws.chance(habits.doubled):
            said.append(ends)
        for place, state in enumerate(said, start=1):
            self._later(wait + place * _CALLED_BACK, partial(self._calls_back, message, sid, state))

    def _arrives(self, message: Outgoing, sid: str, ends: MessageState) -> None:
        self._states[sid] = ends
        if ends is MessageState.DELIVERED:
            self.texts.append(past(message, self.clock.now(), sid))
            if self._world is not None:
                self._world.read_phones()

    def _calls_back(self, message: Outgoing, sid: str, state: MessageState) -> None:
        if self._world is not None:
            site_id, message_id = map(UUID, message.callback_url.split("/")[-2:])
            inbound.receive_status(self._world.web, StatusReport(sid, state), site_id, message_id)

    def _later(self, wait: timedelta, deed: "partial[None]") -> None:
        if self._world is not None:
            self._world.later(wait, deed)
