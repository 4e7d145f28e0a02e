"""Hands messages to Twilio and reads its list, through the official SDK.

Implements `rsm.messaging.ports.Sender` and `SentList`. Whether a failed create may be repeated is
decided in `creating`, for texts and calls alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from twilio.rest import Client  # type: ignore[import-untyped]  # no stubs

from integrations.twilio import codes
from integrations.twilio.creating import create
from integrations.twilio.reading import attempt
from integrations.twilio.transport import TWILIO_API_URL, Transport
from rsm.kernel.clock import Clock
from rsm.kernel.errors import SendError
from rsm.messaging.model import Accepted, Found, MessageState, Outgoing

MIN_VALIDITY_SECONDS = 1
MAX_VALIDITY_SECONDS = 36_000  # ten hours: Twilio refuses more

# Twilio's "connection overrides": it calls again as often as it can, whatever went wrong, instead
# of once. Twilio reads the fragment itself: it is neither called nor signed.
CALL_AGAIN = "#rc=5&rp=all"
_PAGE_SIZE = 100
# The list is sorted by the time of sending, which a queued message has not: read on for a while.
_READ_ON = timedelta(days=7)


@dataclass(frozen=True)
class TwilioConfig:
    """How to reach the account. `timeout_seconds` counts for each read; to connect it has
    four of them at most.

    Both together must stay under half the outbox's lease (P2). `messaging_service_sid` is used
    for messages that name no sender of their own.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    api_url: str = TWILIO_API_URL
    timeout_seconds: float = 10
    messaging_service_sid: str | None = None
    threads: int = 256


def connect(config: TwilioConfig) -> tuple[Transport, Client]:
    """The SDK on our own transport, which whoever asked for it closes."""
    transport = Transport(config.api_url, config.timeout_seconds, config.threads)
    client = Client(
        config.account_sid,
        config.auth_token,
        http_client=transport,
        # Only our own settings count: TWILIO_* of the environment would move the address.
        environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
    )
    return transport, client


class _Resource(Protocol):
    """The fields of the SDK's message that we read."""

    sid: str | None
    status: str | None
    body: str | None
    direction: str | None
    from_: str | None
    messaging_service_sid: str | None
    date_created: datetime | None
    error_code: int | None


class TwilioSender:
    """The adapter to Twilio. One object serves all threads; `clock` dates a wished retry."""

    def __init__(self, config: TwilioConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._transport, self._client = connect(config)

    def send(self, message: Outgoing) -> Accepted:
        """Create the message at Twilio; see the port for what is raised."""
        fields = self._fields(message)
        outcome = create(lambda: self._client.messages.create(**fields), self._clock)
        if isinstance(outcome, SendError):  # raised here, so that no cause hangs on it
            raise outcome
        return Accepted(outcome.sid, codes.state_of(outcome.status) or MessageState.ACCEPTED)

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """Twilio's own list for this pair, newest first; `Deferred` when it cannot be read."""
        outcome = attempt(lambda: self._read(to, sender, since), self._clock)
        if isinstance(outcome, SendError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def _fields(self, message: Outgoing) -> dict[str, str | int]:
        fields: dict[str, str | int] = {
            "to": message.to,
            "body": message.body,
            "status_callback": message.callback_url and message.callback_url + CALL_AGAIN,
        }
        service = _service(message.sender, self._config)
        if service:
            fields["messaging_service_sid"] = service
        else:
            fields["from_"] = message.sender
            if message.service:  # the number, as part of the service that its campaign hangs on
                fields["messaging_service_sid"] = message.service
        if message.valid_seconds is not None:
            fields["validity_period"] = min(
                max(message.valid_seconds, MIN_VALIDITY_SECONDS), MAX_VALIDITY_SECONDS
            )
        return fields

    def _read(self, to: str, sender: str, since: datetime) -> list[Found]:
        service = _service(sender, self._config)
        # No filter by date: Twilio's is by the time of sending, and hides what is still queued.
        wanted = {"to": to} if service else {"to": to, "from_": sender}
        first = since.replace(microsecond=0)  # Twilio's times are whole seconds
        found = []
        entries: Iterator[_Resource] = self._client.messages.stream(page_size=_PAGE_SIZE, **wanted)
        for entry in entries:
            item = _found(entry, to, sender)
            if item is None or (service and entry.messaging_service_sid != service):
                continue
            if item.created_at < first - _READ_ON:
                break
            if item.created_at >= first:
                found.append(item)
        return sorted(found, key=lambda item: item.created_at, reverse=True)


def _service(sender: str, config: TwilioConfig) -> str | None:
    """The messaging service to send through: named by the message, or the account's if none is."""
    if sender.startswith("MG"):
        return sender
    return None if sender else config.messaging_service_sid


def _found(entry: _Resource, to: str, sender: str) -> Found | None:
    """One entry of the list, or None when it is not an outgoing message."""
    if not (entry.sid and entry.date_created) or entry.direction == "inbound":
        return None
    verdict = codes.verdict_of(entry.error_code)
    return Found(
        provider_id=entry.sid,
        to=to,
        sender=sender,
        body=entry.body or "",
        state=codes.state_of(entry.status or "") or MessageState.ACCEPTED,
        created_at=entry.date_created,
        error_code=None if entry.error_code is None else str(entry.error_code),
        reason=verdict.reason if verdict else None,
    )
