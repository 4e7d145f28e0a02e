"""The nurse's pages: worklist, one alert, tasks.

GET changes nothing but the audit trail, a first-viewed mark, and the short loan of whoever has
taken the alert by text and now opens it (P9).
"""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel

from rsm.alerts.model import AlertAction
from rsm.flow import set_aside, triage
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, Problem
from rsm.kernel.words import Channel
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskOutcome
from rsm.web import alert_moves, alert_steps, handover, task_actions, task_page, worklist
from rsm.web import alert_words as words
from rsm.web.alert_clock import Typed
from rsm.web.alert_page import refused, shown
from rsm.web.auth import Desk, Needs, SignedIn, home
from rsm.web.deps import html, see
from rsm.web.digest_view import must_may_read
from rsm.web.own_site import AtAlert, AtTask
from rsm.web.staff_words import word

router = APIRouter()

Reader = Annotated[Desk, Needs(Permission.SEE_PATIENTS)]
Poller = Annotated[Desk, Needs(Permission.SEE_PATIENTS, poll=True)]
AlertReader = Annotated[Desk, AtAlert(Permission.SEE_PATIENTS)]
Triage = Annotated[Desk, AtAlert(Permission.TRIAGE)]
Closer = Annotated[Desk, AtAlert(Permission.CLOSE_ALERT)]
TaskReader = Annotated[Desk, Needs(Permission.SEE_TASKS)]
TaskWorker = Annotated[Desk, AtTask(Permission.WORK_TASKS)]


# --- the worklist --------------------------------------------------------------------------


@router.get("/")
def start(who: SignedIn) -> RedirectResponse:
    """The page that she begins with."""
    return see(home(who.session))


@router.get("/alerts")
def own_worklist(desk: Reader, show: str = "", closed: str = "") -> RedirectResponse:
    """The worklist of the site where she is at work."""
    asked = {name: value for name, value in (("show", show), ("closed", closed)) if value}
    return see(f"/sites/{desk.staff.site_id}/alerts" + (f"?{urlencode(asked)}" if asked else ""))


@router.get("/sites/{site_id}/alerts")
def show_worklist(desk: Reader, show: str = "", closed: str = "") -> HTMLResponse:
    """What waits, the worst first; `closed` was closed just now."""
    return html("staff/worklist.html", worklist.worklist_view(desk, show, closed))


@router.get("/sites/{site_id}/alerts/list")
def worklist_part(desk: Poller, show: str = "") -> HTMLResponse:
    """The part of the worklist that the page loads anew when the version changed."""
    return html("staff/worklist_fragment.html", worklist.worklist_view(desk, show))


@router.get("/sites/{site_id}/version")
def worklist_version(desk: Poller) -> PlainTextResponse:
    """A number that changes when the worklist does: one row is read, nobody's name."""
    return PlainTextResponse(str(worklist.version(desk.tx, desk.staff.site_id)))


# --- one alert -----------------------------------------------------------------------------


@router.get("/alerts/{alert_id}")
def show_alert(alert_id: UUID, desk: AlertReader, show: str = "") -> HTMLResponse:
    """One alert; the reading is audited, a first one marked. `show` is the filter she came from."""
    return shown(desk, alert_id, Typed(show=show))


@router.post("/alerts/{alert_id}/take")
def take(alert_id: UUID, desk: Triage) -> Response:
    """Take it; who comes second is told who was faster."""
    try:
        triage.acknowledge(desk.tx, alert_id, desk.staff.staff_id, Channel.WEB)
    except Conflict as error:
        return shown(desk, alert_id, refused(error), 409)
    return see(f"/alerts/{alert_id}")


@router.post("/alerts/{alert_id}/escalate")
def escalate(alert_id: UUID, desk: Triage) -> Response:
    """Tell the next one on the ladder now."""
    try:
        triage.escalate_now(desk.tx, alert_id)
    except Conflict as error:
        return shown(desk, alert_id, refused(error), 409)
    return see(f"/alerts/{alert_id}")


class Entered(BaseModel):
    """What the form under an alert or a task sends; `do` is the button that was pressed."""

    code: str = ""
    note: str = ""
    do: str = "note"
    version: str = ""
    minutes: str = ""
    show: str = ""


