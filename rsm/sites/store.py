"""All SQL of the sites."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.sites.model import Shift
from rsm.sites.tables import DutyShift, Organisation, SenderAddress, Site, Team, TeamMember


def add_organisation(tx: Tx, name: str) -> UUID:
    row = Organisation(id=tx.new_id(), name=name, created_at=tx.now)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def organisation_named(tx: Tx, name: str) -> UUID | None:
    return tx.session.scalar(select(Organisation.id).where(Organisation.name == name))


def add_site(tx: Tx, values: Mapping[str, object]) -> UUID:
    site_id = tx.new_id()
    tx.session.execute(insert(Site).values(id=site_id, created_at=tx.now, **values))
    return site_id


def change_site(tx: Tx, site_id: UUID, values: Mapping[str, object]) -> None:
    tx.session.execute(update(Site).where(Site.id == site_id).values(**values))


def site(tx: Tx, site_id: UUID, *, lock: bool = False) -> Site | None:
    query = select(Site).where(Site.id == site_id)
    fresh = query.execution_options(populate_existing=True)
    return tx.session.scalar(fresh.with_for_update() if lock else fresh)


def site_names(tx: Tx) -> Sequence[tuple[UUID, str]]:
    return [
        (id_, name)
        for id_, name in tx.session.execute(select(Site.id, Site.name).order_by(Site.name))
    ]


def add_team(tx: Tx, site_id: UUID, name: str) -> UUID:
    row = Team(id=tx.new_id(), site_id=site_id, name=name)
    tx.session.add(row)
    tx.session.flush()
    return row.id


def teams(tx: Tx, site_id: UUID) -> Sequence[Team]:
    return tx.session.scalars(select(Team).where(Team.site_id == site_id).order_by(Team.id)).all()


def join_team(tx: Tx, team_id: UUID, staff_id: UUID) -> None:
    wanted = upsert(TeamMember).values(team_id=team_id, staff_id=staff_id)
    tx.session.execute(wanted.on_conflict_do_nothing())


def leave_team(tx: Tx, team_id: UUID, staff_id: UUID) -> None:
    tx.session.execute(
        delete(DutyShift).where(DutyShift.team_id == team_id, DutyShift.staff_id == staff_id)
    )
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
    gone = tx.session.execute(
        delete(DutyShift)
        .where(DutyShift.id == shift_id, DutyShift.site_id == site_id)
        .returning(DutyShift.id)
    )
    return gone.first() is not None


def shifts(tx: Tx, site_id: UUID, team_id: UUID | None) -> list[tuple[UUID, Shift]]:
    query = select(DutyShift).where(DutyShift.site_id == site_id)
    if team_id is not None:
        query = query.where(DutyShift.team_id == team_id)
    return [
        (row.id, Shift(row.team_id, row.staff_id, row.weekday, row.starts, row.ends, row.rank))
        for row in tx.session.scalars(
            query.order_by(DutyShift.weekday, DutyShift.starts, DutyShift.rank)
        )
    ]


def set_sender(tx: Tx, site_id: UUID, audience: Audience, channel: Channel, address: str) -> None:
    """Retire what was sent from so far, and begin with, or come back to, this address."""
    tx.session.execute(
        update(SenderAddress)
        .where(
            SenderAddress.site_id == site_id,
            SenderAddress.audience == audience,
            SenderAddress.channel == channel,
            SenderAddress.retired_at.is_(None),
            SenderAddress.address != address,
        )
        .values(retired_at=tx.now)
        .execution_options(synchronize_session="fetch")
    )
    wanted = upsert(SenderAddress).values(
        address=address, site_id=site_id, audience=audience, channel=channel
    )
    tx.session.execute(
        wanted.on_conflict_do_update(
            index_elements=[SenderAddress.address], set_={"channel": channel, "retired_at": None}
        )
    )


def sender(tx: Tx, site_id: UUID, audience: Audience, channel: Channel) -> str | None:
    """The one in use."""
    return tx.session.scalar(
        select(SenderAddress.address).where(
            SenderAddress.site_id == site_id,
            SenderAddress.audience == audience,
            SenderAddress.channel == channel,
            SenderAddress.retired_at.is_(None),
        )
    )


def sender_row(tx: Tx, address: str) -> SenderAddress | None:
    """Whose it is, or was: a number is never another's afterwards."""
    return tx.session.scalar(select(SenderAddress).where(SenderAddress.address == address))
