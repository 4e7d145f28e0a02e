"""What next month's forecast is made from: the last weeks' counts, and what nurses noted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Integer, Select, Uuid, bindparam, func, or_, select

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant, zone_named
from rsm.metrics.figures import Figure, Together
from rsm.metrics.forecast import WEEKS, Forecast, Week, Work, forecast
from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import divided
from rsm.metrics.tables import PatientCourse


def weeks_of(before: date) -> Days:
    """From which days a forecast is made: the eight weeks before that Monday."""
    return Days(before - timedelta(weeks=WEEKS), before - timedelta(days=1))


def of_site(
    tx: Tx, site_id: UUID, before: date, zone: str, read: Together | None = None
) -> Forecast | None:
    """The next four weeks, from the eight before the Monday `before`; None: too little is known.

    `read`, where somebody reads other figures as well: the weeks of `weeks_of` are among them.
    """
    days = weeks_of(before)
    read = read or Together(tx, site_id, divided(days, Span.WEEK).values())
    surveys, alerts = (read.by(Span.WEEK, days, measure) for measure in ("due", "opened"))
    mondays = [days.first + timedelta(weeks=place) for place in range(WEEKS)]
    *enrolled, active = _enrolled(tx, site_id, mondays)
    weeks = [
        Week(_count(surveys, monday), patients, _count(alerts, monday))
        for monday, patients in zip(mondays, enrolled, strict=True)
    ]
    return forecast(weeks, active, _noted(tx, site_id, days, zone))


def _count(figures: Mapping[date, Figure], monday: date) -> int:
    figure = figures.get(monday)
    return round(figure.part) if figure is not None and figure.part is not None else 0


def _enrolled(tx: Tx, site_id: UUID, mondays: Sequence[date]) -> list[int]:
    """How many patients were enrolled on each Monday, and how many are now: those who are paused as
    well, now as then, since when others were is not known."""
    then, now = [0] * len(mondays), 0
    rows = tx.session.execute(_enrolling(), {"site": site_id, "mondays": list(mondays)})
    for before, until, count in rows:
        now += count if until is None else 0
        for place in range(before, len(mondays) if until is None else until):
            then[place] += count
    return [*then, now]


@cache
def _enrolling() -> Select[int, int, int]:
    """Patients by how many of the Mondays came before their first day, and their last."""
    row = table_of(PatientCourse).c
    mondays = bindparam("mondays", type_=ARRAY(Date()))
    before, until = (
        func.width_bucket(each - 1, mondays, type_=Integer())
        for each in (row.enrolled_on, row.ended_on)
    )
    return (
        select(before.label("before"), until.label("until"), func.count())
        .where(
            row.site_id == bindparam("site", type_=Uuid()),
            row.enrolled_on.is_not(None),
            or_(row.ended_on.is_(None), until > 0),
        )
        .group_by("before", "until")
    )


def _noted(tx: Tx, site_id: UUID, days: Days, zone: str) -> Work:
    """Minutes on alerts opened in these days, where whoever closed one said how many."""
    since = start_instant(datetime.combine(days.first, time()), zone_named(zone))
    until = start_instant(datetime.combine(days.last + timedelta(days=1), time()), zone_named(zone))
    given = {"site": site_id, "since": since, "until": until}
    minutes, alerts = tx.session.execute(_noting(), given).one()
    return Work(float(minutes or 0), alerts)


@cache
def _noting() -> Select[int | None, int]:
    since, until = (bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until"))
    return select(func.coalesce(func.sum(Alert.minutes_spent), 0), func.count()).where(
        Alert.site_id == bindparam("site", type_=Uuid()),
        Alert.opened_at >= since,
        Alert.opened_at < until,
        Alert.minutes_spent > 0,
        ~Alert.is_test,
    )
