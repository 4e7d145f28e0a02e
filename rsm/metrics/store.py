"""What the site page shows as it stands now; all else comes from roll-ups (`rolled`)."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from rsm.alerts.tables import Alert
from rsm.db.work import Tx
from rsm.kernel.words import AlertState, Level
from rsm.patients.tables import Patient


def _real(
    patient_id: InstrumentedAttribute[UUID | None] | InstrumentedAttribute[UUID],
) -> ColumnElement[bool]:
    """Not a test patient's, whatever the row itself was marked as when it was made."""
    return ~exists().where(Patient.id == patient_id, Patient.is_test)


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


def reach(tx: Tx, site_id: UUID) -> tuple[int, int]:
    """Patients ever enrolled, and patients ever found eligible."""
    query = select(func.count().filter(Patient.enrolled_at.is_not(None)), func.count()).where(
        Patient.site_id == site_id, ~Patient.is_test
    )
    enrolled, eligible = tx.session.execute(query).one()
    return enrolled, eligible
