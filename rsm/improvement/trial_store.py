"""All SQL of trial periods and their pilot groups."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db.work import Tx
from rsm.improvement.live_model import Trial
from rsm.improvement.store import person
from rsm.improvement.tables import PilotMember, SiteTrial

_STANDING = PilotMember.left_at.is_(None)


def add(tx: Tx, site_id: UUID, days: tuple[date, date], first: int | None, aim: str) -> UUID:
    trial_id = tx.new_id()
    tx.session.execute(
        insert(SiteTrial).values(
            id=trial_id,
            site_id=site_id,
            starts_on=days[0],
            ends_on=days[1],
            first_enrolled=first,
            aim=aim,
            begun_by=person(tx),
            begun_at=tx.now,
        )
    )
    return trial_id


def end(tx: Tx, site_id: UUID, mend: str) -> UUID | None:
    """End the one that is open; None without one."""
    ended = tx.session.execute(
        update(SiteTrial)
        .where(SiteTrial.site_id == site_id, SiteTrial.ended_at.is_(None))
        .values(ended_at=tx.now, ended_by=person(tx), mend=mend)
        .returning(SiteTrial.id)
    )
    return ended.scalar_one_or_none()


def of_site(tx: Tx, site_id: UUID) -> list[Trial]:
    """The newest first."""
    query = select(SiteTrial).where(SiteTrial.site_id == site_id)
    return _trials(tx, query.order_by(SiteTrial.begun_at.desc(), SiteTrial.id.desc()))


def standing(tx: Tx, site_id: UUID, *, lock: bool = False) -> Trial | None:
    query = select(SiteTrial).where(SiteTrial.site_id == site_id, SiteTrial.ended_at.is_(None))
    return next(iter(_trials(tx, query.with_for_update() if lock else query)), None)


def _trials(tx: Tx, query: Select[SiteTrial]) -> list[Trial]:
    rows = tx.session.scalars(query.execution_options(populate_existing=True)).all()
    counts = _sizes(tx, [row.id for row in rows])
    return [
        Trial(
            id=row.id,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            first=row.first_enrolled,
            aim=row.aim,
            begun_by=row.begun_by,
            begun_at=row.begun_at,
            ended_at=row.ended_at,
            mend=row.mend,
            members=counts.get(row.id, 0),
        )
        for row in rows
    ]


def _sizes(tx: Tx, trials: Collection[UUID]) -> dict[UUID, int]:
    if not trials:
        return {}
    query = select(PilotMember.trial_id, func.count()).where(
        PilotMember.trial_id.in_(trials), _STANDING
    )
    return {row[0]: row[1] for row in tx.session.execute(query.group_by(PilotMember.trial_id))}


# --- the pilot group ------------------------------------------------------------------------------


def join(tx: Tx, site_id: UUID, trial_id: UUID, patient_id: UUID) -> bool:
    """False when she is in the group already."""
    wanted = upsert(PilotMember).values(
        id=tx.new_id(),
        site_id=site_id,
        patient_id=patient_id,
        trial_id=trial_id,
        joined_by=person(tx),
        joined_at=tx.now,
    )
    kept = wanted.on_conflict_do_nothing().returning(PilotMember.id)
    return tx.session.execute(kept).first() is not None


def leave(tx: Tx, site_id: UUID, patient_id: UUID) -> bool:
    left = tx.session.execute(
        update(PilotMember)
        .where(PilotMember.site_id == site_id, PilotMember.patient_id == patient_id, _STANDING)
        .values(left_at=tx.now)
        .returning(PilotMember.id)
    )
    return left.first() is not None


def members(tx: Tx, site_id: UUID) -> set[UUID]:
    """Everybody who is in the site's pilot group now."""
    query = select(PilotMember.patient_id).where(PilotMember.site_id == site_id, _STANDING)
    return set(tx.session.scalars(query))


def among(tx: Tx, site_id: UUID, patients: Collection[UUID]) -> set[UUID]:
    """Those of these patients who are in it."""
    query = select(PilotMember.patient_id).where(
        PilotMember.site_id == site_id, PilotMember.patient_id.in_(patients), _STANDING
    )
    return set(tx.session.scalars(query))


def size(tx: Tx, trial_id: UUID) -> int:
    return _sizes(tx, [trial_id]).get(trial_id, 0)
