"""Alerts and tasks in the words of the staff pages."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from rsm.alerts.model import AlertAction, EventView
from rsm.kernel.errors import Problem
from rsm.kernel.words import AlertEventKind, AlertKind, Channel
from rsm.tasks.model import TaskKind, TaskOutcome
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
TASKS: Mapping[TaskKind, str] = MappingProxyType(
    {
        TaskKind.REACH_ANOTHER_WAY: "Reach another way",
        TaskKind.CHECK_CONTACT: "Check the number",
        TaskKind.NOT_DELIVERED: "A text did not arrive",
        TaskKind.READ_TEXT: "Read a text",
        TaskKind.CHECK_ROW: "Set aside after repeated failures",
    }
)
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
_BY_TEXT = frozenset({Channel.SMS})


def outcome_words(code: str | None) -> str:
    """A coded outcome as people say it."""
    return ACTIONS[AlertAction(code)] if code in set(AlertAction) else code or ""


def told(names: Sequence[str]) -> str:
    """`Dana Reyes and Ben Okafor`."""
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def event_words(event: EventView, names: Mapping[UUID, str], me: UUID) -> str:
    """One line of the timeline."""
    who = _who(event, names, me)
    by_text = " by text" if event.channel in _BY_TEXT else ""
    note = f": {event.note}" if event.note else ""
    match event.kind:
        case AlertEventKind.OPENED:
            return "Alert opened."
        case AlertEventKind.WORSENED:
            return "A worse report came in: told again."
        case AlertEventKind.ADDED:
            return "One more report came in, of the same level."
        case AlertEventKind.TOLD:
            return f"{who} told by text."
        case AlertEventKind.NOBODY:
            return _NOBODY.get(event.code or "", "Nobody could be told.")
        case AlertEventKind.EXPIRED:
            return "The time of whoever had it ended: told again."
        case AlertEventKind.ACTION | AlertEventKind.CLOSED:
            did = "Closed" if event.kind is AlertEventKind.CLOSED else "Noted"
            return f"{did} by {who}: {outcome_words(event.code)}{note}"
        case _:
            return f"{_DID[event.kind]}{by_text} by {who}."


_DID = MappingProxyType(
    {
        AlertEventKind.VIEWED: "First opened",
        AlertEventKind.ACKNOWLEDGED: "Taken",
        AlertEventKind.REOPENED: "Opened again",
    }
)


def _who(event: EventView, names: Mapping[UUID, str], me: UUID) -> str:
    if event.staff_id is None:
        is_person = event.kind in {AlertEventKind.TOLD, AlertEventKind.ACKNOWLEDGED}
        return "the safety contact" if is_person else "the system"
    return "you" if event.staff_id == me else names.get(event.staff_id, "somebody who has left")
