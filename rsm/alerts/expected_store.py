"""All SQL of expected levels. Reasons are sealed and opened here."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from rsm.alerts.expected_words import ExpectedView, NewLevel
from rsm.alerts.states import ExpectedEnd
from rsm.alerts.tables import ExpectedLevel as Row
from rsm.db.statements import Kept, rows
from rsm.db.work import Tx
from rsm.security import patient_keys

_REASON = "expected.reason"
_STANDING = Kept(
    Row,
    rows(Row)
    .where(Row.patient_id == bindparam("patient"), Row.ended_at.is_(None))
    .order_by(Row.id),
)


def add(tx: Tx, new: NewLevel) -> UUID:
    """A new level from now on; the symptom has none that stands."""
    level_id = tx.new_id()
    sealed = patient_keys.box(tx, new.patient_id).seal(new.reason, f"{_REASON}:{level_id}")
    tx.session.execute(
        insert(Row).values(
            id=level_id,
            site_id=new.site_id,
            patient_id=new.patient_id,
            symptom=new.symptom,
            grade=new.grade,
            since=tx.now,
            until=new.until,
            set_by=new.set_by,
            reason_sealed=sealed,
        )
    )
    return level_id


def standing(tx: Tx, patient_id: UUID) -> Sequence[Row]:
    """Those that nobody and nothing has ended; some may be past their time."""
    return _STANDING.all(tx, patient=patient_id)


def replace(tx: Tx, patient_id: UUID, symptom: str, by: UUID) -> None:
    """Another takes the place of what stands for this symptom, if anything does."""
    of_symptom = (Row.patient_id == patient_id, Row.symptom == symptom, Row.ended_at.is_(None))
    values = {"ended_at": tx.now, "ended_because": ExpectedEnd.REPLACED, "ended_by": by}
    tx.session.execute(update(Row).where(*of_symptom).values(values))


def end(tx: Tx, level_id: UUID, by: UUID) -> bool:
    """A nurse ends it; False when it had ended before."""
    values = {"ended_at": tx.now, "ended_because": ExpectedEnd.ENDED, "ended_by": by}
    query = update(Row).where(Row.id == level_id, Row.ended_at.is_(None)).values(values)
    return tx.session.execute(query.returning(Row.id)).first() is not None


def end_broken(tx: Tx, ids: Sequence[UUID], response_id: UUID) -> list[tuple[UUID, UUID, UUID]]:
    """Something worse was reported; returns (id, site, patient) of those that it ended."""
    values = {"ended_at": tx.now, "ended_because": ExpectedEnd.BROKEN, "broken_by": response_id}
    gone = tx.session.execute(
        update(Row)
        .where(Row.id.in_(ids), Row.ended_at.is_(None))
        .values(values)
        .returning(Row.id, Row.site_id, Row.patient_id)
    )
    return sorted((level_id, site, patient) for level_id, site, patient in gone)


def one(tx: Tx, level_id: UUID) -> ExpectedView | None:
    found = _views(tx, tx.session.scalars(select(Row).where(Row.id == level_id)).all())
    return found[0] if found else None


def of_patient(tx: Tx, patient_id: UUID, limit: int) -> list[ExpectedView]:
    """The newest first."""
    query = select(Row).where(Row.patient_id == patient_id)
    found = tx.session.scalars(query.order_by(Row.since.desc(), Row.id.desc()).limit(limit))
    return _views(tx, found.all())


def broken_by(tx: Tx, response_ids: Sequence[UUID]) -> list[ExpectedView]:
    """The levels that these reports ended."""
    query = select(Row).where(Row.broken_by.in_(response_ids)).order_by(Row.id)
    return _views(tx, tx.session.scalars(query).all())


def _views(tx: Tx, rows: Sequence[Row]) -> list[ExpectedView]:
    boxes = patient_keys.boxes(tx, {row.patient_id for row in rows}) if rows else {}
    return [_view(row, boxes[row.patient_id]) for row in rows if row.patient_id in boxes]


def _view(row: Row, box: patient_keys.PatientBox) -> ExpectedView:
    kept = ExpectedView.__dataclass_fields__.keys() - {"reason"}
    same = {name: getattr(row, name) for name in kept}
    return ExpectedView(**same, reason=box.open(row.reason_sealed, f"{_REASON}:{row.id}"))
