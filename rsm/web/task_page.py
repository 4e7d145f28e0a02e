"""The task list and one task: what a person must do, by when, and how it went."""

from rsm.kernel.errors import Problem
from rsm.kernel.words import TaskState
from rsm.patients import service as patients
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskView
from rsm.web import alert_words as words
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.patient_page import head
from rsm.web.views import admin as views
from rsm.web.views.alerts import Outcome, PatientHead
from rsm.web.views.common import FilterLink

_SHOWS = (("All", ""), ("Overdue", "overdue"), ("Mine", "mine"))


def tasks_view(desk: Desk, show: str) -> views.TasksView:
    """The list, the earliest due first; names are audited as one reading."""
    tx, site_id = desk.tx, desk.staff.site_id
    found = tasks.open_tasks(tx, site_id)
    labels = patients.names(tx, site_id, {one.patient_id for one in found if one.patient_id})
    owners = staff.many(tx, {one.owner_id for one in found if one.owner_id})
    rows = []
    for task in found:
        if not _is_shown(desk, task, show):
            continue
        label = labels.get(task.patient_id) if task.patient_id else None
        owner = owners.get(task.owner_id) if task.owner_id else None
        rows.append(
            views.TaskRow(
                url=f"/tasks/{task.id}",
                what=words.TASKS[task.kind],
                patient_name=label.name if label else "",
                due_at=task.due_at,
                owner=owner.name if owner else "",
                mine=task.owner_id == desk.staff.staff_id,
                take_action="" if task.owner_id else f"/tasks/{task.id}/take",
                overdue=task.is_overdue(tx.now),
            )
        )
    here = f"/sites/{site_id}/tasks"
    filters = tuple(
        FilterLink(
            label,
            f"{here}?show={value}" if value else here,
            sum(1 for one in found if _is_shown(desk, one, value)),
            current=show == value,
        )
        for label, value in _SHOWS
    )
    return views.TasksView(staff_frame(desk, "/tasks"), tuple(rows), filters)


def _is_shown(desk: Desk, task: TaskView, show: str) -> bool:
    if show == "overdue":
        return task.is_overdue(desk.tx.now)
    return task.owner_id == desk.staff.staff_id if show == "mine" else True


def task_view(
    desk: Desk, task: TaskView, code: str = "", problems: tuple[Problem, ...] = ()
) -> views.TaskView:
    """One task; the reading of its patient's record is audited."""
    is_open = task.state is TaskState.OPEN
    here = f"/tasks/{task.id}"
    return views.TaskView(
        frame=staff_frame(desk, "/tasks"),
        what=words.TASKS[task.kind],
        why=task.reason,
        patient=_patient(desk, task),
        due_at=task.due_at,
        overdue=task.is_overdue(desk.tx.now),
        version=task.state.value,
        owner=_owner(desk, task),
        take_action=f"{here}/take" if is_open and task.owner_id is None else "",
        outcome_action=f"{here}/do" if is_open else "",
        codes=words.TASK_CHOICES,
        code=code,
        note=task.note if is_open else "",
        problems=problems,
        outcome=_outcome(desk, task),
    )


def _patient(desk: Desk, task: TaskView) -> PatientHead:
    if task.patient_id is not None:
        return head(desk, patients.read(desk.tx, task.patient_id))
    site = sites.get(desk.tx, task.site_id)
    return PatientHead(name=site.name, url=f"/sites/{site.id}")


def _owner(desk: Desk, task: TaskView) -> str:
    if task.owner_id is None:
        return ""
    mine = task.owner_id == desk.staff.staff_id
    return "You have it" if mine else staff.get(desk.tx, task.owner_id).name


def _outcome(desk: Desk, task: TaskView) -> Outcome | None:
    if task.done_at is None or task.outcome is None:
        return None
    by = staff.get(desk.tx, task.done_by).name if task.done_by else ""
    return Outcome(task.done_at, by, words.TASK_OUTCOMES[task.outcome], task.note)
