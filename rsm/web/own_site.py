"""Desks for pages whose address names a record and no site: an alert, a task.

A link in a text to staff leads to `/alerts/{id}`, whichever of her sites she chose last: the
record says whose it is, and her role there decides. Another's site is not found (P13).
"""

from collections.abc import Callable, Collection, Iterator
from uuid import UUID

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.db.work import NOWHERE, Scope, Tx
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.kernel.words import Role
from rsm.security import sessions
from rsm.security.audit import Subject
from rsm.security.model import Permission
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskView
from rsm.web.auth import Desk, SignedIn, StaffContext, Visitor, note_refusal, staff_at
from rsm.web.services import TheServices

SiteOf = Callable[[Tx, UUID], UUID]


# What whoever was told of an alert may do with this one, whatever her role: a ladder may name a
# manager, and it is of no use to tell somebody who cannot open it. Nobody else's record opens.
_OF_THE_TOLD = frozenset({Permission.SEE_PATIENTS, Permission.TRIAGE, Permission.CLOSE_ALERT})


# What a manager may do with a task that asks managers and names no patient, such as one about the
# roster: it is done by whoever is asked. The tasks of the nurses stay theirs.
_OF_THE_ASKED = frozenset({Permission.WORK_TASKS})


class Told(StaffContext):
    """Somebody whom the ladder of this alert has told."""

    def may(self, permission: Permission) -> bool:
        return permission in _OF_THE_TOLD or super().may(permission)


class Asked(StaffContext):
    """Somebody whose role this task asks."""

    def may(self, permission: Permission) -> bool:
        return permission in _OF_THE_ASKED or super().may(permission)


def asks(task: TaskView, roles: Collection[Role]) -> bool:
    """Whether the task is for one of these roles, and names nobody."""
    return task.patient_id is None and task.role in roles


def AtAlert(permission: Permission, *, poll: bool = False) -> Dependency:  # noqa: N802 - as Depends
    """`Annotated[Desk, AtAlert(Permission.TRIAGE)]` on a route with `{alert_id}`. With `poll`, the
    page asks by itself: she may be away."""
    site_of: SiteOf = lambda tx, alert_id: alerts.get(tx, alert_id).site_id  # noqa: E731 - a line
    return _at("alert", site_of, permission, poll=poll)


def AtTask(permission: Permission) -> Dependency:  # noqa: N802 - as Depends
    """`Annotated[Desk, AtTask(Permission.WORK_TASKS)]` on a route with `{task_id}`."""
    return _at("task", lambda tx, task_id: tasks.get(tx, task_id).site_id, permission)


def _at(kind: str, site_of: SiteOf, permission: Permission, *, poll: bool = False) -> Dependency:
    def enter(request: Request, services: TheServices, who: SignedIn) -> Iterator[Desk]:
        subject = Subject(kind, _id(request, kind))
        try:
            with services.db.begin(Scope.site(*who.session.roles)) as tx:
                site_id = site_of(tx, subject.id or UUID(int=0))
                known = _known(tx, subject, who, site_id)
        except NotFound:
            note_refusal(services, who.session, subject, permission)
            raise
        staff = known if known is not None and known.may(permission) else None
        staff = staff or staff_at(services, who, site_id, permission)
        if not poll:
            with services.db.begin(NOWHERE) as tx:
                sessions.touch(tx, who.session)
        try:
            with services.db.begin(Scope.site(site_id), staff.actor) as tx:
                yield Desk(tx, staff, services)
        except NotAllowed:
            note_refusal(services, who.session, subject, permission)
            raise

    dependency: Dependency = Depends(enter, scope="function")
    return dependency


def _known(tx: Tx, subject: Subject, who: Visitor, site_id: UUID) -> StaffContext | None:
    """Her with what this one record lets her do besides; she has a role at its site, else she had
    not found it."""
    if subject.id is None:
        return None
    session = who.session
    roles, as_she = session.roles[site_id], (session.staff_id, session.name)
    if subject.kind == "alert" and handling.was_told(tx, subject.id, session.staff_id):
        return Told(*as_she, roles, site_id, session, who.csrf)
    if subject.kind == "task" and asks(tasks.get(tx, subject.id), roles):
        return Asked(*as_she, roles, site_id, session, who.csrf)
    return None


def _id(request: Request, kind: str) -> UUID:
    try:
        return UUID(str(request.path_params[f"{kind}_id"]))
    except ValueError:
        raise NotFound(f"no such {kind}") from None
