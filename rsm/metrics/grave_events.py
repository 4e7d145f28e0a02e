"""What a patient's reports might have warned of, and whether she had been silent before it."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    Subquery,
    Uuid,
    any_,
    cast,
    exists,
    func,
    literal,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import CollectionAggregate

from rsm.alerts.model import AlertAction
from rsm.alerts.tables import Alert, AlertEvent
from rsm.kernel.words import AlertEventKind
from rsm.patients.model import EndReason, PauseReason
from rsm.patients.tables import Patient, Pause
from rsm.sites.tables import Site

SILENT_DAYS = 28
_Instant = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
_ENDS = (EndReason.DEATH, EndReason.HOSPICE)
_ACTIONS = (AlertAction.EMERGENCY_DEPARTMENT.value, AlertAction.ADMISSION.value)


def grave_events(rows: CTE, patients: Collection[UUID]) -> Subquery:
    """By patient: the days of her events (`all_of_them`), and those that were `silent`: without a
    report in the 28 days to the event, its own day included. `rows` are her surveys."""
    each = _each(patients)
    heard = exists().where(
        rows.c.patient_id == each.c.patient_id,
        rows.c.reported,
        rows.c.day.between(each.c.on - (SILENT_DAYS - 1), each.c.on),
    )
    query = select(
        each.c.patient_id,
        func.array_agg(each.c.on).label("all_of_them"),
        func.array_agg(each.c.on).filter(~heard).label("silent"),
    )
    return query.group_by(each.c.patient_id).subquery("events")


def _each(patients: Collection[UUID]) -> Subquery:
    """One row for each patient and day on which something happened."""
    hers = Patient.id == any_of(patients)
    ends = select(Patient.id.label("patient_id"), local_day(Patient.ended_at).label("on"))
    stays = select(Patient.id, local_day(Pause.started_at)).join(
        Pause, Pause.patient_id == Patient.id
    )
    acts = (
        select(Patient.id, local_day(AlertEvent.at))
        .join(Alert, Alert.patient_id == Patient.id)
        .join(AlertEvent, AlertEvent.alert_id == Alert.id)
    )
    kinds = (AlertEventKind.ACTION, AlertEventKind.CLOSED)
    at_site = Site.id == Patient.site_id
    return union(
        ends.join(Site, at_site).where(hers, Patient.end_reason.in_(_ENDS)),
        stays.join(Site, at_site).where(hers, Pause.reason == PauseReason.INPATIENT),
        acts.join(Site, at_site).where(
            hers, ~Alert.is_test, AlertEvent.kind.in_(kinds), AlertEvent.code.in_(_ACTIONS)
        ),
    ).subquery("each_event")


def local_day(instant: _Instant) -> ColumnElement[date]:
    """Its day on the site's clock."""
    return cast(func.timezone(Site.zone, instant), Date())


def any_of(ids: Collection[UUID]) -> CollectionAggregate[bool]:
    """As one array: thousands of them are no thousand parameters."""
    return any_(literal(list(ids), ARRAY(Uuid())))
