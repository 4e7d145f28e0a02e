"""Several questionnaires asked together: how many questions, how many once, how many minutes."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from rsm.instruments import catalogue
from rsm.instruments import service as instruments
from rsm.instruments.burden import burden
from rsm.instruments.catalogue import Entry
from rsm.instruments.merge import merge
from rsm.kernel.errors import Invalid, NotFound, Problem
from rsm.metrics.burden import seconds_taken
from rsm.schedules import published
from rsm.schedules.plans import Plan
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import instrument_views
from rsm.web.auth import Desk, Needs
from rsm.web.instrument_drafts import Given
from rsm.web.instrument_words import InstrumentWords, name_of, show, words_for
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Link
from rsm.web.views.instruments import TogetherView

router = APIRouter(prefix="/together")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]


@router.get("")
def show_together(desk: AtDesk) -> HTMLResponse:
    """Begun with the site's own questionnaire."""
    own = sites.get(desk.tx, desk.staff.site_id).instrument
    return _page(desk, {f"{own.key}@{own.version}"})


@router.post("")
def count_together(desk: AtDesk, given: Given) -> HTMLResponse:
    """What asking these together would cost whoever answers; nothing is changed."""
    return _page(desk, set(given.several.get("part", ())))


def of_plan(desk: Desk, plan: Plan) -> str:
    """What all that a plan asks costs, asked together; empty where that cannot be told."""
    own = sites.get(desk.tx, desk.staff.site_id).instrument
    try:
        pins = {published.instrument_of(desk.tx, ask.ref, own): None for ask in plan.asks}
        parts = [instruments.load(desk.tx, pin) for pin in pins]
        merged = merge(parts)
    except (Invalid, NotFound):
        return ""
    found = burden(parts, seconds_taken(desk.tx, [merged.pin]))
    words = InstrumentWords()  # the page of a plan is English
    asked = words.count("at_most", found.asked)
    if len(parts) > 1:
        asked = words.w.plan_together.format(questions=asked)
    if found.saved:
        asked = words.count("plan_once", found.saved).format(questions=asked)
    return f"{asked}: {words.minutes(found.minutes)}"


def _page(desk: Desk, refs: set[str]) -> HTMLResponse:
    offered = [each for each in catalogue.entries(desk.tx) if _can_be_asked(each)]
    chosen = [each for each in offered if _ref(each) in refs]
    problems: tuple[Problem, ...] = ()
    words = words_for(desk)
    view = TogetherView(
        frame=instrument_views.frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link(words.w.back, instrument_views.here(desk)),
        action=f"{instrument_views.here(desk)}/together",
        parts=tuple(_choice(words, each) for each in offered),
        chosen=tuple(_ref(each) for each in chosen),
    )
    try:
        view = _counted(desk, words, view, chosen) if chosen else view
    except Invalid as error:
        problems = tuple(Problem("part", each.what, each.mend) for each in error.problems)
        view = view.with_problems(problems)
    return show(desk, "staff/instrument_together.html", view, 422 if problems else 200)


def _counted(
    desk: Desk, words: InstrumentWords, view: TogetherView, chosen: list[Entry]
) -> TogetherView:
    parts = [each.instrument for each in chosen]
    merged = merge(parts)
    found = burden(parts, seconds_taken(desk.tx, [merged.pin]))
    once = tuple(_once(words, chosen))
    return view.with_burden(found.asked, found.saved, words.minutes(found.minutes), once)


def _once(words: InstrumentWords, chosen: list[Entry]) -> Iterable[str]:
    """The questions that several of them ask, and that are asked once."""
    merged = merge([each.instrument for each in chosen])
    for item in merged.items:
        asked_by = [each for each in chosen if item.code in each.instrument.item_by_code]
        if item.same_as is not None:
            yield f"{words.says(item)} ({item.same_as}, {item.code})"
        elif len(asked_by) > 1:
            yield f"{words.says(item)} ({item.code})"


def _can_be_asked(entry: Entry) -> bool:
    return entry.retired is None and bool(entry.instrument.languages)


def _ref(entry: Entry) -> str:
    return f"{entry.pin.key}@{entry.pin.version}"


def _choice(words: InstrumentWords, entry: Entry) -> Choice:
    title = f"{words.title(entry.instrument)} ({name_of(entry.instrument)})"
    return Choice(_ref(entry), title)
