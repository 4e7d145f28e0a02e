"""The worklist: what waits at a site, the worst first, and what happens if nobody takes it."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.alerts import handling, suppressed
from rsm.alerts import service as alert_service
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import FindingView
from rsm.db import leases
from rsm.db.work import Tx
from rsm.escalation import preview
from rsm.escalation import service as escalation
from rsm.escalation.model import Standing
from rsm.kernel.errors import NotFound
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.kernel.words import AlertKind, Level
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts, PatientLabel
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskView
from rsm.web import alert_words as words
from rsm.web import when
from rsm.web.alert_findings import Units, as_raised, changes, site_units
from rsm.web.auth import Desk
from rsm.web.frames import ON_WORKLIST, staff_frame
from rsm.web.patient_words import language_name
from rsm.web.treatment_words import treatment_short
from rsm.web.views.alerts import Quiet, RowKind, Undo, Watch, WorklistView, WorkRow
from rsm.web.worklist_filters import SHOWS, filters, is_shown

_BEAT_WITHIN = timedelta(minutes=2)
_REDRAW = 300  # seconds: the ages on the page are drawn anew although nothing happened
_UNDO_FOR = timedelta(minutes=30)  # after which a closed alert is opened again on its own page


@dataclass(frozen=True)
class Named:
    """What the rows need to know of people: asked for once, for all rows."""

    zone: str
    now: datetime
    me: UUID
    labels: Mapping[UUID, PatientLabel]
    facts: Mapping[UUID, PatientFacts]
    staff: Mapping[UUID, str]
    safety_contact: str
    units: Units
    teams: frozenset[UUID]
    cycles: Mapping[UUID, Sequence[date]]


def version(tx: Tx, site_id: UUID) -> int:
    """Changes with every event of an alert, with tasks and who has them, with what passes its
    target, and every five minutes."""
    parts = (
        handling.version(tx, site_id),
        handling.count_late(tx, site_id),
        tasks.standing(tx, site_id, ON_WORKLIST),
        int(tx.now.timestamp()) // _REDRAW,
    )
    return zlib.crc32(repr(parts).encode())


def worklist_view(desk: Desk, show: str, closed: str = "") -> WorklistView:
    """The page, or its part; the patients' names are audited as one reading. `closed` is the alert
    that was closed just now: it can be opened again at once."""
    show = show if show in SHOWS else ""
    tx, site_id = desk.tx, desk.staff.site_id
    alerts, to_do = handling.worklist(tx, site_id), tasks.open_tasks(tx, site_id, ON_WORKLIST)
    named = _named(desk, alerts, to_do)
    rows = [*_alert_rows(tx, alerts, named, show), *(_task_row(task, named) for task in to_do)]
    rows.sort(key=lambda row: (-row.level.rank, row.opened_at))
    here = f"/sites/{site_id}"
    duty = _on_duty(tx, site_id, named.zone)
    return WorklistView(
        frame=staff_frame(desk, "/alerts"),
        rows=tuple(row for row in rows if is_shown(row, show, tx.now)),
        filters=tuple(filters(f"{here}/alerts", rows, show, tx.now)),
        watch=watch_of(tx),
        quiet=_quiet(tx, site_id, named),
        version=version(tx, site_id),
        version_url=f"{here}/version",
        fragment_url=f"{here}/alerts/list" + (f"?show={show}" if show else ""),
        on_duty=duty,
        nobody_on_duty=not duty,
        filtered=bool(show),
        handover_url=f"{here}/handover",
        undo=_undo(desk, closed),
    )


def _undo(desk: Desk, closed: str) -> Undo | None:
    """What she has closed just now, and the way to open it again."""
    try:
        alert = alert_service.get(desk.tx, UUID(closed)) if closed else None
    except (ValueError, NotFound):
        return None
    if alert is None or alert.closed_at is None or alert.closed_by != desk.staff.staff_id:
        return None
    if desk.tx.now - alert.closed_at > _UNDO_FOR or not desk.staff.may(Permission.CLOSE_ALERT):
        return None
    return Undo(alert.code, f"/alerts/{alert.id}/reopen")


def _named(desk: Desk, alerts: Sequence[AlertView], to_do: Sequence[TaskView]) -> Named:
    tx, site = desk.tx, sites.get(desk.tx, desk.staff.site_id)
    both: list[AlertView | TaskView] = [*alerts, *to_do]
    ids = {one.patient_id for one in both if one.patient_id is not None}
    owners = {one.owner_id for one in both if one.owner_id is not None}
    return Named(
        zone=site.zone,
        now=tx.now,
        me=desk.staff.staff_id,
        labels=patients.names(tx, site.id, ids),
        facts=patients.peek_many(tx, ids),
        staff={who: view.name for who, view in staff.many(tx, owners).items()},
        safety_contact=site.safety_contact_name,
        units=site_units(tx, site),
        teams=frozenset(
            team.id
            for team in sites.teams(tx, site.id)
            if desk.staff.staff_id in sites.team_members(tx, team.id)
        ),
        cycles=patients.cycles(tx, ids),
    )


# --- rows ----------------------------------------------------------------------------------


def _alert_rows(tx: Tx, alerts: Sequence[AlertView], named: Named, show: str) -> list[WorkRow]:
    ids = [alert.id for alert in alerts]
    found, ladders = handling.findings(tx, ids), escalation.standing(tx, ids)
    kept = suppressed.of_alerts(tx, ids)
    asked: dict[object, list[str]] = {}  # alerts at the same place of the same ladder: asked once
    rows = []
    for alert in alerts:
        stands, next_step = ladders.get(alert.id), ""
        if stands is not None:
            place = (stands.policy, alert.level, stands.step, alert.team_id)
            if place not in asked:
                asked[place] = preview.next_names(tx, alert, stands)
            next_step = _next_words(alert, stands, asked[place], named)
        shown = as_raised(found.get(alert.id, ()), kept.get(alert.id, ()))
        row = _alert_row(alert, shown, next_step, named)
        rows.append(replace(row, url=f"{row.url}?show={show}") if show else row)
    return rows


def _alert_row(
    alert: AlertView, found: Sequence[FindingView], next_step: str, named: Named
) -> WorkRow:
    held = alert.is_held(named.now)
    is_symptom = alert.kind is AlertKind.SYMPTOM
    kind = RowKind.REVIEW if words.is_unjudged(alert) else RowKind.ALERT
    return WorkRow(
        kind=kind,
        url=f"/alerts/{alert.id}",
        level=alert.level,
        code=alert.code,
        patient_name=_name(alert.patient_id, named),
        opened_at=alert.opened_at,
        target=alert.target_at - alert.opened_at,
        patient_note=_patient_note(alert.patient_id, named),
        language_note=_language_note(alert.patient_id, named),
        headline=words.headline(alert),
        changes=changes(found, named.units) if is_symptom else (),
        note="" if is_symptom else alert.reason,
        owner=_owner(alert, named) if held else "",
        mine=held and alert.owner_id == named.me,
        next_step=next_step,
        take_action="" if held else f"/alerts/{alert.id}/take",
        back_action=f"/alerts/{alert.id}/give-back" if held and alert.owner_id == named.me else "",
        test_patient=alert.is_test,
        team=alert.team_id in named.teams,
    )


def _task_row(task: TaskView, named: Named) -> WorkRow:
    mine = task.owner_id == named.me
    return WorkRow(
        kind=RowKind.TASK,
        url=f"/tasks/{task.id}",
        level=Level.SOON if task.is_overdue(named.now) else Level.INFO,
        code="",
        patient_name=_name(task.patient_id, named),
        opened_at=task.opened_at,
        target=task.due_at - task.opened_at,
        patient_note=_patient_note(task.patient_id, named),
        language_note=_language_note(task.patient_id, named),
        headline=words.TASKS[task.kind],
        note=task.reason,
        owner="" if mine or task.owner_id is None else named.staff.get(task.owner_id, "Somebody"),
        mine=mine,
        next_step=f"due {when.day_time(task.due_at, named.now, named.zone)}",
        take_action="" if task.owner_id else f"/tasks/{task.id}/take",
        test_patient=task.is_test,
        team=mine,
    )


def _name(patient_id: UUID | None, named: Named) -> str:
    known = named.labels.get(patient_id) if patient_id else None
    return known.name if known else ("Erased patient" if patient_id else "The whole site")


def _patient_note(patient_id: UUID | None, named: Named) -> str:
    known = named.labels.get(patient_id) if patient_id else None
    if known is None or patient_id is None:
        return ""
    facts = named.facts[patient_id]
    today = local_of(named.now, zone_named(facts.zone)).date()
    return " · ".join(
        filter(
            None,
            (
                str(known.age(today)),
                treatment_short(facts.regimen, named.cycles.get(patient_id, ()), today),
            ),
        )
    )


def _language_note(patient_id: UUID | None, named: Named) -> str:
    facts = named.facts.get(patient_id) if patient_id else None
    if facts is None or (facts.language == "en" and not facts.interpreter):
        return ""
    return language_name(facts.language) + (", interpreter" if facts.interpreter else "")


def _owner(alert: AlertView, named: Named) -> str:
    if alert.owner_id is None:
        return f"{named.safety_contact} (safety contact)"
    return "" if alert.owner_id == named.me else named.staff.get(alert.owner_id, "Somebody")


def _next_words(alert: AlertView, stands: Standing, names: Sequence[str], named: Named) -> str:
    """Until when she has it, or who is told next and when."""
    if stands.next_at is None:
        return ""
    at = when.day_time(stands.next_at, named.now, named.zone).removesuffix(" today")
    return f"until {at}" if alert.is_held(named.now) else f"next, {at}: {words.told(names)}"


# --- around the rows -----------------------------------------------------------------------


def watch_of(tx: Tx) -> Watch:
    """Whether surveys, rules and messages are being looked after."""
    beat = leases.last_beat(tx)
    return Watch(beat, beat is not None and tx.now - beat <= _BEAT_WITHIN)


def _quiet(tx: Tx, site_id: UUID, named: Named) -> Quiet:
    zone = zone_named(named.zone)
    today = local_of(tx.now, zone).date()
    closed = handling.closed_since(
        tx, site_id, start_instant(datetime.combine(today, time()), zone)
    )
    last = closed[0] if closed else None
    by = staff.many(tx, [last.closed_by]) if last and last.closed_by else {}
    return Quiet(
        closed_today=len(closed),
        last_closed_at=last.closed_at if last else None,
        last_closed_by=next((view.name for view in by.values()), ""),
        surveys_to_come=schedules.open_at_site(tx, site_id),
    )


def _on_duty(tx: Tx, site_id: UUID, zone: str) -> tuple[str, ...]:
    duty = sites.on_duty(tx, site_id, None, tx.now)
    known = staff.many(tx, [one.staff_id for one in duty])
    return tuple(
        f"{known[one.staff_id].name}, to {when.day_time(one.until, tx.now, zone)}"
        for one in duty
        if one.staff_id in known
    )
