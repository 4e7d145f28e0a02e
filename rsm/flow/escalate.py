"""The worker's rounds over alerts and tasks: whose time has come is acted on, one by one.

One transaction for each row, in the scope of its site. A row that fails is tried again soon and
never set aside: an alert goes to the safety contact from the third time on (P4).
"""

import logging
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import Change, Opening
from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.escalation import service as escalation
from rsm.escalation.model import Due
from rsm.kernel import faults
from rsm.kernel.words import AlertKind, Level
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import DueTask, TaskView

_LOG = logging.getLogger(__name__)


# --- alerts --------------------------------------------------------------------------------


def escalate_due(db: Database, limit: int = 200) -> int:
    """Take every step that is due, end every loan that is over; returns how many were."""
    with db.begin(EVERYWHERE) as tx:
        waiting = escalation.due(tx, limit)
    return sum(_escalate(db, each) for each in waiting)


def _escalate(db: Database, each: Due) -> bool:
    try:
        with db.begin(Scope.site(each.site_id)) as tx:
            taken = escalation.take_step(tx, each.alert_id)
            faults.point("escalate.told")
    except Exception as error:  # noqa: BLE001  # one alert never keeps the others from being told
        _log("escalate.failed", each.alert_id, error)
        _put_off(db, each)
        return False
    return taken is not None  # another worker holds it: not ours, and no reason for a next round


def _put_off(db: Database, each: Due) -> None:
    try:
        with db.begin(Scope.site(each.site_id)) as tx:
            escalation.failed(tx, each.alert_id)
    except Exception as error:  # noqa: BLE001  # still due: the next round has it again
        _log("escalate.not_put_off", each.alert_id, error)


# --- tasks ---------------------------------------------------------------------------------


def overdue_due(db: Database, limit: int = 200) -> int:
    """Tell of every task that nobody did in time; returns how many."""
    with db.begin(EVERYWHERE) as tx:
        waiting = tasks.due(tx, limit)
    return sum(_overdue(db, each) for each in waiting)


def _overdue(db: Database, each: DueTask) -> bool:
    try:
        with db.begin(Scope.site(each.site_id)) as tx:
            task = tasks.lock_overdue(tx, each.task_id)
            if task is None:
                return False
            _tell_overdue(tx, task)
            tasks.mark_overdue(tx, task)
    except Exception as error:  # noqa: BLE001  # one task never keeps the others from being told
        _log("task.failed", each.task_id, error)
        _put_off_task(db, each)
        return False
    return True


def _put_off_task(db: Database, each: DueTask) -> None:
    try:
        with db.begin(Scope.site(each.site_id)) as tx:
            tasks.failed(tx, each.task_id)
    except Exception as error:  # noqa: BLE001  # still due: the next round has it again
        _log("task.not_put_off", each.task_id, error)


def _tell_overdue(tx: Tx, task: TaskView) -> None:
    """An alert for review stands on the worklist and climbs like any other; one for each task."""
    opened = alerts.open_alert(
        tx,
        Opening(
            business_key=f"task:{task.id}",
            site_id=task.site_id,
            kind=AlertKind.REVIEW,
            level=Level.SOON,
            reason="A task was not done in time.",
            is_test=task.is_test,
            patient_id=task.patient_id,
        ),
    )
    if opened.change is Change.OPENED:
        escalation.start(tx, opened.alert, sites.get(tx, task.site_id))


def _log(action: str, subject: UUID, error: Exception) -> None:
    facts = {"action": action, "subject": str(subject)}
    _LOG.error("round: %s", type(error).__name__, extra=facts)
