"""Who is at the browser, what she may do at which site, and the transaction that is hers.

Staff endpoints depend on a desk:

    @router.post("/alerts/{alert_id}/acknowledge")
    def acknowledge(alert_id: UUID, desk: Annotated[Desk, Needs(Permission.TRIAGE)]) -> Response:
        triage.acknowledge(desk.tx, alert_id, desk.staff.staff_id, Channel.STAFF)

It finds the session, checks the form's token and the role at the site, and opens the transaction
with that site's scope and her as the actor; it commits before the answer leaves.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException, Request, Response
from fastapi.params import Depends as Dependency

from rsm.db.work import NOWHERE, Scope, Tx
from rsm.kernel.errors import NotAllowed, NotFound
from rsm.kernel.words import Actor, ActorKind, Role
from rsm.security import audit, sessions
from rsm.security.audit import Subject
from rsm.security.decide import SESSION_LIFE
from rsm.security.model import Permission, Session, SessionState
from rsm.security.permissions import may, require, sites_with
from rsm.web.services import Services, TheServices

SITE_COOKIE = "rsm-site"
_READS = {"GET", "HEAD", "OPTIONS"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_OURS = {"same-origin", "none"}
_MISSING_STEP = {
    SessionState.NEEDS_CODE: "/login/code",
    SessionState.NEEDS_ENROLMENT: "/login/enrol",
    SessionState.LOCKED: "/locked",
}


@dataclass(frozen=True)
class Visitor:
    """A browser with a session in any state, and what its forms must carry."""

    session: Session
    token: str = field(repr=False)
    csrf: str = field(repr=False)


@dataclass(frozen=True)
class StaffContext:
    """A member of staff at one site, signed in fully."""

    staff_id: UUID
    name: str
    roles: frozenset[Role]
    site_id: UUID
    session: Session
    csrf: str = field(default="", repr=False)

    def may(self, permission: Permission) -> bool:
        return may(self.roles, permission)

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.STAFF, self.staff_id)


@dataclass(frozen=True)
class Desk:
    """A member of staff at work: her transaction, in her site's scope."""

    tx: Tx
    staff: StaffContext
    services: Services


def cookie_name(services: Services) -> str:
    """With `__Host-` no other host of the domain, and no plain http, can set it."""
    return "__Host-rsm" if services.secure_cookies else "rsm"


