"""The words that a site's patients agree to: published version by version, for good."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.patients import consents
from rsm.patients.consents import ConsentTextView, NewConsentText
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import small_forms as forms
from rsm.web import when
from rsm.web.auth import Desk, Needs
from rsm.web.deps import see
from rsm.web.frames import staff_frame
from rsm.web.patient_words import language_name
from rsm.web.views.common import Choice
from rsm.web.views.small_form import Input, Published, SmallFormView

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
_WORDS = {
    "string_too_short": "is too short to be a consent's text",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "may hold letters, digits, dots and dashes, such as 2 or 2026-11",
}


@router.get("/sites/{site_id}/consent-texts")
def show_texts(desk: AtDesk) -> HTMLResponse:
    """What is published, and the form for a new version."""
    return forms.show(_view(desk))


@router.post("/sites/{site_id}/consent-texts", response_model=None)
def publish(desk: AtDesk, values: Typed) -> HTMLResponse | RedirectResponse:
    """A new version, for good; nobody's consent to a former one ends with it."""
    view = _view(desk)
    site_id = desk.staff.site_id
    try:
        forms.chosen(values, view.inputs)
        with desk.tx.savepoint():
            consents.publish(desk.tx, site_id, _read(values))
    except Invalid as error:
        return forms.show(view, values, error.problems)
    except Conflict:
        known = Problem("version", "is published in this language", "a change is a new version")
        return forms.show(view, values, (known,))
    return see(f"/sites/{site_id}/consent-texts")


def _read(values: dict[str, str]) -> NewConsentText:
    wanted = {name: values.get(name, "") for name in NewConsentText.model_fields}
    try:
        return NewConsentText.model_validate(wanted)
    except ValidationError as error:
        found = [(str(fault["loc"][0]), fault["type"]) for fault in error.errors()]
        raise Invalid(
            [Problem(where, _WORDS.get(kind, "is not right")) for where, kind in found]
        ) from None


def _view(desk: Desk) -> SmallFormView:
    site = sites.get(desk.tx, desk.staff.site_id)
    here = f"/sites/{site.id}/consent-texts"
    offered = tuple(Choice(code, language_name(code)) for code in site.languages)
    return SmallFormView(
        frame=staff_frame(desk, f"/sites/{site.id}/settings"),
        heading="The text of consent",
        text="A published version never changes, and whoever agreed to a former one goes on having"
        " agreed to it: each patient's page says to which. Have it read by who must approve it"
        " before you publish it.",
        action=here,
        cancel_url=f"/sites/{site.id}/settings",
        button="Publish for good",
        inputs=(
            Input("version", "Version", required=True, hint="Such as 2, or 2026-11"),
            Input("language", "Language", kind="select", choices=offered, required=True),
            Input("body", "Text", kind="area", required=True, rows=12),
        ),
        published=tuple(_published(one, site.zone) for one in consents.texts(desk.tx, site.id)),
    )


def _published(one: ConsentTextView, zone: str) -> Published:
    since = when.local_date(one.published_at, zone, year=True)
    title = f"Version {one.version}, {language_name(one.language)}, {since}, hash {one.hash[:8]}"
    return Published(title, one.body)
