"""What stands as it is now: open alerts, and those that wait past their target."""

from datetime import date

from sqlalchemy import ColumnElement, Date, cast, func, null, select

from rsm.alerts.tables import Alert
from rsm.db.work import Tx
from rsm.kernel.words import AlertState
from rsm.metrics.grave_events import local_day
from rsm.metrics.sums import Asked, Sums
from rsm.metrics.survey_facts import value_of
from rsm.patients.tables import Patient
from rsm.sites.tables import Site


def open_now(tx: Tx, asked: Asked) -> Sums:
    """Alerts that are not closed, whenever they were opened."""
    return _open(tx, asked, "open_now", cast(null(), Date()))


def waiting(tx: Tx, asked: Asked) -> Sums:
    """Alerts opened in these days that nobody has taken, and whose target has passed.

    Time alone makes them late: no roll-up could know.
    """
    day = local_day(Alert.opened_at)
    these = (
        Alert.acknowledged_at.is_(None),
        Alert.target_at < tx.now,
        day.between(asked.days.first, asked.days.last),
    )
    return _open(tx, asked, "waiting_late", asked.bucket(day), *these)


def _open(
    tx: Tx,
    asked: Asked,
    name: str,
    bucket: ColumnElement[date | None],
    *these: ColumnElement[bool],
) -> Sums:
    if not asked.wants(name):
        return {}
    query = (
        select(value_of(asked.dimension).label("value"), bucket.label("bucket"), func.count())
        .select_from(Alert)
        .join(Site, Site.id == Alert.site_id)
        .outerjoin(Patient, Patient.id == Alert.patient_id)
        .where(
            Alert.site_id == asked.site_id,
            Alert.state != AlertState.CLOSED,
            ~Alert.is_test,
            Patient.is_test.is_not(True),
            *these,
        )
        .group_by("value", "bucket")
    )
    return {(value, first): {name: count} for value, first, count in tx.session.execute(query)}
