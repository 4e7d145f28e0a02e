"""The door to sites: make and change them, ask who is on duty and which number to send from."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import e164
from rsm.kernel.words import Audience, Channel, Pin
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.sites import calendar as calendars
from rsm.sites import store
from rsm.sites.calendar import SiteTimes
from rsm.sites.model import Address, Duty, NewSite, Shift, SiteView, Team, edition
from rsm.sites.rota import reading
from rsm.sites.rota import store as rota_store
from rsm.sites.rows import columns_of, view_of
from rsm.sites.senders import SenderKind, SenderSettings, SenderView, require_calling
from rsm.sites.tables import Site

# In `Session.info`, which lives as long as the transaction: sites by scope and id.
_KNOWN, _CHANGED = "sites.known", "sites.changed"


def create_organisation(tx: Tx, name: str) -> UUID:
    """A new organisation; `Conflict` when the name is taken."""
    if store.organisation_named(tx, name) is not None:
        raise Conflict(f"an organisation called {name} exists already")
    organisation_id = store.add_organisation(tx, name)
    record(tx, "organisation.created", Subject("organisation", organisation_id))
    return organisation_id


def set_organisation_routes(tx: Tx, organisation_id: UUID, routes: Mapping[str, object]) -> None:
    """The tree that its new sites begin with; `rsm.routing.trees.tree_of` has read it."""
    store.set_organisation_routes(tx, organisation_id, dict(routes))
    record(tx, "organisation.routes_set", Subject("organisation", organisation_id))


def organisation_routes(tx: Tx, organisation_id: UUID, *, lock: bool = False) -> dict[str, object]:
    """The tree that its new sites begin with; empty without one. `lock`: who sets it waits."""
    return store.organisation_routes(tx, organisation_id, lock=lock)


def organisation_named(tx: Tx, name: str) -> UUID | None:
    return store.organisation_named(tx, name)


def create_site(tx: Tx, organisation_id: UUID, new: NewSite, *, live: bool = False) -> UUID:
    """A new site, without team, roster and senders yet; the transaction sees it from now on.

    Without a routing tree of its own it begins with its organisation's. It sends to test patients
    only, until a clinician has signed (`rsm.flow.go_live`); `live`: it stands for one that runs.
    """
    columns = {"organisation_id": organisation_id, **columns_of(new, tx.now.date())}
    columns["live_since"] = tx.now if live else None
    if not new.routes:
        columns["routes"] = store.organisation_routes(tx, organisation_id)
    site_id = store.add_site(tx, columns)
    tx.narrow(replace(tx.scope, sites=tx.scope.sites | {site_id}))
    record(tx, "site.created", Subject("site", site_id), site_id)
    return site_id


def update_site(tx: Tx, site_id: UUID, new: NewSite, seen: str | None = None) -> None:
    """Replace what a site has agreed to; open alerts keep their versions.

    `seen` is the `edition` that the editor had; `Conflict` when somebody changed it meanwhile.
    `Invalid` for another rule pack: that takes two people (`rsm.flow.release`).
    """
    row = _row(tx, site_id, lock=True)
    if seen is not None and seen != edition(view_of(row)):
        raise Conflict("somebody else changed the site meanwhile: look again, then repeat")
    if new.rule_pack != Pin.of(row.rule_pack):
        raise Invalid(Problem("rule_pack", "is changed by two people", "draft a release"))
    columns = columns_of(new, tx.now.date())
    changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
    _change(tx, site_id, changed)
    record(tx, "site.changed", Subject("site", site_id), site_id, fields=sorted(changed))


def set_rule_pack(tx: Tx, site_id: UUID, pack: Pin, former: Pin) -> None:
    """Judge the site's answers by this pack from now on. For `rsm.flow.release` alone.

    Raises `Conflict` when `former` is not the one in force any more.
    """
    if Pin.of(_row(tx, site_id, lock=True).rule_pack) != former:
        raise Conflict("another pack went live meanwhile: look again, then repeat")
    _change(tx, site_id, {"rule_pack": pack.document})
    record(tx, "site.changed", Subject("site", site_id), site_id, fields=["rule_pack"])


def make_live(tx: Tx, site_id: UUID) -> None:
    """The site sends to its patients from now on. For `rsm.flow.go_live` alone, which has had it
    signed: without a signature the database refuses."""
    if _row(tx, site_id, lock=True).live_since is None:
        _change(tx, site_id, {"live_since": tx.now})
        record(tx, "site.went_live", Subject("site", site_id), site_id)


def hold(tx: Tx, site_id: UUID) -> None:
    """Whoever else changes the site, its teams or senders waits; it is read anew from now on."""
    _row(tx, site_id, lock=True)
    tx.session.info.pop(_KNOWN, None)


def _row(tx: Tx, site_id: UUID, *, lock: bool = False) -> Site:
    row = store.site(tx, site_id, lock=lock)
    if row is None:
        raise NotFound("no such site")
    return row


def _change(tx: Tx, site_id: UUID, columns: Mapping[str, object]) -> None:
    store.change_site(tx, site_id, columns)
    tx.session.info[_CHANGED] = True  # a savepoint may still undo it: read anew from now on
    tx.session.info.pop(_KNOWN, None)


def set_up_at(tx: Tx, site_id: UUID) -> datetime:
    """Since when there is this site."""
    return _row(tx, site_id).created_at


def get(tx: Tx, site_id: UUID) -> SiteView:
    """The site; `NotFound` when there is none. Read once, unless this transaction changes it."""
    known = tx.session.info.setdefault(_KNOWN, {})
    found = known.get((tx.scope, site_id))
    if isinstance(found, SiteView):
        return found
    view = view_of(_row(tx, site_id))
    if _CHANGED not in tx.session.info:
        known[tx.scope, site_id] = view
    return view


def ids(tx: Tx) -> list[UUID]:
    """All sites: for the worker's rounds."""
    return [site_id for site_id, _ in store.site_names(tx)]


