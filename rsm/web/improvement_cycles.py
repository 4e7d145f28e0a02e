"""Plan-do-study-act cycles as pages: all of a site, and one with its steps."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.improvement import cycles
from rsm.improvement.cycles import NewStep
from rsm.improvement.decide import may_follow
from rsm.improvement.model import Cycle, CycleStage, NewCycle
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.metrics.definitions import BY_ID, MEASURES
from rsm.security.model import Permission
from rsm.web import measure_words
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.improvement_words import Words, crew, links, names, read_day, read_id
from rsm.web.views.common import Choice, Link
from rsm.web.views.improvement import CycleForm, CycleLine, CyclesView, CycleView, StepLine

router = APIRouter(prefix="/sites/{site_id}/cycles")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
_NOBODY = UUID(int=0)


@router.get("")
def show_cycles(desk: AtDesk) -> HTMLResponse:
    """All cycles: overdue ones first, then those that go on, then those that are over."""
    return _cycles(desk, {"starts_on": Words(desk, "improvement").today().isoformat()})


@router.post("", response_model=None)
def begin(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """Another cycle."""
    try:
        with desk.tx.savepoint():
            cycle_id = cycles.open_cycle(desk.tx, desk.staff.site_id, _new(values))
    except Invalid as error:
        return _cycles(desk, values, error.problems)
    return see(f"{_address(desk)}/{cycle_id}")


@router.get("/{cycle_id}")
def show_cycle(cycle_id: UUID, desk: AtDesk) -> HTMLResponse:
    """One cycle, and the form of its next step."""
    cycle = cycles.get(desk.tx, desk.staff.site_id, cycle_id)
    return _cycle(desk, cycle, {"owner": str(cycle.now.owner_id)})


@router.post("/{cycle_id}", response_model=None)
def go_on(cycle_id: UUID, desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """The next step."""
    site_id = desk.staff.site_id
    cycle = cycles.get(desk.tx, site_id, cycle_id)
    try:
        with desk.tx.savepoint():
            seen = values.get("seen", "")
            step = _step(cycle, values)
            cycles.go_on(desk.tx, site_id, cycle_id, step, int(seen) if seen.isdecimal() else 0)
    except Invalid as error:
        return _cycle(desk, cycle, values, error.problems)
    except Conflict:
        return _cycle(desk, cycle, values, [Problem("faster", "")])
    return see(f"{_address(desk)}/{cycle_id}")


# -------------------------------------------------------------------------------------------


def _new(values: Mapping[str, str]) -> NewCycle:
    starts, due = read_day(values.get("starts_on", "")), read_day(values.get("due_on", ""))
    problems = [] if starts else [Problem("starts_on", "is no day")]
    if not due:
        problems.append(Problem("due_on", "is no day"))
    if not values.get("aim"):
        problems.append(Problem("aim", "is missing"))
    if values.get("measure") not in BY_ID:
        problems.append(Problem("measure", "choose one from the list"))
    if problems or starts is None or due is None:
        raise Invalid(problems)
    return NewCycle(
        aim=values.get("aim", ""),
        measure=values.get("measure", ""),
        target=values.get("target", ""),
        owner_id=read_id(values.get("owner", "")) or _NOBODY,
        starts_on=starts,
        due_on=due,
    )


def _step(cycle: Cycle, values: Mapping[str, str]) -> NewStep:
    stage, due = values.get("stage", ""), read_day(values.get("due_on", ""))
    known = {one.value for one in CycleStage}
    over = stage in known and CycleStage(stage).is_over
    problems = [] if stage in known else [Problem("stage", "choose one from the list")]
    if due is None and not over:
        problems.append(Problem("due_on", "is no day"))
    if problems:
        raise Invalid(problems)
    owner = read_id(values.get("owner", "")) or cycle.now.owner_id
    return NewStep(CycleStage(stage), values.get("words", ""), owner, due or cycle.now.due_on)


def _cycles(
    desk: Desk, values: Mapping[str, str], problems: Sequence[Problem] = ()
) -> HTMLResponse:
    words, site_id = Words(desk, "improvement"), desk.staff.site_id
    found = cycles.of_site(desk.tx, site_id)
    today, known = words.today(), names(desk.tx, (one.now.owner_id for one in found))
    order = sorted(found, key=lambda one: (not one.is_overdue(today), one.now.stage.is_over))
    said = words.said(problems)
    form = CycleForm(
        action=_address(desk) if desk.staff.may(Permission.MANAGE_SITE) else "",
        values=dict(values),
        measures=_measures(words.language),
        people=crew(desk.tx, site_id),
        problems=said,
    )
    view = CyclesView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        links=links(desk, "cycles"),
        lines=tuple(_line(words, _address(desk), one, known) for one in order),
        form=form,
        problems=said,
    )
    return html("staff/cycles.html", view, words.language, 422 if problems else 200)


def _cycle(
    desk: Desk, cycle: Cycle, values: Mapping[str, str], problems: Sequence[Problem] = ()
) -> HTMLResponse:
    words, site_id = Words(desk, "improvement"), desk.staff.site_id
    people = [person for step in cycle.steps for person in (step.owner_id, step.by)]
    known = names(desk.tx, people)
    follows = [one.value for one in CycleStage if one in may_follow(cycle.now.stage)]
    may = desk.staff.may(Permission.MANAGE_SITE) and bool(follows)
    said = words.said(problems)
    form = CycleForm(
        action=f"{_address(desk)}/{cycle.id}" if may else "",
        values={**values, "seen": str(len(cycle.steps))},
        people=crew(desk.tx, site_id),
        stages=words.choices("stage", follows),
        problems=said,
    )
    view = CycleView(
        frame=staff_frame(desk, f"/sites/{site_id}"),
        back=Link(words.say("cycle_back"), _address(desk)),
        line=_line(words, _address(desk), cycle, known),
        began=words.say("cycle_began", day=words.day(cycle.starts_on)),
        steps=tuple(
            StepLine(
                stage=words.say(f"stage_{step.stage}"),
                words=step.words,
                owner=known.get(step.owner_id, ""),
                due="" if step.stage.is_over else words.day(step.due_on),
                by=words.say(
                    "step_by",
                    day=words.day(step.at),
                    who=known.get(step.by or _NOBODY, words.say("somebody")),
                ),
            )
            for step in cycle.steps
        ),
        form=form,
        problems=said,
    )
    return html("staff/cycle.html", view, words.language, 422 if problems else 200)


def _line(words: Words, address: str, cycle: Cycle, known: Mapping[UUID, str]) -> CycleLine:
    return CycleLine(
        aim=cycle.aim,
        url=f"{address}/{cycle.id}",
        measure=_measure(cycle.measure, words.language),
        target=cycle.target,
        stage=words.say(f"stage_{cycle.now.stage}"),
        owner=known.get(cycle.now.owner_id, ""),
        due=words.day(cycle.now.due_on),
        overdue=cycle.is_overdue(words.today()),
        over=cycle.now.stage.is_over,
    )


def _measure(id_: str, language: str) -> str:
    """What a measure is called; one that is not defined any more keeps its id."""
    return measure_words.words(id_, language).title if id_ in BY_ID else id_


def _measures(language: str) -> tuple[Choice, ...]:
    return tuple(Choice(one.id, measure_words.words(one.id, language).title) for one in MEASURES)


def _address(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/cycles"
