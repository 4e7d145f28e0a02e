"""What is true of each survey, and of whom it asked: how every roll-up reads surveys."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Label,
    ScalarSelect,
    Select,
    Text,
    and_,
    any_,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import CollectionAggregate

from rsm.alerts.tables import Alert, Finding
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.words import Reporter, SurveyState
from rsm.metrics import ledger
from rsm.metrics.dimensions import Dimension
from rsm.metrics.local_days import stretches
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.model import ASKED
from rsm.schedules.tables import Occurrence

_OVER = (SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED)
_READ = (*_OVER, SurveyState.CANCELLED)
_AROUND = timedelta(days=1)  # a local date lies within so much of its day in UTC
COUNTS = ("items_answered", "items_alerting")  # numbers; all other facts hold or do not
# Those that ask what was tried to reach her, which is most of the work.
_OF_ATTEMPTS = frozenset({"sent", "delivered", "completed_delivered", "not_answered", "not_sent"})

Rows = Select[UUID, date, *tuple[Any, ...]]  # patient, day, and what was asked for of each survey

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


def value_of(dimension: Dimension) -> ColumnElement[str]:
    """A patient's value of the dimension; empty is not recorded."""
    return func.coalesce(OF_PATIENT[dimension], literal("", Text()))


def of_patient() -> Iterator[Label[str]]:
    """A column `of_…` for each dimension; empty is not recorded."""
    for dimension in OF_PATIENT:
        yield value_of(dimension).label(f"of_{dimension}")


def of_each(rows: FromClause) -> FromClause:
    """One row for each dimension of each of these rows, which have the columns of `of_patient`."""
    named = values(column("dimension", Text()), column("value", Text()), name="of_each")
    return named.data([(each.value, rows.c[f"of_{each}"]) for each in Dimension]).lateral()


def on(days: Collection[date]) -> ColumnElement[bool]:
    """Surveys of these local dates, by the index of their opening."""
    near = [
        and_(
            Occurrence.opens_at >= datetime.combine(first, time(), UTC) - _AROUND,
            Occurrence.opens_at < datetime.combine(last, time(), UTC) + 2 * _AROUND,
        )
        for first, last in stretches(days)
    ]
    return and_(or_(*near), Occurrence.local_date == any_of_days(days))


def any_of_days(days: Collection[date]) -> CollectionAggregate[bool]:
    """As one array: a statement for any number of them."""
    return any_(literal(list(days), ARRAY(Date())))


def surveys(
    site_id: UUID, *which: ColumnElement[bool], facts: Collection[str], divided: bool = True
) -> Rows:
    """Every survey of the site that is over or called off: its patient and day, these facts, and
    what each dimension has of her where they are to be `divided`.

    A statement that has several uses for one row of it fences it (`once`): PostgreSQL would else
    look each fact up again for each use.
    """
    tried = ledger.attempts()
    report = and_(Response.occurrence_id == Occurrence.id, Response.state == ResponseState.FINAL)
    known = {**how_far(tried), **_by_whom(), **_besides()}
    named = [known[name].label(name) for name in facts]
    columns: list[ColumnElement[Any]] = [*named, *(of_patient() if divided else ())]
    query = (
        select(Occurrence.patient_id, Occurrence.local_date.label("day"), *columns)
        .select_from(Occurrence)
        .join(Patient, Patient.id == Occurrence.patient_id)
    )
    if not _OF_ATTEMPTS.isdisjoint(facts):
        query = query.join(tried, literal(True))
    return query.outerjoin(Response, report).where(
        Occurrence.site_id == site_id,
        *which,
        Occurrence.state.in_(_READ),
        Response.quarantined_at.is_(None),  # a stranger's: as a survey that is called off
        ~Occurrence.is_test,
        ~Patient.is_test,
    )


def once(rows: Rows, name: str) -> CTE:
    """These rows worked out once, however often a statement uses each of them."""
    return rows.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


_STATE = Occurrence.state
_DUE = and_(Occurrence.scheduled.expression, _STATE.in_(_OVER))
_COMPLETED = and_(_DUE, _STATE == SurveyState.COMPLETED)
_REPORTED = _STATE.in_((SurveyState.COMPLETED, SurveyState.PARTIAL))


