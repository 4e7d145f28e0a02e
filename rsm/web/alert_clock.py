"""How an alert stands: the part of its page that is asked for again every two seconds."""

import zlib
from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import events, handling
from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import preview
from rsm.escalation import service as escalation
from rsm.escalation.model import EscalationReason
from rsm.flow import call_back, triage
from rsm.kernel.errors import Problem
from rsm.kernel.words import AlertState, Level
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from rsm.web import alert_words as words
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.staff_words import word
from rsm.web.views import alert_page as views
from rsm.web.views.alerts import Outcome, TimelineEntry

_REDRAW = 300  # seconds: what is said of times is said anew although nothing happened


@dataclass(frozen=True)
class Typed:
    """What was in the form when it could not be saved, and why not; the filter she came from."""

    code: str = ""
    note: str = ""
    problems: tuple[Problem, ...] = ()
    minutes: str = ""
    show: str = ""
    reason: str = ""


NOTHING = Typed()


def moment(tx: Tx, alert: AlertView) -> str:
    """Changes with whatever the clock says, promised calls among it: nobody's name is read."""
    parts = (
        handling.last_event(tx, alert.id),
        alert.state,
        alert.owner_id,
        alert.loan_until,
        alert.target_at < tx.now,
        tasks.standing(tx, alert.site_id, (TaskKind.CALL_BACK,)),
        int(tx.now.timestamp()) // _REDRAW,
    )
    return str(zlib.crc32(repr(parts).encode()))


def alert_clock(
    desk: Desk, alert: AlertView, typed: Typed = NOTHING, seen: str = ""
) -> views.AlertClock:
    """The alert as it stands now. `seen` is the version that its page was loaded with."""
    tx, held = desk.tx, alert.is_held(desk.tx.now)
    version = triage.version(tx, alert.id)
    return views.AlertClock(
        frame=staff_frame(desk, "/alerts"),
        code=alert.code,
        level=alert.level,
        state=_state(alert, held=held),
        opened_at=alert.opened_at,
        target=alert.target_at - alert.opened_at,
        actions=_actions(desk, alert, typed, version),
        owner=triage.holder(tx, alert) if held else "",
        mine=held and alert.owner_id == desk.staff.staff_id,
        taken_at=handling.taken_at(tx, alert.id) if held else None,
        loan_ends_at=alert.loan_until,
        next_step="" if held else _next_step(tx, alert),
        outcome=_outcome(tx, alert),
        timeline=_timeline(desk, alert),
        routed=_routed(tx, alert),
        promised=(*_put_off(tx, alert, held=held), *_promised(tx, alert)),
        moment=moment(tx, alert),
        news=bool(seen) and seen != version and alert.is_open,
    )


def _state(alert: AlertView, *, held: bool) -> views.ClockState:
    if alert.state is AlertState.CLOSED:
        return views.ClockState.CLOSED
    return views.ClockState.TAKEN if held else views.ClockState.OPEN


def _next_step(tx: Tx, alert: AlertView) -> str:
    """Who is told next and when, in a sentence."""
    stands = escalation.standing(tx, [alert.id]).get(alert.id)
    if stands is None or stands.next_at is None:
        return ""
    at = when.day_time(stands.next_at, tx.now, sites.get(tx, alert.site_id).zone)
    names = words.told(preview.next_names(tx, alert, stands))
    return f"Next, {at.removesuffix(' today')}: {names}."


def _outcome(tx: Tx, alert: AlertView) -> Outcome | None:
    if alert.closed_at is None:
        return None
    by = triage.closer(tx, alert)
    said = words.outcome_words(alert.outcome)
    note = events.closing_notes(tx, [alert]).get(alert.id, "")
    return Outcome(alert.closed_at, by, said, note)


