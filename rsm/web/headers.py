"""The headers that every answer carries: a strict content policy, nothing stored, no referrer.

One consequence to know: under `Referrer-Policy: no-referrer` browsers send `Origin: null` with
a form, so a forged form is told by its token and by `Sec-Fetch-Site`, never by `Origin`.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_STATIC_CACHE = "public, max-age=31536000, immutable"
_NO_STORE = "no-store"
_HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """ASGI middleware that adds our headers to every HTTP answer, errors included.

    `https` adds HSTS: pass whether `RSM_PUBLIC_URL` is https. Files under `/static/` that are
    asked for by content hash (`?v=…`) may be kept for ever; everything else is `no-store`.
    """

    def __init__(self, app: ASGIApp, *, https: bool = False) -> None:
        self._app = app
        self._extra = {"strict-transport-security": _HSTS} if https else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**_ALWAYS, **self._extra}.items():
                    headers[name] = value
                headers["cache-control"] = _cache_control(scope, message["status"])
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _cache_control(scope: Scope, status: int) -> str:
    """Only a hashed static file that was found may be kept."""
    hashed = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    return _STATIC_CACHE if hashed and status in {200, 304} else _NO_STORE
