"""What the site page shows as it stands now; all else comes from roll-ups (`reading`)."""

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, bindparam, exists, func, select
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
    return {row[0]: row[1] for row in tx.session.execute(_open(), {"site": site_id})}


@cache
def _open() -> Select[Level, int]:
    return (
        select(Alert.level, func.count())
        .where(
            Alert.site_id == bindparam("site", type_=Uuid()),
            Alert.state != AlertState.CLOSED,
            ~Alert.is_test,
            _real(Alert.patient_id),
        )
        .group_by(Alert.level)
    )