def how_far(tried: FromClause) -> Mapping[str, ColumnElement[bool]]:
    """Whether a planned survey that is over was sent, begun, finished, or was lost, and where."""
    missed = and_(_DUE, _STATE == SurveyState.MISSED)
    in_time = or_(Occurrence.miss_reason.is_(None), Occurrence.miss_reason.in_(ASKED))
    asked = and_(in_time, ~tried.c.kept_back)
    begun = or_(Occurrence.started_at.is_not(None), _STATE != SurveyState.MISSED)
    return {
        "due": _DUE,
        "called_off": and_(Occurrence.scheduled, _STATE == SurveyState.CANCELLED),
        "sent": and_(_DUE, tried.c.sent),
        "delivered": and_(_DUE, tried.c.delivered),
        "started": and_(_DUE, begun),
        "completed": _COMPLETED,
        "completed_delivered": and_(_COMPLETED, tried.c.delivered),
        "partial": and_(_DUE, _STATE == SurveyState.PARTIAL),
        "not_answered": and_(missed, asked),
        "not_sent": and_(missed, ~asked),
    }


def _by_whom() -> Mapping[str, ColumnElement[bool]]:
    helped = or_(Response.reporter != Reporter.SELF, _taken_down().is_not(None))
    assisted = and_(_COMPLETED, func.coalesce(helped, False))
    relative = func.coalesce(Response.reporter == Reporter.PROXY, False)
    return {
        "by_self": and_(_COMPLETED, ~func.coalesce(helped, False)),
        "assisted": assisted,
        "by_proxy": and_(assisted, relative),
        "by_staff": and_(assisted, ~relative),
        "late": and_(_DUE, func.coalesce(Response.late, False)),
    }


def _besides() -> Mapping[str, ColumnElement[bool] | ColumnElement[int]]:
    """Baseline or later, of her own accord, what it raised; `reported` and `raised` are of every
    report, planned or not."""
    baseline = and_(_DUE, ~earlier())
    alerted = _alerted().is_not(None)
    return {
        "alerting": and_(_DUE, _REPORTED, alerted),
        "baseline_due": baseline,
        "baseline_completed": and_(baseline, _COMPLETED),
        "unscheduled": and_(~Occurrence.scheduled, _REPORTED),
        "reported": _REPORTED,
        "raised": and_(_REPORTED, alerted),
        "items_answered": _answered(),
        "items_alerting": _alerting(),
    }


def _alerted() -> ScalarSelect[UUID]:
    """An alert that it raised. Not as EXISTS: for a thousand surveys PostgreSQL would read every
    alert that there ever was."""
    ours = (Alert.occurrence_id == Occurrence.id, ~Alert.is_test)
    return select(Alert.id).where(*ours).limit(1).correlate(Occurrence).scalar_subquery()


def _answered() -> ColumnElement[int]:
    of_item = func.jsonb_each(Response.answers).table_valued("key", column("value", JSONB))
    each = of_item.alias("each")
    given = each.c.value["status"].astext == AnswerStatus.ANSWERED.value
    count = (
        select(func.count()).select_from(each).where(given, _DUE).correlate(Response, Occurrence)
    )
    return count.scalar_subquery()


def _alerting() -> ColumnElement[int]:
    found = select(func.count(Finding.item.distinct())).join(Alert, Alert.id == Finding.alert_id)
    ours = (Alert.occurrence_id == Occurrence.id, Finding.response_id == Response.id)
    of_item = func.jsonb_extract_path_text(Response.answers, Finding.item, "status")
    given = of_item == AnswerStatus.ANSWERED.value  # no score, no total
    query = found.where(*ours, given, ~Alert.is_test, _DUE)
    return query.correlate(Response, Occurrence).scalar_subquery()


def _taken_down() -> ScalarSelect[UUID | None]:
    """Which member of staff took the report down, as it was sent first: a correction is theirs."""
    first = aliased(Response)
    sent = select(first.recorded_by).where(
        first.occurrence_id == Occurrence.id,
        first.submitted_at.is_not(None),
        first.quarantined_at.is_(None),
    )
    return sent.order_by(first.revision).limit(1).scalar_subquery()


def earlier() -> ColumnElement[bool]:
    """Whether the patient had a planned survey before: of several at once the first by its id."""
    other = aliased(Occurrence)
    return exists().where(
        other.patient_id == Occurrence.patient_id,
        other.scheduled,
        other.state != SurveyState.CANCELLED,
        tuple_(other.opens_at, other.id) < tuple_(Occurrence.opens_at, Occurrence.id),
    )
