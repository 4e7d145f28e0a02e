"""The SDK's HTTP client, changed in what matters to us: address, threads, time-outs, silence.

The SDK's own client keeps the last answer in an attribute and returns that attribute, which two
threads would share; it logs the query, in which the list's `To` is a patient's number (P10); and
it can only reach *.twilio.com. So `request` is written anew on the same session.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # no stubs
from twilio.http.response import Response  # type: ignore[import-untyped]  # no stubs

TWILIO_API_URL = "https://api.twilio.com"
_TO_CONNECT = 4.0  # seconds: with a read after it, a call stays within half of a lease (P2)


class TooManyRequests(Exception):
    """Answer 429, with the `Retry-After` header that the SDK's exception would lose."""

    def __init__(self, retry_after: str | None) -> None:
        self.retry_after = retry_after
        super().__init__("HTTP 429")


class _NoCookies(RequestsCookieJar):
    """A jar that stays empty: threads share the session, and the API needs no cookies."""

    def set_cookie(self, cookie: object, *args: object, **kwargs: object) -> None:
        """Forget the cookie."""


class Transport(TwilioHttpClient):  # type: ignore[misc]  # the base class has no types
    """Sends the SDK's requests to `api_url`; safe to share between `pool_size` threads."""

    def __init__(self, api_url: str, timeout_seconds: float, pool_size: int) -> None:
        super().__init__(timeout=timeout_seconds)
        self._base = api_url.rstrip("/")
        self._timeout = (min(_TO_CONNECT, timeout_seconds), timeout_seconds)
        # No retries in here: a repeated POST could double a message.
        adapter = HTTPAdapter(pool_maxsize=pool_size, max_retries=0)
        self._session = requests.Session()
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.cookies = _NoCookies()
        # A hospital's proxy stands before Twilio, never before a sandbox on this machine.
        self._session.trust_env = not is_loopback(api_url)

    def request(  # noqa: PLR0913, PLR0917  # the signature is the SDK's
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, time-out on connect and on every read, no retry, no redirect, no log."""
        answer = self._session.request(
            method,
            self._base + url.removeprefix(TWILIO_API_URL),
            params=params,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self._timeout,
            allow_redirects=allow_redirects,
        )
        if answer.status_code == 429:
            raise TooManyRequests(answer.headers.get("Retry-After"))
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