def set_cookie(response: Response, services: Services, token: str) -> None:
    """Keep the token in the browser: no script reads it, no other site's form sends it."""
    response.set_cookie(
        cookie_name(services),
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def set_site_cookie(response: Response, services: Services, site_id: UUID) -> None:
    """Which site she chose: no secret, and no right either."""
    response.set_cookie(
        SITE_COOKIE,
        str(site_id),
        path="/",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, services: Services) -> None:
    response.delete_cookie(
        cookie_name(services),
        path="/",
        secure=services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


async def refuse_foreign_form(request: Request) -> None:
    """A form that another site sends is refused. (Under `no-referrer` `Origin` says nothing.)

    It waits for nothing, and every page asks it: so it needs no thread of its own.
    """
    came_from = request.headers.get("sec-fetch-site", "none")
    if request.method not in _READS and came_from not in _OURS:
        raise NotAllowed("this form came from another site")


async def form_token(request: Request) -> str:
    """The token that the request carries, in a form's field or in a header."""
    if request.method in _READS:
        return ""
    header = request.headers.get("x-csrf-token", "")
    if header or not request.headers.get("content-type", "").startswith(_FORMS):
        return header
    value = (await request.form()).get("csrf", "")
    return value if isinstance(value, str) else ""


def visitor(
    request: Request, services: TheServices, given: Annotated[str, Depends(form_token)]
) -> Visitor | None:
    """The session of this browser in whatever state, its form's token checked."""
    token = request.cookies.get(cookie_name(services), "")
    if not token:
        return None
    with services.db.begin(NOWHERE) as tx:
        session = sessions.find(tx, token)
    if session is None:
        return None
    vault = services.db.vault
    if request.method not in _READS and not sessions.is_csrf_token(vault, token, given):
        raise NotAllowed("this form is not from this session: load the page again")
    return Visitor(session, token, sessions.csrf_token(vault, token))


MaybeVisitor = Annotated[Visitor | None, Depends(visitor)]


def redirect(url: str) -> HTTPException:
    """Raise it to send the browser elsewhere."""
    return HTTPException(status_code=303, headers={"location": url})


def signed_in(found: MaybeVisitor) -> Visitor:
    """The visitor when she is signed in fully, else she is sent to the step that is missing."""
    if found is None:
        raise redirect("/login")
    if found.session.state is not SessionState.READY:
        raise redirect(_MISSING_STEP[found.session.state])
    return found


SignedIn = Annotated[Visitor, Depends(signed_in)]


def staff_at(
    services: Services, who: Visitor, site_id: UUID, permission: Permission
) -> StaffContext:
    """Her at that site. Raises `NotFound` or `NotAllowed`, and the refusal is audited."""
    session = who.session
    try:
        roles = require(session, site_id, permission)
    except (NotFound, NotAllowed):
        note_refusal(services, session, Subject("site", site_id), permission)
        raise
    return StaffContext(session.staff_id, session.name, roles, site_id, session, who.csrf)


def site_of(request: Request, session: Session, permission: Permission) -> UUID:
    """The site that a request is about: named in it, or chosen before, or the first of hers."""
    named = request.path_params.get("site_id") or request.query_params.get("site")
    if named is not None:
        try:
            return UUID(str(named))
        except ValueError:
            raise NotFound("no such site") from None
    at_work = sites_with(session, permission) or sorted(session.roles)
    chosen = request.cookies.get(SITE_COOKIE)
    return next((site for site in at_work if str(site) == chosen), at_work[0])


def desk(permission: Permission, *, poll: bool = False) -> Callable[..., Iterator[Desk]]:
    """The dependency of a staff endpoint. With `poll`, the page asks by itself: she may be away."""

    def enter(request: Request, services: TheServices, who: SignedIn) -> Iterator[Desk]:
        site_id = site_of(request, who.session, permission)
        staff = staff_at(services, who, site_id, permission)
        if not poll:
            with services.db.begin(NOWHERE) as tx:
                sessions.touch(tx, who.session)
        try:
            with services.db.begin(Scope.site(site_id), staff.actor) as tx:
                yield Desk(tx, staff, services)
        except (NotFound, NotAllowed):
            note_refusal(services, who.session, _asked_for(request), permission)
            raise

    return enter


def Needs(permission: Permission, *, poll: bool = False) -> Dependency:  # noqa: N802 - as Depends
    """`Annotated[Desk, Needs(Permission.TRIAGE)]`: committed before the answer leaves (P3)."""
    dependency: Dependency = Depends(desk(permission, poll=poll), scope="function")
    return dependency


def note_refusal(
    services: Services, session: Session, subject: Subject, permission: Permission
) -> None:
    """Write `access.refused` in a transaction of its own, under her own site if she has but one."""
    own = next(iter(session.roles)) if len(session.roles) == 1 else None
    scope = Scope.site(own) if own else NOWHERE
    with services.db.begin(scope, Actor(ActorKind.STAFF, session.staff_id)) as tx:
        audit.record(tx, "access.refused", subject, own, permission=permission)


def home(session: Session, site_id: UUID | None = None) -> str:
    """The page that she comes to after signing in, or after choosing this site."""
    sites = [site_id] if site_id else sorted(session.roles)
    roles = frozenset().union(*(session.roles[site] for site in sites))
    if may(roles, Permission.SEE_PATIENTS):
        return "/alerts"
    if may(roles, Permission.MANAGE_STAFF):
        return "/admin/staff"
    if roles == {Role.LEAD}:
        return "/collaborative"
    return f"/sites/{sites[0]}"


def _asked_for(request: Request) -> Subject:
    """What the request was about: the last id in its path, named as in the route."""
    for name, value in reversed(request.path_params.items()):
        if isinstance(value, str) and name.endswith("_id"):
            try:
                return Subject(name.removesuffix("_id"), UUID(value))
            except ValueError:
                break
    return Subject("page")
