"""A nurse promises to call back: her task, due when she said, once per alert and time.

It stays when the alert is closed: the promise was made to the patient. What nobody did in time is
told as any other task is.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind, TaskView

AT_MOST = timedelta(days=30)
_OURS = re.compile(r"alert:([0-9a-f-]{36}):call_back:.+")  # the key of a promise


def promise(tx: Tx, alert_id: UUID, staff_id: UUID, due_at: datetime) -> UUID:
    """Her task to call the alert's patient at `due_at`.

    Raises `Invalid` for a time that is past or too far away, `Conflict` when the same was promised
    before, or the alert is of the whole site.
    """
    alert = alerts.get(tx, alert_id)
    if alert.patient_id is None:
        raise Conflict("this alert is about no patient")
    if not tx.now < due_at <= tx.now + AT_MOST:
        what = f"must lie ahead, within {AT_MOST.days} days"
        raise Invalid(Problem("due", what, "choose another time"))
    task_id = tasks.open_task(
        tx,
        NewTask(
            business_key=f"alert:{alert.id}:call_back:{due_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}",
            kind=TaskKind.CALL_BACK,
            site_id=alert.site_id,
            patient_id=alert.patient_id,
            reason=f"Promised about alert {alert.code}.",
            due_at=due_at,
            occurrence_id=alert.occurrence_id,
            is_test=alert.is_test,
        ),
    )
    if task_id is None:
        raise Conflict("a call at that time is promised already")
    tasks.take(tx, task_id, staff_id)
    return task_id


def alert_of(task: TaskView) -> UUID | None:
    """The alert that the call was promised about; None for a task of another kind."""
    found = _OURS.fullmatch(task.business_key)
    return UUID(found[1]) if found else None


def promised(tx: Tx, site_id: UUID) -> list[TaskView]:
    """The calls that are still to be made at the site, the earliest first."""
    return tasks.open_tasks(tx, site_id, (TaskKind.CALL_BACK,))
