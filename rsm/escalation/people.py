"""Who the references of a policy are at this moment, and how each of them can be reached.

Whoever has no phone, is disabled, no longer works at the site, or said STOP to the number from
which staff are told, cannot be reached: a step that names only such people costs no time (P4).
"""

from collections.abc import Iterable, Mapping
from typing import assert_never
from uuid import UUID

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation.model import ByRole, ByTeam, Contact, OnDuty, People, SafetyContact, Who
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.security import staff
from rsm.sites import service as sites


def look_up(tx: Tx, alert: AlertView, references: Iterable[Who]) -> People:
    """Everybody whom these references mean now, and by which channels they can be told."""
    named = {who: _ids(tx, alert, who) for who in references}
    known = staff.many(tx, {one for ids in named.values() for one in ids})
    here = staff.at_site(tx, alert.site_id)
    phones = {
        one: view.phone if one in here and not view.disabled else None
        for one, view in known.items()
    }
    phones[alert.site_id] = sites.get(tx, alert.site_id).safety_contact_phone
    contacts = _contacts(tx, alert.site_id, phones)
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


def _contacts(tx: Tx, site_id: UUID, phones: Mapping[UUID, str | None]) -> dict[UUID, Contact]:
    """How each can be reached: by text, with a phone that did not say STOP to our number."""
    sender = sites.sender(tx, site_id, Audience.STAFF, Channel.SMS)
    numbers = {phone for phone in phones.values() if phone and sender}
    takes = numbers - optouts.stopped(tx, numbers, sender) if sender else numbers
    return {
        one: Contact(one, frozenset({Channel.SMS} if phone in takes else ()))
        for one, phone in phones.items()
    }
