"""Hands messages to Twilio and reads its list, through the official SDK.

Implements `rsm.messaging.ports.Sender` and `SentList`. Whether a failed create may be repeated is
decided here and in `codes`: what surely did not reach Twilio is `Deferred`, what may have is
`OutcomeUnknown`. Errors carry codes only, never a number or a text, and no chained exception.
"""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import requests
from requests import exceptions as lost
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # no stubs
    TwilioRestException,
    TwilioServiceException,
)
from twilio.rest import Client  # type: ignore[import-untyped]  # no stubs
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from integrations.twilio import codes
from integrations.twilio.reading import attempt, retry_at
from integrations.twilio.transport import TWILIO_API_URL, TooManyRequests, Transport
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason
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
    """How to reach the account. `timeout_seconds` counts for the connect and for each read.

    `timeout_seconds` must stay under half the outbox's lease (P2). `messaging_service_sid` is used
    for messages that name no sender of their own.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    api_url: str = TWILIO_API_URL
    timeout_seconds: float = 10
    messaging_service_sid: str | None = None
    threads: int = 256


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
        self._transport = Transport(config.api_url, config.timeout_seconds, config.threads)
        self._client = Client(
            config.account_sid,
            config.auth_token,
            http_client=self._transport,
            # Only our own settings count: TWILIO_* of the environment would move the address.
            environment={"TWILIO_EDGE": "", "TWILIO_REGION": ""},
        )

    def send(self, message: Outgoing) -> Accepted:
        """Create the message at Twilio; see the port for what is raised."""
        outcome = self._create(message)
        if isinstance(outcome, SendError):  # raised here, so that no cause hangs on it
            raise outcome
        return outcome

    def sent_to(self, to: str, sender: str, since: datetime) -> Sequence[Found]:
        """Twilio's own list for this pair, newest first; `Deferred` when it cannot be read."""
        outcome = attempt(lambda: self._read(to, sender, since), self._clock)
        if isinstance(outcome, SendError):
            raise outcome
        return outcome

    def close(self) -> None:
        """Close the pooled connections."""
        self._transport.close()

    def _create(self, message: Outgoing) -> Accepted | SendError:
        try:
            created: _Resource = self._client.messages.create(**self._fields(message))
            sid, status = created.sid, created.status
        except TooManyRequests as busy:
            return codes.refusal(429, None, retry_at(busy, self._clock))
        except (TwilioRestException, TwilioServiceException) as refused:
            return codes.refusal(refused.status, _own_code(refused))
        except requests.RequestException as failed:
            return _lost(failed)
        except (ValueError, TypeError, AttributeError):
            return OutcomeUnknown(SendReason.PROVIDER_ERROR, "an answer that is not Twilio's")
        if not sid:
            return OutcomeUnknown(SendReason.PROVIDER_ERROR, "an answer without a message id")
        return Accepted(sid, codes.state_of(status or "") or MessageState.ACCEPTED)

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


def _own_code(refused: TwilioRestException | TwilioServiceException) -> int | None:
    """Twilio's code, or None: for a body that is not Twilio's the SDK repeats the status."""
    code = refused.code
    return code if isinstance(code, int) and code != refused.status else None


def _lost(failed: requests.RequestException) -> SendError:
    """Whether a request that got no answer can have reached Twilio."""
    name = type(failed).__name__
    reason = SendReason.TIMEOUT if isinstance(failed, lost.Timeout) else SendReason.NETWORK
    return Deferred(reason, name) if _never_written(failed) else OutcomeUnknown(reason, name)


def _never_written(failed: requests.RequestException) -> bool:
    """True only if not a byte of the request was written: then a repeat cannot double it."""
    if isinstance(failed, lost.ConnectTimeout | lost.ProxyError | lost.InvalidURL):
        return True
    cause = getattr(failed.args[0], "reason", None) if failed.args else None
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):  # refused, no such host
        return True
    # A certificate is refused during the handshake, before the request.
    inner = cause.args[0] if isinstance(cause, Exception) and cause.args else None
    return isinstance(inner, ssl.SSLCertVerificationError)
