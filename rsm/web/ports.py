"""What web pages ask of the outside, and the words that they ask in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class CallStage(StrEnum):
    """Where a call to a phone of the demo stands."""

    RINGING = "ringing"
    TAKEN = "taken"  # and waits for a key
    OVER = "over"


class CallDoes(StrEnum):
    """What a phone's owner does about a call; keys are words of their own."""

    TAKE = "take"
    MACHINE = "machine"  # a voicemail takes it
    WAIT = "wait"  # no further key is pressed
    HANG_UP = "hang_up"
    LEAVE = "leave"  # nobody answers
    BUSY = "busy"


@dataclass(frozen=True)
class PhoneText:
    """One text on a phone of the demo. `mine`: its owner sent it; `number` is the other end.

    With `call` it is a call: `body` is what was said in it so far.
    """

    id: str
    body: str
    at: datetime
    mine: bool
    number: str
    state: str = ""
    call: CallStage | None = None


@dataclass(frozen=True)
class Handset:
    """A phone of the demo and its last texts, the oldest first."""

    number: str
    texts: tuple[PhoneText, ...]


@dataclass(frozen=True)
class MailItem:
    """One e-mail in a mailbox of the demo; `text` is its text part."""

    id: str
    subject: str
    text: str
    at: datetime


class Mailboxes(Protocol):
    """Every mailbox of the demo."""

    def mailboxes(self, last: int) -> Mapping[str, Sequence[MailItem]]:
        """By address, each with its last mails, the oldest first."""
        ...


class Phones(Protocol):
    """Every phone of the demo."""

    def handsets(self, last: int) -> Sequence[Handset]:
        """All phones that ever got a text, each with its last ones."""
        ...

    def text(self, number: str, body: str) -> None:
        """The phone answers whoever wrote to it last."""
        ...

    def call(self, call_id: str, does: CallDoes | str) -> None:
        """What its owner does about a call, or the key that she presses."""
        ...


@dataclass(frozen=True)
class DemoLogIn:
    """A synthetic member of staff: how a visitor signs in as her. `secret` makes her codes."""

    name: str
    job: str
    site: str
    email: str
    phone: str
    secret: str = field(repr=False)
