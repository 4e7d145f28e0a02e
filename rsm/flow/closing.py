"""A survey ends without having been sent: what was answered of it is kept and judged (P3)."""

from rsm.db.work import Tx
from rsm.flow import going_live, judge, own_words, saying
from rsm.kernel.words import SurveyState
from rsm.messaging import arrivals
from rsm.messaging import service as messaging
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView


def close_as(tx: Tx, survey: OccurrenceView, reason: MissReason) -> OccurrenceView:
    """Answers in part are final as they stand (lesson 67); without any it is missed, and why.

    A report of her own accord without an answer is dropped, since nothing was due.
    """
    waited = messaging.cancel_for_occurrence(tx, survey.id, "closed") > 0
    partial = responses.close_partial(tx, survey)
    if partial is not None:
        ended = schedules.mark(tx, survey.id, SurveyState.PARTIAL)
        judged = judge.judge_or_review(tx, partial)
        own_words.judge_words(tx, partial, judged)
        saying.to_whoever_left(tx, partial, judged)
        return ended
    if not survey.scheduled:
        return schedules.cancel(tx, survey, reason)
    if reason is MissReason.NOT_ANSWERED:
        reason = _why(tx, survey, waited=waited)
    if reason is MissReason.NOT_LIVE:  # nothing was due of a clinic that was not to ask
        return schedules.cancel(tx, survey, reason)
    return schedules.mark(tx, survey.id, SurveyState.MISSED, reason)


def _why(tx: Tx, survey: OccurrenceView, *, waited: bool) -> MissReason:
    """Never asked is not "did not answer"."""
    withheld = going_live.was_withheld(tx, survey)
    if not (waited or withheld) or _was_asked(tx, survey):
        return MissReason.NOT_ANSWERED
    return MissReason.NOT_LIVE if withheld else MissReason.NOT_SENT


def _was_asked(tx: Tx, survey: OccurrenceView) -> bool:
    """Not, when its texts waited to the end: as over a week-end on which the site sends none."""
    seen = survey.first_viewed_at is not None or survey.called
    return seen or survey.id in arrivals.arrived(tx, [survey.id])
