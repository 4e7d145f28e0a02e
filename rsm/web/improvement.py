"""The journal of a site: what was changed and when, and each change with its before and after."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.improvement import cycles, service
from rsm.improvement.model import Entry, EntryKind, NewEntry
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.metrics.definitions import BY_ID
from rsm.metrics.model import Days
from rsm.security.model import Permission
from rsm.web import small_forms as forms
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.improvement_entry import entry_form, entry_page, line_of
from rsm.web.improvement_words import Words, links, read_day
from rsm.web.views.common import FilterLink, Link
from rsm.web.views.improvement import EntryValues, JournalView

PERIODS = (3, 12, 60)  # months
_AHEAD = timedelta(days=366)

router = APIRouter(prefix="/sites/{site_id}/journal")
AtDesk = Annotated[Desk, Needs(Permission.SEE_FIGURES)]
Managing = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
Typed = Annotated[dict[str, str], Depends(forms.typed)]
Months = Annotated[int, Query()]
Text = Annotated[str, Query()]


@router.get("")
def show_journal(desk: AtDesk, months: Months = PERIODS[1]) -> HTMLResponse:
    """What was changed in the last months, the latest first."""
    return _journal(desk, months, EntryValues(on=Words(desk, "improvement").today().isoformat()))


@router.post("", response_model=None)
def write(desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """Another entry."""
    given = _given(values)
    try:
        with desk.tx.savepoint():
            entry_id = service.write(desk.tx, desk.staff.site_id, _new(given))
    except Invalid as error:
        return _journal(desk, PERIODS[1], given, error.problems)
    except Conflict:
        return _journal(desk, PERIODS[1], given, [Problem("faster", "")])
    return see(f"{_address(desk)}/{entry_id}")


@router.get("/{entry_id}")
def show_entry(entry_id: UUID, desk: AtDesk, measure: Text = "", weeks: Months = 8) -> HTMLResponse:
    """One entry with its history; with a measure, before and after."""
    return entry_page(desk, _entry(desk, entry_id), (measure, weeks))


@router.post("/{entry_id}", response_model=None)
def correct(entry_id: UUID, desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """Another wording; what the system noted is put into somebody's own words."""
    given, entry = _given(values), _entry(desk, entry_id)
    try:
        with desk.tx.savepoint():
            entry_id = _kept(desk, entry, given)
    except Invalid as error:
        return entry_page(desk, entry, ("", 8), given, error.problems)
    except Conflict:
        return entry_page(desk, entry, ("", 8), given, [Problem("faster", "")])
    return see(f"{_address(desk)}/{entry_id}")


@router.post("/{entry_id}/compare")
def compare(entry_id: UUID, desk: AtDesk, values: Typed) -> RedirectResponse:
    """Before and after for the measure that was chosen: an address that can be passed on."""
    measure, weeks = values.get("measure", ""), _seen(values.get("weeks", ""))
    known = measure if measure in BY_ID else ""
    return see(f"{_address(desk)}/{entry_id}?measure={known}&weeks={weeks}#before-after")


@router.post("/{entry_id}/withdraw", response_model=None)
def withdraw(entry_id: UUID, desk: Managing, values: Typed) -> HTMLResponse | RedirectResponse:
    """It was written by mistake."""
    try:
        with desk.tx.savepoint():
            service.withdraw(desk.tx, desk.staff.site_id, entry_id, _seen(values.get("seen", "")))
    except Conflict:
        entry = _entry(desk, entry_id)
        return entry_page(desk, entry, ("", 8), None, [Problem("faster", "")])
    return see(_address(desk))


# -------------------------------------------------------------------------------------------


def _kept(desk: Desk, entry: Entry, given: EntryValues) -> UUID:
    site_id, new = desk.staff.site_id, _new(given)
    if entry.is_noted:
        own = replace(new, source=entry.source, on=entry.on)
        return service.write(desk.tx, site_id, own)
    service.correct(desk.tx, site_id, entry.id, new, _seen(given.seen))
    return entry.id


def _entry(desk: Desk, entry_id: UUID) -> Entry:
    language = Words(desk, "improvement").language
    return service.get(desk.tx, desk.staff.site_id, entry_id, language)


def _given(values: dict[str, str]) -> EntryValues:
    fields = EntryValues.__dataclass_fields__
    return EntryValues(**{name: values.get(name, "") for name in fields})


def _new(given: EntryValues) -> NewEntry:
    """Raises `Invalid` for a day or a kind that is none; the rest the journal looks at."""
    on = read_day(given.on)
    known = {kind.value for kind in EntryKind}
    problems = [] if on else [Problem("on", "is no day")]
    if given.kind not in known:
        problems.append(Problem("kind", "choose one from the list"))
    if not given.title:
        problems.append(Problem("title", "is missing"))
    if problems or on is None:
        raise Invalid(problems)
    return NewEntry(
        on=on,
        kind=EntryKind(given.kind),
        title=given.title,
        words=given.words,
        strategy=given.strategy,
        barrier=given.barrier,
        shared=given.shared == "yes",
    )


def _seen(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _journal(
    desk: Desk, months: int, given: EntryValues, problems: list[Problem] | tuple[Problem, ...] = ()
) -> HTMLResponse:
    months = months if months in PERIODS else PERIODS[1]
    words, address = Words(desk, "improvement"), _address(desk)
    today = words.today()
    days = Days(today - timedelta(days=31 * months), today + _AHEAD)
    found = service.entries(desk.tx, desk.staff.site_id, days, words.language)
    said = words.said(problems)
    form = entry_form(words, address if desk.staff.may(Permission.MANAGE_SITE) else "", given, said)
    view = JournalView(
        frame=staff_frame(desk, f"/sites/{desk.staff.site_id}"),
        links=links(desk, "journal"),
        periods=tuple(
            FilterLink(
                words.say(f"months_{each}"), f"{address}?months={each}", current=each == months
            )
            for each in PERIODS
        ),
        lines=tuple(line_of(words, address, entry) for entry in reversed(found)),
        overdue=_overdue(desk, words),
        record=_record(desk) if desk.staff.may(Permission.MANAGE_SITE) else (),
        form=form,
        problems=said,
    )
    return html("staff/journal.html", view, words.language, 422 if problems else 200)


def _overdue(desk: Desk, words: Words) -> tuple[Link, ...]:
    site_id, today = desk.staff.site_id, words.today()
    return tuple(
        Link(f"{one.aim} ({words.day(one.now.due_on)})", f"/sites/{site_id}/cycles/{one.id}")
        for one in cycles.of_site(desk.tx, site_id)
        if one.is_overdue(today)
    )


def _record(desk: Desk) -> tuple[Link, ...]:
    said, address = Words(desk, "going_live"), f"/sites/{desk.staff.site_id}/record"
    return (
        Link(said.say("record_download"), address),
        Link(said.say("record_pdf"), f"{address}.pdf"),
    )


def _address(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/journal"
