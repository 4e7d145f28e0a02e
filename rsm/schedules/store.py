"""All SQL of the schedules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Integer,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from rsm.db import statements
from rsm.db.ready import Ready
from rsm.db.statements import Kept, by_id, rows, table_of
from rsm.db.work import Tx
from rsm.kernel.words import Pin, SurveyState
from rsm.schedules.model import Assign, AssignmentView, Due, OccurrenceView
from rsm.schedules.tables import Occurrence, PlanAssignment

OPEN_STATES = (SurveyState.SCHEDULED, SurveyState.OPEN, SurveyState.STARTED)
_UNSEEN = {"synchronize_session": False}  # every reading here asks the database anew
_BY_ID = Kept(Occurrence, by_id(Occurrence))
_UNFINISHED = Kept(
    Occurrence,
    rows(Occurrence)
    .where(
        Occurrence.patient_id == bindparam("patient"),
        or_(*(Occurrence.state == state for state in OPEN_STATES)),
    )
    .order_by(Occurrence.scheduled.desc(), Occurrence.closes_at.desc()),
)
# The states are written out, so that a plan that is kept knows the index over them.
_DUE = Ready(
    select(*(table_of(Occurrence).c[name] for name in ("id", "patient_id", "site_id")))
    .where(
        Occurrence.state.in_([literal_column(f"'{state}'") for state in OPEN_STATES]),
        Occurrence.next_at <= bindparam("now"),
        Occurrence.quarantined_at.is_(None),
    )
    .order_by(Occurrence.next_at, Occurrence.id)
    .limit(bindparam("most", type_=Integer)),
    frozenset({"now", "most"}),
)
_ADD_ONCE = Kept(
    Occurrence,
    upsert(table_of(Occurrence))
    .on_conflict_do_nothing(index_elements=[Occurrence.patient_id, Occurrence.window_key])
    .returning(table_of(Occurrence).c.id),
)
_ASSIGNMENT = Kept(PlanAssignment, by_id(PlanAssignment))
_ACTIVE = Kept(
    PlanAssignment,
    rows(PlanAssignment).where(
        PlanAssignment.patient_id == bindparam("patient"), PlanAssignment.active
    ),
)
_BEGUN_AT = func.coalesce(Occurrence.started_at, bindparam("begun_at"))
_BEGIN = Kept(Occurrence, statements.changing(Occurrence).values(started_at=_BEGUN_AT))


# --- assignments ---------------------------------------------------------------------------------


def add_assignment(tx: Tx, new: Assign, timer: Mapping[str, object]) -> UUID:
    assignment_id = tx.new_id()
    tx.session.execute(
        insert(PlanAssignment).values(
            id=assignment_id,
            site_id=new.site_id,
            patient_id=new.patient_id,
            plan=new.plan.document,
            weekday=new.weekday,
            local_time=new.local_time,
            zone=new.zone,
            starts_on=new.starts_on,
            ends_on=new.ends_on,
            active=True,
            **timer,
        )
    )
    return assignment_id


def active_assignment(tx: Tx, patient_id: UUID) -> AssignmentView | None:
    row = _ACTIVE.first(tx, patient=patient_id)
    return assignment_view(row) if row is not None else None


def assignment(tx: Tx, assignment_id: UUID) -> AssignmentView | None:
    row = _ASSIGNMENT.first(tx, id=assignment_id)
    return assignment_view(row) if row is not None else None


def set_assignment(tx: Tx, assignment_id: UUID, **values: object) -> None:
    statements.change(tx, PlanAssignment, assignment_id, values)


def due_assignments(tx: Tx, limit: int) -> list[Due]:
    rows = tx.session.execute(
        select(PlanAssignment.id, PlanAssignment.patient_id, PlanAssignment.site_id)
        .where(
            PlanAssignment.active,
            PlanAssignment.next_at <= tx.now,
            PlanAssignment.quarantined_at.is_(None),
        )
        .order_by(PlanAssignment.next_at, PlanAssignment.id)
        .limit(limit)
    )
    return [Due(*row) for row in rows]


def stale_assignments(tx: Tx, zone_data: str, limit: int) -> list[Due]:
    rows = tx.session.execute(
        select(PlanAssignment.id, PlanAssignment.patient_id, PlanAssignment.site_id)
        .where(
            PlanAssignment.active,
            PlanAssignment.zone_data != zone_data,
            PlanAssignment.quarantined_at.is_(None),
        )
        .limit(limit)
    )
    return [Due(*row) for row in rows]


# --- occurrences ---------------------------------------------------------------------------------


def add_occurrence(tx: Tx, values: Mapping[str, object]) -> UUID | None:
    """Keep a new one; None when this patient's window stands already."""
    kept = _ADD_ONCE.first(tx, **{"id": tx.new_id(), **values})
    return kept.id if kept is not None else None


def occurrence(tx: Tx, occurrence_id: UUID) -> OccurrenceView | None:
    row = _BY_ID.first(tx, id=occurrence_id)
    return _view(row) if row is not None else None


