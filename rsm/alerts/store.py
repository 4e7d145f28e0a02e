"""All SQL of alerts: published packs, alerts, what they found, what happened to them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, bindparam, case, exists, func, or_, select

from rsm.alerts.model import AlertView, Finding, Opening
from rsm.alerts.tables import Alert, AlertEvent
from rsm.alerts.tables import Finding as FindingRow
from rsm.alerts.timeline import FindingView, NewEvent
from rsm.db import statements
from rsm.db.statements import Kept, among, by_id, rows
from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Level, Pin

WORSE_FIRST = case({level: level.rank for level in Level}, value=Alert.level)
# What a nurse must have seen before she closes. That it was re-opened says nothing new.
SUBSTANCE = (
    AlertEventKind.OPENED,
    AlertEventKind.WORSENED,
    AlertEventKind.ADDED,
    AlertEventKind.REPEATED,
    AlertEventKind.CLOSED,
)

_BY_ID = Kept(Alert, by_id(Alert))
_HELD = Kept(Alert, by_id(Alert).with_for_update())
_HELD_IF_FREE = Kept(Alert, by_id(Alert).with_for_update(skip_locked=True))
_HERS = rows(Alert).where(Alert.patient_id == bindparam("patient"))
_STANDING_HELD = Kept(
    Alert,
    _HERS.where(
        Alert.kind == AlertKind.SYMPTOM,
        or_(
            Alert.state != AlertState.CLOSED,
            among(Alert.occurrence_id, "surveys"),
        ),
    )
    .order_by(Alert.id)
    .with_for_update(),
)
_OF_PATIENT = Kept(Alert, _HERS.order_by(Alert.opened_at.desc(), Alert.id).limit(bindparam("most")))
_OF_ALERT = AlertEvent.alert_id == bindparam("alert")
_EVENTS = Kept(AlertEvent, rows(AlertEvent).where(_OF_ALERT).order_by(AlertEvent.seq))
_FINDINGS = Kept(
    FindingRow,
    rows(FindingRow)
    .where(among(FindingRow.alert_id, "alerts"))
    .order_by(FindingRow.at, FindingRow.symptom, FindingRow.item, FindingRow.rule),
)


# --- alerts --------------------------------------------------------------------------------


def add(tx: Tx, opening: Opening, code: str) -> AlertView | None:
    """A new alert; None when its business key, or the code at this site, is taken."""
    values = {
        "id": tx.new_id(),
        "site_id": opening.site_id,
        "business_key": opening.business_key,
        "code": code,
        "kind": opening.kind,
        "level": opening.level,
        "state": AlertState.OPEN,
        "epoch": 1,
        "patient_id": opening.patient_id,
        "occurrence_id": opening.occurrence_id,
        "response_id": opening.response_id,
        "reason": opening.reason,
        "rule_pack": opening.rule_pack.document if opening.rule_pack else None,
        "opened_at": tx.now,
        "target_at": tx.now,
        "is_test": opening.is_test,
    }
    made = statements.added(tx, Alert, values)
    return _view(made) if made is not None else None


def by_key(tx: Tx, business_key: str) -> UUID | None:
    return tx.session.scalar(select(Alert.id).where(Alert.business_key == business_key))


def by_code(tx: Tx, site_ids: Sequence[UUID], code: str) -> list[AlertView]:
    """The alert of that code, at each of these sites."""
    return _many(tx, select(Alert).where(Alert.site_id.in_(site_ids), Alert.code == code))


def one(tx: Tx, alert_id: UUID) -> AlertView | None:
    found = _BY_ID.first(tx, id=alert_id)
    return _view(found) if found is not None else None


def lock(tx: Tx, alert_id: UUID, *, skip_locked: bool = False) -> AlertView | None:
    """Hold the alert until the transaction ends; None when it is not there, or held and we skip."""
    found = (_HELD_IF_FREE if skip_locked else _HELD).first(tx, id=alert_id)
    return _view(found) if found is not None else None


def lock_many(tx: Tx, alert_ids: Collection[UUID]) -> list[AlertView]:
    """As `lock`, in the order of their ids."""
    query = select(Alert).where(Alert.id.in_(alert_ids)).order_by(Alert.id)
    return _many(tx, query.with_for_update())


def lock_standing(tx: Tx, patient_id: UUID, occurrence_ids: Collection[UUID]) -> list[AlertView]:
    """Hold the patient's symptom alerts that are not closed, and all of these surveys, in the
    order of their ids."""
    found = _STANDING_HELD.all(tx, patient=patient_id, surveys=list(occurrence_ids))
    return [_view(row) for row in found]


def change(tx: Tx, alert_id: UUID, **values: object) -> None:
    statements.change(tx, Alert, alert_id, values)


def changed(tx: Tx, alert_id: UUID, **values: object) -> AlertView | None:
    """As `change`; the alert as it stands then."""
    row = statements.changed(tx, Alert, alert_id, values)
    return _view(row) if row is not None else None


def open_at(tx: Tx, site_id: UUID, limit: int) -> list[AlertView]:
    """What is not closed at the site, the worst first, then the oldest."""
    query = select(Alert).where(Alert.site_id == site_id, Alert.state != AlertState.CLOSED)
    return _many(tx, query.order_by(WORSE_FIRST.desc(), Alert.opened_at, Alert.id).limit(limit))


def count_open(tx: Tx, site_id: UUID) -> int:
    query = select(func.count()).where(Alert.site_id == site_id, Alert.state != AlertState.CLOSED)
    return tx.session.scalar(query) or 0


def count_late(tx: Tx, site_id: UUID) -> int:
    query = select(func.count()).where(
        Alert.site_id == site_id, Alert.state != AlertState.CLOSED, Alert.target_at < tx.now
    )
    return tx.session.scalar(query) or 0


def of_patient(tx: Tx, patient_id: UUID, limit: int) -> list[AlertView]:
    """A patient's alerts, the newest first."""
    return [_view(row) for row in _OF_PATIENT.all(tx, patient=patient_id, most=limit)]


