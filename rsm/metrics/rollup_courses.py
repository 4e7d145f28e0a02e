"""Courses of patients, worked out from their surveys, messages and alerts, for some at once."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.metrics.grave_events import any_of, grave_events, local_day
from rsm.metrics.ledger import ATTEMPT, SENT, SPOKEN_TO
from rsm.metrics.model import Span
from rsm.metrics.survey_facts import once, surveys
from rsm.metrics.tables import PatientCourse
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.schedules.tables import Occurrence
from rsm.sites.tables import Site

_NONE = cast(array([]), ARRAY(Date()))
_SUMS = ("due", "sent", "delivered", "completed")
_LATER = ("later_due", "later_completed")
_FACTS = (*_SUMS, "baseline_due", "baseline_completed", "reported")


def work_out(tx: Tx, site_id: UUID, patients: Collection[UUID]) -> None:
    """Make the courses of these patients of the site anew; one who is gone has none."""
    table = table_of(PatientCourse)
    tx.session.execute(delete(table).where(table.c.patient_id == any_of(patients)))
    made = of_some(site_id, patients)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def of_some(site_id: UUID, patients: Collection[UUID]) -> Select[Any]:
    """The rows of these patients as they are to be."""
    hers = Occurrence.patient_id == any_of(patients)
    rows = once(surveys(site_id, hers, facts=_FACTS, divided=False), "rows")
    reports = _reports(rows)
    weeks, months = (_spans(rows, span) for span in Span)
    events = grave_events(rows, patients)
    sums = [func.coalesce(reports.c[name], 0).label(name) for name in (*_SUMS, *_LATER)]
    return (
        select(
            Patient.id.label("patient_id"),
            Patient.site_id,
            Patient.status,
            local_day(Patient.created_at).label("entered_on"),
            _approached().label("approached"),
            or_(_asked(), reports.c.first_report_on.is_not(None)).label("asked"),
            local_day(Patient.enrolled_at).label("enrolled_on"),
            local_day(Patient.ended_at).label("ended_on"),
            Patient.end_reason,
            reports.c.first_report_on,
            reports.c.last_report_on,
            func.coalesce(reports.c.baseline_completed, False).label("baseline_completed"),
            *sums,
            *(
                func.coalesce(each.c[name], 0).label(f"{each.name}_{name}")
                for each in (weeks, months)
                for name in ("due", "answered")
            ),
            _alerts().label("alerts"),
            func.coalesce(events.c.all_of_them, _NONE).label("events"),
            func.coalesce(events.c.silent, _NONE).label("silent_events"),
        )
        .join(Site, Site.id == Patient.site_id)
        .outerjoin(reports, reports.c.patient_id == Patient.id)
        .outerjoin(weeks, weeks.c.patient_id == Patient.id)
        .outerjoin(months, months.c.patient_id == Patient.id)
        .outerjoin(events, events.c.patient_id == Patient.id)
        .where(Patient.site_id == site_id, Patient.id == any_of(patients), ~Patient.is_test)
    )


def _reports(rows: CTE) -> Subquery:
    """By patient: how many of each, and the first and the last day of a report."""
    later = and_(rows.c.due, ~rows.c.baseline_due)
    reported = rows.c.day
    query = select(
        rows.c.patient_id,
        *(func.count().filter(rows.c[name]).label(name) for name in _SUMS),
        func.count().filter(later).label("later_due"),
        func.count().filter(later, rows.c.completed).label("later_completed"),
        func.bool_or(rows.c.baseline_completed).label("baseline_completed"),
        func.min(reported).filter(rows.c.reported).label("first_report_on"),
        func.max(reported).filter(rows.c.reported).label("last_report_on"),
    )
    return query.group_by(rows.c.patient_id).subquery("reports")


def _spans(rows: CTE, span: Span) -> Subquery:
    """By patient: weeks or months with a survey due, and those of them with a report."""
    begins = func.date_trunc(span.value, rows.c.day)
    each = (
        select(rows.c.patient_id, func.bool_or(rows.c.reported).label("answered"))
        .group_by(rows.c.patient_id, begins)
        .having(func.bool_or(rows.c.due))
        .subquery(f"each_{span}")
    )
    query = select(
        each.c.patient_id,
        func.count().label("due"),
        func.count().filter(each.c.answered).label("answered"),
    )
    return query.group_by(each.c.patient_id).subquery(f"{span}s")


def _approached() -> ColumnElement[bool]:
    said = Patient.status.not_in((PatientStatus.ELIGIBLE, PatientStatus.APPROACHED))
    return or_(Patient.approached_at.is_not(None), Patient.status == PatientStatus.APPROACHED, said)


def _asked() -> ColumnElement[bool]:
    """Whether a survey left for her, or somebody spoke to her about one."""
    tried = (ATTEMPT.c.patient_id == Patient.id, ATTEMPT.c.occurrence_id.is_not(None))
    return exists().where(*tried, ~ATTEMPT.c.is_test, or_(SENT, SPOKEN_TO))


def _alerts() -> ScalarSelect[int]:
    theirs = (Alert.patient_id == Patient.id, ~Alert.is_test)
    return select(func.count()).select_from(Alert).where(*theirs).scalar_subquery()
