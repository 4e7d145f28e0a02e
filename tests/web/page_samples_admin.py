"""One view of each administration and task page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.pages import View
from rsm.web.views.admin import (
    AuditRow,
    AuditView,
    DigestLine,
    DigestPatient,
    DigestView,
    KeyRow,
    KeysView,
    StaffFormView,
    StaffListView,
    StaffRow,
    StaffValues,
    TaskRow,
    TasksView,
    TaskView,
)
from rsm.web.views.alerts import Outcome
from rsm.web.views.common import Choice, FilterLink
from tests.web.page_samples_staff import CODES, HEAD, NOW, staff_frame

ROLES = (Choice("nurse", "Nurse"), Choice("manager", "Manager"))


def admin_pages() -> Iterator[tuple[str, str, View]]:
    staff = staff_frame("/admin/staff")
    people = (
        StaffRow("/admin/staff/1", "Dana Reyes", "d@example.org", "Nurse", "active", True, NOW),
        StaffRow("/admin/staff/2", "J. Park", "j@example.org", "Manager", "invited", False),
    )
    yield "staff-list", "staff/staff_list.html", StaffListView(staff, people, "/admin/staff/new")
    form = StaffFormView(staff, "/admin/staff", "/admin/staff", ROLES)
    yield "staff-new", "staff/staff_form.html", form
    yield (
        "staff-change",
        "staff/staff_form.html",
        replace(
            form,
            new=False,
            values=StaffValues("Dana Reyes", "d@example.org", "202-555-0150", ("nurse",)),
            problems=(Problem("roles", "Choose at least one."), Problem("email", "Taken.")),
            reset_factor_action="/admin/staff/1/reset",
        ),
    )
    keys = staff_frame("/admin/keys")
    rows = (
        KeyRow("Record system", "rsm_4K", "answers.read", NOW, NOW, NOW, "/admin/keys/1/revoke"),
        KeyRow("Old", "rsm_9C", "answers.read", NOW),
    )
    view = KeysView(keys, rows, "/admin/keys", (Choice("answers.read", "Read answers"),))
    yield "keys", "staff/keys.html", view
    problem = (Problem("label", "Give it a label."),)
    yield "keys-new", "staff/keys.html", replace(view, new_key="rsm_4K_x", problems=problem)
    audit = AuditView(
        staff_frame("/admin/audit"),
        (
            AuditRow(NOW, "staff 3f2a", "read", "patient 9c1e", "allowed", True),
            AuditRow(NOW, "staff 3f2a", "read", "patient 77aa", "refused", False),
        ),
        "The chain was whole when it was last verified, at 9:00.",
        chain_well=True,
        filters=(FilterLink("Refused", "/admin/audit?show=refused"),),
        next_url="/admin/audit?before=77",
    )
    yield "audit", "staff/audit.html", audit
    yield (
        "audit-broken",
        "staff/audit.html",
        replace(audit, chain="The chain is broken at entry 812.", chain_well=False),
    )
    yield from _task_pages()


def _task_pages() -> Iterator[tuple[str, str, View]]:
    frame = staff_frame("/tasks")
    rows = (
        TaskRow("/tasks/1", "Call: no answer after 72 h", "Earl Thibodeaux", NOW, overdue=True,
                take_action="/tasks/1/take"),
        TaskRow("/tasks/2", "Check the number", "Clarence Webb", NOW + timedelta(days=1),
                mine=True),
        TaskRow("/tasks/3", "Check the number", "Noor Haddad", NOW, owner="A. Whitfield"),
    )  # fmt: skip
    tasks = TasksView(frame, rows, (FilterLink("Mine", "/tasks?show=mine", 1),))
    yield "tasks", "staff/tasks.html", tasks
    yield "tasks-none", "staff/tasks.html", replace(tasks, rows=())
    yield "tasks-in-time", "staff/tasks.html", replace(tasks, rows=rows[1:])
    task = TaskView(
        frame=frame,
        what="Reach this patient another way",
        why="Texted STOP on Monday at 6:34.",
        patient=HEAD,
        due_at=NOW,
        overdue=True,
        version="2",
        owner="You",
        take_action="/tasks/1/take",
        outcome_action="/tasks/1/do",
        codes=CODES[:3],
        history=("Monday: called, no answer.",),
        problems=(Problem("code", "Say what was done."),),
    )
    yield "task", "staff/task.html", task
    line = DigestLine(Level.INFO, NOW, "Pain: mild (1); rule pain-mild of pack first-pack 1.2.")
    found = DigestPatient("Noor Haddad", "/sites/3f2a/patients/77", (line,), test_patient=True)
    digest = DigestView("1 finding", "Up to 9:05.", (found,), "/tasks/1/do", "I have read them")
    yield (
        "task-digest",
        "staff/task.html",
        replace(task, digest=digest, take_action="", outcome_action="", problems=()),
    )
    yield (
        "task-done",
        "staff/task.html",
        replace(
            task,
            take_action="",
            outcome_action="",
            problems=(),
            overdue=False,
            patient=replace(HEAD, phone="", interpreter_phone="", test_patient=True),
            outcome=Outcome(NOW, "D. Reyes", "Reached", "Will answer by phone."),
        ),
    )