def occurrences(
    tx: Tx, patient_id: UUID, since: datetime, limit: int = 500
) -> Sequence[OccurrenceView]:
    """Those that opened at `since` or later, the newest first."""
    rows = tx.session.scalars(
        select(Occurrence)
        .where(Occurrence.patient_id == patient_id, Occurrence.opens_at >= since)
        .order_by(Occurrence.opens_at.desc())
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return [_view(row) for row in rows]


def by_key(tx: Tx, patient_id: UUID, window_key: str) -> OccurrenceView | None:
    row = tx.session.scalar(
        select(Occurrence)
        .where(Occurrence.patient_id == patient_id, Occurrence.window_key == window_key)
        .execution_options(populate_existing=True)
    )
    return _view(row) if row is not None else None


def close_before(tx: Tx, patient_id: UUID, opened: UUID, at: datetime) -> None:
    """Planned surveys of hers that are open beside the one that `opened` close by `at`, now."""
    tx.session.execute(
        update(Occurrence)
        .where(
            Occurrence.patient_id == patient_id,
            Occurrence.id != opened,
            Occurrence.scheduled,
            Occurrence.state.in_(OPEN_STATES),
            Occurrence.opens_at < at,
            Occurrence.closes_at > at,
        )
        .values(closes_at=at, next_at=tx.now),
        execution_options=_UNSEEN,
    )


def unfinished(tx: Tx, patient_id: UUID) -> list[OccurrenceView]:
    """Those that are not over, the one that closes last first."""
    return [_view(row) for row in _UNFINISHED.all(tx, patient=patient_id)]


def count_open(tx: Tx, site_id: UUID) -> int:
    """How many surveys of the site can still be answered."""
    query = select(func.count()).where(
        Occurrence.site_id == site_id,
        Occurrence.state.in_(OPEN_STATES),
        Occurrence.closes_at > tx.now,
    )
    return tx.session.scalar(query) or 0


def translate(tx: Tx, patient_id: UUID, language: str) -> None:
    """Her surveys that are open and not begun are asked in this language."""
    tx.session.execute(
        update(Occurrence)
        .where(
            Occurrence.patient_id == patient_id,
            Occurrence.state.in_((SurveyState.SCHEDULED, SurveyState.OPEN)),
        )
        .values(language=language),
        execution_options=_UNSEEN,
    )


def set_occurrence(tx: Tx, occurrence_id: UUID, **values: object) -> None:
    statements.change(tx, Occurrence, occurrence_id, values)


def move_occurrence(
    tx: Tx, occurrence_id: UUID, values: Mapping[str, object], *, begun: bool
) -> OccurrenceView | None:
    """Change it, and return it as it stands then; the first beginning is kept."""
    row = (
        _BEGIN.first(tx, of_id=occurrence_id, begun_at=tx.now, **values)
        if begun
        else statements.changed(tx, Occurrence, occurrence_id, values)
    )
    return _view(row) if row is not None else None


def release(tx: Tx, patient_id: UUID) -> list[UUID]:
    """Plans and surveys of hers that were set aside are due now; ended ones are only marked so."""
    released: list[UUID] = []
    for table, runs in (
        (PlanAssignment, PlanAssignment.active),
        (Occurrence, Occurrence.state.in_(OPEN_STATES)),
    ):
        change = (
            update(table)
            .where(table.patient_id == patient_id, table.quarantined_at.is_not(None))
            .values(quarantined_at=None, attempts=0, next_at=case((runs, tx.now), else_=None))
            .returning(table.id)
        )
        released += tx.session.scalars(change, execution_options=_UNSEEN)
    return released


def due_occurrences(tx: Tx, limit: int) -> list[Due]:
    return [Due(*row) for row in _DUE.ask(tx.session, {"now": tx.now, "most": limit})]


def attempts(tx: Tx, table: type[PlanAssignment | Occurrence], row_id: UUID) -> int:
    return tx.session.scalar(select(table.attempts).where(table.id == row_id)) or 0


def count_unscheduled(tx: Tx, patient_id: UUID, since: datetime) -> int:
    query = select(func.count()).where(
        Occurrence.patient_id == patient_id,
        ~Occurrence.scheduled,
        Occurrence.opens_at >= since,
    )
    return tx.session.scalar(query) or 0


# --- rows as others see them ---------------------------------------------------------------------


def assignment_view(row: PlanAssignment) -> AssignmentView:
    return AssignmentView(
        id=row.id,
        patient_id=row.patient_id,
        site_id=row.site_id,
        plan=Pin.of(row.plan),
        weekday=row.weekday,
        local_time=row.local_time,
        zone=row.zone,
        starts_on=row.starts_on,
        active=row.active,
        next_at=row.next_at,
        next_key=row.next_key,
        attempts=row.attempts,
        quarantined_at=row.quarantined_at,
        ends_on=row.ends_on,
    )


_MADE = {"reminders", "instrument", "asks"}
_SAME = tuple(name for name in OccurrenceView.__dataclass_fields__ if name not in _MADE)


def _view(row: Occurrence) -> OccurrenceView:
    return OccurrenceView(
        **{name: getattr(row, name) for name in _SAME},
        reminders=tuple(datetime.fromisoformat(str(each)) for each in row.reminders),
        instrument=Pin.of(row.instrument),
        asks=tuple(Pin.of(each) for each in row.asks if isinstance(each, dict)),
    )
