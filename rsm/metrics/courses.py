"""How long patients go on reporting: retention by Kaplan-Meier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from uuid import UUID

from sqlalchemy import Date, bindparam, func, literal, or_, select

from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.metrics.dimensions import Dimension
from rsm.metrics.grave_events import SILENT_DAYS
from rsm.metrics.model import Days
from rsm.metrics.pieces import Bucket, gathered
from rsm.metrics.statistics.intervals import Interval, wilson
from rsm.metrics.statistics.survival import Seen, Step, kaplan_meier
from rsm.metrics.sums import SITE, Asked, Query, piece_of, within
from rsm.metrics.survey_facts import value_of
from rsm.metrics.tables import PatientCourse
from rsm.patients.model import EndReason, PatientStatus
from rsm.patients.tables import Patient

_NO_LOSS = (
    EndReason.DEATH,
    EndReason.HOSPICE,
    EndReason.MOVED_AWAY,
    EndReason.TREATMENT_STOPPED,
)


def retention(tx: Tx, site_id: UUID, enrolled: Days) -> tuple[Step, ...]:
    """Kaplan-Meier of weeks from enrolment to the last report, of those enrolled in these days.

    Whoever reports still (within 28 days, or is paused), or did to her end by death, hospice, move
    or end of treatment, is censored at her last report. Whoever never reported left at week 0.
    """
    return kaplan_meier(seen(tx, Asked(site_id, (enrolled,))).get(("", 0), ()))


def seen(tx: Tx, asked: Asked) -> Mapping[Bucket, Sequence[Seen]]:
    """For how many whole weeks each patient reported, and whether she stopped of herself."""
    found: dict[tuple[str, int], list[Seen]] = {}
    rows = asked.rows(tx, _query(asked.dimension), today=tx.now.date())
    for value, piece, weeks, gone, count in rows:
        found.setdefault((value, piece), []).extend(repeat(Seen(weeks, gone), count))
    return {
        bucket: [one for each in some for one in each]
        for bucket, some in gathered(asked.cut, found)
    }


@cache
def _query(dimension: Dimension) -> Query:
    row = table_of(PatientCourse).c
    last = func.coalesce(row.last_report_on, row.enrolled_on)
    until = func.coalesce(row.ended_on, bindparam("today", type_=Date()))
    lately = until - last <= SILENT_DAYS
    stays = or_(row.ended_on.is_(None), row.end_reason.in_(_NO_LOSS))
    stopped = ~or_(row.status == PatientStatus.PAUSED, lately & stays)
    divided = dimension is not Dimension.ALL
    return (
        select(
            (value_of(dimension) if divided else literal("")).label("value"),
            piece_of(row.enrolled_on).label("piece"),
            func.greatest((last - row.enrolled_on) / 7, 0).label("weeks"),
            stopped.label("stopped"),
            func.count(),
        )
        .where(
            row.site_id == SITE,
            within(row.enrolled_on),
            *((Patient.id == row.patient_id,) if divided else ()),
        )
        .group_by("value", "piece", "weeks", "stopped")
    )


@dataclass(frozen=True)
class StillThere:
    """How many are still reporting at a week, as the curve has it."""

    share: float
    interval: Interval


def still_there(people: Sequence[Seen], weeks: Iterable[int]) -> dict[int, StillThere | None]:
    """At each of these weeks; None where nobody was seen for so long and some may be there still.

    Whose last report came in that week or later is still there.
    """
    steps, longest = kaplan_meier(people), max((one.time for one in people), default=-1)
    return {week: _at(week, steps, len(people), longest) for week in weeks}


def _at(week: int, steps: Sequence[Step], people: int, longest: float) -> StillThere | None:
    before = [step for step in steps if step.time < week]
    if before and (before[-1].share == 0 or longest >= week):
        return StillThere(before[-1].share, before[-1].interval)
    return StillThere(1.0, wilson(people, people)) if longest >= week else None
