"""A pack in plain words on a page that a clinician can read, print and sign.

The pack in force, or any published one by its pin: an alert's finding links to its rule by
`explained_url`. Whoever sees the site's figures may read, hence everybody who closes alerts.
"""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from rsm.alerts.explain import anchor, page
from rsm.alerts.page import fragment
from rsm.flow.explaining import Explained, explained
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Pin
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.staff_words import section
from rsm.web.texts import texts_in
from rsm.web.views.common import Link
from rsm.web.views.site_rules import ExplainView
from rsm.web.when import local_date

router = APIRouter(prefix="/sites/{site_id}/rules")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]


def explained_url(site_id: UUID, pin: Pin | None = None, rule: str = "") -> str:
    """The address of the page: of the pack in force, or of this pin; with a rule, at its place."""
    asked = f"?{urlencode({'pack': pin.key, **_rest(pin)})}" if pin else ""
    return f"/sites/{site_id}/rules/explain{asked}{'#' + anchor(rule) if rule else ''}"


def _rest(pin: Pin) -> dict[str, str]:
    return {"version": pin.version, "hash": pin.hash}


@router.get("/explain")
def explain_pack(
    desk: AtDesk,
    pack: Annotated[str, Query()] = "",
    version: Annotated[str, Query()] = "",
    hash_: Annotated[str, Query(alias="hash")] = "",
) -> HTMLResponse:
    """The pack in force; with `pack`, `version` and `hash` that published one."""
    named = (pack, version, hash_)
    if any(named) and not all(named):
        raise NotFound("a published pack is named by pack, version and hash")
    found = explained(desk.tx, desk.staff.site_id, Pin(*named) if all(named) else None)
    back = f"/sites/{desk.staff.site_id}/rules"
    return explained_page(desk, found, back)


def explained_page(desk: Desk, found: Explained, back: str) -> HTMLResponse:
    """The page of any pack, a draft as well; `back` is where the reader came from."""
    language = texts_in(staff.get(desk.tx, desk.staff.staff_id).language).language
    words = section("explain", language)
    frame = staff_frame(desk, f"/sites/{desk.staff.site_id}")
    state = words.in_force if found.in_force else words.not_in_force
    day = local_date(desk.tx.now, frame.zone, language, year=True)
    body = fragment(page(found.pack, found.instrument, found.changed))
    view = ExplainView(
        frame=frame,
        lang=language,
        back=Link(words.back, back),
        state=state.format(site=frame.site_name, day=day),
        note="" if found.instrument else words.other_instrument,
        body=Markup(body),  # noqa: S704 - escaped where it is made
    )
    return html("staff/site_rules_explain.html", view, language)
