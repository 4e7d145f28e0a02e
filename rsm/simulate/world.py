"""What every synthetic person shares: the doors to the database, the clock, the post, an agenda."""

import heapq
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Database, Scope, Tx
from rsm.flow import inbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Actor, ActorKind
from rsm.messaging.model import IncomingText
from rsm.simulate.post import PastCall, PastText, Post

Deed = Callable[[], object]
_TWICE = timedelta(seconds=20)


class Agenda:
    """What people mean to do, in the order of time; equal times in the order of planning."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Deed]] = []
        self._planned = 0

    def add(self, at: datetime, deed: Deed) -> None:
        self._planned += 1
        heapq.heappush(self._heap, (at, self._planned, deed))

    @property
    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    def take(self, now: datetime) -> Deed | None:
        """The first deed whose time has come."""
        if not self._heap or self._heap[0][0] > now:
            return None
        return heapq.heappop(self._heap)[2]


@dataclass
class World:
    """`web` and `worker` are the two doors of production, both on the virtual clock.

    `one_by_one`: answers are saved item by item, as the page does; else a survey's answers are
    entered at once, which is the same rules in a fifth of the time.
    """

    web: Database
    worker: Database
    clock: VirtualClock
    post: Post
    public_url: str
    seed: str
    one_by_one: bool = False
    agenda: Agenda = field(default_factory=Agenda)
    phones: dict[str, Callable[[PastText], None]] = field(default_factory=dict)
    lines: dict[str, Callable[[PastCall], None]] = field(default_factory=dict)
    thanked: list[UUID] = field(default_factory=list)  # surveys; whoever watches takes them

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def later(self, wait: timedelta, deed: Deed) -> None:
        """Somebody means to do this after a while."""
        self.agenda.add(self.now + wait, deed)

    def as_staff(self, site_id: UUID, staff_id: UUID) -> AbstractContextManager[Tx]:
        """A transaction of a member of staff at her site."""
        return self.web.begin(Scope.site(site_id), Actor(ActorKind.STAFF, staff_id))

    def as_patient(
        self, site_id: UUID, patient_id: UUID, *, proxy: bool = False
    ) -> AbstractContextManager[Tx]:
        """A transaction as the patient's page opens it."""
        kind = ActorKind.PROXY if proxy else ActorKind.PATIENT
        return self.web.begin(Scope.of_patient(site_id, patient_id), Actor(kind, patient_id))

    def hand_in(self, text: IncomingText) -> None:
        """A text of somebody comes to us; of some the callback comes again a little later."""
        inbound.receive_text(self.web, text)
        if self.post.hands_in_twice(text):
            self.later(_TWICE, lambda: inbound.receive_text(self.web, text))

    def read_phones(self) -> None:
        """People look at what has come to their phones, and take them when they ring."""
        for text in self.post.unread():
            reader = self.phones.get(text.to)
            if reader is not None:
                reader(text)
        for call in self.post.ringing():
            callee = self.lines.get(call.to)
            if callee is not None:
                callee(call)
