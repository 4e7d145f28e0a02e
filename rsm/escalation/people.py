"""Who the references of a policy are at this moment, and how each of them can be reached.

Whoever has neither phone nor e-mail that the site can write to, is disabled, no longer works there,
or said STOP, cannot be reached: a step that names only such people costs no time (P4).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol, assert_never
from uuid import UUID

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation.model import (
    ByRole,
    ByTeam,
    Contact,
    OnDuty,
    People,
    Person,
    SafetyContact,
    Who,
)
from rsm.kernel import phones
from rsm.kernel.words import Audience, Channel, Role
from rsm.messaging import optouts
from rsm.security import staff
from rsm.sites import service as sites


class Place(Protocol):
    """Where it is asked who somebody is: of an alert, or beforehand of a team of the site."""

    @property
    def site_id(self) -> UUID: ...

    @property
    def team_id(self) -> UUID | None: ...


_Duty = Mapping[int, list[UUID]]
_Having = Mapping[Role, list[UUID]]


def look_up(tx: Tx, alert: Place, references: Iterable[Who]) -> People:
    """Everybody whom these references mean now, and by which channels they can be told."""
    wanted = list(references)
    here = staff.at_site(tx, alert.site_id)
    duty = _on_duty(tx, alert) if any(isinstance(who, OnDuty) for who in wanted) else {}
    having = _by_role(here)
    named = {who: _ids(tx, alert, who, duty, having) for who in wanted}
    known = staff.many(tx, {one for ids in named.values() for one in ids})
    working = {one: view for one, view in known.items() if one in here and not view.disabled}
    numbers = {one: view.phone for one, view in working.items() if view.phone}
    numbers[alert.site_id] = sites.get(tx, alert.site_id).safety_contact_phone
    takes = _ways(tx, alert.site_id, numbers, {one: view.email for one, view in working.items()})
    contacts = {
        one: Contact(one, frozenset(channel for channel in takes if one in takes[channel]))
        for one in (*known, alert.site_id)
    }
    gone = known.keys() - working.keys()  # whoever has left has no role; a duty shows the gap
    return {
        who: [
            contacts[one]
            for one in ids
            if one in contacts and not (one in gone and isinstance(who, ByRole))
        ]
        for who, ids in named.items()
    }


def reachable(tx: Tx, site_id: UUID) -> dict[UUID, frozenset[Channel]]:
    """Everybody who works at the site and can be told there, and by which channels."""
    here = staff.at_site(tx, site_id)
    working = [view for view in staff.many(tx, here).values() if not view.disabled]
    numbers = {view.id: view.phone for view in working if view.phone}
    takes = _ways(tx, site_id, numbers, {view.id: view.email for view in working})
    found = {
        view.id: frozenset(channel for channel, reached in takes.items() if view.id in reached)
        for view in working
    }
    return {one: channels for one, channels in found.items() if channels}


def ways_to_contact(tx: Tx, alert: AlertView) -> tuple[Channel, ...]:
    """How the site's safety contact is told outside of a step: the way that she took it by, else
    by all, since a number does not tell whether its phone stands on a desk."""
    who = SafetyContact(kind="safety_contact")
    (contact,) = look_up(tx, alert, [who])[who]
    reached = tuple(way for way in (Channel.SMS, Channel.VOICE) if way in contact.channels)
    has_it = alert.owner_id is None and alert.is_held(tx.now)
    if has_it and alert.acknowledged_by_channel in reached:
        return (alert.acknowledged_by_channel,)
    return reached or (Channel.SMS,)  # which waits for a sender


def channels(tx: Tx, site_id: UUID) -> frozenset[Channel]:
    """How the site can tell its staff: by text in any case, else where it has a sender for it."""
    return frozenset({Channel.SMS, *_senders(tx, site_id)})


def by_email(tx: Tx, site_id: UUID) -> dict[str, UUID]:
    """Everybody who works at the site, by the address that a policy names."""
    known = staff.many(tx, staff.at_site(tx, site_id)).values()
    return {view.email.casefold(): view.id for view in known if not view.disabled}


def is_safety_contact(alert: AlertView, person: UUID) -> bool:
    """The safety contact has no account: the site's own id stands for it."""
    return person == alert.site_id


def _on_duty(tx: Tx, alert: Place) -> _Duty:
    """Who is on duty in the alert's team, by rank: the roster is read once for the whole ladder."""
    by_rank: dict[int, list[UUID]] = defaultdict(list)
    for one in sites.on_duty(tx, alert.site_id, alert.team_id, tx.now):
        by_rank[one.rank].append(one.staff_id)
    return by_rank


def _by_role(here: Mapping[UUID, frozenset[Role]]) -> _Having:
    """Who has each role, the longest known first."""
    having: dict[Role, list[UUID]] = defaultdict(list)
    for one in sorted(here):
        for role in here[one]:
            having[role].append(one)
    return having


def _ids(tx: Tx, alert: Place, who: Who, duty: _Duty, having: _Having) -> list[UUID]:
    match who:
        case OnDuty():
            return list(duty.get(who.rank, ()))
        case ByRole():
            return list(having.get(who.role, ()))
        case ByTeam():
            team_id = _team(tx, alert, who.team)
            return sites.team_members(tx, team_id) if team_id else []
        case Person():
            named = by_email(tx, alert.site_id).get(who.email.casefold())
            return [named] if named else []
        case SafetyContact():
            return [alert.site_id]
        case _:
            assert_never(who)


def _team(tx: Tx, alert: Place, name: str | None) -> UUID | None:
    if name is None:
        return alert.team_id
    teams = {team.name: team.id for team in sites.teams(tx, alert.site_id)}
    return teams.get(name)


def takes_texts(tx: Tx, site_id: UUID, number: str) -> bool:
    """Whether staff's texts may arrive at this number: no landline, no STOP, and a sender."""
    sender = sites.sender(tx, site_id, Audience.STAFF, Channel.SMS)
    if sender is None or not phones.takes_texts(number):
        return False
    return not optouts.stopped(tx, {number}, sender, Channel.SMS)


def _ways(
    tx: Tx, site_id: UUID, numbers: Mapping[UUID, str], mails: Mapping[UUID, str]
) -> dict[Channel, frozenset[UUID]]:
    """Whom each channel reaches. What is surely a landline is called, where it can be."""
    own = _senders(tx, site_id)
    by_text = _reached(tx, own, Channel.SMS, numbers)
    by_call = _reached(tx, own, Channel.VOICE, numbers)
    deaf = {one for one in by_text & by_call if not phones.takes_texts(numbers[one])}
    return {
        Channel.SMS: by_text - deaf,
        Channel.VOICE: by_call,
        Channel.EMAIL: _reached(tx, own, Channel.EMAIL, mails),
    }


def _senders(tx: Tx, site_id: UUID) -> dict[Channel, str]:
    """What the site tells its staff from, by channel; read at once."""
    known = sites.senders(tx, site_id)
    return {one.channel: one.address for one in known if one.audience is Audience.STAFF}


def _reached(
    tx: Tx, own: Mapping[Channel, str], channel: Channel, addresses: Mapping[UUID, str]
) -> frozenset[UUID]:
    """Who takes what we send by this channel: whoever did not say STOP to the site's sender.

    A text without a sender waits for one (a site always has a number in the end); without an
    e-mail address of its own a site tells nobody by e-mail, without a number for calls it calls
    nobody.
    """
    sender = own.get(channel)
    if sender is None:
        return frozenset(addresses if channel is Channel.SMS else ())
    silent = optouts.stopped(tx, set(addresses.values()), sender, channel)
    return frozenset(one for one, address in addresses.items() if address not in silent)
