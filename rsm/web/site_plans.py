"""A site's plan: chosen among those that were published, or written, tried and published here."""

from dataclasses import fields
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.flow.staffing import require_people_for
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Pin
from rsm.schedules import catalogue, published
from rsm.schedules.catalogue import Entry
from rsm.schedules.library import read_plan
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import SiteView, as_agreed, edition
from rsm.web import instrument_together, plan_views
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.plan_names import titles_of
from rsm.web.settings_links import settings_links
from rsm.web.uploads import LARGEST, Unread, text_of
from rsm.web.views.common import Field, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.plans import NewPlanView, PlansView, PlanView, SampleValues

router = APIRouter(prefix="/sites/{site_id}/plans")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_UNREAD = {
    Unread.NOT_TEXT: "the file is no text (UTF-8)",
    Unread.TOO_LONG: f"is longer than {LARGEST} characters",
}
_NAME = "plan"  # how problems call what was typed: `plan:12: asks[0].rhythm`


class Typed:
    """A plan as it was typed or uploaded, and the patient that it is tried for."""

    def __init__(self, body: str, sample: SampleValues, version: str, problem: str = "") -> None:
        self.body = body
        self.sample = sample
        self.version = version
        self.problem = problem


async def typed(request: Request) -> Typed:
    """What the form posts; a file that was chosen counts before what was typed."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    sent = await text_of(form)
    await form.close()
    problem = _UNREAD[sent.problem] if sent.problem else ""
    return Typed(sent.body, _sample(given), given.get("version", ""), problem)


def _sample(given: dict[str, str]) -> SampleValues:
    names = (one.name for one in fields(SampleValues))
    return SampleValues(**{name: given[name].strip() for name in names if name in given})


Given = Annotated[Typed, Depends(typed)]


@router.get("")
def show_plans(desk: AtDesk) -> HTMLResponse:
    """The site's plan, and every other that it may choose."""
    site, entries = _site(desk), catalogue.entries(desk.tx)
    titles = titles_of(desk.tx, [each.plan for each in entries])
    lines = tuple(
        plan_views.line_of(each, _url(desk, each), titles, used=each.pin == site.plan)
        for each in entries
    )
    used = next((line for line in lines if line.used), None)
    named = used.title if used else f"{site.plan.key} {site.plan.version}"
    view = PlansView(
        frame=_frame(desk),
        links=settings_links(site.id, "plans"),
        heading=f"Patients are asked by the plan “{named}”",
        plans=tuple(sorted(lines, key=lambda line: not line.used)),
        new_url=f"{_here(desk)}/new",
    )
    return html("staff/plans.html", view)


# --- a new one ------------------------------------------------------------------------------------


@router.get("/new")
def show_new(desk: AtDesk, like: str = "weekly", version: str = "") -> HTMLResponse:
    """The form, begun with the text of another plan."""
    known = catalogue.entries(desk.tx)
    alike = (each for each in known if each.plan.key == like)
    begun = next((each for each in alike if version in {"", each.plan.version}), None)
    return _new(desk, Typed(begun.body if begun else "", _usual(desk), ""))


@router.post("/new/check")
def try_plan(desk: AtDesk, given: Given) -> HTMLResponse:
    """What is wrong with it, line by line, and what it would do; nothing is kept."""
    return _new(desk, given, tried=True)


@router.post("/new", response_model=None)
def publish_plan(desk: AtDesk, given: Given) -> HTMLResponse | RedirectResponse:
    """Keep this version for ever, for any site to choose."""
    try:
        with desk.tx.savepoint():
            plan = read_plan(_text(given), _NAME)
            pin = published.publish(desk.tx, plan, given.body)
    except Invalid as error:
        return _new(desk, given, error.problems)
    except Conflict:
        what = "is published already, with another content"
        return _new(desk, given, (Problem("version", what, "raise the version"),))
    return see(f"{_here(desk)}/{pin.key}/{quote(pin.version, safe='')}")


def _text(given: Typed) -> str:
    if given.problem or not given.body.strip():
        mend = "choose a TOML file, or paste its text"
        raise Invalid(Problem("body", given.problem or "is empty", mend))
    return given.body


def _new(
    desk: Desk, given: Typed, problems: tuple[Problem, ...] = (), *, tried: bool = False
) -> HTMLResponse:
    says: tuple[str, ...] = ()
    windows = None
    if tried:
        try:
            plan = read_plan(_text(given), _NAME)
            titles = titles_of(desk.tx, [plan])
            says = tuple(plan_views.in_words(plan, titles))
            anchors = plan_views.sample_anchors(given.sample)
            windows = plan_views.table(plan, anchors, "this patient", titles)
        except Invalid as error:
            problems = error.problems
    view = NewPlanView(
        frame=_frame(desk),
        links=settings_links(desk.staff.site_id, "plans"),
        back_url=_here(desk),
        action=f"{_here(desk)}/new",
        body=given.body,
        weekdays=plan_views.WEEKDAY_CHOICES,
        sample=given.sample,
        says=says,
        windows=windows,
        problems=tuple(_in_form(problem) for problem in problems),
    )
    return html("staff/plan_new.html", view, status=422 if problems else 200)


