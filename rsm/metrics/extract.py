"""Rows as they stand, patient by patient, for an export: read in a stream, nothing opened.

A batch of patients is asked for at a time, by the index of each table, through a server-side
cursor: what is in memory at once does not grow with the site. Whoever was erased is not there, nor
is anything of hers.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    true,
)

from rsm.alerts.tables import Alert
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.messaging.model import MessageState
from rsm.messaging.tables import Message
from rsm.metrics.model import Days, Period
from rsm.patients.tables import Consent, Patient
from rsm.responses import trail
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence
from rsm.scoring.tables import ScoreSet
from rsm.security import patient_keys
from rsm.tasks.tables import Task

Record = Mapping[str, object]
Query = Select[*tuple[Any, ...]]
# Columns of tables: what is read here is of no object's.
_PATIENT = table_of(Patient).c
_SURVEY = table_of(Occurrence).c
_REPORT = table_of(Response).c
_ALERT = table_of(Alert).c
_MESSAGE = table_of(Message).c
_TASK = table_of(Task).c
_SCORES = table_of(ScoreSet).c
_CONSENT = table_of(Consent).c
_AROUND = timedelta(days=1)  # a local date lies within so much of its day in UTC
AT_ONCE = 500  # rows that a cursor hands over together


@dataclass(frozen=True)
class Span:
    """The days of a site's clock, and the same as instants; `with_tests`: its test patients too."""

    site_id: UUID
    days: Days
    period: Period
    with_tests: bool = False


@dataclass(frozen=True)
class Present:
    """A patient of the export: when her days begin to count, and on whose clock."""

    id: UUID
    enrolled_at: datetime | None
    zone: str


def enrolled(tx: Tx, span: Span) -> int:
    """How many were enrolled at any time in these days."""
    query = select(func.count()).where(
        _PATIENT.site_id == span.site_id,
        _PATIENT.enrolled_at < span.period.until,
        or_(_PATIENT.ended_at.is_(None), _PATIENT.ended_at >= span.period.since),
        patient_keys.is_kept(_PATIENT.id),
    )
    if not span.with_tests:
        query = query.where(~_PATIENT.is_test)
    return tx.session.scalar(query) or 0


def present(tx: Tx, span: Span) -> list[Present]:
    """The patients who were there in these days, or of whom anything happened in them."""
    period = span.period
    happened = or_(
        exists().where(_SURVEY.patient_id == _PATIENT.id, asked(span)),
        exists().where(_ALERT.patient_id == _PATIENT.id, within(_ALERT.opened_at, period)),
        exists().where(_MESSAGE.patient_id == _PATIENT.id, within(_MESSAGE.created_at, period)),
        exists().where(_TASK.patient_id == _PATIENT.id, within(_TASK.opened_at, period)),
    )
    query = select(_PATIENT.id, _PATIENT.enrolled_at, _PATIENT.zone).where(
        _PATIENT.site_id == span.site_id,
        _PATIENT.created_at < period.until,
        or_(_PATIENT.ended_at.is_(None), _PATIENT.ended_at >= period.since, happened),
        patient_keys.is_kept(_PATIENT.id),
    )
    if not span.with_tests:
        query = query.where(~_PATIENT.is_test)
    return [Present(*row) for row in tx.session.execute(query)]


def patients(tx: Tx, ids: Sequence[UUID]) -> Iterator[Record]:
    """Who they are, as far as it is not sealed."""
    consented = exists().where(_CONSENT.patient_id == _PATIENT.id, _CONSENT.given)
    names = (
        *("status", "decline_reason", "end_reason", "language", "interpreter", "channel"),
        *("sex", "ethnicity", "insurance", "rurality", "deprivation", "born_decade"),
        *("worker_id", "is_test", "regimen", "postcode_area", "zone"),
    )
    query = select(
        _PATIENT.id.label("patient_id"),
        *(_PATIENT[name] for name in names),
        _PATIENT.answers_by_text_since.is_not(None).label("answers_by_text"),
        consented.label("consented"),
        _PATIENT.created_at.label("entered"),
        _PATIENT.approached_at.label("approached"),
        _PATIENT.enrolled_at.label("enrolled"),
        _PATIENT.ended_at.label("ended"),
    )
    return stream(tx, query.where(_PATIENT.id.in_(ids)), ids, _PATIENT.id)


