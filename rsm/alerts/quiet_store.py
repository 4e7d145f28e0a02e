"""All SQL of findings that were not told anew. Rows are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.dialects.postgresql import insert

from rsm.alerts.model import Finding, QuietReason
from rsm.alerts.tables import Alert
from rsm.alerts.tables import SuppressedFinding as Row
from rsm.db.statements import Kept, among, rows
from rsm.db.work import Tx
from rsm.kernel.words import Level, Pin
from rsm.responses.model import ResponseView

# A worse value of a report beside its own alert: that was told.
_TOLD = exists().where(Alert.id == Row.alert_id, Alert.occurrence_id == Row.occurrence_id)


@dataclass(frozen=True)
class SuppressedView:
    """A finding as it was kept: of which report, what it found, and why nobody was told anew.

    `alert_id` is the alert that it was added to, `expected_id` the level within which it was.
    """

    response_id: UUID
    occurrence_id: UUID
    patient_id: UUID
    rule: str
    symptom: str
    item: str
    level: Level
    current: float
    reason: QuietReason
    sentence: str
    rule_pack: Pin
    alert_id: UUID | None
    expected_id: UUID | None
    at: datetime
    is_test: bool


@dataclass(frozen=True)
class NewSuppressed:
    """A finding to be kept, with its reason."""

    finding: Finding
    reason: QuietReason
    alert_id: UUID | None = None
    expected_id: UUID | None = None


def add(tx: Tx, response: ResponseView, pack: Pin, new: Sequence[NewSuppressed]) -> None:
    """Keep them; one that stands already for this report and reason stays as it is."""
    values = [
        {
            "id": tx.new_id(),
            "site_id": response.site_id,
            "patient_id": response.patient_id,
            "response_id": response.id,
            "occurrence_id": response.occurrence_id,
            "rule": each.finding.rule,
            "symptom": each.finding.symptom,
            "item": each.finding.item,
            "level": each.finding.level,
            "current_value": each.finding.current,
            "reason": each.reason,
            "sentence": each.finding.reason,
            "rule_pack": pack.document,
            "alert_id": each.alert_id,
            "expected_id": each.expected_id,
            "at": tx.now,
            "is_test": response.is_test,
        }
        for each in new
    ]
    if values:
        tx.session.execute(insert(Row).values(values).on_conflict_do_nothing())


_OLDEST_FIRST = (Row.at, Row.id)
_OF_RESPONSE = Kept(
    Row, rows(Row).where(Row.response_id == bindparam("response")).order_by(*_OLDEST_FIRST)
)
_KNOWN = Kept(
    Row,
    rows(Row)
    .where(
        Row.patient_id == bindparam("patient"),
        or_(
            Row.occurrence_id == bindparam("survey"),
            among(Row.alert_id, "alerts"),
        ),
    )
    .order_by(*_OLDEST_FIRST),
)


def of_response(tx: Tx, response_id: UUID) -> list[SuppressedView]:
    return [_view(row) for row in _OF_RESPONSE.all(tx, response=response_id)]


def of_alert(tx: Tx, alert_id: UUID) -> list[SuppressedView]:
    return _many(tx, Row.alert_id == alert_id)


def of_alerts(tx: Tx, alert_ids: Collection[UUID]) -> dict[UUID, list[SuppressedView]]:
    found: dict[UUID, list[SuppressedView]] = {}
    for each in _many(tx, Row.alert_id.in_(alert_ids)):
        if each.alert_id is not None:
            found.setdefault(each.alert_id, []).append(each)
    return found


def known(
    tx: Tx, patient_id: UUID, occurrence_id: UUID, alert_ids: Collection[UUID]
) -> list[SuppressedView]:
    """Of this survey, and what was added to these alerts of the patient."""
    given = {"patient": patient_id, "survey": occurrence_id, "alerts": list(alert_ids)}
    return [_view(row) for row in _KNOWN.all(tx, **given)]


def of_site(
    tx: Tx, site_id: UUID, since: datetime, until: datetime, reason: QuietReason | None
) -> list[SuppressedView]:
    within = [Row.site_id == site_id, Row.at >= since, Row.at < until, ~_TOLD]
    return _many(tx, *within, *([Row.reason == reason] if reason is not None else []))


def _many(tx: Tx, *where: ColumnElement[bool]) -> list[SuppressedView]:
    """The oldest first."""
    found = tx.session.scalars(select(Row).where(*where).order_by(*_OLDEST_FIRST))
    return [_view(row) for row in found]


def _view(row: Row) -> SuppressedView:
    same = (
        "response_id occurrence_id patient_id rule symptom item level reason sentence alert_id "
        "expected_id at is_test"
    )
    return SuppressedView(
        **{name: getattr(row, name) for name in same.split()},
        current=row.current_value,
        rule_pack=Pin.of(row.rule_pack),
    )
