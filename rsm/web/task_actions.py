"""What a task's page offers besides "done": one table, to which every kind adds its own line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import pauses, set_aside, stops
from rsm.kernel.errors import NotFound
from rsm.kernel.words import TaskState
from rsm.messaging import breaker
from rsm.patients import service as patients
from rsm.security.model import Permission
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView
from rsm.web.auth import Desk
from rsm.web.staff_words import word
from rsm.web.views.common import Field, PostButton


@dataclass(frozen=True)
class TaskAction:
    """A button: its name in the form (and in the texts), who may press it, and what it does.

    `act` takes the transaction and the patient; it may end the task itself, else it ends as done.
    """

    name: str
    needs: Permission
    act: Callable[[Tx, UUID], object]


_ACTIONS: Mapping[TaskKind, tuple[TaskAction, ...]] = MappingProxyType(
    {
        TaskKind.RELEASE_TEXTS: (TaskAction("release", Permission.WORK_TASKS, breaker.release),),
        TaskKind.CONFIRM_PAUSE: (
            TaskAction("confirm", Permission.ENROL, pauses.confirm),
            TaskAction("deny", Permission.ENROL, pauses.undo),
        ),
        TaskKind.END_PAUSE: (TaskAction("resume", Permission.ENROL, pauses.home_again),),
        TaskKind.UNCLEAR_STOP: (
            TaskAction("meant_stop", Permission.WORK_TASKS, stops.meant_stop),
            TaskAction("not_stop", Permission.WORK_TASKS, stops.meant_something_else),
        ),
    }
)
_MAY_ANSWER_BY_PHONE = frozenset(
    {TaskKind.UNREACHED, TaskKind.SILENT, TaskKind.REACH_ANOTHER_WAY, TaskKind.CALL_PATIENT}
)


def buttons(desk: Desk, task: TaskView, patient_page: str) -> Iterator[PostButton]:
    """What may be pressed on an open task."""
    if task.state is not TaskState.OPEN or task.patient_id is None:
        return
    for action in _ACTIONS.get(task.kind, ()):
        if desk.staff.may(action.needs):
            where = f"/tasks/{task.id}/act"
            yield PostButton(word("tasks", action.name), where, (Field("action", action.name),))
    if task.kind in _MAY_ANSWER_BY_PHONE and desk.staff.may(Permission.ENTER_ANSWERS):
        yield PostButton(word("tasks", "take_answers"), f"{patient_page}/entry")


def act(desk: Desk, task: TaskView, name: str) -> None:
    """Press one. Raises `NotFound` for what this task does not offer to her, `Conflict` when it is
    done: what it asked may be something else by now."""
    chosen = next((one for one in _ACTIONS.get(task.kind, ()) if one.name == name), None)
    if chosen is None or task.patient_id is None or not desk.staff.may(chosen.needs):
        raise NotFound("this task does not offer that")
    with desk.tx.savepoint():
        patients.locked(desk.tx, task.patient_id)  # before the task's row: the order of locks
        tasks.locked_open(desk.tx, task.id)
        chosen.act(desk.tx, task.patient_id)
        if tasks.get(desk.tx, task.id).state is TaskState.OPEN:
            set_aside.finish_task(desk.tx, task.id, TaskOutcome.DONE)