def _in_form(problem: Problem) -> Problem:
    """A problem of the plan leads to its text, and keeps its line: `line 12, asks[0].rhythm`."""
    place, _, path = problem.where.partition(": ")
    name, _, number = place.partition(":")
    if name in {one.name for one in fields(SampleValues)} | {"body"}:
        return problem
    line = f"line {number}, " if number.isdecimal() else ""
    path = path or ("" if name == _NAME else problem.where)
    what = f"{line}{path}: {problem.what}" if path else f"{line}{problem.what}"
    return Problem("body", what, problem.mend)


# --- one of them ----------------------------------------------------------------------------------


@router.get("/{key}/{version}")
def show_plan(desk: AtDesk, key: str, version: str) -> HTMLResponse:
    """What it does, and its windows for a patient who begins today."""
    return _one(desk, catalogue.entry(desk.tx, key, version), _usual(desk))


@router.post("/{key}/{version}")
def preview_plan(desk: AtDesk, key: str, version: str, given: Given) -> HTMLResponse:
    """Its windows for the made-up patient of the form; nothing is changed."""
    return _one(desk, catalogue.entry(desk.tx, key, version), given.sample)


@router.post("/{key}/{version}/use", response_model=None)
def use_plan(desk: AtDesk, key: str, version: str, given: Given) -> HTMLResponse | RedirectResponse:
    """Make it the site's: who is enrolled from now on gets it. Audited."""
    site, entry = _site(desk), catalogue.entry(desk.tx, key, version)
    try:
        with desk.tx.savepoint():
            pin = _kept(desk, entry)
            published.require_current(desk.tx, pin)
            require_people_for(desk.tx, site.id, pin)
            new = as_agreed(site).model_copy(update={"plan": pin})
            sites.update_site(desk.tx, site.id, new, given.version)
    except Conflict:
        wrong = Problem("", "Somebody else changed the site meanwhile.", "Look again.")
        return _one(desk, entry, _usual(desk), (wrong,))
    except Invalid as error:
        return _one(desk, entry, _usual(desk), error.problems)
    return see(_here(desk))


def _kept(desk: Desk, entry: Entry) -> Pin:
    """Ours is kept as it is now: a later release may ship another."""
    return entry.pin if entry.published_at else published.publish(desk.tx, entry.plan, entry.body)


def _one(
    desk: Desk, entry: Entry, sample: SampleValues, problems: tuple[Problem, ...] = ()
) -> HTMLResponse:
    site, windows = _site(desk), None
    titles = titles_of(desk.tx, [entry.plan])
    try:
        anchors = plan_views.sample_anchors(sample)
        windows = plan_views.table(entry.plan, anchors, "this patient", titles)
    except Invalid as error:
        problems += error.problems
    here, used = _url(desk, entry), entry.pin == site.plan
    version = (Field("version", edition(site)),)
    view = PlanView(
        frame=_frame(desk),
        links=settings_links(site.id, "plans"),
        back_url=_here(desk),
        new_url=f"{_here(desk)}/new?like={entry.plan.key}&version={quote(entry.plan.version)}",
        plan=plan_views.line_of(entry, here, titles, used=used),
        body=entry.body,
        action=here,
        weekdays=plan_views.WEEKDAY_CHOICES,
        sample=sample,
        windows=windows,
        use=None if used else PostButton("Use this plan", f"{here}/use", version),
        burden=instrument_together.of_plan(desk, entry.plan),
        problems=problems,
    )
    return html("staff/plan.html", view, status=422 if problems else 200)


def _usual(desk: Desk) -> SampleValues:
    """A patient of the site who begins today."""
    zone = _site(desk).zone
    return SampleValues(zone=zone, start=local_of(desk.tx.now, zone_named(zone)).date().isoformat())


def _site(desk: Desk) -> SiteView:
    return sites.get(desk.tx, desk.staff.site_id)


def _url(desk: Desk, entry: Entry) -> str:
    return f"{_here(desk)}/{entry.plan.key}/{quote(entry.plan.version, safe='')}"


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/plans"


def _frame(desk: Desk) -> StaffFrame:
    return staff_frame(desk, f"/sites/{desk.staff.site_id}")
