"""Settings of a site: its numbers, its safety contact, its service hours; a page for each other."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow import passing
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.patients.entering import read_clock
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import WEEKDAYS, NewSite, SiteView, edition
from rsm.web import (
    roster_changes,
    site_hours,
    site_instruments,
    site_plans,
    site_roster,
    site_senders,
    site_texts,
)
from rsm.web.agreeing import LOOK_AGAIN, agreed
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.settings_links import settings_links
from rsm.web.views.site_settings import DayHours, SiteSettingsView, SiteValues

router = APIRouter()
router.include_router(site_roster.router)
router.include_router(roster_changes.router)
router.include_router(site_texts.router)
router.include_router(site_hours.router)
router.include_router(site_senders.router)
router.include_router(site_plans.router)
router.include_router(site_instruments.router)
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_PLAIN = (
    "sender_name",
    "clinic_phone",
    "emergency_number",
    "safety_contact_name",
    "safety_contact_phone",
)


class Typed:
    """The form as it was sent; nothing is checked yet."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.version = fields.get("version", "")
        self.plain = {name: fields.get(name, "").strip() for name in _PLAIN}
        self.hours = tuple(
            DayHours(
                day, fields.get(f"{day}_opens", "").strip(), fields.get(f"{day}_closes", "").strip()
            )
            for day in WEEKDAYS
        )

    @property
    def values(self) -> SiteValues:
        return SiteValues(**self.plain, hours=self.hours)


async def typed(request: Request) -> Typed:
    """What the form posts."""
    form = await request.form()
    return Typed({name: value for name, value in form.items() if isinstance(value, str)})


@router.get("/sites/{site_id}/settings")
def show_settings(desk: AtDesk, saved: bool = False) -> HTMLResponse:
    """The form with what the site has agreed to."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return _page(desk, _filled(site), edition(site), saved=saved)


@router.post("/sites/{site_id}/settings", response_model=None)
def change_settings(
    desk: AtDesk, given: Annotated[Typed, Depends(typed)]
) -> HTMLResponse | RedirectResponse:
    """Change them; audited with the names of the fields."""
    site = sites.get(desk.tx, desk.staff.site_id)
    try:
        with desk.tx.savepoint():
            sites.update_site(desk.tx, site.id, _agreed(site, given), given.version)
            passing.safety_contact_changed(desk.tx, site)
    except Invalid as error:
        return _page(desk, given.values, given.version, error.problems)
    except Conflict:
        return _page(desk, given.values, given.version, (LOOK_AGAIN,))
    return see(f"/sites/{site.id}/settings?saved=true")


def _agreed(site: SiteView, given: Typed) -> NewSite:
    """The site with what was typed. Raises `Invalid` with the form's field names."""
    problems: list[Problem] = []
    service_hours = _service_hours(given, problems)
    if problems:
        raise Invalid(problems)
    return agreed(site, {**given.plain, "service_hours": service_hours})


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


def _filled(site: SiteView) -> SiteValues:
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
        links=settings_links(site.id, "settings"),
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
