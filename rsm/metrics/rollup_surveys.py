"""Days of surveys, worked out from the surveys themselves: one statement for any number of days."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Label,
    ScalarSelect,
    Select,
    Subquery,
    Text,
    and_,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from sqlalchemy.orm import aliased

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Reporter, SurveyState
from rsm.metrics import ledger
from rsm.metrics.dimensions import Dimension
from rsm.metrics.tables import SurveyDay
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence

_OVER = (SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED)
_NOT_ANSWERED = "not_answered"
_AROUND = timedelta(days=1)  # a local date lies within so much of its day in UTC

# What each dimension has of a patient; NULL is not recorded.
OF_PATIENT: Mapping[Dimension, ColumnElement[str]] = MappingProxyType(
    {
        Dimension.ALL: literal("", Text()),
        Dimension.AGE: cast(Patient.born_decade, Text()),
        Dimension.SEX: cast(Patient.sex, Text()),
        Dimension.ETHNICITY: cast(Patient.ethnicity, Text()),
        Dimension.LANGUAGE: cast(Patient.language, Text()),
        Dimension.CHANNEL: cast(Patient.channel, Text()),
        Dimension.INSURANCE: cast(Patient.insurance, Text()),
        Dimension.RURALITY: cast(Patient.rurality, Text()),
        Dimension.DEPRIVATION: cast(Patient.deprivation, Text()),
        Dimension.WORKER: cast(Patient.worker_id, Text()),
    }
)


def of_patient() -> Iterator[Label[str]]:
    """A column `of_…` for each dimension; empty is not recorded."""
    for dimension, each in OF_PATIENT.items():
        yield func.coalesce(each, literal("", Text())).label(f"of_{dimension}")


def work_out(tx: Tx, site_id: UUID, days: Collection[date]) -> None:
    """Make these days of the site anew."""
    table = table_of(SurveyDay)
    tx.session.execute(delete(table).where(table.c.site_id == site_id, table.c.day.in_(days)))
    made = by_day(site_id, days)
    tx.session.execute(insert(table).from_select(list(made.selected_columns.keys()), made))


def by_day(site_id: UUID, days: Collection[date]) -> Select[tuple[object, ...]]:
    """The rows of these days as they are to be."""
    surveys = _surveys(site_id, days)
    of_each = _dimensions(surveys)
    key = {
        "site_id": literal(site_id),
        "dimension": of_each.c.dimension,
        "value": of_each.c.value,
        "day": surveys.c.day,
    }
    counts = [each.name for each in table_of(SurveyDay).c if each.name not in key]
    return (
        select(
            *(each.label(name) for name, each in key.items()),
            *(func.count().filter(surveys.c[name]).label(name) for name in counts),
        )
        .select_from(surveys.join(of_each, literal(True)))
        .group_by(of_each.c.dimension, of_each.c.value, surveys.c.day)
    )


def _dimensions(surveys: Subquery) -> FromClause:
    """One row for each dimension of each survey."""
    named = values(column("dimension", Text()), column("value", Text()), name="of_each")
    return named.data([(each.value, surveys.c[f"of_{each}"]) for each in Dimension]).lateral()


def _surveys(site_id: UUID, days: Collection[date]) -> Subquery:
    """Every survey of these days that is over, what is true of it, and of whom it asked."""
    tried = ledger.attempts()
    report = and_(Response.occurrence_id == Occurrence.id, Response.state == ResponseState.FINAL)
    first = datetime.combine(min(days), time(), UTC) - _AROUND
    last = datetime.combine(max(days), time(), UTC) + 2 * _AROUND
    query = (
        select(
            Occurrence.local_date.label("day"),
            *(each.label(name) for name, each in _facts(tried).items()),
            *of_patient(),
        )
        .select_from(Occurrence)
        .join(Patient, Patient.id == Occurrence.patient_id)
        .join(tried, literal(True))
        .outerjoin(Response, report)
        .where(
            Occurrence.site_id == site_id,
            Occurrence.opens_at >= first,
            Occurrence.opens_at < last,
            Occurrence.local_date.in_(days),
            Occurrence.state.in_(_OVER),
            Response.quarantined_at.is_(None),  # a stranger's: as a survey that is called off
            ~Occurrence.is_test,
            ~Patient.is_test,
        )
    )
    return query.subquery("surveys")


def _facts(tried: FromClause) -> Mapping[str, ColumnElement[bool]]:
    """What is true of a survey that is over, by the columns of `SurveyDay` that count it."""
    due, state = Occurrence.scheduled.expression, Occurrence.state
    completed = and_(due, state == SurveyState.COMPLETED)
    partial, missed = (
        and_(due, state == SurveyState.PARTIAL),
        and_(due, state == SurveyState.MISSED),
    )
    in_time = or_(Occurrence.miss_reason.is_(None), Occurrence.miss_reason == _NOT_ANSWERED)
    asked = and_(in_time, ~tried.c.kept_back)
    helped = or_(Response.reporter != Reporter.SELF, _taken_down().is_not(None))
    baseline = and_(due, ~_earlier())
    alerted = exists().where(Alert.occurrence_id == Occurrence.id, ~Alert.is_test)
    return {
        "due": due,
        "sent": and_(due, tried.c.sent),
        "delivered": and_(due, tried.c.delivered),
        "started": and_(due, or_(Occurrence.started_at.is_not(None), state != SurveyState.MISSED)),
        "completed": completed,
        "completed_delivered": and_(completed, tried.c.delivered),
        "by_self": and_(completed, ~func.coalesce(helped, False)),
        "assisted": and_(completed, func.coalesce(helped, False)),
        "late": and_(due, func.coalesce(Response.late, False)),
        "partial": partial,
        "not_answered": and_(missed, asked),
        "not_sent": and_(missed, ~asked),
        "alerting": and_(due, alerted),
        "baseline_due": baseline,
        "baseline_completed": and_(baseline, completed),
        "unscheduled": and_(~due, state != SurveyState.MISSED),
    }


def _taken_down() -> ScalarSelect[UUID | None]:
    """Which member of staff took the report down, as it was sent first: a correction is theirs."""
    first = aliased(Response)
    sent = select(first.recorded_by).where(
        first.occurrence_id == Occurrence.id,
        first.submitted_at.is_not(None),
        first.quarantined_at.is_(None),
    )
    return sent.order_by(first.revision).limit(1).scalar_subquery()


def _earlier() -> ColumnElement[bool]:
    """Whether the patient had a planned survey before: of several at once the first by its id."""
    other = aliased(Occurrence)
    return exists().where(
        other.patient_id == Occurrence.patient_id,
        other.scheduled,
        other.state != SurveyState.CANCELLED,
        tuple_(other.opens_at, other.id) < tuple_(Occurrence.opens_at, Occurrence.id),
    )
