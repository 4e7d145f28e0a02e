"""Reads Twilio's whole record of a period, and lets it forget what messages said.

Implements `rsm.messaging.ports.History`, `Received` and `Redactor`. The list knows no filter by
the time of creation, only one by the time of sending, which a message that still waits has not.
So it is read twice: once by the time of sending, once unfiltered until nothing of the period comes
any more. Whatever is not read to its end is `Deferred`: half a record is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time
from typing import Protocol

from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]  # no stubs

from integrations.twilio import codes
from integrations.twilio.callbacks import PROVIDER
from integrations.twilio.reading import attempt
from integrations.twilio.sender import TwilioConfig, connect
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Rejected, SendError, SendReason
from rsm.messaging.model import Found, IncomingText, MessageState

_PAGE_SIZE = 1000
_INBOUND = "inbound"
# Twilio's own answers to its keywords are none of ours; nor do we answer by TwiML.
_NOT_SENT_BY_US = frozenset({_INBOUND, "outbound-reply"})
_FOR_GOOD = frozenset({400, 404})  # looked at and refused, or not there any more

Filter = Mapping[str, object]


class Entry(Protocol):
    """The fields of the SDK's message that we read."""

    sid: str
    status: str | None
    body: str | None
    direction: str | None
    from_: str | None
    to: str | None
    messaging_service_sid: str | None
    date_created: datetime
    date_sent: datetime | None
    error_code: int | None


class TwilioRecords:
    """The adapter; one object serves all threads. Nothing waits for it, so it may take its time."""

    def __init__(self, config: TwilioConfig, clock: Clock) -> None:
        self._clock = clock
        self._transport, self._client = connect(config)

    def sent(self, sender: str, since: datetime, until: datetime) -> Sequence[Found]:
        """All that went out, or waits to go out, from this sender; the oldest first."""
        service = sender.startswith("MG")
        entries = self._entries({} if service else {"from_": sender}, since, until)
        return [
            _found(entry, sender)
            for entry in entries
            if entry.direction not in _NOT_SENT_BY_US
            and (not service or entry.messaging_service_sid == sender)
        ]

    def texts(self, to: str, since: datetime, until: datetime) -> Sequence[IncomingText]:
        """All that came in to this number, the oldest first."""
        entries = self._entries({"to": to}, since, until)
        return [_text(entry) for entry in entries if entry.direction == _INBOUND]

    def redact(self, provider_id: str) -> None:
        """Delete the body of a message that has come to its end."""
        outcome = attempt(lambda: self._redact(provider_id), self._clock)
        if isinstance(outcome, SendError):
            raise outcome

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def _redact(self, provider_id: str) -> SendError | None:
        try:
            self._client.messages(provider_id).update(body="")
        except TwilioRestException as refused:
            if refused.status in _FOR_GOOD:
                return Rejected(SendReason.REFUSED, f"redact: HTTP {refused.status}")
            raise
        return None

    def _entries(self, wanted: Filter, since: datetime, until: datetime) -> list[Entry]:
        outcome = attempt(lambda: self._read(wanted, since), self._clock)
        if isinstance(outcome, SendError):
            raise outcome
        first = since.replace(microsecond=0)  # Twilio's times are whole seconds
        period = [entry for entry in outcome if first <= entry.date_created < until]
        return sorted(period, key=lambda entry: entry.date_created)

    def _read(self, wanted: Filter, since: datetime) -> list[Entry]:
        """Both readings, the oldest first within each second."""
        # Twilio promises this filter for whole days only.
        day = datetime.combine(since.date(), time(), since.tzinfo)
        seen = {entry.sid: entry for entry in self._stream({**wanted, "date_sent_after": day})}
        for entry in _newest(self._stream(wanted), since):
            seen.setdefault(entry.sid, entry)
        return list(seen.values())[::-1]

    def _stream(self, wanted: Filter) -> Iterator[Entry]:
        entries: Iterator[Entry] = self._client.messages.stream(page_size=_PAGE_SIZE, **wanted)
        return entries


def _newest(entries: Iterator[Entry], since: datetime) -> Iterator[Entry]:
    """The list from its newest end, until a whole page of it is older than the period."""
    older = 0
    for entry in entries:
        older = 0 if entry.date_created >= since else older + 1
        if older > _PAGE_SIZE:
            return
        yield entry


def _found(entry: Entry, sender: str) -> Found:
    verdict = codes.verdict_of(entry.error_code)
    return Found(
        provider_id=entry.sid,
        to=entry.to or "",
        sender=sender,
        body=entry.body or "",
        state=codes.state_of(entry.status or "") or MessageState.ACCEPTED,
        created_at=entry.date_created,
        error_code=None if entry.error_code is None else str(entry.error_code),
        reason=verdict.reason if verdict else None,
    )


def _text(entry: Entry) -> IncomingText:
    return IncomingText(
        provider=PROVIDER,
        provider_id=entry.sid,
        sender=entry.from_ or "",
        to=entry.to or "",
        body=entry.body or "",
        received_at=entry.date_created,
    )
