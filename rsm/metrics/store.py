"""All SQL behind the site page. It reads other rooms' tables; test patients are left out."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from rsm.alerts.tables import Alert, AlertEvent
from rsm.db.work import Tx
from rsm.kernel.words import AlertEventKind, AlertState, Level, SurveyState
from rsm.metrics import ledger
from rsm.metrics.model import AlertFacts, Period, SurveyCounts
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence

_OVER = (SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED)
_STILL_OPEN = (SurveyState.SCHEDULED, SurveyState.OPEN, SurveyState.STARTED)
_NOT_ANSWERED = "not_answered"


def _real(
    patient_id: InstrumentedAttribute[UUID | None] | InstrumentedAttribute[UUID],
) -> ColumnElement[bool]:
    """Not a test patient's, whatever the row itself was marked as when it was made."""
    return ~exists().where(Patient.id == patient_id, Patient.is_test)


def _survey_columns() -> dict[str, ColumnElement[bool]]:
    """Which surveys each figure counts (`definitions`)."""
    over = Occurrence.state.in_(_OVER)
    missed = Occurrence.state == SurveyState.MISSED
    in_time = Occurrence.miss_reason.is_(None) | (Occurrence.miss_reason == _NOT_ANSWERED)
    asked = in_time & ~ledger.kept_back()
    begun = or_(
        Occurrence.started_at.is_not(None),
        Occurrence.state.in_((SurveyState.COMPLETED, SurveyState.PARTIAL)),
    )
    return {
        "due": over,
        "sent": and_(over, ledger.attempted(ledger.SENT)),
        "delivered": and_(over, ledger.attempted(ledger.DELIVERED)),
        "started": and_(over, begun),
        "completed": Occurrence.state == SurveyState.COMPLETED,
        "partial": Occurrence.state == SurveyState.PARTIAL,
        "not_answered": and_(missed, asked),
        "not_sent": and_(missed, ~asked),
        "still_open": Occurrence.state.in_(_STILL_OPEN),
    }


def surveys_by_day(tx: Tx, site_id: UUID, period: Period) -> Mapping[date, SurveyCounts]:
    """Planned surveys by the local date of their window."""
    columns = _survey_columns()
    counts = [func.count().filter(which).label(name) for name, which in columns.items()]
    rows = tx.session.execute(
        select(Occurrence.local_date, *counts)
        .where(
            Occurrence.site_id == site_id,
            Occurrence.opens_at >= period.since,
            Occurrence.opens_at < period.until,
            Occurrence.scheduled,
            ~Occurrence.is_test,
            _real(Occurrence.patient_id),
        )
        .group_by(Occurrence.local_date)
        .order_by(Occurrence.local_date)
    )
    return {
        row.local_date: SurveyCounts(**{name: getattr(row, name) for name in columns})
        for row in rows
    }


def alerts(tx: Tx, site_id: UUID, period: Period) -> Sequence[AlertFacts]:
    """The course of every alert that was opened in the period."""
    rows = tx.session.execute(
        select(Alert.level, Alert.opened_at, Alert.acknowledged_at, Alert.closed_at)
        .where(*_alerts_of(site_id, period))
        .order_by(Alert.opened_at)
    )
    return [AlertFacts(*row) for row in rows]


def _alerts_of(site_id: UUID, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        Alert.site_id == site_id,
        Alert.opened_at >= period.since,
        Alert.opened_at < period.until,
        ~Alert.is_test,
        _real(Alert.patient_id),
    )


def open_alerts(tx: Tx, site_id: UUID) -> Mapping[Level, int]:
    """Alerts that are not closed, whenever they were opened."""
    rows = tx.session.execute(
        select(Alert.level, func.count())
        .where(
            Alert.site_id == site_id,
            Alert.state != AlertState.CLOSED,
            ~Alert.is_test,
            _real(Alert.patient_id),
        )
        .group_by(Alert.level)
    )
    return {row[0]: row[1] for row in rows}


def events(tx: Tx, site_id: UUID, period: Period, kind: AlertEventKind) -> int:
    """How often this happened to alerts that were opened in the period."""
    of_alert = select(Alert.id).where(*_alerts_of(site_id, period))
    query = select(func.count()).where(
        AlertEvent.site_id == site_id, AlertEvent.kind == kind, AlertEvent.alert_id.in_(of_alert)
    )
    return tx.session.scalar(query) or 0


def reach(tx: Tx, site_id: UUID) -> tuple[int, int]:
    """Patients ever enrolled, and patients ever found eligible."""
    query = select(func.count().filter(Patient.enrolled_at.is_not(None)), func.count()).where(
        Patient.site_id == site_id, ~Patient.is_test
    )
    enrolled, eligible = tx.session.execute(query).one()
    return enrolled, eligible
