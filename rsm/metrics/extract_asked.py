"""Whom which questionnaire asked in the days of an export, and how many surveys these are."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.kernel.words import Pin, SurveyState
from rsm.metrics.extract import Span, asked, reported
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence
from rsm.security import patient_keys

_SURVEY = table_of(Occurrence).c
_REPORT = table_of(Response).c
_AROUND = timedelta(days=1)  # a local date lies within so much of its day in UTC


@dataclass(frozen=True)
class Asked:
    """That a patient was asked by this questionnaire, and whether she ever answered it."""

    patient_id: UUID
    instrument: Pin
    answered: bool


def asked_of(tx: Tx, span: Span) -> list[Asked]:
    """Whom which questionnaire asked in these days; whoever was erased is left out."""
    answered = func.bool_or(_REPORT.id.is_not(None))
    query = (
        select(_SURVEY.patient_id, _SURVEY.instrument, answered)
        .outerjoin(table_of(Response), reported())
        .where(
            _SURVEY.site_id == span.site_id,
            _SURVEY.opens_at >= span.period.since - _AROUND,
            _SURVEY.opens_at < span.period.until + _AROUND,
            _SURVEY.state != SurveyState.CANCELLED,
            asked(span),
            patient_keys.is_kept(_SURVEY.patient_id),
        )
        .group_by(_SURVEY.patient_id, _SURVEY.instrument)
    )
    return [Asked(who, Pin.of(pin), is_one) for who, pin, is_one in tx.session.execute(query)]


def has_more(tx: Tx, span: Span, count: int) -> bool:
    """Whether more surveys than these were asked in these days; counts no further."""
    some = select(_SURVEY.id).where(
        _SURVEY.site_id == span.site_id,
        _SURVEY.opens_at >= span.period.since - _AROUND,
        _SURVEY.opens_at < span.period.until + _AROUND,
        asked(span),
    )
    found = tx.session.scalar(select(func.count()).select_from(some.limit(count + 1).subquery()))
    return (found or 0) > count
