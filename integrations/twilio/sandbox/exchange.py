"""The state of the sandbox: messages, threads by phone, opt-outs, and the log of creates.

Used from one thread only, the server's event loop, so it needs no locks.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from integrations.twilio import checks
from integrations.twilio.checks import Request
from integrations.twilio.hooks import OptOutType
from integrations.twilio.sandbox.journal import Journal, NoJournal, replay, rewrite
from integrations.twilio.sandbox.model import INBOUND, OUTBOUND, Message, from_json
from rsm.kernel.clock import Clock
from rsm.kernel.ids import Ids

MAX_MESSAGES = 200_000


@dataclass(frozen=True)
class Wanted:
    """Filters of the message list; times are those of sending, as at Twilio."""

    to: str = ""
    sender: str = ""
    sent_from: datetime | None = None
    sent_until: datetime | None = None

    def fits(self, message: Message) -> bool:
        """Whether the message is asked for. One not yet sent has no time and fits no time."""
        if self.to not in {"", message.to} or self.sender not in {"", message.sender}:
            return False
        if self.sent_from is None and self.sent_until is None:
            return True
        sent = message.sent_at
        return (
            sent is not None
            and (self.sent_from is None or sent >= self.sent_from)
            and (self.sent_until is None or sent < self.sent_until)
        )


class Exchange:
    """All messages of the sandbox's one account; the oldest are forgotten beyond `limit`."""

    def __init__(self, clock: Clock, ids: Ids, limit: int = MAX_MESSAGES) -> None:
        self.clock = clock
        self.journal: Journal = NoJournal()
        self._ids = ids
        self._limit = limit
        self._messages: dict[str, Message] = {}
        self._threads: dict[str, deque[str]] = {}
        self._opted_out: set[tuple[str, str]] = set()

    def accept(self, request: Request) -> Message:
        """Take an outgoing message that passed the checks."""
        return self.add(
            Message(
                sid=self.new_sid(),
                direction=OUTBOUND,
                sender=request.sender,
                to=request.to,
                body=request.body,
                created_at=self.clock.now(),
                service=request.service,
                callback_url=request.callback_url,
            )
        )

    def new_sid(self) -> str:
        """A message id such as Twilio's."""
        return "SM" + self._ids.bytes(16).hex()

    def add(self, message: Message) -> Message:
        """Keep a message that is new here."""
        self._keep(message)
        self.journal.write({"kind": "message", **message.to_json()})
        return message

    def advance(self, sid: str, status: str, error_code: int | None = None) -> None:
        """Move a message on; earlier statuses and forgotten messages change nothing."""
        message = self._messages.get(sid)
        if message is None:
            return
        later = message.advanced(status, error_code, self.clock.now())
        if later is not message:
            self._messages[sid] = later
            self.journal.write({"kind": "message", **later.to_json()})

    def redact(self, message: Message) -> Message:
        """Delete a message's body from the list; the phone and the log of creates keep theirs."""
        bare = replace(message, redacted=True)
        self._messages[message.sid] = bare
        self.journal.write({"kind": "message", **bare.to_json()})
        return bare

    def obey(self, keyword: OptOutType, phone: str, origin: str) -> bool:
        """Follow STOP or START from a phone; whether that changed anything."""
        out = keyword is OptOutType.STOP
        if keyword is OptOutType.HELP or out is self.opted_out(phone, origin):
            return False
        self.set_opted_out(phone, origin, out)
        return True

    def set_opted_out(self, phone: str, origin: str, out: bool) -> None:
        """Write down that the person at `phone` wants, or wants no more, texts from `origin`."""
        self._opt(phone, origin, out)
        self.journal.write({"kind": "opt_out", "phone": phone, "origin": origin, "out": out})

    def opted_out(self, phone: str, origin: str) -> bool:
        """Whether creates from `origin` to `phone` are refused with 21610."""
        return (phone, origin) in self._opted_out

    def refused(self, request: Request) -> int | None:
        """Twilio's code for a create that it does not take, or None."""
        code = checks.refused(request)
        if code is None and self.opted_out(request.to, request.origin):
            return 21610
        return code

    def opt_outs(self, phone: str) -> list[str]:
        """The senders that this phone stopped."""
        return sorted(origin for number, origin in self._opted_out if number == phone)

    def get(self, sid: str) -> Message | None:
        """One message."""
        return self._messages.get(sid)

    def newest_first(self, wanted: Wanted) -> list[Message]:
        """The messages asked for, newest first."""
        found = [message for message in self._messages.values() if wanted.fits(message)]
        found.sort(key=lambda message: message.created_at)
        return found[::-1]

    def unfinished(self) -> list[Message]:
        """Outgoing messages of which something is still to come."""
        return [m for m in self._messages.values() if m.direction == OUTBOUND and not m.is_final]

    def log(self, after: int = 0) -> list[Message]:
        """Every create that was accepted, in order, without the first `after` ones."""
        created = (
            message
            for message in self._messages.values()
            if message.direction == OUTBOUND and not message.seeded
        )
        return list(islice(created, after, None))

    def phones(self) -> list[str]:
        """Every number that was ever at the other end, in the order of appearance."""
        return list(self._threads)

    def thread(self, phone: str, last: int | None = None) -> list[Message]:
        """A phone's messages in order, or only the last ones."""
        sids = self._threads.get(phone, deque())
        start = 0 if last is None else max(len(sids) - last, 0)
        return [self._messages[sid] for sid in islice(sids, start, None)]

    def last_sender_to(self, phone: str) -> str:
        """Who wrote to this phone last: the number that its answer goes to."""
        for message in reversed(self.thread(phone)):
            if message.direction != INBOUND:
                return message.sender or message.service
        return ""

    def seed(self, entries: list[Mapping[str, object]]) -> int:
        """Take in past messages, without callbacks; all or none. Returns how many."""
        past = [
            replace(from_json({"sid": self.new_sid(), **entry}), seeded=True) for entry in entries
        ]
        for message in past:
            self.add(message)
        return len(past)

    def reset(self) -> None:
        """Forget everything."""
        self._clear()
        self.journal.write({"kind": "reset"})

    def load(self, path: Path) -> None:
        """Take over what a state file holds, and leave there only the present state."""
        apply: dict[object, Callable[[Mapping[str, object]], None]] = {
            "reset": lambda _: self._clear(),
            "message": lambda entry: self._keep(from_json(entry)),
            "opt_out": lambda entry: self._opt(
                str(entry["phone"]), str(entry["origin"]), bool(entry["out"])
            ),
        }
        for entry in replay(path):
            apply[entry["kind"]](entry)
        rewrite(path, self.entries())

    def entries(self) -> Iterator[Mapping[str, object]]:
        """The present state as entries of a state file."""
        for message in self._messages.values():
            yield {"kind": "message", **message.to_json()}
        for phone, origin in sorted(self._opted_out):
            yield {"kind": "opt_out", "phone": phone, "origin": origin, "out": True}

    def _opt(self, phone: str, origin: str, out: bool) -> None:
        if out:
            self._opted_out.add((phone, origin))
        else:
            self._opted_out.discard((phone, origin))

    def _clear(self) -> None:
        self._messages.clear()
        self._threads.clear()
        self._opted_out.clear()

    def _keep(self, message: Message) -> None:
        if message.sid not in self._messages:
            self._threads.setdefault(message.phone, deque()).append(message.sid)
        self._messages[message.sid] = message
        while len(self._messages) > self._limit:
            self._forget(next(iter(self._messages)))

    def _forget(self, sid: str) -> None:
        phone = self._messages.pop(sid).phone
        self._threads[phone].remove(sid)
        if not self._threads[phone]:
            del self._threads[phone]


def pages(messages: list[Message], page: int, size: int) -> Iterator[Message]:
    """One page of the list."""
    return islice(messages, page * size, (page + 1) * size)
