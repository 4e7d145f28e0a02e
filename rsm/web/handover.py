"""The hand-over of a shift: what is open and whose, what was promised, what was closed, notes."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from rsm.alerts import events, handling
from rsm.db.work import Tx
from rsm.escalation import service as escalation
from rsm.escalation.model import EscalationReason
from rsm.flow import call_back, triage
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.patients import service as patients
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.rota import notes
from rsm.web import alert_words as words
from rsm.web import handover_notes, when
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.small_forms import typed
from rsm.web.staff_words import word
from rsm.web.views.alerts import WorkRow
from rsm.web.views.common import FilterLink
from rsm.web.views.handover import ClosedLine, HandoverView, NoteForm, OpenLine, PromisedLine
from rsm.web.views.roster import NoteLine
from rsm.web.worklist import version, worklist_view

router = APIRouter()
Reader = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Poller = Annotated[Desk, Needs(Permission.SEE_PATIENTS, poll=True)]
Given = Annotated[dict[str, str], Depends(typed)]
_PAGE = "/sites/{site_id}/handover"
_SHIFTS = (8, 12, 24)
_USUAL = 12


@router.get(_PAGE)
def show(desk: Reader, hours: int = _USUAL) -> HTMLResponse:
    """The page, for the last so many hours; printable."""
    return html("staff/handover.html", handover_view(desk, hours))


@router.get(f"{_PAGE}/version")
def moves(desk: Poller) -> PlainTextResponse:
    """A number that changes when the page does: nobody's name is read."""
    return PlainTextResponse(_version(desk))


@router.get(f"{_PAGE}/live")
def live(desk: Poller, hours: int = _USUAL) -> HTMLResponse:
    """The parts of the page that change."""
    return html("staff/handover_live.html", handover_view(desk, hours))


@router.post(f"{_PAGE}/notes", response_model=None)
def write_note(desk: Reader, values: Given) -> Response:
    """What the one who comes has to know; what was typed is never lost."""
    hours = next((each for each in _SHIFTS if str(each) == values.get("hours")), _USUAL)
    try:
        handover_notes.write(desk, values)
    except Invalid as error:
        view = handover_view(desk, hours, values, tuple(error.problems))
        return html("staff/handover.html", view, status=422)
    return see(f"/sites/{desk.staff.site_id}/handover?hours={hours}#notes")


@router.post(f"{_PAGE}/notes/{{note_id}}/read")
def read_note(desk: Reader, note_id: UUID) -> Response:
    """She has read it; the page says who has, where somebody was faster."""
    with suppress(Conflict):
        notes.mark_read(desk.tx, desk.staff.site_id, note_id)
    return see(f"/sites/{desk.staff.site_id}/handover#notes")


def _version(desk: Desk) -> str:
    tx, site_id = desk.tx, desk.staff.site_id
    return str(zlib.crc32(repr((version(tx, site_id), notes.version(tx, site_id))).encode()))


def handover_view(
    desk: Desk,
    hours: int,
    values: Mapping[str, str] | None = None,
    problems: tuple[Problem, ...] = (),
) -> HandoverView:
    """All of it; the patients' names are audited as one reading each of what is open and closed.
    `values` is a note as it was typed, which could not be kept."""
    hours = hours if hours in _SHIFTS else _USUAL
    tx, site_id = desk.tx, desk.staff.site_id
    listed = worklist_view(desk, "")
    zone, since = sites.get(tx, site_id).zone, tx.now - timedelta(hours=hours)
    here = f"/sites/{site_id}/handover"
    calls = {f"/tasks/{task.id}" for task in call_back.promised(tx, site_id)}
    return HandoverView(
        frame=staff_frame(desk, "/alerts"),
        since=since,
        shifts=tuple(
            FilterLink(
                word("handover", "hours").format(count=each),
                f"{here}?hours={each}",
                current=each == hours,
            )
            for each in _SHIFTS
        ),
        open=tuple(_open_line(row, tx.now, zone) for row in listed.rows if row.url not in calls),
        promised=tuple(_promised(tx, site_id, {row.url: row for row in listed.rows})),
        closed=tuple(_closed(tx, site_id, since)),
        on_duty=listed.on_duty,
        notes=tuple(_notes(desk, since)),
        note_form=_note_form(desk, hours, values, problems),
        version=_version(desk),
        version_url=f"{here}/version",
        live_url=f"{here}/live?hours={hours}",
    )