def names(tx: Tx) -> dict[UUID, str]:
    return dict(store.site_names(tx))


def add_team(tx: Tx, site_id: UUID, name: str) -> UUID:
    """A new team. Raises `Invalid` for a name that is empty or taken."""
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise Invalid(Problem("name", "has to be 1 to 100 characters"))
    hold(tx, site_id)
    if name in {team.name for team in teams(tx, site_id)}:
        raise Invalid(Problem("name", "is another team's", "choose another name"))
    team_id = store.add_team(tx, site_id, name)
    record(tx, "team.created", Subject("team", team_id), site_id)
    return team_id


def teams(tx: Tx, site_id: UUID) -> list[Team]:
    """The site's teams, the oldest (which answers what nobody else does) first."""
    return [Team(row.id, row.name) for row in store.teams(tx, site_id)]


def join_team(tx: Tx, site_id: UUID, team_id: UUID, staff_id: UUID) -> None:
    store.join_team(tx, team_id, staff_id)
    record(tx, "team.joined", Subject("team", team_id), site_id, staff=staff_id)


def leave_team(tx: Tx, site_id: UUID, team_id: UUID, staff_id: UUID) -> None:
    """Out of the team, and off its roster. Raises `Invalid` while a cycle or a rotation has her:
    nobody would come in her place."""
    rota_store.hold_teams(tx, site_id)
    rota = reading.rota(tx, get(tx, site_id), team_id, tx.now, tx.now)
    turning = {who for each in rota.rotations for who in each.people}
    turning |= {each.shift.staff_id for cycle in rota.cycles for each in cycle.shifts}
    if staff_id in turning:
        what = "is in a rotation or a cycle of this team"
        raise Invalid(
            Problem("team", what, "begin another one without this person, and end that one")
        )
    rota_store.end_duties(tx, team_id, staff_id)
    store.leave_team(tx, team_id, staff_id)
    record(tx, "team.left", Subject("team", team_id), site_id, staff=staff_id)


def team_members(tx: Tx, team_id: UUID) -> list[UUID]:
    return list(store.members(tx, team_id))


def add_shift(tx: Tx, site_id: UUID, shift: Shift) -> UUID:
    """A weekly duty. Raises `Invalid` for what cannot be, or who does not belong to the site."""
    if not 0 <= shift.weekday <= 6:
        raise Invalid(Problem("weekday", f"{shift.weekday} is not 0 to 6", "Monday is 0"))
    if shift.rank < 1:
        raise Invalid(Problem("rank", f"{shift.rank} is below 1", "1 is told first"))
    if shift.team_id not in {team.id for team in teams(tx, site_id)}:
        raise Invalid(Problem("team", "is not a team of this site"))
    if not staff.works_at(tx, shift.staff_id, site_id):
        raise Invalid(
            Problem("staff", "does not work at this site", "give this person a role first")
        )
    shift_id = store.add_shift(tx, site_id, shift)
    record(tx, "roster.changed", Subject("shift", shift_id), site_id, staff=shift.staff_id)
    return shift_id


