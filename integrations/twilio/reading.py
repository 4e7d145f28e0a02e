"""What a request for Twilio's list, or a change of a message, may fail by; one table for both."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import requests
from requests import exceptions as lost
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # no stubs
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)

from integrations.twilio.transport import TooManyRequests
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, SendError, SendReason

Answer = TypeVar("Answer")
_SETUP = frozenset({401, 403, 404})
_MAX_WAIT_SECONDS = 3600


def attempt(read: Callable[[], Answer], clock: Clock) -> Answer | SendError:
    """What `read` returns, or `Deferred` with why not: reading again never does harm.

    Errors are returned, so that whoever raises them hangs no cause on them (P10).
    """
    try:
        return read()
    except TooManyRequests as busy:
        return Deferred(SendReason.RATE_LIMITED, "list: HTTP 429", retry_at(busy, clock))
    except lost.Timeout:
        return Deferred(SendReason.TIMEOUT, "list: time-out")
    except requests.RequestException as failed:
        return Deferred(SendReason.NETWORK, f"list: {type(failed).__name__}")
    except TwilioException as refused:
        status = status_of(refused)
        reason = SendReason.CREDENTIALS if status in _SETUP else SendReason.PROVIDER_ERROR
        return Deferred(reason, f"list: HTTP {status}")
    except (ValueError, TypeError, AttributeError, KeyError):
        return Deferred(SendReason.PROVIDER_ERROR, "list: an answer that is not Twilio's")


def retry_at(busy: TooManyRequests, clock: Clock) -> datetime | None:
    """When Twilio wants to be asked again."""
    text = busy.retry_after or ""
    if not text.isdecimal():
        return None
    return clock.now() + timedelta(seconds=min(int(text), _MAX_WAIT_SECONDS))


def status_of(refused: TwilioException) -> int | None:
    """The HTTP status of a refusal; the SDK's list raises with the answer as second argument."""
    if isinstance(refused, TwilioRestException | TwilioServiceException):
        return int(refused.status)
    return getattr(refused.args[-1], "status_code", None) if refused.args else None
