"""Before go-live: what would so many patients, these rules and this roster ask of us?

The months are simulated by a worker (`rsm.worker.foreseeing`) with the very rules of production;
the same site always meets the same invented people, so that two answers can be held against one
another. The report is the one of `rsm simulate`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rsm.flow import foreseeing
from rsm.improvement import foresight
from rsm.improvement.foresight_model import (
    A_SECOND,
    ForesightState,
    ForesightView,
    Programme,
    Wish,
)
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.metrics.simulated import Result
from rsm.security.model import Permission
from rsm.web import simulated_compare, simulated_words
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.pages import render_alone
from rsm.web.simulated_views import report_view
from rsm.web.staff_words import word
from rsm.web.views import foresight as views
from rsm.web.views.common import Choice
from rsm.web.views.simulated import ReportView
from rsm.web.when import day_time, short_date

router = APIRouter(prefix="/sites/{site_id}/before-go-live")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Asking = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_OWN, _SHIPPED = "own", "shipped"
_STYLES = ("tokens.css", "staff.css", "report.css")


async def typed(request: Request) -> views.ForesightValues:
    """The form as it was sent; nothing is checked yet."""
    form = await request.form()
    names = views.ForesightValues.__dataclass_fields__
    given = {name: value for name in names if isinstance(value := form.get(name), str)}
    return replace(
        views.ForesightValues(), **{name: value.strip() for name, value in given.items()}
    )


Given = Annotated[views.ForesightValues, Depends(typed)]


@router.get("")
def show(desk: AtDesk) -> HTMLResponse:
    """The form, and what was asked before."""
    return _page(desk, views.ForesightValues())


@router.post("", response_model=None)
def ask(desk: Asking, values: Given) -> HTMLResponse | RedirectResponse:
    """Put the question into the queue."""
    try:
        with desk.tx.savepoint():
            foresight.ask(desk.tx, desk.staff.site_id, _wish(desk, values), desk.staff.staff_id)
    except Invalid as error:
        return _page(desk, values, error.problems)
    except Conflict as error:
        return _page(desk, values, (Problem("", str(error)),))
    return see(_here(desk))


@router.post("/compare")
def choose(
    desk: AtDesk, first: Annotated[UUID, Form()], second: Annotated[UUID, Form()]
) -> RedirectResponse:
    """Which two are held against one another."""
    return see(f"{_here(desk)}/compare?first={first}&second={second}")


@router.get("/compare")
def compare(
    desk: AtDesk, first: Annotated[UUID, Query()], second: Annotated[UUID, Query()]
) -> HTMLResponse:
    """Two answers side by side, with a word on chance."""
    one, other = _result(_question(desk, first)), _result(_question(desk, second))
    return _answer(desk, simulated_compare.compared_view(one, other))


@router.get("/{foresight_id}")
def answer(desk: AtDesk, foresight_id: UUID) -> HTMLResponse:
    """The report."""
    report = report_view(_result(_question(desk, foresight_id)))
    return _answer(desk, report, f"{_here(desk)}/{foresight_id}/file")


@router.get("/{foresight_id}/file")
def file(desk: AtDesk, foresight_id: UUID) -> Response:
    """The same as a file of its own."""
    report = report_view(_result(_question(desk, foresight_id)))
    page = render_alone("reports/simulated.html", report, *_STYLES)
    named = f'attachment; filename="before-go-live-{foresight_id}.html"'
    return HTMLResponse(page, headers={"Content-Disposition": named})


# --- what was typed ------------------------------------------------------------------------------


def _wish(desk: Desk, values: views.ForesightValues) -> Wish:
    """Raises `Invalid` with everything that cannot be read."""
    problems: list[Problem] = []
    patients = _number(values, "patients", problems)
    weeks = _number(values, "weeks", problems)
    minutes = _number(values, "minutes", problems)
    packs = {_SHIPPED: None, **foreseeing.packs(desk.tx, desk.staff.site_id)}
    for name, known in (("programme", [*Programme]), ("pack", packs), ("roster", _ROSTERS)):
        if getattr(values, name) not in known:
            problems.append(Problem(name, "choose one from the list"))
    if problems:
        raise Invalid(problems)
    own = values.roster == _OWN
    return Wish(
        Programme(values.programme),
        int(patients),
        int(weeks),
        minutes,
        packs[values.pack],
        foreseeing.roster(desk.tx, desk.staff.site_id) if own else None,
    )


_ROSTERS = (_OWN, _SHIPPED)


def _number(values: views.ForesightValues, name: str, problems: list[Problem]) -> float:
    text = getattr(values, name)
    try:
        found = float(text)
    except ValueError:
        problems.append(Problem(name, "is not a number"))
        return 0
    if name != "minutes" and not found.is_integer():
        problems.append(Problem(name, "is not a whole number"))
    return found


# --- the pages -----------------------------------------------------------------------------------


def _page(
    desk: Desk, values: views.ForesightValues, problems: Sequence[Problem] = ()
) -> HTMLResponse:
    frame = staff_frame(desk, f"/sites/{desk.staff.site_id}")
    language, may_ask = frame.language, desk.staff.may(Permission.MANAGE_SITE)
    asked = foresight.recent(desk.tx, desk.staff.site_id)
    done = [one for one in asked if one.state is ForesightState.DONE]
    named = tuple(Choice(str(one.id), _label(one, frame.zone, language)) for one in done)
    view = views.ForesightView(
        frame=frame,
        action=_here(desk),
        may_ask=may_ask,
        values=values,
        programmes=tuple(Choice(one, _said(language, f"programme_{one}")) for one in Programme),
        packs=_packs(desk, language) if may_ask else (),
        rosters=tuple(Choice(one, _said(language, f"roster_{one}")) for one in _ROSTERS),
        lines=tuple(_line(desk, one, frame.zone, language) for one in asked),
        beside=named if len(named) > 1 else (),
        compare_url=f"{_here(desk)}/compare",
        problems=tuple(problems),
    )
    return html("staff/foresight.html", view, language, 422 if problems else 200)


def _packs(desk: Desk, language: str) -> tuple[Choice, ...]:
    others = (one for one in foreseeing.packs(desk.tx, desk.staff.site_id) if one != _OWN)
    return (
        Choice(_OWN, _said(language, "pack_own")),
        Choice(_SHIPPED, _said(language, "pack_shipped")),
        *(Choice(one, one) for one in others),
    )


def _line(desk: Desk, one: ForesightView, zone: str, language: str) -> views.ForesightLine:
    asked, what = day_time(one.asked_at, desk.tx.now, zone, language), _what(one, language)
    if one.state is ForesightState.DONE:
        said = simulated_words.heading(_result(one))
        return views.ForesightLine(asked, what, said, f"{_here(desk)}/{one.id}")
    if one.state is ForesightState.FAILED:
        said = _said(language, "failed", why=one.problem or "")
        return views.ForesightLine(asked, what, said, is_wrong=True)
    minutes = max(1, round(one.wish.patient_weeks / A_SECOND / 60))
    said = _said(language, f"state_{one.state}", minutes=minutes)
    return views.ForesightLine(asked, what, said)


def _label(one: ForesightView, zone: str, language: str) -> str:
    return f"{short_date(one.asked_at, zone, language)}: {_what(one, language)}"


def _what(one: ForesightView, language: str) -> str:
    wish = one.wish
    return ", ".join(
        (
            _said(language, "size", patients=wish.patients, weeks=wish.weeks),
            _said(language, f"programme_{wish.programme}"),
            _said(language, "with_pack" if wish.pack else "pack_shipped"),
            _said(language, "roster_own" if wish.roster else "roster_shipped"),
        )
    )


def _answer(desk: Desk, report: ReportView, file_url: str = "") -> HTMLResponse:
    frame = staff_frame(desk, f"/sites/{desk.staff.site_id}")
    view = views.ForesightAnswerView(frame, report, _here(desk), file_url)
    return html("staff/foresight_answer.html", view)


def _question(desk: Desk, foresight_id: UUID) -> ForesightView:
    return foresight.get(desk.tx, desk.staff.site_id, foresight_id)


def _result(one: ForesightView) -> Result:
    if one.result is None:
        raise NotFound("not answered yet")
    return Result.model_validate_json(one.result)


def _said(language: str, key: str, **values: object) -> str:
    return word("foresight", key, language).format(**values)


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/before-go-live"
