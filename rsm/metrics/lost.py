"""Who stands behind each loss of a site's funnel: ids and reasons, a bounded page at a time.

What a loss is, is said by `definitions`; how many there are, is read from roll-ups (`figures`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Text,
    Uuid,
    and_,
    column,
    func,
    literal,
    select,
    table,
    tuple_,
)
from sqlalchemy.sql.selectable import LateralFromClause

from rsm.db.work import Tx
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import SurveyState
from rsm.metrics import ledger
from rsm.metrics.model import Days
from rsm.metrics.survey_facts import how_far
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.model import ASKED
from rsm.schedules.tables import Occurrence

PAGE = 100
_OVER = (SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED)
_AROUND = timedelta(days=1)  # a local date lies within so much of its day in UTC
_WHY = table(
    "contact_attempt",
    column("id", Uuid()),
    column("occurrence_id", Uuid()),
    column("channel", Text()),
    column("state", Text()),
    column("reason", Text()),
)


class Loss(StrEnum):
    """Where the funnel loses somebody: before she is asked at all, then survey by survey."""

    NOT_APPROACHED = "not_approached"
    DECLINED = "declined"
    NOT_ENROLLED = "not_enrolled"  # approached, and neither enrolled nor declined yet
    NOT_SENT = "not_sent"
    NOT_DELIVERED = "not_delivered"
    NOT_ANSWERED = "not_answered"
    PARTIAL = "partial"

    @property
    def of_patients(self) -> bool:
        """Whether patients are lost there, rather than single surveys of theirs."""
        return self in {Loss.NOT_APPROACHED, Loss.DECLINED, Loss.NOT_ENROLLED}


@dataclass(frozen=True)
class After:
    """Where a page goes on: after this row, which is `at` that instant."""

    at: datetime
    id: UUID


@dataclass(frozen=True)
class Lost:
    """One loss: a survey of a patient by its window's day, or a patient by the day of her entry.

    `reason` is a code, or empty where none is on record.
    """

    id: UUID
    patient_id: UUID
    on: date
    at: datetime
    reason: str = ""

    @property
    def place(self) -> After:
        return After(self.at, self.id)


@dataclass(frozen=True)
class Asked:
    """Which loss, in which days; `zone` is the site's, on whose clock patients are entered."""

    loss: Loss
    days: Days
    zone: str
    after: After | None = None


def lost(tx: Tx, site_id: UUID, asked: Asked) -> tuple[list[Lost], After | None]:
    """The newest first, at most a page of them, and where the next page begins.

    Test patients are left out.
    """
    query = _patients if asked.loss.of_patients else _surveys
    found = query(tx, site_id, asked)
    shown = found[:PAGE]
    return shown, shown[-1].place if len(found) > PAGE else None


_OF_PATIENT: Mapping[Loss, ColumnElement[bool]] = MappingProxyType(
    {
        Loss.NOT_APPROACHED: Patient.status == PatientStatus.ELIGIBLE,
        Loss.DECLINED: Patient.status == PatientStatus.DECLINED,
        Loss.NOT_ENROLLED: Patient.status == PatientStatus.APPROACHED,
    }
)


def _patients(tx: Tx, site_id: UUID, asked: Asked) -> list[Lost]:
    zone = zone_named(asked.zone)
    since = start_instant(datetime.combine(asked.days.first, time()), zone)
    until = start_instant(datetime.combine(asked.days.last + timedelta(days=1), time()), zone)
    query = select(Patient.id, Patient.created_at, Patient.decline_reason).where(
        Patient.site_id == site_id,
        ~Patient.is_test,
        Patient.created_at >= since,
        Patient.created_at < until,
        _OF_PATIENT[asked.loss],
    )
    if asked.after is not None:
        place = tuple_(asked.after.at, asked.after.id)
        query = query.where(tuple_(Patient.created_at, Patient.id) < place)
    query = query.order_by(Patient.created_at.desc(), Patient.id.desc()).limit(PAGE + 1)
    return [
        Lost(id_, id_, at.astimezone(zone).date(), at, str(reason) if reason else "")
        for id_, at, reason in tx.session.execute(query)
    ]


def _surveys(tx: Tx, site_id: UUID, asked: Asked) -> list[Lost]:
    tried = ledger.attempts()
    report = and_(Response.occurrence_id == Occurrence.id, Response.state == ResponseState.FINAL)
    key = (Occurrence.opens_at, Occurrence.id)
    query = (
        select(
            Occurrence.id,
            Occurrence.patient_id,
            Occurrence.local_date,
            Occurrence.opens_at,
            Occurrence.miss_reason,
            _last_try().label("last_try"),
        )
        .join(Patient, Patient.id == Occurrence.patient_id)
        .join(tried, literal(True))
        .outerjoin(Response, report)
        .where(*_within(site_id, asked.days), ~Patient.is_test, Response.quarantined_at.is_(None))
        .where(_of_survey(asked.loss, tried))
    )
    if asked.after is not None:
        query = query.where(tuple_(*key) < tuple_(asked.after.at, asked.after.id))
    query = query.order_by(*(each.desc() for each in key)).limit(PAGE + 1)
    return [
        Lost(id_, patient, on, at, _reason(asked.loss, missed, tried_last))
        for id_, patient, on, at, missed, tried_last in tx.session.execute(query)
    ]


def _within(site_id: UUID, days: Days) -> list[ColumnElement[bool]]:
    return [
        Occurrence.site_id == site_id,
        Occurrence.opens_at >= datetime.combine(days.first, time(), UTC) - _AROUND,
        Occurrence.opens_at < datetime.combine(days.last, time(), UTC) + 2 * _AROUND,
        Occurrence.local_date.between(days.first, days.last),
        Occurrence.state.in_(_OVER),
        Occurrence.scheduled.expression,
        ~Occurrence.is_test.expression,
    ]


def _of_survey(loss: Loss, tried: LateralFromClause) -> ColumnElement[bool]:
    """The very facts that roll-ups count."""
    facts = how_far(tried)
    if loss is Loss.NOT_DELIVERED:
        return and_(facts["sent"], ~facts["delivered"])
    return facts[loss.value]


def _last_try() -> ScalarSelect[str]:
    """What became of the last text: its reason where it has one, else its state."""
    written = and_(_WHY.c.occurrence_id == Occurrence.id, _WHY.c.channel != "staff")
    query = (
        select(func.coalesce(_WHY.c.reason, _WHY.c.state))
        .where(written)
        .order_by(_WHY.c.id.desc())
        .limit(1)
    )
    return query.scalar_subquery()


def _reason(loss: Loss, missed: str | None, tried_last: str | None) -> str:
    match loss:
        case Loss.NOT_SENT:
            kept_back = missed is None or missed in ASKED
            return (tried_last or "") if kept_back else str(missed)
        case Loss.NOT_DELIVERED:
            return tried_last or ""
        case _:
            return ""
