"""The rules of a site: what came of each, and what another pack would have raised instead.

Whoever sees the site's figures may read; who manages the site may replay a pack. A replay changes
nothing, so that its page is the answer to the form.
"""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from rsm.alerts import packs
from rsm.flow import replay as flow
from rsm.flow.tuning import tuned
from rsm.kernel.errors import Invalid, Problem
from rsm.metrics.replay_figures import MINUTES_PER_ALERT
from rsm.metrics.replay_model import Replay
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html
from rsm.web.frames import staff_frame
from rsm.web.manager_period import PERIODS, weeks_until_now
from rsm.web.replay_views import replay_view
from rsm.web.rules_views import rules_view
from rsm.web.staff_words import word
from rsm.web.texts import texts_in
from rsm.web.views.common import Choice
from rsm.web.views.site_rules import ReplayValues, RulesView

router = APIRouter(prefix="/sites/{site_id}/rules")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_USUAL = PERIODS[1]


@dataclass(frozen=True)
class Typed:
    """The form as it was sent, the file's name and content apart."""

    values: ReplayValues
    name: str = ""
    content: bytes = field(default=b"", repr=False)


async def typed(request: Request) -> Typed:
    """What the form posts; nothing is checked yet."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    names = ReplayValues.__dataclass_fields__
    values = ReplayValues(**{name: given.get(name, "").strip() for name in names})
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = (file.filename or "") if isinstance(file, UploadFile) else ""
    await form.close()
    return Typed(values, name, content)


Given = Annotated[Typed, Depends(typed)]


@router.get("")
def show_rules(desk: AtDesk, weeks: Annotated[int, Query()] = _USUAL) -> HTMLResponse:
    """Each rule in force, and what came of it in the last weeks."""
    return html("staff/site_rules.html", _page(desk, weeks), _language(desk))


@router.post("/replay")
def replay(desk: Managing, given: Given) -> HTMLResponse:
    """What another pack would have raised on the stored answers of the last weeks."""
    language = _language(desk)
    try:
        found, title = _replayed(desk, given, language)
    except Invalid as error:
        problems = tuple(_named(problem) for problem in error.problems)
        page = _page(desk, _weeks(given.values), given.values, problems)
        return html("staff/site_rules.html", page, language, status=422)
    site = desk.staff.site_id
    view = replay_view(desk, found, title, language, f"/sites/{site}/rules")
    return html("staff/site_replay.html", view, language)


# --- what was asked for --------------------------------------------------------------------------


def _replayed(desk: Desk, given: Typed, language: str) -> tuple[Replay, str]:
    name, text = _chosen(given, language)
    minutes = _minutes(given.values.minutes, language)
    site = sites.get(desk.tx, desk.staff.site_id)
    period = weeks_until_now(desk.tx.now, site.zone, _weeks(given.values))
    pack = flow.read_for(desk.tx, site.id, period, text, name)
    return flow.replay(desk.tx, site.id, pack, period, minutes), pack.title


def _chosen(given: Typed, language: str) -> tuple[str, str]:
    """The pack's name and text; `Invalid` unless it was given in one of the three ways."""
    values = given.values
    ways = [bool(values.shipped), bool(given.name), bool(values.text)]
    if sum(ways) != 1:
        key = "choose_one" if any(ways) else "choose_pack"
        raise Invalid(Problem("shipped", word("rules", key, language)))
    if values.shipped:
        if values.shipped not in packs.shipped_titles():
            raise Invalid(Problem("shipped", word("rules", "choose_pack", language)))
        path = packs.folder() / f"{values.shipped}.toml"
        return path.name, path.read_text(encoding="utf-8")
    if values.text:
        return "pack", values.text.replace("\r\n", "\n")
    try:
        return given.name, given.content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(Problem("file", word("rules", "not_text", language))) from None


def _minutes(typed_in: str, language: str) -> float:
    if not typed_in:
        return MINUTES_PER_ALERT
    try:
        return float(typed_in.replace(",", "."))
    except ValueError:
        raise Invalid(Problem("minutes", word("rules", "not_number", language))) from None


def _weeks(values: ReplayValues) -> int:
    return next((weeks for weeks in PERIODS if str(weeks) == values.weeks), _USUAL)


def _named(problem: Problem) -> Problem:
    """A problem of the pack stands at its field, with file and line in its words."""
    if problem.where in {*ReplayValues.__dataclass_fields__, "file"}:
        return problem
    if problem.where == "minutes-per-alert":
        return Problem("minutes", problem.what, problem.mend)
    if problem.where == "period":
        return Problem("weeks", problem.what, problem.mend)
    return Problem("shipped", f"{problem.where}: {problem.what}", problem.mend)


# --- the page ------------------------------------------------------------------------------------


def _page(
    desk: Desk,
    weeks: int,
    values: ReplayValues | None = None,
    problems: tuple[Problem, ...] = (),
) -> RulesView:
    site_id, language = desk.staff.site_id, _language(desk)
    weeks = weeks if weeks in PERIODS else _USUAL
    period = weeks_until_now(desk.tx.now, sites.get(desk.tx, site_id).zone, weeks)
    found = tuned(desk.tx, site_id, period)
    frame = staff_frame(desk, f"/sites/{site_id}")
    action = _action(desk, site_id)
    usual = ReplayValues(weeks=str(weeks), minutes=f"{MINUTES_PER_ALERT:g}")
    view = rules_view(frame, found, period, language, (site_id, weeks, bool(action)))
    return view.with_form(action, values or usual, _packs(), problems)


def _action(desk: Desk, site_id: UUID) -> str:
    may = desk.staff.may(Permission.MANAGE_SITE)
    return f"/sites/{site_id}/rules/replay" if may else ""


def _packs() -> tuple[Choice, ...]:
    return tuple(Choice(name, title) for name, title in packs.shipped_titles().items())


def _language(desk: Desk) -> str:
    """The language of whoever reads, as far as we have its words."""
    return texts_in(staff.get(desk.tx, desk.staff.staff_id).language).language
