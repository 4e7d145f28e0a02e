"""How many windows in a row went by without a report: what a rule about silence looks at."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import ScalarSelect, select

from rsm.db.work import Tx
from rsm.kernel.words import SurveyState
from rsm.schedules.model import MissReason
from rsm.schedules.tables import Occurrence

_AT_MOST = 60
_NOT_ASKED = frozenset(
    {
        MissReason.PAUSED,
        MissReason.NOT_ENROLLED,
        MissReason.ENDED,
        MissReason.NOT_ME,
        MissReason.NOT_LIVE,
    }
)


def before(tx: Tx, patient_id: UUID, occurrence_id: UUID) -> int:
    """Windows of the plan, directly before this survey, that nobody answered.

    A report of her own accord ends the row like any other; a window that was not asked (a pause,
    a wrong number) neither counts nor ends it.
    """
    query = (
        select(Occurrence.state, Occurrence.scheduled, Occurrence.miss_reason)
        .where(Occurrence.patient_id == patient_id, Occurrence.opens_at < _opening(occurrence_id))
        .order_by(Occurrence.opens_at.desc(), Occurrence.scheduled, Occurrence.id.desc())
        .limit(_AT_MOST)
    )
    return in_a_row((row[0], row[1], row[2]) for row in tx.session.execute(query))


def in_a_row(windows: Iterable[tuple[SurveyState, bool, str | None]]) -> int:
    """Of these surveys (state, whether the plan asked, why it was missed), the newest first, how
    many were not answered before one that was."""
    count = 0
    for state, scheduled, reason in islice(windows, _AT_MOST):
        if state in {SurveyState.COMPLETED, SurveyState.PARTIAL}:
            break
        count += scheduled and state is SurveyState.MISSED and reason not in _NOT_ASKED
    return count


def _opening(occurrence_id: UUID) -> ScalarSelect[datetime]:
    this = select(Occurrence.opens_at).where(Occurrence.id == occurrence_id)
    return this.scalar_subquery()
