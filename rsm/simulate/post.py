"""A provider that takes every text at once, and remembers what stands on whose phone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from rsm.kernel.clock import Clock
from rsm.kernel.errors import Rejected, SendReason
from rsm.kernel.ids import Ids
from rsm.kernel.keywords import Keyword
from rsm.messaging.model import Accepted, Found, IncomingText, MessageState, Outgoing

PROVIDER = "twilio"


@dataclass(frozen=True)
class PastText:
    """A text of the past, in either direction; `inbound` if the phone's owner sent it."""

    sender: str
    to: str
    body: str
    at: datetime
    inbound: bool = False
    sid: str = ""  # what the provider calls it


@dataclass(frozen=True)
class PastMail(PastText):
    """An e-mail of the past; `body` is its text part."""

    subject: str = ""
    html: str = ""


@dataclass(frozen=True)
class PastCall:
    """A call about a survey, that rings."""

    sid: str
    to: str
    at: datetime
    site_id: UUID
    message_id: UUID


@dataclass(frozen=True)
class Taken:
    """What the provider took from us: the judges' own record, whatever the outbox believes."""

    message_id: UUID
    sid: str
    to: str
    sender: str
    body: str
    at: datetime


class Post:
    """The `Sender` of a simulation. Texts to `unreachable` numbers are refused."""

    def __init__(self, clock: Clock, ids: Ids, unreachable: Collection[str] = ()) -> None:
        self.texts: list[PastText] = []
        self.taken: list[Taken] = []
        self.clock = clock
        self.ids = ids
        self.unreachable = frozenset(unreachable)
        self._read = 0
        self._rings: list[PastCall] = []

    def send(self, message: Outgoing) -> Accepted:
        """Deliver at once. Raises `Rejected` for a phone that nobody can reach."""
        sid = self.take(message)
        now = self.clock.now()
        if message.spoken is not None and message.spoken.asked_url:
            site_id, message_id = map(UUID, message.spoken.asked_url.split("/")[-2:])
            self._rings.append(PastCall(sid, message.to, now, site_id, message_id))
            return Accepted(sid)
        self.texts.append(past(message, now, sid))
        return Accepted(sid, MessageState.DELIVERED)

    def take(self, message: Outgoing) -> str:
        """The provider accepts it; returns what it calls it. Raises as `send`."""
        if message.to in self.unreachable:
            raise Rejected(SendReason.UNREACHABLE)
        sid, now = self._new_sid(), self.clock.now()
        taken = Taken(message.id, sid, message.to, message.sender, message.body, now)
        self.taken.append(taken)
        return sid

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """The provider's own list, the newest first."""
        ours = takewhile(lambda one: one.at >= since, reversed(self.taken))
        return [
            Found(one.sid, to, sender, one.body, self.state_of(one.sid), one.at)
            for one in ours
            if (one.to, one.sender) == (to, sender)
        ]

    def state_of(self, _sid: str) -> MessageState:
        """Where it stands at the provider."""
        return MessageState.DELIVERED

    def hands_in_twice(self, _text: IncomingText) -> bool:
        """Whether the callback of this text of somebody comes a second time."""
        return False

    def text(self, sender: str, to: str, body: str, keyword: Keyword | None = None) -> IncomingText:
        """What a phone sends to us, as the provider hands it in."""
        sid = self._new_sid()
        self.texts.append(PastText(sender, to, body, self.clock.now(), inbound=True, sid=sid))
        return IncomingText(PROVIDER, sid, sender, to, body, keyword)

    def unread(self) -> list[PastText]:
        """Texts that have come to phones since this was asked last."""
        fresh = [text for text in self.texts[self._read :] if not text.inbound]
        self._read = len(self.texts)
        return fresh

    def ringing(self) -> list[PastCall]:
        """Calls that have begun since this was asked last."""
        rings, self._rings = self._rings, []
        return rings

    def _new_sid(self) -> str:
        return "SM" + self.ids.bytes(16).hex()


def past(message: Outgoing, at: datetime, sid: str) -> PastText:
    """How it stands on a phone, or in a mailbox."""
    letter = message.letter
    if letter is None:
        return PastText(message.sender, message.to, message.body, at, sid=sid)
    return PastMail(
        message.sender,
        message.to,
        message.body,
        at,
        sid=sid,
        subject=letter.subject,
        html=letter.html,
    )
