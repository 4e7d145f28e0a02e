"""All SQL of tasks."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from rsm.db import statements
from rsm.db.statements import Kept, among, by_id, rows, table_of
from rsm.db.work import Tx
from rsm.kernel.words import TaskState
from rsm.tasks.model import DueTask, NewTask, TaskKind, TaskOutcome
from rsm.tasks.tables import Task

_ONE = Kept(Task, by_id(Task))
_HELD = Kept(Task, by_id(Task).with_for_update())
_HELD_IF_FREE = Kept(Task, by_id(Task).with_for_update(skip_locked=True))
_ADD_ONCE = Kept(
    Task, insert(table_of(Task)).on_conflict_do_nothing().returning(table_of(Task).c.id)
)
# Written out, so that a plan that is kept knows the index over open tasks.
_IS_OPEN = Task.state == literal_column(f"'{TaskState.OPEN}'")
_OPEN_AT = Kept(
    Task,
    rows(Task)
    .where(Task.site_id == bindparam("site"), _IS_OPEN, among(Task.kind, "kinds"))
    .order_by(Task.due_at, Task.id),
)
_OF_SURVEY = Kept(
    Task,
    rows(Task)
    .where(
        Task.patient_id == bindparam("patient"),
        Task.occurrence_id == bindparam("survey"),
        Task.kind == bindparam("kind"),
    )
    .order_by(Task.opened_at.desc())
    .limit(1),
)
_OPEN_HELD = Kept(
    Task,
    rows(Task)
    .where(
        Task.patient_id == bindparam("patient"),
        Task.state == TaskState.OPEN,
        among(Task.kind, "kinds"),
    )
    .order_by(Task.id)
    .with_for_update(),
)


def add(tx: Tx, new: NewTask, due_at: datetime) -> UUID | None:
    """A new task; None when its business key stands already."""
    task_id = tx.new_id()
    made = _ADD_ONCE.first(
        tx,
        id=task_id,
        site_id=new.site_id,
        business_key=new.business_key,
        kind=new.kind,
        state=TaskState.OPEN,
        patient_id=new.patient_id,
        role=new.role,
        reason=new.reason,
        opened_at=tx.now,
        due_at=due_at,
        next_at=new.tell_at or due_at,
        occurrence_id=new.occurrence_id,
        not_before=new.not_before,
        is_test=new.is_test,
    )
    return task_id if made is not None else None


def one(tx: Tx, task_id: UUID, *, lock: bool = False, skip_locked: bool = False) -> Task | None:
    held = _HELD_IF_FREE if skip_locked else _HELD
    return (held if lock else _ONE).first(tx, id=task_id)


def open_at(tx: Tx, site_id: UUID, kinds: Collection[TaskKind]) -> list[Task]:
    """The site's open tasks of these kinds, the earliest due first."""
    return _OPEN_AT.all(tx, site=site_id, kinds=list(kinds))


def open_of(tx: Tx, patient_id: UUID, kinds: Collection[TaskKind]) -> list[UUID]:
    """The patient's open tasks of these kinds, in the order of their ids."""
    query = select(Task.id).where(
        Task.patient_id == patient_id, Task.state == TaskState.OPEN, Task.kind.in_(kinds)
    )
    return list(tx.session.scalars(query.order_by(Task.id)))


def lock_open(tx: Tx, patient_id: UUID, kinds: Collection[TaskKind]) -> list[Task]:
    """The patient's open tasks of these kinds, held, in the order of their ids."""
    return _OPEN_HELD.all(tx, patient=patient_id, kinds=list(kinds))


def lock_at(tx: Tx, site_id: UUID, kind: TaskKind) -> list[Task]:
    """The site's open tasks of this kind, held, in the order of their ids."""
    query = select(Task).where(
        Task.site_id == site_id, Task.state == TaskState.OPEN, Task.kind == kind
    )
    query = query.order_by(Task.id).with_for_update()
    return list(tx.session.scalars(query.execution_options(populate_existing=True)))


def of_survey(tx: Tx, patient_id: UUID, occurrence_id: UUID, kind: TaskKind) -> Task | None:
    """The newest task of this kind about the survey, whatever its state. By way of the patient, for
    whom there is an index."""
    return _OF_SURVEY.first(tx, patient=patient_id, survey=occurrence_id, kind=kind)


def stands(tx: Tx, business_key: str) -> bool:
    query = select(Task.id).where(Task.business_key == business_key)
    return tx.session.scalar(query) is not None


def last_done(tx: Tx, site_id: UUID, kind: TaskKind, before: datetime) -> Task | None:
    """The last one of this kind that was opened before then, and done."""
    query = select(Task).where(
        Task.site_id == site_id,
        Task.kind == kind,
        Task.opened_at < before,
        Task.outcome == TaskOutcome.DONE,
    )
    newest_first = query.order_by(Task.opened_at.desc()).limit(1)
    return tx.session.scalar(newest_first.execution_options(populate_existing=True))


def count_open(tx: Tx, site_id: UUID, kinds: Collection[TaskKind]) -> int:
    query = select(func.count()).where(
        Task.site_id == site_id, Task.state == TaskState.OPEN, Task.kind.in_(kinds)
    )
    return tx.session.scalar(query) or 0


def count_owned(tx: Tx, site_id: UUID, kinds: Collection[TaskKind]) -> tuple[int, int, int]:
    query = select(
        func.count(), func.count(Task.owner_id), func.count().filter(Task.due_at <= tx.now)
    ).where(Task.site_id == site_id, Task.state == TaskState.OPEN, Task.kind.in_(kinds))
    there, owned, overdue = tx.session.execute(query).one()
    return there, owned, overdue


def change(tx: Tx, task_id: UUID, **values: object) -> None:
    statements.change(tx, Task, task_id, values)


def due(tx: Tx, limit: int) -> list[DueTask]:
    """Open tasks that are overdue, the longest first. Nothing is held."""
    rows = tx.session.execute(
        select(Task.id, Task.site_id)
        .where(Task.state == TaskState.OPEN, Task.next_at <= tx.now)
        .order_by(Task.next_at, Task.id)
        .limit(limit)
    )
    return [DueTask(task_id, site_id) for task_id, site_id in rows]
