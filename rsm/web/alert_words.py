"""Alerts and tasks in the words of the staff pages."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from rsm.alerts.model import AlertAction, AlertView
from rsm.alerts.timeline import EventView
from rsm.escalation.moves import CHOSEN
from rsm.flow.triage import GIVEN_BACK
from rsm.kernel.errors import Problem
from rsm.kernel.words import AlertEventKind, AlertKind, Channel
from rsm.tasks.model import TaskKind, TaskOutcome
from rsm.web.staff_words import word
from rsm.web.views.common import Choice

ACTIONS: Mapping[AlertAction, str] = MappingProxyType(
    {
        AlertAction.PHONE_ADVICE: "Phone advice",
        AlertAction.MEDICINE_CHANGE: "Medicine change",
        AlertAction.VISIT_TODAY: "Visit today",
        AlertAction.EMERGENCY_DEPARTMENT: "Emergency dept.",
        AlertAction.ADMISSION: "Admission",
        AlertAction.NOT_REACHED: "Patient not reached",
        AlertAction.EXPECTED: "No action: expected",
        AlertAction.KNOWN: "No action: known",
        AlertAction.WRONG_THRESHOLD: "Wrong threshold",
    }
)
ACTION_CHOICES = tuple(Choice(action.value, words) for action, words in ACTIONS.items())
HEADLINES: Mapping[AlertKind, str] = MappingProxyType(
    {
        AlertKind.SYMPTOM: "",
        AlertKind.REVIEW: "Review: could not be judged",
        AlertKind.TEXT: "Text message",
        AlertKind.COVER: "Nobody on duty",
    }
)
_OF_A_TASK = "task:"  # how the business key of an overdue task's alert begins
_OF_A_CALL = "call:"  # and of one that a call opened
TASKS: Mapping[TaskKind, str] = MappingProxyType({kind: word("tasks", kind) for kind in TaskKind})
TASK_OUTCOMES: Mapping[TaskOutcome, str] = MappingProxyType(
    {
        TaskOutcome.DONE: "Done",
        TaskOutcome.NOT_REACHED: "Not reached",
        TaskOutcome.NOT_NEEDED: "Not needed",
    }
)
TASK_CHOICES = tuple(Choice(outcome.value, words) for outcome, words in TASK_OUTCOMES.items())
SAY_WHAT = Problem("code", "Say what was done", "Choose one.")

_NOBODY = MappingProxyType(
    {
        "nobody_on_duty": "Nobody on duty could be told.",
        "nobody_at_all": "Nobody could be told, not even the safety contact.",
    }
)
_TAKEN_BY = MappingProxyType({Channel.SMS: " by text", Channel.VOICE: " by phone"})
_TOLD_BY = MappingProxyType({Channel.EMAIL: "e-mail", Channel.VOICE: "phone call"})


def is_unjudged(alert: AlertView) -> bool:
    """Whether answers could not be judged: not the review that asks for an overdue task."""
    return alert.kind is AlertKind.REVIEW and not alert.business_key.startswith(_OF_A_TASK)


def headline(alert: AlertView) -> str:
    """What an alert is, where no symptom says so."""
    if alert.business_key.startswith(_OF_A_TASK):
        return "Task overdue"
    if alert.business_key.startswith(_OF_A_CALL):
        return "Too ill to answer"
    return HEADLINES[alert.kind]


def outcome_words(code: str | None) -> str:
    """A coded outcome as people say it."""
    return ACTIONS[AlertAction(code)] if code in set(AlertAction) else code or ""


def told(names: Sequence[str]) -> str:
    """`Dana Reyes and Ben Okafor`."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def event_words(event: EventView, names: Mapping[UUID, str], me: UUID) -> str:
    """One line of the timeline."""
    if event.kind is AlertEventKind.NOBODY:
        return _NOBODY.get(event.code or "", "Nobody could be told.")
    if event.kind is AlertEventKind.EXPIRED and event.code == GIVEN_BACK:
        return word("console", "given_back").format(who=_who(event, names, me))
    if event.kind is AlertEventKind.REOPENED and (event.code or "").startswith(CHOSEN):
        step = (event.code or "").removeprefix(CHOSEN)
        return word("console", "step_chosen").format(who=_who(event, names, me), step=step)
    by_text = _TAKEN_BY.get(event.channel, "") if event.channel else ""
    return _LINES[event.kind].format(
        who=_who(event, names, me),
        by_text=by_text,
        by=_TOLD_BY.get(event.channel, "text") if event.channel else "text",
        did=outcome_words(event.code),
        note=f" “{event.note}”" if event.note else "",
    )


_LINES: Mapping[AlertEventKind, str] = MappingProxyType(
    {
        AlertEventKind.OPENED: "Alert opened.",
        AlertEventKind.WORSENED: "A worse report came in: told again.",
        AlertEventKind.ADDED: "One more report came in, of the same level.",
        AlertEventKind.REPEATED: word("quiet", "repeated"),
        AlertEventKind.TOLD: "Told by {by}: {who}.",
        AlertEventKind.EXPIRED: "The time of whoever had it has ended: told again.",
        AlertEventKind.VIEWED: "First opened by {who}.",
        AlertEventKind.ACKNOWLEDGED: "Taken{by_text} by {who}.",
        AlertEventKind.ASSIGNED: "Handed to {who}.{note}",
        AlertEventKind.SNOOZED: "Set aside by {who}.{note}",
        AlertEventKind.HELD: "Held until service hours begin.",
        AlertEventKind.BUNDLED: "Told together with others: {who}.",
        AlertEventKind.ACTION: "Noted by {who}: {did}.{note}",
        AlertEventKind.CLOSED: "Closed by {who}: {did}.{note}",
        AlertEventKind.REOPENED: "Opened again by {who}.",
    }
)


def _who(event: EventView, names: Mapping[UUID, str], me: UUID) -> str:
    if event.staff_id is None:
        is_person = event.kind in {AlertEventKind.TOLD, AlertEventKind.ACKNOWLEDGED}
        return "the safety contact" if is_person else "the system"
    return "you" if event.staff_id == me else names.get(event.staff_id, "somebody who has left")