def remove_shift(tx: Tx, site_id: UUID, shift_id: UUID) -> None:
    """The weekly duty ends at once."""
    if not store.remove_shift(tx, site_id, shift_id):
        raise NotFound("no such shift")
    record(tx, "roster.changed", Subject("shift", shift_id), site_id)


def roster(tx: Tx, site_id: UUID, team_id: UUID | None = None) -> list[tuple[UUID, Shift]]:
    """The weekly shifts with their ids, Monday first."""
    return store.shifts(tx, site_id, team_id)


def on_duty(tx: Tx, site_id: UUID, team_id: UUID | None, at: datetime) -> list[Duty]:
    """Who is on duty at `at`, told first first; with no team, of the whole site."""
    return reading.on_duty(tx, get(tx, site_id), team_id, at)


def contact_times(tx: Tx, site_id: UUID) -> SiteTimes:
    """When the site lets texts out: its hours, its weekends, its closed dates of these years."""
    return times_of(get(tx, site_id), tx.now)


def times_of(site: SiteView, now: datetime) -> SiteTimes:
    """The same of a site that was read; `now` says for which years."""
    today = local_of(now, zone_named(site.zone)).date()
    return SiteTimes(
        texts_from=site.texts_from,
        texts_until=site.texts_until,
        closed_weekdays=calendars.closed_weekdays(site.calendar),
        closed_dates=calendars.closed_dates(site.calendar, calendars.years_around(today)),
    )


def is_closed(tx: Tx, site_id: UUID, day: date) -> bool:
    """Whether the site writes to nobody on that day."""
    return calendars.is_closed(get(tx, site_id).calendar, day)


def set_sender(  # noqa: PLR0913, PLR0917 - which sender, and what it may
    tx: Tx,
    site_id: UUID,
    audience: Audience,
    channel: Channel,
    address: str,
    settings: SenderSettings | None = None,
) -> None:
    """Give the site a number or an address to send from; without `settings` they stay as they are.

    Staff and patients may not share one (decision 14). The caller holds the site. Raises `Invalid`
    for what is none, `Conflict` for one that serves, or has served, somebody else.
    """
    own = mailbox(address, "address") if channel is Channel.EMAIL else e164(address, "address")
    if settings is not None and (settings.kind is SenderKind.EMAIL) != (channel is Channel.EMAIL):
        raise Invalid(Problem("kind", f"{settings.kind} cannot send by {channel}"))
    if settings is not None and settings.calls:
        require_calling(audience, channel, settings.kind)
    row = store.sender_row(tx, own)
    if row is not None and (row.site_id, row.audience) != (site_id, audience):
        raise Conflict("that number sends, or has sent, for another site or audience")
    if row is not None and row.channel is not channel and row.retired_at is None:
        mend = "let the number of the texts to staff place calls, or choose another"
        raise Conflict(f"that number is in use here for something else: {mend}")
    if not store.set_sender(tx, Address(site_id, audience, channel), own, settings):
        raise Conflict("another site or audience has taken that number meanwhile")
    facts: dict[str, object] = {"per_second": settings.per_second} if settings else {}
    record(tx, "sender.set", Subject("site", site_id), site_id, audience=audience, **facts)


def sender(tx: Tx, site_id: UUID, audience: Audience, channel: Channel) -> str | None:
    """The number or address that the site sends from to these people by this channel; calls to
    staff from that of their texts, where they have none of their own and that one may call."""
    return store.sender(tx, site_id, audience, channel)


def senders(tx: Tx, site_id: UUID) -> list[SenderView]:
    """All that are in use, with what they may; a number that texts and calls stands there twice."""
    return store.senders(tx, site_id)


def every_sender(tx: Tx, channel: Channel) -> dict[str, Address]:
    """All that any site sends from, or has sent from, by this channel, with whose they are."""
    rows = store.every_sender(tx, channel)
    return {row.address: Address(row.site_id, row.audience, row.channel) for row in rows}


def owner_of(tx: Tx, address: str) -> Address | None:
    """Whose number this is, or was: how a text that comes in finds its site."""
    row = store.sender_row(tx, address)
    return Address(row.site_id, row.audience, row.channel) if row else None
