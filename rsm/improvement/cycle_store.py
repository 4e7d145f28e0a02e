"""All SQL of plan-do-study-act cycles: rows are added and read, never changed."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import insert, select

from rsm.db.work import Tx
from rsm.improvement.model import Cycle, CycleStep, NewCycle
from rsm.improvement.store import person
from rsm.improvement.tables import ImprovementCycle, ImprovementStep


def add(tx: Tx, site_id: UUID, new: NewCycle) -> UUID:
    cycle_id = tx.new_id()
    tx.session.execute(
        insert(ImprovementCycle).values(
            id=cycle_id,
            site_id=site_id,
            aim=new.aim,
            measure=new.measure,
            target=new.target,
            starts_on=new.starts_on,
            opened_by=person(tx),
            opened_at=tx.now,
        )
    )
    return cycle_id


def add_step(tx: Tx, site_id: UUID, cycle_id: UUID, number: int, step: CycleStep) -> None:
    tx.session.execute(
        insert(ImprovementStep).values(
            id=tx.new_id(),
            site_id=site_id,
            cycle_id=cycle_id,
            number=number,
            stage=step.stage,
            words=step.words,
            owner_id=step.owner_id,
            due_on=step.due_on,
            by=step.by,
            at=step.at,
        )
    )


def of_site(tx: Tx, site_id: UUID, cycle_id: UUID | None = None) -> list[Cycle]:
    """The newest first, or the one."""
    query = select(ImprovementCycle).where(ImprovementCycle.site_id == site_id)
    if cycle_id is not None:
        query = query.where(ImprovementCycle.id == cycle_id)
    newest = query.order_by(ImprovementCycle.opened_at.desc(), ImprovementCycle.id.desc())
    rows = tx.session.scalars(newest).all()
    steps = _steps(tx, [row.id for row in rows])
    return [
        Cycle(row.id, row.aim, row.measure, row.target, row.starts_on, tuple(steps[row.id]))
        for row in rows
    ]


def _steps(tx: Tx, cycles: Collection[UUID]) -> dict[UUID, list[CycleStep]]:
    query = select(ImprovementStep).where(ImprovementStep.cycle_id.in_(cycles))
    found: dict[UUID, list[CycleStep]] = defaultdict(list)
    for row in tx.session.scalars(query.order_by(ImprovementStep.number)):
        found[row.cycle_id].append(
            CycleStep(row.stage, row.words, row.owner_id, row.due_on, row.by, row.at)
        )
    return found
