"""Sessions at the browser: the cookie, who comes in which state, and a person at one site.

What staff endpoints depend on is `rsm.web.deps.AtDesk`; what is here stands before and behind it.
"""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from rsm.db.work import NOWHERE, Scope
from rsm.kernel.errors import NotFound
from rsm.kernel.words import Role
from rsm.security import sessions
from rsm.security.decide import SESSION_LIFE
from rsm.security.model import Permission, Session
from rsm.security.permissions import may, sites_with
from rsm.web.deps import Desk, Shell, token_of
from rsm.web.services import Services


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

    def may(self, permission: Permission) -> bool:
        return may(self.roles, permission)


def set_cookie(response: Response, services: Services, token: str) -> None:
    """Keep the token in the browser: no script reads it, no other site's form sends it."""
    response.set_cookie(
        services.cookie,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=services.https,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, services: Services) -> None:
    response.delete_cookie(
        services.cookie, path="/", secure=services.https, httponly=True, samesite="lax"
    )


def visitor(request: Request, services: Shell) -> Visitor | None:
    """The session of this browser in whatever state; None without one."""
    token = token_of(request, services)
    if token is None:
        return None
    with services.db.begin(NOWHERE) as tx:
        session = sessions.find(tx, token)
    return (
        Visitor(session, token, sessions.csrf_token(services.db.vault, token)) if session else None
    )


MaybeVisitor = Annotated[Visitor | None, Depends(visitor)]


def staff_at(desk: Desk, site_id: UUID, permission: Permission) -> StaffContext:
    """Her at that site; from now on the transaction sees this site only.

    Raises `NotFound` when she has no role there, `NotAllowed` when her roles do not suffice; the
    error's handler writes the refusal down in a transaction of its own.
    """
    roles = desk.require(site_id, permission)
    desk.tx.narrow(Scope.site(site_id))
    session = desk.session
    return StaffContext(session.staff_id, session.name, roles, site_id, session)


def staff_here(request: Request, desk: Desk, permission: Permission) -> StaffContext:
    """Her at the site that the address names (`?site=`), or at the first where she may do this."""
    named = request.query_params.get("site")
    if not named:
        return staff_at(desk, desk.home(permission), permission)
    try:
        return staff_at(desk, UUID(named), permission)
    except ValueError:
        raise NotFound("no such site") from None


def home(session: Session) -> str:
    """The page that she comes to after signing in."""
    if sites_with(session, Permission.SEE_PATIENTS):
        return "/alerts"
    if sites_with(session, Permission.MANAGE_STAFF):
        return "/admin/staff"
    return f"/sites/{min(session.roles)}"
