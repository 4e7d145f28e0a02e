"""Whom to call, on pages that must not ask the database: a signed cookie remembers the numbers.

The first page of a visit leaves the site's name and numbers with the browser. When the database is
lost, the page that says "NOT sent" still knows whom to call.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import Request
from starlette.responses import Response

from rsm.kernel.vault import Vault
from rsm.security.keyring import CannotOpen
from rsm.sites.model import WEEKDAYS, SiteView
from rsm.web.deps import html
from rsm.web.services import services_of
from rsm.web.views.common import Field
from rsm.web.views.patient import PatientFrame
from rsm.web.views.patient_aside import NotSentView

COOKIE = "rsm_help"
_PURPOSE = "patient.help"
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # pages without the database show no time
_HOUSE = "RSM"
_DAYS = 60 * 60 * 24
_NEVER_SENT_BACK = frozenset({"csrf", "lang"})


def sign(vault: Vault, purpose: str, content: Mapping[str, object]) -> str:
    """The content with a seal that only we can set: readable by the browser, not changeable."""
    body = json.dumps(content, separators=(",", ":"), sort_keys=True).encode()
    encoded = base64.urlsafe_b64encode(body).decode().rstrip("=")
    key = vault.current
    return f"{key}.{encoded}.{vault.mac(key, purpose, body).hex()}"


def unsign(vault: Vault, purpose: str, text: str) -> dict[str, object] | None:
    """What was signed, or None for whatever we did not sign."""
    try:
        key, encoded, seal = text.split(".")
        body = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        genuine = hmac.compare_digest(vault.mac(key, purpose, body).hex(), seal)
    except (ValueError, TypeError, CannotOpen):
        return None
    content = json.loads(body) if genuine else None
    return content if isinstance(content, dict) else None


def remember(response: Response, request: Request, site: SiteView, zone: str) -> None:
    """Leave the numbers of this site with the browser."""
    services = services_of(request)
    content = {
        "name": site.name,
        "phone": site.clinic_phone,
        "emergency": site.emergency_number,
        "always": is_always_open(site),
        "zone": zone,
    }
    response.set_cookie(
        COOKIE,
        sign(services.db.vault, _PURPOSE, content),
        max_age=8 * _DAYS,
        path="/s",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def frame_of(request: Request) -> PatientFrame:
    """The frame of a page without the database: this site's numbers where they are known."""
    services = services_of(request)
    kept = unsign(services.db.vault, _PURPOSE, request.cookies.get(COOKIE, "")) or {}
    return PatientFrame(
        site_name=str(kept.get("name", _HOUSE)),
        clinic_phone=str(kept.get("phone", "")),
        emergency_number=str(kept.get("emergency", services.emergency_number)),
        now=_NO_TIME,
        zone=str(kept.get("zone", "UTC")),
        clinic_open_always=bool(kept.get("always", False)),
    )


def not_sent_page(
    request: Request, form: Mapping[str, str], language: str = "en", status: int = 503
) -> Response:
    """ "NOT sent: call": nothing of this request was stored; the form holds it to be sent again."""
    fields = tuple(
        Field(name, value) for name, value in form.items() if name not in _NEVER_SENT_BACK
    )
    url = request.url
    action = f"{url.path}?{url.query}" if url.query else url.path
    view = NotSentView(frame_of(request), action=action, answers=fields)
    return html("patient/not_sent.html", view, language, status)


def is_always_open(site: SiteView) -> bool:
    """Whether the clinic's number is answered at every hour."""
    return len(site.service_hours) == len(WEEKDAYS) and all(
        opens == closes for opens, closes in site.service_hours.values()
    )
