"""Pings an address of a dead-man's switch by HTTP POST. Implements `rsm.flow.ports`."""

import json
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from rsm.kernel.errors import Deferred, Invalid, Problem, SendReason

_TIMEOUT_SECONDS = 10.0


class _NoRedirect(HTTPRedirectHandler):
    """The address is a secret: it is sent to no other host."""

    def redirect_request(self, *_: object) -> None:
        return None


class HttpSwitch:
    """One address; the body holds the hash of the audit heads and nothing else."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            mend = "http only on loopback"
            raise Invalid(Problem("RSM_HEARTBEAT_URL", "must start with https://", mend))
        self._url = url
        self._opener = build_opener(_NoRedirect())

    def ping(self, heads: str) -> None:
        """POST it; raises `Deferred` when the answer is not 2xx, or there is none."""
        fault = self._post(json.dumps({"audit_heads": heads}).encode())
        if fault is not None:  # raised here, so that no cause hangs on it that names the address
            raise fault

    def _post(self, body: bytes) -> Deferred | None:
        headers = {"content-type": "application/json"}
        request = Request(self._url, body, headers, method="POST")  # noqa: S310 - checked above
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS):
                return None
        except HTTPError as refused:
            refused.close()
            return Deferred(SendReason.PROVIDER_ERROR, f"HTTP {refused.code}")
        except TimeoutError:
            return Deferred(SendReason.TIMEOUT)
        except (URLError, OSError, HTTPException) as failed:
            return Deferred(SendReason.NETWORK, type(failed).__name__)