def of_occurrences(tx: Tx, occurrence_ids: Sequence[UUID]) -> list[AlertView]:
    return _many(tx, select(Alert).where(Alert.occurrence_id.in_(occurrence_ids)))


def closed_since(tx: Tx, site_id: UUID, since: datetime) -> list[AlertView]:
    """What was closed since then, the last first."""
    query = select(Alert).where(Alert.site_id == site_id, Alert.closed_at >= since)
    return _many(tx, query.order_by(Alert.closed_at.desc()))


# --- findings ------------------------------------------------------------------------------


def add_findings(
    tx: Tx, alert: AlertView, response_id: UUID, findings: Sequence[Finding]
) -> list[Finding]:
    """Keep these findings of a report; returns those that were not kept before."""
    return [each for each in findings if _add_finding(tx, alert, response_id, each)]


def _add_finding(tx: Tx, alert: AlertView, response_id: UUID, finding: Finding) -> bool:
    values = {
        "id": tx.new_id(),
        "site_id": alert.site_id,
        "alert_id": alert.id,
        "response_id": response_id,
        "rule": finding.rule,
        "symptom": finding.symptom,
        "item": finding.item,
        "level": finding.level,
        "first_value": finding.first,
        "previous_value": finding.previous,
        "current_value": finding.current,
        "reason": finding.reason,
        "at": tx.now,
    }
    return statements.added(tx, FindingRow, values) is not None


def findings(tx: Tx, alert_ids: Sequence[UUID]) -> dict[UUID, list[FindingView]]:
    """What these alerts found, the oldest first."""
    found: dict[UUID, list[FindingView]] = {}
    for row in _FINDINGS.all(tx, alerts=list(alert_ids)):
        found.setdefault(row.alert_id, []).append(_finding(row))
    return found


# --- the timeline --------------------------------------------------------------------------


