"""A survey ends without having been sent: what was answered of it is kept and judged (P3)."""

from rsm.db.work import Tx
from rsm.flow import judge
from rsm.kernel.words import SurveyState
from rsm.messaging import service as messaging
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView


def close_as(tx: Tx, survey: OccurrenceView, reason: MissReason) -> OccurrenceView:
    """Answers in part are final as they stand (lesson 67); without any it is missed, and why.

    A report of her own accord without an answer is dropped, since nothing was due.
    """
    messaging.cancel_for_occurrence(tx, survey.id, "closed")
    partial = responses.close_partial(tx, survey)
    if partial is not None:
        ended = schedules.mark(tx, survey.id, SurveyState.PARTIAL)
        judge.judge_or_review(tx, partial)
        return ended
    if survey.scheduled:
        return schedules.mark(tx, survey.id, SurveyState.MISSED, reason)
    return schedules.cancel(tx, survey, reason)
