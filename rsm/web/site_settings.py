"""Settings of a site: its numbers, its safety contact, its hours, the numbers it sends from."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from rsm.db.work import Tx
from rsm.flow.senders import change as change_sender
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Audience, Channel
from rsm.patients.entering import read_clock
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, NewSite, SiteView, as_agreed, edition
from rsm.web import site_roster
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.views.site_settings import DayHours, SiteSettingsView, SiteValues

router = APIRouter()
router.include_router(site_roster.router)
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_PLAIN = (
    "sender_name",
    "clinic_phone",
    "emergency_number",
    "safety_contact_name",
    "safety_contact_phone",
    "texts_from",
    "texts_until",
)
_SENDERS = {"patient_sender": Audience.PATIENT, "staff_sender": Audience.STAFF}
_WORDS = {
    "string_too_short": "is missing",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "is not a telephone number",
}


class Typed:
    """The form as it was sent; nothing is checked yet."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.version = fields.get("version", "")
        self.plain = {name: fields.get(name, "").strip() for name in _PLAIN}
        self.senders = {name: fields.get(name, "").strip() for name in _SENDERS}
        self.hours = tuple(
            DayHours(
                day, fields.get(f"{day}_opens", "").strip(), fields.get(f"{day}_closes", "").strip()
            )
            for day in WEEKDAYS
        )

    @property
    def values(self) -> SiteValues:
        return SiteValues(**self.plain, **self.senders, hours=self.hours)


async def typed(request: Request) -> Typed:
    """What the form posts."""
    form = await request.form()
    return Typed({name: value for name, value in form.items() if isinstance(value, str)})


@router.get("/sites/{site_id}/settings")
def show_settings(desk: AtDesk, saved: bool = False) -> HTMLResponse:
    """The form with what the site has agreed to."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return _page(desk, _filled(desk, site), edition(site), saved=saved)


@router.post("/sites/{site_id}/settings", response_model=None)
def change_settings(
    desk: AtDesk, given: Annotated[Typed, Depends(typed)]
) -> HTMLResponse | RedirectResponse:
    """Change them; audited with the names of the fields."""
    site = sites.get(desk.tx, desk.staff.site_id)
    try:
        with desk.tx.savepoint():
            sites.update_site(desk.tx, site.id, _agreed(site, given), given.version)
            _set_senders(desk.tx, site, given)
    except Invalid as error:
        return _page(desk, given.values, given.version, error.problems)
    except Conflict:
        what = "Somebody else changed the site meanwhile."
        wrong = Problem("", what, "Cancel, and look again.")
        return _page(desk, given.values, given.version, (wrong,))
    return see(f"/sites/{site.id}/settings?saved=true")


def _agreed(site: SiteView, given: Typed) -> NewSite:
    """The site with what was typed. Raises `Invalid` with the form's field names."""
    problems: list[Problem] = []
    values: dict[str, object] = dict(as_agreed(site)) | dict(given.plain)
    for name in ("texts_from", "texts_until"):
        try:
            values[name] = read_clock(name, given.plain[name])
        except Invalid as error:
            problems += error.problems
    values["service_hours"] = _service_hours(given, problems)
    if problems:
        raise Invalid(problems)
    try:
        return NewSite.model_validate(values)
    except ValidationError as error:
        raise Invalid(
            [
                Problem(str(fault["loc"][0]), _WORDS.get(fault["type"], fault["msg"]))
                for fault in error.errors()
            ]
        ) from None


def _service_hours(given: Typed, problems: list[Problem]) -> dict[str, object]:
    hours: dict[str, object] = {}
    for one in given.hours:
        if not one.opens and not one.closes:
            continue
        try:
            opens, closes = (read_clock(one.day, text) for text in (one.opens, one.closes))
        except Invalid as error:
            wrong = error.problems[0]
            day = one.day.capitalize()
            problems.append(Problem("service_hours", f"{day}: {wrong.what}", wrong.mend))
        else:
            hours[one.day] = (opens, closes)
    return hours


def _set_senders(tx: Tx, site: SiteView, given: Typed) -> None:
    for name, audience in _SENDERS.items():
        number = given.senders[name]
        if not number:
            continue
        try:
            change_sender(tx, site.id, audience, Channel.SMS, number)
        except Conflict:
            what = "already sends for another site or audience"
            raise Invalid(Problem(name, what, "choose another number")) from None
        except Invalid as error:
            raise Invalid(Problem(name, error.problems[0].what, error.problems[0].mend)) from None


def _filled(desk: Desk, site: SiteView) -> SiteValues:
    senders = {
        name: sites.sender(desk.tx, site.id, audience, Channel.SMS) or ""
        for name, audience in _SENDERS.items()
    }
    hours = tuple(
        DayHours(day, *(at.isoformat("minutes") for at in site.service_hours.get(day, ())))
        for day in WEEKDAYS
    )
    return SiteValues(
        sender_name=site.sender_name,
        clinic_phone=site.clinic_phone,
        emergency_number=site.emergency_number,
        safety_contact_name=site.safety_contact_name,
        safety_contact_phone=site.safety_contact_phone,
        texts_from=site.texts_from.isoformat("minutes"),
        texts_until=site.texts_until.isoformat("minutes"),
        patient_sender=senders["patient_sender"],
        staff_sender=senders["staff_sender"],
        hours=hours,
    )


def _page(
    desk: Desk,
    values: SiteValues,
    version: str,
    problems: tuple[Problem, ...] = (),
    *,
    saved: bool = False,
) -> HTMLResponse:
    site = sites.get(desk.tx, desk.staff.site_id)
    here = f"/sites/{site.id}"
    view = SiteSettingsView(
        frame=staff_frame(desk, here),
        action=f"{here}/settings",
        cancel_url=here,
        roster_url=f"{here}/roster",
        version=version,
        values=values,
        agreed=(
            ("Questionnaire", f"{site.instrument.key} {site.instrument.version}"),
            ("Rules", f"{site.rule_pack.key} {site.rule_pack.version}"),
            ("Escalation", f"{site.policy.key} {site.policy.version}"),
            ("Plan", f"{site.plan.key} {site.plan.version}"),
        ),
        problems=problems,
        saved=saved,
    )
    return html("staff/site_settings.html", view, status=422 if problems else 200)
