"""A task is done; done with the check of a row that was set aside, that row is worked again (P1).

What is set aside is never asked for again by itself: only a person knows that its cause is mended.
However the check went, the row runs: set aside once more, it is told once more.
"""

from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import conversations
from rsm.patients import service as patients
from rsm.schedules import timers
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskOutcome, TaskView


def finish_task(tx: Tx, task_id: UUID, outcome: TaskOutcome, note: str = "") -> TaskView:
    """The task is done, with how it went. `Conflict` when it was done before."""
    task = tasks.get(tx, task_id)
    if task.kind is not TaskKind.CHECK_ROW or task.patient_id is None:
        return tasks.finish(tx, task_id, outcome, note)
    patients.locked(tx, task.patient_id)  # before the task's row: the order of locks
    finished = tasks.finish(tx, task_id, outcome, note)
    timers.release(tx, task.patient_id, task.site_id)
    conversations.release(tx, task.patient_id)
    return finished
