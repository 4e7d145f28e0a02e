"""What stands as it is now: open alerts, and those that wait past their target."""

from datetime import date
from functools import cache

from sqlalchemy import ColumnElement, DateTime, bindparam, func, literal, select

from rsm.alerts.tables import Alert
from rsm.db.work import Tx
from rsm.kernel.words import AlertState
from rsm.metrics.dimensions import Dimension
from rsm.metrics.grave_events import local_day
from rsm.metrics.pieces import gathered
from rsm.metrics.sums import SITE, Asked, Query, Sums, piece_of, within
from rsm.metrics.survey_facts import value_of
from rsm.patients.tables import Patient
from rsm.sites.tables import Site

OPEN_NOW, WAITING_LATE = "open_now", "waiting_late"
_DAY: ColumnElement[date] = local_day(Alert.opened_at)


def open_now(tx: Tx, asked: Asked) -> Sums:
    """Alerts that are not closed, whenever they were opened: the same whatever the period."""
    found = tx.session.execute(_open_now(asked.dimension), {"site": asked.site_id})
    return {
        (value, place): {OPEN_NOW: count}
        for value, _, count in found
        for place in range(len(asked.periods))
    }


def waiting(tx: Tx, asked: Asked) -> Sums:
    """Alerts opened in these days that nobody has taken, and whose target has passed.

    Time alone makes them late: no roll-up could know.
    """
    found = asked.rows(tx, _waiting(asked.dimension), now=tx.now)
    counts = {(value, piece): count for value, piece, count in found}
    return {bucket: {WAITING_LATE: sum(some)} for bucket, some in gathered(asked.cut, counts)}


@cache
def _open_now(dimension: Dimension) -> Query:
    return _open(dimension, literal(0))


@cache
def _waiting(dimension: Dimension) -> Query:
    now = bindparam("now", type_=DateTime(timezone=True))
    these = (Alert.acknowledged_at.is_(None), Alert.target_at < now, within(_DAY))
    return _open(dimension, piece_of(_DAY)).where(*these)


def _open(dimension: Dimension, piece: ColumnElement[int]) -> Query:
    return (
        select(value_of(dimension).label("value"), piece.label("piece"), func.count())
        .select_from(Alert)
        .join(Site, Site.id == Alert.site_id)
        .outerjoin(Patient, Patient.id == Alert.patient_id)
        .where(
            Alert.site_id == SITE,
            Alert.state != AlertState.CLOSED,
            ~Alert.is_test,
            Patient.is_test.is_not(True),
        )
        .group_by("value", "piece")
    )