def add_event(tx: Tx, alert: AlertView, event: NewEvent, sealed: tuple[UUID, bytes] | None) -> None:
    """One line of the timeline; `sealed` is the id that the note was sealed for, and the note."""
    statements.add(
        tx,
        AlertEvent,
        {
            "id": sealed[0] if sealed else tx.new_id(),
            "site_id": alert.site_id,
            "alert_id": alert.id,
            "kind": event.kind,
            "at": tx.now,
            "staff_id": event.staff_id,
            "channel": event.channel,
            "code": event.code,
            "note_sealed": sealed[1] if sealed else None,
        },
    )


def events(tx: Tx, alert_id: UUID) -> Sequence[AlertEvent]:
    """The timeline, the oldest first."""
    return _EVENTS.all(tx, alert=alert_id)


def closings(tx: Tx, alert_ids: Collection[UUID]) -> Sequence[AlertEvent]:
    """Each time that one of these was closed, the oldest first."""
    closed = AlertEvent.alert_id.in_(alert_ids), AlertEvent.kind == AlertEventKind.CLOSED
    return tx.session.scalars(select(AlertEvent).where(*closed).order_by(AlertEvent.seq)).all()


def substance(tx: Tx, alert_id: UUID) -> int:
    """The number of the last event that made the alert, or made it worse."""
    query = select(func.max(AlertEvent.seq)).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind.in_(SUBSTANCE)
    )
    return tx.session.scalar(query) or 0


def last_event(tx: Tx, alert_id: UUID) -> int:
    """The number of the last line of its timeline."""
    query = select(func.max(AlertEvent.seq)).where(AlertEvent.alert_id == alert_id)
    return tx.session.scalar(query) or 0


def last_at(tx: Tx, alert_id: UUID, kinds: Collection[AlertEventKind]) -> datetime | None:
    query = select(func.max(AlertEvent.at)).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind.in_(kinds)
    )
    return tx.session.scalar(query)


def last_of(tx: Tx, alert_id: UUID, kinds: Collection[AlertEventKind]) -> AlertEventKind | None:
    """Which of these happened last."""
    query = select(AlertEvent.kind).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind.in_(kinds)
    )
    return tx.session.scalar(query.order_by(AlertEvent.seq.desc()).limit(1))


def bundled(tx: Tx, site_id: UUID, code: str) -> list[AlertView]:
    """What is not closed at the site and was bundled under this code, the worst first."""
    under = exists().where(
        AlertEvent.alert_id == Alert.id,
        AlertEvent.kind == AlertEventKind.BUNDLED,
        AlertEvent.code == code,
    )
    query = select(Alert).where(Alert.site_id == site_id, Alert.state != AlertState.CLOSED, under)
    return _many(tx, query.order_by(WORSE_FIRST.desc(), Alert.opened_at, Alert.id))


def site_version(tx: Tx, site_id: UUID) -> int:
    """The number of the site's last event: when it stands still, so does the worklist."""
    query = select(func.max(AlertEvent.seq)).where(AlertEvent.site_id == site_id)
    return tx.session.scalar(query) or 0


# --- rows as others read them --------------------------------------------------------------


def _many(tx: Tx, query: Select[Alert]) -> list[AlertView]:
    fresh = query.execution_options(populate_existing=True)
    return [_view(row) for row in tx.session.scalars(fresh)]


def _view(row: Alert) -> AlertView:
    same = {name: getattr(row, name) for name in AlertView.__dataclass_fields__}
    same["rule_pack"] = Pin.of(row.rule_pack) if row.rule_pack else None
    return AlertView(**same)


def _finding(row: FindingRow) -> FindingView:
    return FindingView(
        rule=row.rule,
        symptom=row.symptom,
        item=row.item,
        level=row.level,
        first=row.first_value,
        previous=row.previous_value,
        current=row.current_value,
        reason=row.reason,
        at=row.at,
        response_id=row.response_id,
    )
