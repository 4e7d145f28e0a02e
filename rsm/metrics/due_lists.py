"""Whose measure is due, patient by patient, for whoever looks after them.

A list for work and no figure, but like every figure it leaves test patients out. Of the site's
patients only hers are read, and of theirs only the last weeks; of whoever was not asked in these,
back to when she was. All of them are looked at before the list is cut: whose measure is overdue
longest stands on it, whenever she was entered.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from rsm.db.work import Tx
from rsm.kernel.words import SurveyState
from rsm.metrics.due_lists_decide import (
    LONGEST,
    LOOKS_BACK,
    Asked,
    DueRow,
    DueState,
    Followed,
    line,
    most_urgent,
)
from rsm.metrics.grave_events import any_of
from rsm.metrics.survey_facts import earlier
from rsm.patients import workers
from rsm.patients.model import PatientStatus
from rsm.patients.tables import Patient
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from rsm.schedules.tables import Occurrence, PlanAssignment

AT_MOST = 200  # lines: nobody works off more in a day
_TOGETHER = 500  # patients whose surveys are in memory at once


@dataclass(frozen=True)
class DueList:
    """A worker's lines in the order in which to work them, the most urgent if there are many.

    `patients` is how many she has who take part, `counts` how many lines there are of each state,
    and `more` how many of these are not in `rows`.
    """

    rows: tuple[DueRow, ...]
    patients: int
    counts: Mapping[DueState, int]

    @property
    def more(self) -> int:
        return sum(self.counts.values()) - len(self.rows)


def of_worker(tx: Tx, site_id: UUID, worker: UUID) -> DueList:
    """Of the patients whom this member of staff looks after."""
    return _list(tx, site_id, Patient.worker_id == worker)


def of_nobody(tx: Tx, site_id: UUID) -> DueList:
    """Of the patients whom nobody looks after, or somebody who has left."""
    return _list(tx, site_id, nobodys(tx, site_id))


def nobodys(tx: Tx, site_id: UUID) -> ColumnElement[bool]:
    """Whether nobody who works at the site looks after the patient."""
    here = list(workers.active(tx, site_id))
    return or_(Patient.worker_id.is_(None), Patient.worker_id.not_in(here))


def _list(tx: Tx, site_id: UUID, whose: ColumnElement[bool]) -> DueList:
    followed = _followed(tx, site_id, whose)
    parts = (followed[at : at + _TOGETHER] for at in range(0, len(followed), _TOGETHER))
    rows = [row for part in parts for row in _lines(tx, site_id, part)]
    found = Counter(row.state for row in rows)
    counts = {state: found[state] for state in DueState}
    return DueList(most_urgent(rows, AT_MOST), len(followed), counts)


def _lines(tx: Tx, site_id: UUID, followed: Sequence[Followed]) -> Iterator[DueRow]:
    surveys = _surveys(tx, site_id, [one.patient_id for one in followed], LOOKS_BACK)
    seldom = [one.patient_id for one in followed if one.goes_on and not _planned(one, surveys)]
    surveys |= _surveys(tx, site_id, seldom, LONGEST)
    for one in followed:
        row = line(one, surveys.get(one.patient_id, ()), tx.now)
        if row is not None:
            yield row


def _followed(tx: Tx, site_id: UUID, whose: ColumnElement[bool]) -> list[Followed]:
    plan = and_(PlanAssignment.patient_id == Patient.id, PlanAssignment.active)
    before = exists().where(
        Occurrence.patient_id == Patient.id,
        Occurrence.scheduled,
        Occurrence.state != SurveyState.CANCELLED,
    )
    query = (
        select(Patient.id, PlanAssignment.next_at, PlanAssignment.next_key, before)
        .outerjoin(PlanAssignment, plan)
        .where(
            Patient.site_id == site_id,
            whose,
            Patient.status == PatientStatus.ENROLLED,
            ~Patient.is_test,
        )
    )
    return [
        Followed(patient_id, next_at if key else None, waits=key == "", begun=begun)
        for patient_id, next_at, key, begun in tx.session.execute(query)
    ]


def _planned(one: Followed, surveys: Mapping[UUID, Sequence[Asked]]) -> bool:
    return any(each.scheduled for each in surveys.get(one.patient_id, ()))


def _surveys(
    tx: Tx, site_id: UUID, patient_ids: Collection[UUID], far: timedelta
) -> dict[UUID, Sequence[Asked]]:
    """What these patients were asked so far back, by patient."""
    if not patient_ids:
        return {}
    report = and_(
        Response.occurrence_id == Occurrence.id,
        Response.state == ResponseState.FINAL,
        Response.quarantined_at.is_(None),
    )
    query = (
        select(
            Occurrence.patient_id,
            Occurrence.opens_at,
            Occurrence.closes_at,
            Occurrence.state,
            Occurrence.scheduled,
            Occurrence.miss_reason,
            and_(Occurrence.scheduled, ~earlier()),
            func.coalesce(Response.late, False),
            Occurrence.completed_at,
        )
        .outerjoin(Response, report)
        .where(
            Occurrence.site_id == site_id,
            Occurrence.patient_id == any_of(patient_ids),
            Occurrence.opens_at >= tx.now - far,
            Occurrence.opens_at <= tx.now,
            Occurrence.state != SurveyState.CANCELLED,
        )
        .order_by(Occurrence.patient_id, Occurrence.opens_at)
    )
    rows = [Asked(*row) for row in tx.session.execute(query)]
    return {who: list(each) for who, each in groupby(rows, key=lambda one: one.patient_id)}
