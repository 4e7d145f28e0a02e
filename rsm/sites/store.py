"""All SQL of the sites."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, column, delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db.ready import Ready
from rsm.db.statements import Kept, by_id, rows, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.sites.model import Address, Shift
from rsm.sites.senders import Registration, SenderSettings, SenderView, Taken, calling, usual
from rsm.sites.tables import DutyShift, Organisation, SenderAddress, Site, Team, TeamMember

_SITE = Kept(Site, by_id(Site))
# Rows that only refer to the site (an answer, an alert) need not wait for us.
_SITE_HELD = Kept(Site, by_id(Site).with_for_update(key_share=True))
_TEAMS = Kept(Team, rows(Team).where(Team.site_id == bindparam("site")).order_by(Team.id))
_SENDERS = Kept(
    SenderAddress,
    rows(SenderAddress)
    .where(SenderAddress.site_id == bindparam("site"), SenderAddress.retired_at.is_(None))
    .order_by(SenderAddress.audience, SenderAddress.channel),
)
_SENDER = Kept(SenderAddress, by_id(SenderAddress))
_IN_USE = Kept(
    SenderAddress,
    rows(SenderAddress).where(
        SenderAddress.site_id == bindparam("site"),
        SenderAddress.audience == bindparam("audience"),
        SenderAddress.channel == bindparam("channel"),
        SenderAddress.retired_at.is_(None),
    ),
)
_NAMES = Kept(
    Site,
    select(table_of(Site).c.id, table_of(Site).c.name).order_by(Site.name),
)
_CALLS = "calls"  # in a sender's document: this number of texts calls as well


def add_organisation(tx: Tx, name: str) -> UUID:
    row = Organisation(id=tx.new_id(), name=name, created_at=tx.now)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def organisation_named(tx: Tx, name: str) -> UUID | None:
    return tx.session.scalar(select(Organisation.id).where(Organisation.name == name))


def organisation_routes(tx: Tx, organisation_id: UUID, *, lock: bool = False) -> dict[str, object]:
    """The tree that its sites begin with; empty without one."""
    query = select(Organisation.routes).where(Organisation.id == organisation_id)
    query = query.with_for_update() if lock else query
    return dict(tx.session.scalar(query) or {})


def set_organisation_routes(tx: Tx, organisation_id: UUID, routes: dict[str, object]) -> None:
    whose = update(Organisation).where(Organisation.id == organisation_id)
    tx.session.execute(whose.values(routes=routes))


def add_site(tx: Tx, values: Mapping[str, object]) -> UUID:
    site_id = tx.new_id()
    tx.session.execute(insert(Site).values(id=site_id, created_at=tx.now, **values))
    return site_id


def change_site(tx: Tx, site_id: UUID, values: Mapping[str, object]) -> None:
    """What stays as it is, is left out: rows that refer to the site would wait for its name."""
    if values:
        tx.session.execute(update(Site).where(Site.id == site_id).values(**values))


def site(tx: Tx, site_id: UUID, *, lock: bool = False) -> Site | None:
    return (_SITE_HELD if lock else _SITE).first(tx, id=site_id)


def site_names(tx: Tx) -> Sequence[tuple[UUID, str]]:
    return [(row.id, row.name) for row in _NAMES.all(tx)]


def add_team(tx: Tx, site_id: UUID, name: str) -> UUID:
    row = Team(id=tx.new_id(), site_id=site_id, name=name)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def teams(tx: Tx, site_id: UUID) -> Sequence[Team]:
    return _TEAMS.all(tx, site=site_id)


def join_team(tx: Tx, team_id: UUID, staff_id: UUID) -> None:
    wanted = upsert(TeamMember).values(team_id=team_id, staff_id=staff_id)
    tx.session.execute(wanted.on_conflict_do_nothing())


def leave_team(tx: Tx, team_id: UUID, staff_id: UUID) -> None:
    tx.session.execute(
        delete(TeamMember).where(TeamMember.team_id == team_id, TeamMember.staff_id == staff_id)
    )


def members(tx: Tx, team_id: UUID) -> Sequence[UUID]:
    return tx.session.scalars(
        select(TeamMember.staff_id)
        .where(TeamMember.team_id == team_id)
        .order_by(TeamMember.staff_id)
    ).all()


def add_shift(tx: Tx, site_id: UUID, shift: Shift) -> UUID:
    shift_id = tx.new_id()
    tx.session.execute(
        insert(DutyShift).values(
            id=shift_id,
            site_id=site_id,
            team_id=shift.team_id,
            staff_id=shift.staff_id,
            weekday=shift.weekday,
            starts=shift.starts,
            ends=shift.ends,
            rank=shift.rank,
        )
    )
    return shift_id


def remove_shift(tx: Tx, site_id: UUID, shift_id: UUID) -> bool:
    """End it; the row stays, so that it can be told later who was on duty."""
    gone = tx.session.execute(
        update(DutyShift)
        .where(DutyShift.id == shift_id, DutyShift.site_id == site_id, DutyShift.ended_at.is_(None))
        .values(ended_at=tx.now)
        .returning(DutyShift.id)
    )
    return gone.first() is not None


def shifts(tx: Tx, site_id: UUID, team_id: UUID | None) -> list[tuple[UUID, Shift]]:
    query = select(DutyShift).where(DutyShift.site_id == site_id, DutyShift.ended_at.is_(None))
    if team_id is not None:
        query = query.where(DutyShift.team_id == team_id)
    return [
        (row.id, Shift(row.team_id, row.staff_id, row.weekday, row.starts, row.ends, row.rank))
        for row in tx.session.scalars(
            query.order_by(DutyShift.weekday, DutyShift.starts, DutyShift.rank)
        )
    ]


def set_sender(tx: Tx, whose: Address, address: str, settings: SenderSettings | None) -> bool:
    """Retire what was sent from so far, and begin with, or come back to, this address; False when
    it is another's. The caller holds the site."""
    tx.session.execute(
        update(SenderAddress)
        .where(
            SenderAddress.site_id == whose.site_id,
            SenderAddress.audience == whose.audience,
            SenderAddress.channel == whose.channel,
            SenderAddress.retired_at.is_(None),
            SenderAddress.address != address,
        )
        .values(retired_at=tx.now)
        .execution_options(synchronize_session="fetch")
    )
    wanted = upsert(SenderAddress).values(
        address=address,
        site_id=whose.site_id,
        audience=whose.audience,
        channel=whose.channel,
        **_settings(settings or usual(whose.channel)),
    )
    again = {"channel": whose.channel, "retired_at": None} | (
        _settings(settings) if settings else {}
    )
    hers = (SenderAddress.site_id == whose.site_id, SenderAddress.audience == whose.audience)
    either = wanted.on_conflict_do_update(
        index_elements=[SenderAddress.address], set_=again, where=and_(*hers)
    )
    return tx.session.execute(either.returning(SenderAddress.address)).first() is not None


