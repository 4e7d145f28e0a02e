"""The trial period as a page: its group, its figures, what is to be mended; and who is in it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.improvement import trials
from rsm.improvement.live_model import Trial
from rsm.improvement.trials import NewTrial
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.metrics import figures
from rsm.metrics.definitions import MEASURES
from rsm.metrics.durations import TIME_OF
from rsm.metrics.figures import Figure
from rsm.metrics.measure import Kind, Measure
from rsm.metrics.model import Days
from rsm.patients import service as patients
from rsm.patients.model import PatientRecord, PatientStatus
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import measure_words
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.improvement_words import Words, links, read_day
from rsm.web.views.common import PostButton
from rsm.web.views.improvement import TrialView
from rsm.web.views.patient_panels import Panel
from rsm.web.when import span

router = APIRouter()
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Enrolling = Annotated[Desk, Needs(Permission.ENROL)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
_NO_NUMBER = 0  # of patients: what is typed is none


@router.get("/sites/{site_id}/trial")
def show_trial(desk: AtDesk) -> HTMLResponse:
    """The trial period that is open, else the last one."""
    return _page(desk, {"starts_on": Words(desk, "going_live").today().isoformat()})


@router.post("/sites/{site_id}/trial", response_model=None)
def begin(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """A trial period begins."""
    try:
        with desk.tx.savepoint():
            trials.begin(desk.tx, desk.staff.site_id, _new(values))
    except Invalid as error:
        return _page(desk, values, error.problems)
    except Conflict:
        return _page(desk, values, [Problem("standing", "")])
    return see(_address(desk))


@router.post("/sites/{site_id}/trial/end", response_model=None)
def end(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """It is over, with what is to be mended."""
    try:
        with desk.tx.savepoint():
            trials.end(desk.tx, desk.staff.site_id, values.get("mend", ""))
    except Invalid as error:
        return _page(desk, values, error.problems)
    except NotFound:
        return _page(desk, values, [Problem("standing", "")])
    return see(_address(desk))


@router.post("/sites/{site_id}/patients/{patient_id}/pilot/{what}")
def mark(patient_id: UUID, what: str, desk: Enrolling) -> RedirectResponse:
    """She joins the pilot group, or leaves it."""
    site_id = desk.staff.site_id
    if patients.peek(desk.tx, patient_id).site_id != site_id:
        raise NotFound("no such patient")
    if what == "join":
        trials.mark(desk.tx, site_id, patient_id)
    elif what == "leave":
        trials.unmark(desk.tx, site_id, patient_id)
    else:
        raise NotFound("no such page")
    return see(f"/sites/{site_id}/patients/{patient_id}")


def pilot_panel(desk: Desk, record: PatientRecord, url: str) -> Panel | None:
    """On her page, while a trial period is open: whether she is in the pilot group."""
    facts = record.facts
    if sites.get(desk.tx, facts.site_id).is_live or facts.is_test:
        return None
    if trials.standing(desk.tx, facts.site_id) is None:
        return None
    words = Words(desk, "going_live")
    inside = bool(trials.among(desk.tx, facts.site_id, {facts.id}))
    what = "leave" if inside else "join"
    may = desk.staff.may(Permission.ENROL) and facts.status is not PatientStatus.ENDED
    button = PostButton(words.say(f"pilot_{what}"), f"{url}/pilot/{what}")
    said = words.say("pilot_in" if inside else "pilot_out")
    return Panel("plt", words.say("pilot_heading"), (said,), buttons=(button,) if may else ())


# -------------------------------------------------------------------------------------------


def _new(values: Mapping[str, str]) -> NewTrial:
    starts, ends = read_day(values.get("starts_on", "")), read_day(values.get("ends_on", ""))
    problems = [] if starts else [Problem("starts_on", "is no day")]
    if not ends:
        problems.append(Problem("ends_on", "is no day"))
    if problems or starts is None or ends is None:
        raise Invalid(problems)
    first = values.get("first", "")
    number = int(first) if first.isascii() and first.isdecimal() and len(first) < 6 else _NO_NUMBER
    return NewTrial(starts, ends, number if first else None, values.get("aim", ""))


def _page(desk: Desk, values: Mapping[str, str], problems: Sequence[Problem] = ()) -> HTMLResponse:
    words, site_id = Words(desk, "going_live"), desk.staff.site_id
    known = trials.of_site(desk.tx, site_id)
    shown = known[0] if known else None
    is_open = shown is not None and shown.is_open
    may = desk.staff.may(Permission.MANAGE_SITE)
    begins = may and not is_open and not sites.get(desk.tx, site_id).is_live
    view = TrialView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        links=links(desk, "trial"),
        heading=_heading(words, shown),
        facts=_facts(words, shown) if shown else (),
        figures=report(desk, words, shown) if shown else (),
        mend=shown.mend if shown else "",
        begin_action=_address(desk) if begins else "",
        end_action=f"{_address(desk)}/end" if may and is_open else "",
        values=dict(values),
        former=tuple(line_of(words, one) for one in known[1:]),
        problems=words.said(problems),
    )
    return html("staff/trial.html", view, words.language, 422 if problems else 200)


def _heading(words: Words, trial: Trial | None) -> str:
    if trial is None:
        return words.say("trial_none")
    if trial.ended_at is None:
        return words.say("trial_open", day=words.day(trial.ends_on))
    return words.say("trial_over", day=words.day(trial.ended_at))


def _facts(words: Words, trial: Trial) -> tuple[tuple[str, str], ...]:
    facts = [
        (words.say("trial_starts"), words.day(trial.starts_on)),
        (words.say("trial_ends"), words.day(trial.ends_on)),
        (words.say("trial_members"), str(trial.members)),
    ]
    if trial.first is not None:
        facts.append((words.say("trial_first"), str(trial.first)))
    if trial.aim:
        facts.append((words.say("trial_aim"), trial.aim))
    return tuple(facts)


def line_of(words: Words, trial: Trial) -> str:
    """A trial period in one line."""
    first, last = words.day(trial.starts_on), words.day(trial.ends_on)
    return words.say("trial_line", first=first, last=last, count=trial.members)


def report(desk: Desk, words: Words, trial: Trial) -> tuple[tuple[str, str, str], ...]:
    """The figures of its days: measure, value, interval; what is empty is left out."""
    zone = zone_named(words.zone)
    last = local_of(trial.ended_at, zone).date() if trial.ended_at else words.today()
    days = Days(trial.starts_on, max(trial.starts_on, min(last, words.today())))
    found = figures.figures(desk.tx, desk.staff.site_id, days).get("", {})
    rows = []
    for measure in MEASURES:
        figure = found.get(measure.id)
        if figure is not None and not measure.live:
            rows += _row(words, measure, figure)
    return tuple(rows)


def _row(words: Words, measure: Measure, figure: Figure) -> list[tuple[str, str, str]]:
    name = measure_words.words(measure.id, words.language).title
    empty = figure.whole is None and not figure.part and measure.part[0] not in TIME_OF
    if figure.part is None or empty:
        return []
    if measure.kind is Kind.MINUTES:
        sign = "\N{MINUS SIGN}" if figure.part < 0 else ""
        return [(name, sign + span(timedelta(minutes=abs(figure.part)), words.language), "")]
    if figure.whole is None:
        return [(name, f"{figure.part:g}", "")]
    share, interval = figure.share, figure.interval
    if share is None or interval is None:
        return []
    value = f"{words.percent(share)} ({figure.part:g}/{figure.whole})"
    between = f"{words.percent(interval.low)}, {words.percent(interval.high)}"
    return [(name, value, between)]


def _address(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/trial"