def surveys(tx: Tx, span: Span, ids: Sequence[UUID]) -> Iterator[Record]:
    """Every survey whose window opened in these days, and who answered it."""
    query = (
        select(
            _SURVEY.id.label("survey_id"),
            _SURVEY.patient_id,
            *(_SURVEY.state, _SURVEY.miss_reason, _SURVEY.scheduled),
            *(_SURVEY.instrument, _SURVEY.local_date, _SURVEY.is_test),
            *_sending(),
            _SURVEY.opens_at.label("opened"),
            minutes(_SURVEY.opens_at, _SURVEY.closes_at).label("open_minutes"),
            minutes(_SURVEY.opens_at, _REPORT.submitted_at).label("answered_after_minutes"),
            _REPORT.id.label("report_id"),
            _REPORT.answers,
            _REPORT.instrument.label("report_instrument"),
            _REPORT.revision,
            *(_REPORT.reporter, _REPORT.relation, _REPORT.channel, _REPORT.late),
            func.coalesce(_REPORT.language, _SURVEY.language).label("language"),
            *(_REPORT.backfilled, _REPORT.answered_on, _REPORT.submitted_at.label("answered")),
            _REPORT.recorded_by.is_not(None).label("taken_down"),
            _set_aside().label("set_aside"),
        )
        .outerjoin(table_of(Response), reported())
        .where(_SURVEY.patient_id.in_(ids), asked(span))
    )
    return stream(tx, query, ids, _SURVEY.patient_id, _SURVEY.opens_at, _SURVEY.id)


def reported() -> ColumnElement[bool]:
    """The report of a survey that counts: final, and not set aside as somebody else's."""
    return and_(
        _REPORT.occurrence_id == _SURVEY.id,
        _REPORT.state == ResponseState.FINAL,
        _REPORT.quarantined_at.is_(None),
    )


def _set_aside() -> ColumnElement[bool]:
    other = table_of(Response).alias("other").c
    return exists().where(other.occurrence_id == _SURVEY.id, other.quarantined_at.is_not(None))


def _sending() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether any text about a survey left us, and whether any arrived."""
    about = _MESSAGE.occurrence_id == _SURVEY.id
    left = exists().where(
        about, _MESSAGE.handed_over_at.is_not(None), _MESSAGE.patient_id.is_not(None)
    )
    arrived = exists().where(
        about, _MESSAGE.state == MessageState.DELIVERED, _MESSAGE.patient_id.is_not(None)
    )
    return left.label("sent"), arrived.label("delivered")


def instruments(tx: Tx, span: Span) -> list[object]:
    """The pins of everything that was answered in these days."""
    query = (
        select(_REPORT.instrument)
        .distinct()
        .join(table_of(Occurrence), reported())
        .where(_SURVEY.site_id == span.site_id, asked(span))
    )
    return list(tx.session.scalars(query))


def given(tx: Tx, report_ids: Collection[UUID]) -> dict[tuple[object, object], Record]:
    """By survey and item, how the answer that stands was given: of all its revisions the last.

    A structural zero was concluded, and has none.
    """
    of_survey = select(_REPORT.occurrence_id).where(_REPORT.id.in_(report_ids))
    told = trail.given(_REPORT.id)
    query = (
        select(
            _REPORT.occurrence_id.label("survey_id"),
            told.c.item,
            told.c.at.label("given"),
            *(told.c.channel, told.c.reporter, told.c.relation),
            told.c.recorded_by.is_not(None).label("taken_down"),
        )
        .select_from(table_of(Response))
        .join(told, true())
        .where(_REPORT.occurrence_id.in_(of_survey), _REPORT.quarantined_at.is_(None))
        .order_by(told.c.seq)
    )
    rows = tx.session.execute(query).mappings()
    return {(row["survey_id"], row["item"]): cast("Record", row) for row in rows}


def scores(tx: Tx, span: Span, ids: Sequence[UUID]) -> Iterator[Record]:
    """The scores of each report that counts."""
    query = (
        select(
            _SCORES.response_id.label("report_id"),
            _SCORES.patient_id,
            _SURVEY.id.label("survey_id"),
            *(_SCORES.scores, _SCORES.instrument),
        )
        .join(table_of(Response), _REPORT.id == _SCORES.response_id)
        .join(table_of(Occurrence), reported())
        .where(_SCORES.patient_id.in_(ids), asked(span))
    )
    return stream(tx, query, ids, _SCORES.patient_id, _SURVEY.opens_at, _SURVEY.id)


# --- what they have in common ----------------------------------------------------------------


def stream(
    tx: Tx, query: Query, ids: Sequence[UUID] | None, whose: ColumnElement[Any], *then: Any
) -> Iterator[Record]:
    """The rows, patient by patient as `ids` has them: the order of ids of ours tells who came
    first, and is not to be told."""
    order = [func.array_position(literal(list(ids), ARRAY(Uuid())), whose)] if ids else []
    found = tx.session.execute(
        query.order_by(*order, *then), execution_options={"yield_per": AT_ONCE}
    )
    for row in found.mappings():
        yield cast("Record", row)


def asked(span: Span) -> ColumnElement[bool]:
    """A survey of these days, by the date on the patient's clock, as figures count it."""
    asked = _SURVEY.local_date.between(span.days.first, span.days.last)
    return asked if span.with_tests else and_(asked, ~_SURVEY.is_test)


def within(at: ColumnElement[datetime], period: Period) -> ColumnElement[bool]:
    return and_(at >= period.since, at < period.until)


def minutes(begin: ColumnElement[datetime], end: ColumnElement[datetime]) -> ColumnElement[float]:
    """Whole minutes from one instant to another; NULL while one of them has not come."""
    return func.floor(extract("epoch", end - begin) / 60)
