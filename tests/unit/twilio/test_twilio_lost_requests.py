"""A request that got no answer: may it be repeated? (P2)"""

import ssl

import pytest
import requests
from requests import exceptions as lost
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
)
from urllib3.exceptions import SSLError as UrllibSSLError

from integrations.twilio.creating import _lost
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason

LINE = HTTPConnection("api.example.org")


def gave_up(reason: Exception) -> MaxRetryError:
    return MaxRetryError(None, "/", reason)  # type: ignore[arg-type]  # the pool is not looked at


@pytest.mark.parametrize(
    ("failed", "error", "reason"),
    [
        (
            lost.ConnectionError(gave_up(NewConnectionError(LINE, "refused"))),
            Deferred,
            SendReason.NETWORK,
        ),
        (
            lost.ConnectionError(gave_up(NameResolutionError("h", LINE, OSError()))),  # type: ignore[arg-type]  # as gaierror
            Deferred,
            SendReason.NETWORK,
        ),
        (lost.ConnectTimeout(gave_up(ConnectTimeoutError())), Deferred, SendReason.TIMEOUT),
        (lost.ProxyError(gave_up(OSError())), Deferred, SendReason.NETWORK),
        (
            lost.SSLError(gave_up(UrllibSSLError(ssl.SSLCertVerificationError()))),
            Deferred,
            SendReason.NETWORK,
        ),
        (
            lost.SSLError(gave_up(UrllibSSLError(ssl.SSLEOFError()))),
            OutcomeUnknown,
            SendReason.NETWORK,
        ),
        (lost.ReadTimeout(), OutcomeUnknown, SendReason.TIMEOUT),
        (
            lost.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError())),
            OutcomeUnknown,
            SendReason.NETWORK,
        ),
        (lost.ChunkedEncodingError(), OutcomeUnknown, SendReason.NETWORK),
        (requests.RequestException(), OutcomeUnknown, SendReason.NETWORK),
    ],
)
def test_p2_only_what_was_surely_not_written_may_be_repeated(
    failed: requests.RequestException, error: type[SendError], reason: SendReason
) -> None:
    judged = _lost(failed)
    assert (type(judged), judged.reason) == (error, reason)
