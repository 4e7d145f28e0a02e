"""The task list and one task: what a person must do, by when, and how it went."""

from collections.abc import Iterator, Sequence

from rsm.flow import call_back
from rsm.kernel.errors import Problem
from rsm.kernel.words import TaskState
from rsm.patients import service as patients
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind, TaskView
from rsm.web import alert_words as words
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.digest_view import digest_view
from rsm.web.frames import staff_frame
from rsm.web.own_site import asks
from rsm.web.patient_page import head
from rsm.web.staff_words import word
from rsm.web.task_actions import buttons
from rsm.web.views import admin as views
from rsm.web.views.alerts import Outcome, PatientHead
from rsm.web.views.common import FilterLink, Link

_SHOWS = (("All", ""), ("Overdue", "overdue"), ("Mine", "mine"))


def tasks_view(desk: Desk, show: str) -> views.TasksView:
    """The list, the earliest due first; names are audited as one reading, and only for whoever may
    see patients. Whoever may not opens the tasks that ask her."""
    tx, site_id = desk.tx, desk.staff.site_id
    found = tasks.open_tasks(tx, site_id)
    may_see = desk.staff.may(Permission.SEE_PATIENTS)
    about = {one.patient_id for one in found if one.patient_id and may_see}
    labels = patients.names(tx, site_id, about) if about else {}
    owners = staff.many(tx, {one.owner_id for one in found if one.owner_id})
    rows = []
    for task in found:
        if not _is_shown(desk, task, show):
            continue
        label = labels.get(task.patient_id) if task.patient_id else None
        owner = owners.get(task.owner_id) if task.owner_id else None
        opens = desk.staff.may(Permission.WORK_TASKS) or asks(task, desk.staff.roles)
        rows.append(
            views.TaskRow(
                url=f"/tasks/{task.id}" if opens else "",
                what=words.TASKS[task.kind],
                patient_name=label.name if label else "",
                due_at=task.due_at,
                owner=owner.name if owner else "",
                mine=task.owner_id == desk.staff.staff_id,
                take_action=f"/tasks/{task.id}/take" if opens and not task.owner_id else "",
                overdue=task.is_overdue(tx.now),
            )
        )
    filters = tuple(_filters(desk, found, show))
    return views.TasksView(staff_frame(desk, "/tasks"), tuple(rows), filters)


def _filters(desk: Desk, found: Sequence[TaskView], show: str) -> Iterator[FilterLink]:
    """All, overdue, mine; then each kind of which there is one."""
    here = f"/sites/{desk.staff.site_id}/tasks"
    kinds = {task.kind for task in found}
    offered = [*_SHOWS, *((words.TASKS[kind], kind.value) for kind in TaskKind if kind in kinds)]
    for label, value in offered:
        count = sum(1 for one in found if _is_shown(desk, one, value))
        url = f"{here}?show={value}" if value else here
        yield FilterLink(label, url, count, current=show == value)


def _is_shown(desk: Desk, task: TaskView, show: str) -> bool:
    if show == "overdue":
        return task.is_overdue(desk.tx.now)
    if show in set(TaskKind):
        return task.kind == show
    return task.owner_id == desk.staff.staff_id if show == "mine" else True


def task_view(
    desk: Desk, task: TaskView, code: str = "", problems: tuple[Problem, ...] = ()
) -> views.TaskView:
    """One task; the reading of its patient's record is audited."""
    is_open = task.state is TaskState.OPEN
    here, patient = f"/tasks/{task.id}", _patient(desk, task)
    is_digest = task.kind is TaskKind.READ_DIGEST
    return views.TaskView(
        frame=staff_frame(desk, "/tasks"),
        what=words.TASKS[task.kind],
        why=task.reason,
        patient=patient,
        due_at=task.due_at,
        overdue=task.is_overdue(desk.tx.now),
        version=task.state.value,
        owner=_owner(desk, task),
        take_action=f"{here}/take" if is_open and not (is_digest or task.owner_id) else "",
        outcome_action=f"{here}/do" if is_open and not is_digest else "",
        codes=words.TASK_CHOICES,
        code=code,
        note=task.note if is_open else "",
        problems=problems,
        outcome=_outcome(desk, task),
        buttons=tuple(buttons(desk, task, patient.url)),
        links=_links(desk, task, patient.url) if is_open else (),
        survey=_survey(desk, task),
        digest=digest_view(desk, task),
    )


def _links(desk: Desk, task: TaskView, patient_page: str) -> tuple[Link, ...]:
    if (alert_id := call_back.alert_of(task)) is not None:
        return (Link(word("console", "about_alert"), f"/alerts/{alert_id}"),)
    may_call = desk.staff.may(Permission.ENTER_ANSWERS)
    if task.kind is TaskKind.CALL_PATIENT and may_call:
        return (Link(word("tasks", "call_list"), f"/sites/{task.site_id}/calls"),)
    if task.kind is TaskKind.END_PAUSE and desk.staff.may(Permission.ENROL):
        return (Link(word("tasks", "still_away"), f"{patient_page}/still-away"),)
    return ()


def _survey(desk: Desk, task: TaskView) -> str:
    """The check-in that the task is about: of which day, and whether it can still be answered."""
    if task.occurrence_id is None:
        return ""
    now, zone = desk.tx.now, sites.get(desk.tx, task.site_id).zone
    survey = schedules.occurrence(desk.tx, task.occurrence_id)
    text = word("tasks", "survey").format(day=when.local_date(survey.local_date, zone))
    if not survey.takes_answers(now):
        return f"{text}: {word('tasks', 'survey_over')}"
    closes = when.day_time(survey.closes_at, now, zone)
    return f"{text}: {word('tasks', 'survey_until').format(when=closes)}"


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