@router.post("/alerts/{alert_id}/do")
def do(alert_id: UUID, desk: Triage, entered: Annotated[Entered, Form()]) -> Response:
    """What was done, and whether that closes it."""
    typed = Typed(entered.code, entered.note, (), entered.minutes, entered.show)
    if entered.code not in set(AlertAction):
        return shown(desk, alert_id, replace(typed, problems=(words.SAY_WHAT,)), 422)
    try:
        _do(desk, alert_id, entered)
    except Conflict as error:
        return shown(desk, alert_id, replace(typed, problems=refused(error).problems), 409)
    except Invalid as error:
        return shown(desk, alert_id, replace(typed, problems=error.problems), 422)
    back = {"show": entered.show} if entered.show else {}
    # Who was told of this one alert only has no worklist to go back to.
    if entered.do == "close" and may(desk.staff.roles, Permission.SEE_PATIENTS):
        return see(f"/alerts?{urlencode(back | {'closed': str(alert_id)})}")
    return see(f"/alerts/{alert_id}" + (f"?{urlencode(back)}" if back else ""))


def _do(desk: Desk, alert_id: UUID, entered: Entered) -> None:
    code, who = AlertAction(entered.code), desk.staff.staff_id
    if entered.do != "close":
        triage.record_action(desk.tx, alert_id, who, code, entered.note)
        return
    minutes = _minutes(entered.minutes)
    _close(desk, alert_id, triage.Closing(code, entered.note, entered.version, minutes))


def _minutes(text: str) -> int | None:
    """As typed; raises `Invalid` for what is no number."""
    if not (text := text.strip()):
        return None
    if not text.isdecimal() or len(text) > 4:
        what = word("console", "minutes_bad").format(value=text)
        raise Invalid(Problem("minutes", what))
    return int(text)


def _close(desk: Desk, alert_id: UUID, closing: triage.Closing) -> None:
    if not desk.staff.may(Permission.CLOSE_ALERT):
        raise NotAllowed("may not close alerts")
    triage.close(desk.tx, alert_id, desk.staff.staff_id, closing)


@router.post("/alerts/{alert_id}/reopen")
def reopen(alert_id: UUID, desk: Closer) -> Response:
    """It was not over."""
    try:
        triage.reopen(desk.tx, alert_id, desk.staff.staff_id)
    except Conflict as error:
        return shown(desk, alert_id, refused(error), 409)
    return see(f"/alerts/{alert_id}")


router.include_router(alert_steps.router)
router.include_router(alert_moves.router)
router.include_router(handover.router)


# --- tasks ---------------------------------------------------------------------------------


@router.get("/tasks")
def own_tasks(desk: TaskReader) -> RedirectResponse:
    """The tasks of the site where she is at work."""
    return see(f"/sites/{desk.staff.site_id}/tasks")


@router.get("/sites/{site_id}/tasks")
def show_tasks(desk: TaskReader, show: str = "") -> HTMLResponse:
    """What is to be done, the earliest due first; to a manager without the patients' names."""
    return html("staff/tasks.html", task_page.tasks_view(desk, show))


@router.get("/tasks/{task_id}")
def show_task(task_id: UUID, desk: TaskWorker) -> HTMLResponse:
    """One task."""
    return html("staff/task.html", task_page.task_view(desk, tasks.get(desk.tx, task_id)))


@router.post("/tasks/{task_id}/take")
def take_task(task_id: UUID, desk: TaskWorker) -> Response:
    """She does it."""
    try:
        tasks.take(desk.tx, task_id, desk.staff.staff_id)
    except Conflict as error:
        return _task_page(desk, task_id, error)
    return see(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/do")
def do_task(task_id: UUID, desk: TaskWorker, entered: Annotated[Entered, Form()]) -> Response:
    """How it went, or a note on one that stays open."""
    must_may_read(desk, tasks.get(desk.tx, task_id))
    is_done, code, note = entered.do == "done", entered.code, entered.note.strip()
    if is_done and code not in set(TaskOutcome):
        view = task_page.task_view(desk, tasks.get(desk.tx, task_id), code, (words.SAY_WHAT,))
        return html("staff/task.html", view, status=422)
    try:
        if is_done:
            set_aside.finish_task(desk.tx, task_id, TaskOutcome(code), note)
        else:
            tasks.keep_note(desk.tx, task_id, note)
    except Conflict as error:
        return _task_page(desk, task_id, error)
    return see("/tasks" if is_done else f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/act")
def act_on_task(task_id: UUID, desk: TaskWorker, action: Annotated[str, Form()] = "") -> Response:
    """What this kind of task offers besides: with it the task is done."""
    try:
        task_actions.act(desk, tasks.get(desk.tx, task_id), action)
    except Conflict as error:
        return _task_page(desk, task_id, error)
    except Invalid as error:
        task = tasks.get(desk.tx, task_id)
        view = task_page.task_view(desk, task, problems=tuple(error.problems))
        return html("staff/task.html", view, status=422)
    return see(f"/tasks/{task_id}")


def _task_page(desk: Desk, task_id: UUID, error: Conflict) -> HTMLResponse:
    problems = refused(error).problems
    view = task_page.task_view(desk, tasks.get(desk.tx, task_id), problems=problems)
    return html("staff/task.html", view, status=409)