def _settings(settings: SenderSettings) -> dict[str, object]:
    return {
        "kind": settings.kind,
        "per_second": settings.per_second,
        "daily_cap": settings.daily_cap,
        "registration": settings.registration.model_dump(mode="json") | _also(settings),
    }


def _also(settings: SenderSettings) -> dict[str, object]:
    """Stands in the same document, where it is so."""
    return {_CALLS: True} if settings.calls else {}


def sender(tx: Tx, site_id: UUID, audience: Audience, channel: Channel) -> str | None:
    """The one in use; for calls without a number of their own that of the texts, if it calls."""
    whose = {"site": site_id, "audience": audience}
    own = _IN_USE.first(tx, **whose, channel=channel)
    if own is None and channel is Channel.VOICE:
        texts = _IN_USE.first(tx, **whose, channel=Channel.SMS)
        own = texts if texts is not None and _calls(texts) else None
    return own.address if own is not None else None


def senders(tx: Tx, site_id: UUID) -> list[SenderView]:
    """All that are in use."""
    found = [_sender(row) for row in _SENDERS.all(tx, site=site_id)]
    own = {one.audience for one in found if one.channel is Channel.VOICE}
    also = [calling(one) for one in found if one.settings.calls and one.audience not in own]
    return [*found, *also]


def _sender(row: SenderAddress) -> SenderView:
    registration = Registration.model_validate(
        {name: value for name, value in row.registration.items() if name != _CALLS}
    )
    settings = SenderSettings.model_construct(
        kind=row.kind,
        per_second=row.per_second,
        daily_cap=row.daily_cap,
        registration=registration,
        calls=_calls(row),
    )
    return SenderView(row.address, row.site_id, row.audience, row.channel, settings)


def _calls(row: SenderAddress) -> bool:
    return row.registration.get(_CALLS, False) is True


def every_sender(tx: Tx, channel: Channel) -> list[SenderAddress]:
    """All senders of all sites, retired ones too."""
    query = select(SenderAddress).where(SenderAddress.channel == channel)
    return list(tx.session.scalars(query.order_by(SenderAddress.address)))


def sender_row(tx: Tx, address: str) -> SenderAddress | None:
    """Whose it is, or was: a number is never another's afterwards."""
    return _SENDER.first(tx, id=address)


# One statement: the row is held, read, and moved on by what was given. `RETURNING` of an UPDATE
# shows new values only (the old ones come with PostgreSQL 18), so that the CTE hands them over.
_TAKE = Ready(
    text(
        """
    WITH old AS (
      SELECT address, day, handed_over, greatest(next_at, :now) AS first,
        (greatest(next_at, :now) AT TIME ZONE :zone)::date AS today
      FROM sender_pace WHERE address = :address FOR UPDATE
    ), room AS (
      SELECT address, first, today, CASE WHEN day = today THEN handed_over ELSE 0 END AS used
      FROM old
    ), given AS (
      SELECT *, CASE WHEN CAST(:cap AS integer) IS NULL THEN :wanted
        ELSE least(:wanted, greatest(CAST(:cap AS integer) - used, 0)) END AS count
      FROM room
    )
    UPDATE sender_pace p SET next_at = first + given.count * CAST(:every AS interval),
      day = today, handed_over = used + given.count
    FROM given WHERE p.address = given.address
    RETURNING given.first, given.count, given.today
    """
    ).columns(*map(column, ("first", "count", "today"))),
    frozenset({"address", "now", "zone", "every", "wanted", "cap"}),
)
_BEGIN = text(
    """
    INSERT INTO sender_pace (address, site_id, next_at, day, handed_over)
    VALUES (:address, :site_id, :now, CAST(:now AT TIME ZONE :zone AS date), 0)
    ON CONFLICT (address) DO NOTHING
    """
)


def take_places(
    tx: Tx, sender: SenderView, zone: str, every: timedelta, wanted: tuple[int, int | None]
) -> Taken:
    """Move the sender's row on; `wanted` is how many places, and how many a day has at most."""
    where = {"address": sender.address, "now": tx.now, "zone": zone}
    values = where | {"every": every, "wanted": wanted[0], "cap": wanted[1]}
    found = _TAKE.ask(tx.session, values)
    if not found:  # its first message ever
        tx.session.execute(_BEGIN, where | {"site_id": sender.site_id})
        found = _TAKE.ask(tx.session, values)
    return Taken(*found[0])