def _open_line(row: WorkRow, now: datetime, zone: str) -> OpenLine:
    target = row.opened_at + row.target
    if target < now:
        return OpenLine(row, word("handover", "late_by").format(span=when.span(now - target)), True)
    return OpenLine(row, when.day_time(target, now, zone).removesuffix(" today"), False)


# --- what was promised ----------------------------------------------------------------------------


def _promised(tx: Tx, site_id: UUID, rows: Mapping[str, WorkRow]) -> list[PromisedLine]:
    """Calls, loans and what was set aside, the earliest first."""
    return sorted([*_calls(tx, site_id, rows), *_loans(tx, site_id, rows)], key=lambda one: one.at)


def _calls(tx: Tx, site_id: UUID, rows: Mapping[str, WorkRow]) -> Iterator[PromisedLine]:
    found = call_back.promised(tx, site_id)
    names = _names(tx, (task.owner_id for task in found))
    for task in found:
        url = f"/tasks/{task.id}"
        who = names.get(task.owner_id) or word("handover", "nobody_yet")
        said = word("handover", "call").format(who=who)
        yield PromisedLine(task.due_at, _patient(rows, url), said, url)


def _loans(tx: Tx, site_id: UUID, rows: Mapping[str, WorkRow]) -> Iterator[PromisedLine]:
    held = [one for one in handling.worklist(tx, site_id) if one.is_held(tx.now)]
    ladders = escalation.standing(tx, [one.id for one in held])
    names = _names(tx, (one.owner_id for one in held))
    for alert in held:
        if alert.loan_until is None:
            continue
        reason = ladders[alert.id].reason if alert.id in ladders else ""
        kind = "put_off" if reason == EscalationReason.SNOOZED else "until"
        who = names.get(alert.owner_id) or triage.holder(tx, alert)  # or the safety contact
        said = word("handover", kind).format(who=who)
        url = f"/alerts/{alert.id}"
        yield PromisedLine(alert.loan_until, _patient(rows, url), said, url, alert.level)


def _patient(rows: Mapping[str, WorkRow], url: str) -> str:
    row = rows.get(url)
    return row.patient_name if row else ""


# --- what was closed, and what was noted ----------------------------------------------------------


def _closed(tx: Tx, site_id: UUID, since: datetime) -> Iterator[ClosedLine]:
    found = handling.closed_since(tx, site_id, since)
    ids = {one.patient_id for one in found if one.patient_id is not None}
    labels = patients.names(tx, site_id, ids) if ids else {}
    closers = _names(tx, (one.closed_by for one in found))
    said = events.closing_notes(tx, found)
    for alert in found:
        known = labels.get(alert.patient_id) if alert.patient_id else None
        yield ClosedLine(
            at=alert.closed_at or tx.now,
            level=alert.level,
            who=known.name if known else words.headline(alert),
            url=f"/alerts/{alert.id}",
            by=closers.get(alert.closed_by) or triage.closer(tx, alert),
            action=words.outcome_words(alert.outcome),
            note=said.get(alert.id, ""),
            minutes=alert.minutes_spent,
        )


def _notes(desk: Desk, since: datetime) -> Iterator[NoteLine]:
    tx, site_id = desk.tx, desk.staff.site_id
    found = notes.recent(tx, site_id, None, since)
    names = _names(tx, (who for one in found for who in (one.written_by, one.read_by)))
    for one in found:
        here = f"/sites/{site_id}/handover/notes"
        yield handover_notes.line(desk, one, lambda who: names.get(who, ""), here)


def _note_form(
    desk: Desk, hours: int, values: Mapping[str, str] | None, problems: tuple[Problem, ...]
) -> NoteForm:
    teams = handover_notes.teams(desk)
    return NoteForm(
        action=f"/sites/{desk.staff.site_id}/handover/notes",
        teams=teams,
        team=handover_notes.chosen_team(teams, values),
        text=(values or {}).get("note", ""),
        hours=hours,
        problems=problems,
    )


def _names(tx: Tx, who: Iterable[UUID | None]) -> dict[UUID | None, str]:
    known = staff.many(tx, {one for one in who if one is not None})
    return {one: view.name for one, view in known.items()}
