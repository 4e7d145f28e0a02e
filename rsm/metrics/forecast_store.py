"""What next month's forecast is made from: the last weeks' counts, and what nurses noted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant, zone_named
from rsm.metrics.figures import Figure, by_week
from rsm.metrics.forecast import WEEKS, Forecast, Week, Work, forecast
from rsm.metrics.model import Days
from rsm.metrics.tables import PatientCourse


def of_site(tx: Tx, site_id: UUID, before: date, zone: str) -> Forecast | None:
    """The next four weeks, from the eight before the Monday `before`; None: too little is known."""
    days = Days(before - timedelta(weeks=WEEKS), before - timedelta(days=1))
    counted = {
        measure: by_week(tx, site_id, days, measure).get("", {}) for measure in ("due", "opened")
    }
    mondays = [days.first + timedelta(weeks=place) for place in range(WEEKS)]
    *enrolled, active = _enrolled(tx, site_id, mondays)
    weeks = [
        Week(_count(counted["due"], monday), patients, _count(counted["opened"], monday))
        for monday, patients in zip(mondays, enrolled, strict=True)
    ]
    return forecast(weeks, active, _noted(tx, site_id, days, zone))


def _count(figures: Mapping[date, Figure], monday: date) -> int:
    figure = figures.get(monday)
    return round(figure.part) if figure is not None and figure.part is not None else 0


def _enrolled(tx: Tx, site_id: UUID, mondays: Sequence[date]) -> Sequence[int]:
    """How many patients were enrolled on each Monday, and how many are now: those who are paused as
    well, now as then, since when others were is not known."""
    row = table_of(PatientCourse).c
    then = (
        func.count().filter(
            row.enrolled_on <= monday, or_(row.ended_on.is_(None), row.ended_on > monday)
        )
        for monday in mondays
    )
    query = select(*then, func.count().filter(row.ended_on.is_(None))).where(
        row.site_id == site_id,
        row.enrolled_on.is_not(None),
        or_(row.ended_on.is_(None), row.ended_on > mondays[0]),
    )
    return tuple(tx.session.execute(query).one())


def _noted(tx: Tx, site_id: UUID, days: Days, zone: str) -> Work:
    """Minutes on alerts opened in these days, where whoever closed one said how many."""
    since = start_instant(datetime.combine(days.first, time()), zone_named(zone))
    until = start_instant(datetime.combine(days.last + timedelta(days=1), time()), zone_named(zone))
    query = select(func.coalesce(func.sum(Alert.minutes_spent), 0), func.count()).where(
        Alert.site_id == site_id,
        Alert.opened_at >= since,
        Alert.opened_at < until,
        Alert.minutes_spent > 0,
        ~Alert.is_test,
    )
    minutes, alerts = tx.session.execute(query).one()
    return Work(float(minutes or 0), alerts)
