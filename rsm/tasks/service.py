"""The door to tasks: open, take, finish, withdraw; what nobody does in time `rsm.flow` tells."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import ActorKind, TaskState
from rsm.security import patient_keys
from rsm.security.audit import Subject, record
from rsm.tasks import store
from rsm.tasks.model import DueTask, NewTask, TaskKind, TaskOutcome, TaskView
from rsm.tasks.tables import Task

DUE_WITHIN = timedelta(days=1)
REMIND_EVERY = timedelta(days=1)
_BACK_OFF = timedelta(minutes=1)
_BACK_OFF_AT_MOST = timedelta(hours=1)
_NOTE = "task.note"


def open_task(tx: Tx, new: NewTask) -> UUID | None:
    """Ask a person to do something; None when the same was asked already."""
    task_id = store.add(tx, new, new.due_at or tx.now + DUE_WITHIN)
    if task_id is not None:
        subject = Subject("task", task_id, new.patient_id)
        record(tx, "task.opened", subject, new.site_id, kind=new.kind)
    return task_id


def get(tx: Tx, task_id: UUID) -> TaskView:
    """The task; `NotFound` when it is not in scope."""
    found = store.one(tx, task_id)
    if found is None:
        raise NotFound("no such task")
    return _view(tx, found)


def open_tasks(
    tx: Tx, site_id: UUID, kinds: Collection[TaskKind] = tuple(TaskKind)
) -> list[TaskView]:
    """What is to be done at the site, the earliest due first."""
    return [_view(tx, row) for row in store.open_at(tx, site_id, kinds)]


def of_patient(tx: Tx, patient_id: UUID, kinds: Collection[TaskKind]) -> list[UUID]:
    """Her open tasks of these kinds."""
    return store.open_of(tx, patient_id, kinds)


def of_survey(tx: Tx, patient_id: UUID, occurrence_id: UUID, kind: TaskKind) -> TaskView | None:
    """The task of this kind about a survey of hers, open or done."""
    row = store.of_survey(tx, patient_id, occurrence_id, kind)
    return _view(tx, row) if row is not None else None


def stands(tx: Tx, business_key: str) -> bool:
    """Whether this was asked before, done or not."""
    return store.stands(tx, business_key)


def last_done(tx: Tx, site_id: UUID, kind: TaskKind, before: datetime) -> TaskView | None:
    """The last task of this kind at the site that was opened before then and is done: not one that
    was not needed, or never reached anybody."""
    row = store.last_done(tx, site_id, kind, before)
    return _view(tx, row) if row is not None else None


def count_open(tx: Tx, site_id: UUID, kinds: Collection[TaskKind] = tuple(TaskKind)) -> int:
    """How many are open, for the navigation."""
    return store.count_open(tx, site_id, kinds)


def standing(
    tx: Tx, site_id: UUID, kinds: Collection[TaskKind] = tuple(TaskKind)
) -> tuple[int, int, int]:
    """How many are open, how many of them somebody has, and how many are overdue."""
    return store.count_owned(tx, site_id, kinds)


def locked_open(tx: Tx, task_id: UUID) -> TaskView:
    """The task, held. `Conflict` when it is done."""
    return _view(tx, _open_one(tx, task_id))


def take(tx: Tx, task_id: UUID, staff_id: UUID) -> TaskView:
    """She does it. `Conflict` when it is done, or somebody else's."""
    task = _open_one(tx, task_id)
    if task.owner_id not in {None, staff_id}:
        raise Conflict("somebody else has this task")
    store.change(tx, task_id, owner_id=staff_id)
    _audit(tx, "task.taken", task)
    return get(tx, task_id)


def finish(tx: Tx, task_id: UUID, outcome: TaskOutcome, note: str = "") -> TaskView:
    """Done, with how it went. `Conflict` when it was done before."""
    task = _open_one(tx, task_id)
    store.change(
        tx,
        task_id,
        state=TaskState.DONE,
        owner_id=task.owner_id or tx.actor.id,
        next_at=None,
        done_at=tx.now,
        done_by=tx.actor.id,
        outcome=outcome,
        note_sealed=_seal(tx, task, note) if note else task.note_sealed,
    )
    _audit(tx, "task.finished", task, outcome=outcome)
    return get(tx, task_id)


def withdraw(tx: Tx, patient_id: UUID, kinds: Collection[TaskKind], why: str) -> int:
    """What is asked of nobody any more: the patient's open tasks of these kinds end.

    Done, if a member of staff brought it about, else not needed. `why` is a code for the audit
    trail. Returns how many.
    """
    gone = store.lock_open(tx, patient_id, kinds)
    by_staff = tx.actor.kind is ActorKind.STAFF
    for task in gone:
        _end(tx, task, TaskOutcome.DONE if by_staff else TaskOutcome.NOT_NEEDED, why)
    return len(gone)


