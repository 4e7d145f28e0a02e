"""Who the references of a policy are at this moment, and how each of them can be reached.

Whoever has no phone, is disabled, no longer works at the site, or said STOP to the number from
which staff are told, cannot be reached: a step that names only such people costs no time (P4).
"""

from collections.abc import Iterable
from typing import assert_never
from uuid import UUID

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation.model import ByRole, ByTeam, Contact, OnDuty, People, SafetyContact, Who
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.security import staff
from rsm.security.model import StaffView
from rsm.sites import service as sites


def look_up(tx: Tx, alert: AlertView, references: Iterable[Who]) -> People:
    """Everybody whom these references mean now, and by which channels they can be told."""
    named = {who: _ids(tx, alert, who) for who in references}
    known = staff.many(tx, {one for ids in named.values() for one in ids})
    sender = sites.sender(tx, alert.site_id, Audience.STAFF, Channel.SMS)
    here = staff.at_site(tx, alert.site_id)
    contacts = {one: _contact(tx, view, one in here, sender) for one, view in known.items()}
    contacts[alert.site_id] = _safety_contact(tx, alert.site_id, sender)
    return {who: [contacts[one] for one in ids if one in contacts] for who, ids in named.items()}


def is_safety_contact(alert: AlertView, person: UUID) -> bool:
    """The safety contact has no account: the site's own id stands for it."""
    return person == alert.site_id


def _ids(tx: Tx, alert: AlertView, who: Who) -> list[UUID]:
    match who:
        case OnDuty():
            duty = sites.on_duty(tx, alert.site_id, alert.team_id, tx.now)
            return [one.staff_id for one in duty if one.rank == who.rank]
        case ByRole():
            return staff.with_role(tx, alert.site_id, who.role)
        case ByTeam():
            team_id = _team(tx, alert, who.team)
            return sites.team_members(tx, team_id) if team_id else []
        case SafetyContact():
            return [alert.site_id]
        case _:
            assert_never(who)


def _team(tx: Tx, alert: AlertView, name: str | None) -> UUID | None:
    if name is None:
        return alert.team_id
    teams = {team.name: team.id for team in sites.teams(tx, alert.site_id)}
    return teams.get(name)


def _contact(tx: Tx, view: StaffView, works_here: bool, sender: str | None) -> Contact:
    works = works_here and not view.disabled
    reached = works and _takes_texts(tx, view.phone, sender)
    return Contact(view.id, frozenset({Channel.SMS} if reached else ()))


def _safety_contact(tx: Tx, site_id: UUID, sender: str | None) -> Contact:
    reached = _takes_texts(tx, sites.get(tx, site_id).safety_contact_phone, sender)
    return Contact(site_id, frozenset({Channel.SMS} if reached else ()))


def _takes_texts(tx: Tx, phone: str | None, sender: str | None) -> bool:
    if not phone or sender is None:
        return False
    return not optouts.is_stopped(tx, optouts.hash_of(tx, phone), sender, Channel.SMS)
