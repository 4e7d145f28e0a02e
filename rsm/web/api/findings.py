"""Surveys and alerts as JSON: what was asked and answered, and what it raised. Read only."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from rsm.alerts import handling
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import FindingView
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.instruments.numbers import numbers_of
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.words import AlertKind, AlertState, Channel, Level, Pin, Reporter, SurveyState
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record
from rsm.security.model import ApiScope
from rsm.web.api.desk import ApiDesk, Needs

router = APIRouter(prefix="/sites/{site_id}")
SurveyReader = Annotated[ApiDesk, Needs(ApiScope.SURVEYS_READ)]
AlertReader = Annotated[ApiDesk, Needs(ApiScope.ALERTS_READ)]


class VersionOut(BaseModel):
    """The exact published version that made something."""

    key: str
    version: str
    hash: str

    @classmethod
    def of(cls, pin: Pin) -> "VersionOut":
        return cls(key=pin.key, version=pin.version, hash=pin.hash)


class AnswerOut(BaseModel):
    """A stored code, or a number as it was given (38.2, in the unit of the question); null when
    there is none, and `status` says why. Missing is not zero. Of several options `picked` are the
    codes, and `value` how many. A date is a count of days since 1970-01-01; words stay here."""

    status: AnswerStatus
    value: int | float | None
    picked: list[int] = []


class ReportOut(BaseModel):
    """A final report: answers by item code."""

    at: datetime
    reporter: Reporter
    channel: Channel
    revision: int
    late: bool
    answers: dict[str, AnswerOut]

    @classmethod
    def of(cls, report: ResponseView, instrument: Instrument) -> "ReportOut":
        given = numbers_of(instrument, report.answers)
        return cls(
            at=report.at,
            reporter=report.reporter,
            channel=report.channel,
            revision=report.revision,
            late=report.late,
            answers={
                code: AnswerOut(
                    status=answer.status,
                    value=given.get(code, answer.value),
                    picked=list(answer.picked),
                )
                for code, answer in report.answers.items()
            },
        )


class SurveyOut(BaseModel):
    """One survey; `report` once it was answered, if it was not set aside."""

    id: UUID
    state: SurveyState
    scheduled: bool
    local_date: date
    opens_at: datetime
    closes_at: datetime
    completed_at: datetime | None
    miss_reason: str | None
    language: str
    instrument: VersionOut
    report: ReportOut | None

    @classmethod
    def of(cls, survey: OccurrenceView, report: ReportOut | None) -> "SurveyOut":
        return cls(
            id=survey.id,
            state=survey.state,
            scheduled=survey.scheduled,
            local_date=survey.local_date,
            opens_at=survey.opens_at,
            closes_at=survey.closes_at,
            completed_at=survey.completed_at,
            miss_reason=survey.miss_reason,
            language=survey.language,
            instrument=VersionOut.of(survey.instrument),
            report=report,
        )


class SurveyList(BaseModel):
    """The newest first."""

    items: list[SurveyOut]


def _plain(value: float) -> int | float:
    """A grade as the whole number that it is."""
    return int(value) if float(value).is_integer() else value


class FindingOut(BaseModel):
    """One rule that one item met."""

    rule: str
    item: str
    level: Level
    previous: int | float | None
    current: int | float

    @classmethod
    def of(cls, found: FindingView) -> "FindingOut":
        return cls(
            rule=found.rule,
            item=found.item,
            level=found.level,
            previous=None if found.previous is None else _plain(found.previous),
            current=_plain(found.current),
        )


class AlertOut(BaseModel):
    """One alert as it stands."""

    id: UUID
    code: str
    kind: AlertKind
    level: Level
    state: AlertState
    patient_id: UUID | None
    survey_id: UUID | None
    opened_at: datetime
    target_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    rule_pack: VersionOut | None
    findings: list[FindingOut]
    is_test: bool

    @classmethod
    def of(cls, alert: AlertView, findings: list[FindingView]) -> "AlertOut":
        return cls(
            id=alert.id,
            code=alert.code,
            kind=alert.kind,
            level=alert.level,
            state=alert.state,
            patient_id=alert.patient_id,
            survey_id=alert.occurrence_id,
            opened_at=alert.opened_at,
            target_at=alert.target_at,
            acknowledged_at=alert.acknowledged_at,
            closed_at=alert.closed_at,
            outcome=alert.outcome,
            rule_pack=VersionOut.of(alert.rule_pack) if alert.rule_pack else None,
            findings=[FindingOut.of(one) for one in findings],
            is_test=alert.is_test,
        )


class AlertList(BaseModel):
    """The worst first (of a site), or the newest first (of a patient)."""

    items: list[AlertOut]


@router.get("/patients/{patient_id}/surveys")
def surveys_of_patient(
    patient_id: UUID, desk: SurveyReader, weeks: Annotated[int, Query(ge=1, le=520)] = 12
) -> SurveyList:
    """A patient's surveys of the last weeks with their answers, the newest first."""
    facts = patients.peek(desk.tx, patient_id)
    found = schedules.recent(desk.tx, patient_id, weeks)
    reports = responses.of_occurrences(desk.tx, [survey.id for survey in found])
    subject = Subject("patient", facts.id, facts.id)
    record(desk.tx, "surveys.read", subject, facts.site_id, count=len(found))
    return SurveyList(
        items=[SurveyOut.of(survey, _shown(desk, reports.get(survey.id))) for survey in found]
    )


def _shown(desk: ApiDesk, report: ResponseView | None) -> ReportOut | None:
    """A final report that was not set aside."""
    if report is None or not report.is_final or report.quarantined_at is not None:
        return None
    return ReportOut.of(report, instruments.load(desk.tx, report.instrument))


@router.get("/patients/{patient_id}/alerts")
def alerts_of_patient(patient_id: UUID, desk: AlertReader) -> AlertList:
    """A patient's alerts, the newest first."""
    patients.peek(desk.tx, patient_id)
    return _list(desk, handling.of_patient(desk.tx, patient_id))


@router.get("/alerts")
def open_alerts(desk: AlertReader) -> AlertList:
    """The site's alerts that are not closed, the worst first."""
    return _list(desk, handling.worklist(desk.tx, desk.site_id))


def _list(desk: ApiDesk, alerts: list[AlertView]) -> AlertList:
    ids = [alert.id for alert in alerts]
    found = handling.findings(desk.tx, ids)
    record(desk.tx, "alerts.listed", Subject("site", desk.site_id), desk.site_id, alerts=ids)
    return AlertList(items=[AlertOut.of(alert, found.get(alert.id, [])) for alert in alerts])