def _timeline(desk: Desk, alert: AlertView) -> tuple[TimelineEntry, ...]:
    """What happened, the newest first."""
    lines = events.timeline(desk.tx, alert)
    names = _names(desk.tx, {one.staff_id for one in lines if one.staff_id})
    me = desk.staff.staff_id
    entries = [TimelineEntry(one.at, _capital(words.event_words(one, names, me))) for one in lines]
    return tuple(reversed(entries))


def _routed(tx: Tx, alert: AlertView) -> str:
    """To which team it went, and by which branches of the site's tree."""
    if not alert.route_reason:
        return ""
    teams = {team.id: team.name for team in sites.teams(tx, alert.site_id)}
    team = teams.get(alert.team_id) if alert.team_id else None
    said = word("console", "routed" if team else "routed_site")
    return said.format(team=team, path=alert.route_reason)


def _put_off(tx: Tx, alert: AlertView, *, held: bool) -> tuple[str, ...]:
    """That it waits because somebody said so, and until when."""
    stands = escalation.standing(tx, [alert.id]).get(alert.id) if held else None
    if stands is None or stands.reason != EscalationReason.SNOOZED or alert.loan_until is None:
        return ()
    at = when.day_time(alert.loan_until, tx.now, sites.get(tx, alert.site_id).zone)
    said = word("handover", "snoozed").format(
        who=triage.holder(tx, alert), when=at.removesuffix(" today")
    )
    return (str(said),)


def _promised(tx: Tx, alert: AlertView) -> tuple[str, ...]:
    """The calls that were promised about it and are still to be made."""
    found = [
        task
        for task in call_back.promised(tx, alert.site_id)
        if call_back.alert_of(task) == alert.id
    ]
    names = _names(tx, {task.owner_id for task in found if task.owner_id})
    zone = sites.get(tx, alert.site_id).zone
    return tuple(
        word("console", "promised").format(
            when=when.day_time(task.due_at, tx.now, zone),
            who=names.get(task.owner_id, "") if task.owner_id else word("handover", "nobody_yet"),
        )
        for task in found
    )


def _names(tx: Tx, who: set[UUID]) -> dict[UUID, str]:
    return {one: view.name for one, view in staff.many(tx, who).items()}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# --- what she may do -----------------------------------------------------------------------


def _actions(desk: Desk, alert: AlertView, typed: Typed, version: str) -> views.AlertActions:
    here, who = f"/alerts/{alert.id}", desk.staff
    mine = alert.is_held(desk.tx.now) and alert.owner_id == who.staff_id
    if not who.may(Permission.TRIAGE):
        return views.AlertActions(version=version, problems=typed.problems, show=typed.show)
    if alert.state is AlertState.CLOSED:
        may_reopen = who.may(Permission.CLOSE_ALERT)
        return views.AlertActions(
            version=version,
            problems=typed.problems,
            show=typed.show,
            reopen_action=f"{here}/reopen" if may_reopen else "",
            call_back_action=_call_back(desk, alert),
        )
    held = alert.is_held(desk.tx.now)
    return views.AlertActions(
        version=version,
        take_action="" if held else f"{here}/take",
        escalate_action="" if held else f"{here}/escalate",
        give_back_action=f"{here}/give-back" if mine else "",
        outcome_action=f"{here}/do",
        codes=words.ACTION_CHOICES,
        code=typed.code,
        note=typed.note,
        problems=typed.problems,
        call_back_action=_call_back(desk, alert),
        minutes=typed.minutes,
        show=typed.show,
        take_over_action=f"{here}/take-over" if held and not mine else "",
        owner_id=str(alert.owner_id or ""),
        assign_action=f"{here}/assign",
        step_action="" if held and not mine else f"{here}/escalate-to",
        snooze_action="" if alert.level is Level.EMERGENCY else f"{here}/snooze",
        reason=typed.reason,
    )


def _call_back(desk: Desk, alert: AlertView) -> str:
    may = alert.patient_id is not None and desk.staff.may(Permission.WORK_TASKS)
    return f"/alerts/{alert.id}/call-back" if may else ""
