"""Creating a message or a call at Twilio, and what a failure says: may it be repeated?

What surely did not reach Twilio is `Deferred`, what may have is `OutcomeUnknown`; `codes` reads the
answers. Errors carry codes only, never a number or a text, and no chained exception.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import requests
from requests import exceptions as lost
from twilio.base.exceptions import (  # type: ignore[import-untyped]  # no stubs
    TwilioRestException,
    TwilioServiceException,
)
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from integrations.twilio import codes
from integrations.twilio.reading import retry_at
from integrations.twilio.transport import TooManyRequests
from rsm.kernel.clock import Clock
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason


class Resource(Protocol):
    """What the SDK gives back for a message or a call that was created."""

    @property
    def sid(self) -> str | None:
        """Twilio's name for it."""
        ...

    @property
    def status(self) -> str | None:
        """Twilio's word for where it stands."""
        ...


@dataclass(frozen=True)
class Created:
    """What Twilio took: its name for it, and its word for where it stands."""

    sid: str
    status: str


def create(post: Callable[[], Resource], clock: Clock) -> Created | SendError:
    """What `post` made, or why not.

    The error is returned, so that whoever raises it hangs no cause on it (P10).
    """
    try:
        made = post()
        sid, status = made.sid, made.status
    except TooManyRequests as busy:
        return codes.refusal(429, None, retry_at(busy, clock))
    except (TwilioRestException, TwilioServiceException) as refused:
        return codes.refusal(refused.status, _own_code(refused))
    except requests.RequestException as failed:
        return _lost(failed)
    except (ValueError, TypeError, AttributeError):
        return OutcomeUnknown(SendReason.PROVIDER_ERROR, "an answer that is not Twilio's")
    if not sid:
        return OutcomeUnknown(SendReason.PROVIDER_ERROR, "an answer without an id")
    return Created(sid, status or "")


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
