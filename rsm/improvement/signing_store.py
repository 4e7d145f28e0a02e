"""All SQL of what stands before going live: training, readings, signatures. Rows are only added."""

from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from rsm.db.work import Tx
from rsm.improvement.live_model import Check, CheckKind, Extent, Signature, Training
from rsm.improvement.store import person
from rsm.improvement.tables import GoLiveCheck, GoLiveSignature, StaffTraining


def add_training(tx: Tx, site_id: UUID, values: dict[str, object]) -> UUID:
    row_id = tx.new_id()
    recorded = {"recorded_by": person(tx), "recorded_at": tx.now}
    tx.session.execute(
        insert(StaffTraining).values(id=row_id, site_id=site_id, **recorded, **values)
    )
    return row_id


def trainings(tx: Tx, site_id: UUID) -> list[Training]:
    """The latest day first."""
    query = select(StaffTraining).where(StaffTraining.site_id == site_id)
    ordered = query.order_by(StaffTraining.on_day.desc(), StaffTraining.id.desc())
    return [
        Training(row.id, row.on_day, row.name, row.topic, row.recorded_by, row.recorded_at)
        for row in tx.session.scalars(ordered)
    ]


def add_check(tx: Tx, site_id: UUID, kind: CheckKind, values: dict[str, object]) -> UUID:
    row_id = tx.new_id()
    tx.session.execute(
        insert(GoLiveCheck).values(
            id=row_id, site_id=site_id, kind=kind, by=person(tx), at=tx.now, **values
        )
    )
    return row_id


def checks(tx: Tx, site_id: UUID) -> list[Check]:
    """The latest of each kind and subject."""
    query = (
        select(GoLiveCheck)
        .where(GoLiveCheck.site_id == site_id)
        .ext(distinct_on(GoLiveCheck.kind, GoLiveCheck.subject))
        .order_by(
            GoLiveCheck.kind, GoLiveCheck.subject, GoLiveCheck.at.desc(), GoLiveCheck.id.desc()
        )
    )
    return [
        Check(row.kind, row.subject, row.seen, row.label, row.by, row.at)
        for row in tx.session.scalars(query)
    ]


def add_signature(tx: Tx, site_id: UUID, extent: Extent, values: dict[str, object]) -> UUID:
    row_id = tx.new_id()
    tx.session.execute(
        insert(GoLiveSignature).values(
            id=row_id, site_id=site_id, extent=extent, signed_at=tx.now, **values
        )
    )
    return row_id


def signatures(tx: Tx, site_id: UUID) -> list[Signature]:
    """The newest first."""
    query = select(GoLiveSignature).where(GoLiveSignature.site_id == site_id)
    return [
        Signature(
            id=row.id,
            extent=row.extent,
            signed_by=row.signed_by,
            name=row.name,
            words=row.words,
            at=row.signed_at,
            frozen=row.frozen,
        )
        for row in tx.session.scalars(query.order_by(GoLiveSignature.seq.desc()))
    ]


def is_signed(tx: Tx, site_id: UUID, extent: Extent) -> bool:
    found = exists().where(GoLiveSignature.site_id == site_id, GoLiveSignature.extent == extent)
    return bool(tx.session.scalar(select(found)))
