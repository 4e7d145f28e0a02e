"""Who may write a change of rules, and who may agree to it or end it.

A change of a site or a team: whoever manages the site writes it; whoever manages it or closes
alerts there decides. A change of the whole organisation concerns every one of its sites: an
administrator of all of them writes it, and it takes the same rights at all of them to decide.
"""

from collections.abc import Callable
from uuid import UUID

from rsm.alerts.override_words import OverrideState, Stored
from rsm.alerts.states import Tier
from rsm.kernel.errors import NotAllowed
from rsm.kernel.words import Role
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.sites import service as sites
from rsm.web.auth import Desk

Roles = frozenset[Role]


def may_write(desk: Desk, tier: Tier) -> bool:
    """Whether she may propose a change of this tier at her site."""
    match tier:
        case Tier.PATIENT:
            return desk.staff.may(Permission.TRIAGE)
        case Tier.ORGANISATION:
            return _everywhere(desk, lambda roles: Role.ADMINISTRATOR in roles)
        case _:
            return desk.staff.may(Permission.MANAGE_SITE)


def may_decide(desk: Desk, tier: Tier) -> bool:
    """Whether she may agree to, refuse or end a change of this tier."""
    match tier:
        case Tier.PATIENT:
            return desk.staff.may(Permission.TRIAGE)
        case Tier.ORGANISATION:
            return _everywhere(desk, _decides)
        case _:
            return _decides(desk.staff.roles)


def may_agree(desk: Desk, row: Stored) -> bool:
    """Nobody agrees to what she wrote herself."""
    waits = row.state(desk.tx.now) is OverrideState.WAITS
    return waits and row.author_id != desk.staff.staff_id and may_decide(desk, row.target.tier)


def may_end(desk: Desk, row: Stored) -> bool:
    """Whoever may decide, and the author while it waits."""
    state = row.state(desk.tx.now)
    if state is OverrideState.WAITS and row.author_id == desk.staff.staff_id:
        return True
    return state in {OverrideState.WAITS, OverrideState.HOLDS} and may_decide(desk, row.target.tier)


def require(allowed: bool) -> None:
    """Raises `NotAllowed`, which is audited."""
    if not allowed:
        raise NotAllowed("needs the right to change these rules")


def _decides(roles: Roles) -> bool:
    return may(roles, Permission.MANAGE_SITE) or may(roles, Permission.CLOSE_ALERT)


def _everywhere(desk: Desk, allowed: Callable[[Roles], bool]) -> bool:
    """At her own site first, so that the others are read for few."""
    if not allowed(desk.staff.roles):
        return False
    return all(
        allowed(desk.staff.session.roles.get(site, frozenset())) for site in _of_organisation(desk)
    )


def _of_organisation(desk: Desk) -> list[UUID]:
    ours = sites.get(desk.tx, desk.staff.site_id).organisation_id
    return [each for each in sites.ids(desk.tx) if sites.get(desk.tx, each).organisation_id == ours]
