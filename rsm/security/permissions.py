"""Which role may do what: one table, asked by every page and by the API."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from uuid import UUID

from rsm.kernel.errors import NotAllowed, NotFound
from rsm.kernel.words import Role
from rsm.security.model import Permission, Session

_CARE = frozenset(
    {
        Permission.SEE_PATIENTS,
        Permission.ENTER_ANSWERS,
        Permission.SEE_TASKS,
        Permission.WORK_TASKS,
        Permission.SEE_FIGURES,
    }
)
_JUDGE = frozenset({Permission.TRIAGE, Permission.CLOSE_ALERT})

# A manager sees how it works, not who is ill: the minimum necessary. Of tasks she reads what is due
# and who has it, without names; those that ask managers she works (`rsm.web.own_site`).
TABLE: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.NURSE: _CARE | _JUDGE | {Permission.ENROL},
        Role.CLINICIAN: _CARE | _JUDGE | {Permission.SIGN_GO_LIVE},
        Role.COORDINATOR: _CARE | {Permission.ENROL},
        Role.MANAGER: frozenset(
            {
                Permission.SEE_FIGURES,
                Permission.SEE_TASKS,
                Permission.EXPORT,
                Permission.MANAGE_SITE,
                Permission.PUBLISH_INSTRUMENTS,
                Permission.READ_AUDIT,
            }
        ),
        Role.ADMINISTRATOR: frozenset(
            {
                Permission.SEE_FIGURES,
                Permission.MANAGE_SITE,
                Permission.PUBLISH_INSTRUMENTS,
                Permission.PUBLISH_SHIPPED,
                Permission.MANAGE_STAFF,
                Permission.MANAGE_KEYS,
                Permission.READ_AUDIT,
            }
        ),
        # With no other role beside it: no patient, no page of a site, no list of staff.
        Role.LEAD: frozenset({Permission.LEAD_COLLABORATIVE}),
    }
)


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that these roles may do together."""
    return frozenset().union(*(TABLE[role] for role in roles))


def may(roles: Iterable[Role], permission: Permission) -> bool:
    return permission in permissions_of(roles)


def require(session: Session, site_id: UUID, permission: Permission) -> frozenset[Role]:
    """Her roles at the site, which include the permission.

    Raises `NotFound` when she has no role there (nobody learns that the site exists) and
    `NotAllowed` when her roles there do not suffice.
    """
    roles = session.roles.get(site_id, frozenset())
    if not roles:
        raise NotFound("no such site")
    if not may(roles, permission):
        raise NotAllowed(f"needs the permission {permission}")
    return roles


def sites_with(session: Session, permission: Permission) -> list[UUID]:
    """The sites at which she may do this, in the order of their age."""
    return sorted(site for site, roles in session.roles.items() if may(roles, permission))