def lapse(tx: Tx, patient_id: UUID, kind: TaskKind, survey: UUID) -> int:
    """The time for it has passed: the open tasks of this kind about the survey end, unreached."""
    found = [
        task for task in store.lock_open(tx, patient_id, (kind,)) if task.occurrence_id == survey
    ]
    for task in found:
        _end(tx, task, TaskOutcome.NOT_REACHED, "closed")
    return len(found)


def mended(tx: Tx, site_id: UUID, kind: TaskKind, amiss: Collection[str]) -> int:
    """End the site's open tasks of this kind but those whose business keys are still `amiss`.

    Nobody needs to do them any more; their keys are free again, so that the same is asked anew
    when it is amiss again. Returns how many.
    """
    gone = [
        task for task in store.lock_at(tx, site_id, kind) if task.business_key not in set(amiss)
    ]
    for task in gone:
        _end(tx, task, TaskOutcome.NOT_NEEDED, "mended")
        store.change(tx, task.id, business_key=f"{task.business_key}:{task.id}")
    return len(gone)


def _end(tx: Tx, task: Task, outcome: TaskOutcome, why: str) -> None:
    """Whoever answers through a link is no member of staff: then nobody has done it."""
    by = tx.actor.id if outcome is TaskOutcome.DONE else None
    done = {"state": TaskState.DONE, "next_at": None, "done_at": tx.now, "outcome": outcome}
    store.change(tx, task.id, **done, done_by=by)
    _audit(tx, "task.withdrawn", task, outcome=outcome, reason=why)


def postpone(tx: Tx, task_id: UUID, until: datetime) -> TaskView:
    """Not before `until`; nobody has it meanwhile. `Conflict` when it is done."""
    task = _open_one(tx, task_id)
    store.change(tx, task_id, not_before=until, owner_id=None)
    _audit(tx, "task.postponed", task, until=until.isoformat())
    return get(tx, task_id)


def keep_note(tx: Tx, task_id: UUID, note: str) -> TaskView:
    """Words about a task that stays open."""
    task = _open_one(tx, task_id)
    store.change(tx, task_id, note_sealed=_seal(tx, task, note))
    _audit(tx, "task.noted", task)
    return get(tx, task_id)


def due(tx: Tx, limit: int = 200) -> list[DueTask]:
    """Tasks that are overdue: a peek without locks."""
    return store.due(tx, limit)


def lock_overdue(tx: Tx, task_id: UUID) -> TaskView | None:
    """Hold a task that is still overdue; None when another has it, or it is not any more."""
    row = store.one(tx, task_id, lock=True, skip_locked=True)
    if row is None or row.state is not TaskState.OPEN:
        return None
    return _view(tx, row) if row.next_at is not None and row.next_at <= tx.now else None


def mark_overdue(tx: Tx, task: TaskView) -> None:
    """It was told that nobody did it: whoever had said that she does it has not. Asked again
    a day later."""
    store.change(
        tx,
        task.id,
        owner_id=None,
        escalated_at=task.escalated_at or tx.now,
        next_at=tx.now + REMIND_EVERY,
        attempts=0,
    )
    subject = Subject("task", task.id, task.patient_id)
    record(tx, "task.overdue", subject, task.site_id, kind=task.kind)


def failed(tx: Tx, task_id: UUID) -> None:
    """A round could not tell of it: again within the hour, and never set aside (P4)."""
    row = store.one(tx, task_id, lock=True)
    if row is None or row.state is not TaskState.OPEN:
        return
    attempts = row.attempts + 1
    wait = min(_BACK_OFF_AT_MOST, _BACK_OFF * 2 ** min(attempts, 8))
    store.change(tx, task_id, attempts=attempts, next_at=tx.now + wait)


def _open_one(tx: Tx, task_id: UUID) -> Task:
    task = store.one(tx, task_id, lock=True)
    if task is None:
        raise NotFound("no such task")
    if task.state is not TaskState.OPEN:
        raise Conflict("this task is done")
    return task


def _audit(tx: Tx, action: str, task: Task, **facts: object) -> None:
    record(tx, action, Subject("task", task.id, task.patient_id), task.site_id, **facts)


def _seal(tx: Tx, task: Task, words: str) -> bytes:
    """Under the patient's key where there is a patient, else under the ring's."""
    if task.patient_id is None:
        return tx.vault.seal(words.encode(), f"{_NOTE}:{task.id}")
    return patient_keys.box(tx, task.patient_id).seal(words, f"{_NOTE}:{task.id}")


def _note(tx: Tx, task: Task) -> str:
    if task.note_sealed is None:
        return ""
    if task.patient_id is None:
        return tx.vault.open(task.note_sealed, f"{_NOTE}:{task.id}").decode()
    return patient_keys.box(tx, task.patient_id).open(task.note_sealed, f"{_NOTE}:{task.id}")


def _view(tx: Tx, row: Task) -> TaskView:
    same = {name: getattr(row, name) for name in TaskView.__dataclass_fields__ if name != "note"}
    return TaskView(**same, note=_note(tx, row))
