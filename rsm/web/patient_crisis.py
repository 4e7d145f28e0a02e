"""What is said at once, above everything else: the crisis line (PHQ-9, item 9), and whom to call
when an answer meets an emergency rule, from the moment that it is given.

It stands on the page that follows the answer, whatever the browser keeps, and on every later page
of whoever gave it: another who opens the link learns nothing by it.
"""

import logging

from rsm.alerts import service as alerts
from rsm.alerts.crisis import crisis_items
from rsm.alerts.specs import spec_of
from rsm.flow import advice
from rsm.flow.outcome import Outcome, crisis_line, outcome_for
from rsm.kernel.words import Channel, Level
from rsm.web.patient_visit import Visit

_LOG = logging.getLogger(__name__)


def look_at(visit: Visit, saved: str | None = None) -> bool:
    """Put it on this visit's pages if it is due, and say whether it is.

    `saved` is the item that this request has answered. No statement is needed for the line where
    the survey asks nothing of the kind, or it was answered with 0.
    """
    try:
        with visit.tx.savepoint():
            given = _given(visit)
            if given and (saved in given or not given.isdisjoint(visit.shown())):
                _show(visit)
            else:
                _call_now(visit, saved)
    except Exception as error:  # noqa: BLE001  # the answer is stored: the survey goes on
        _LOG.error("%s", type(error).__name__, extra={"action": "crisis.failed"})
    return bool(visit.crisis or visit.call_now)


def _call_now(visit: Visit, saved: str | None) -> None:
    """Whom to call, on the way to the end: once sent, the closing page says it in full."""
    draft = visit.response
    if draft is None or draft.is_final or not any(each.value for each in draft.answers.values()):
        return
    outcome = outcome_for(visit.tx, visit.survey, draft, found_nothing=True)
    if outcome.level is not Level.EMERGENCY:
        return
    if _is_about(visit, outcome, {*visit.shown(), *([saved] if saved else [])}):
        visit.call_now = advice.for_level(
            visit.tx, visit.site, Level.EMERGENCY, visit.language, Channel.WEB
        )


def _is_about(visit: Visit, outcome: Outcome, hers: set[str]) -> bool:
    """Whether what was found is about answers of this browser's. A rule about a score, or about
    the report as a whole, is about each of them."""
    items = visit.instrument.item_by_code
    asked = {items[code].same_as or code for code in outcome.items if code in items}
    of_all = any(code not in items for code in outcome.items)
    return not asked.isdisjoint(hers) or (of_all and bool(hers))


def of_outcome(visit: Visit, outcome: Outcome) -> None:
    """The same for a report that was sent in this very request."""
    visit.crisis = crisis_line(visit.tx, outcome, visit.language)


def _given(visit: Visit) -> set[str]:
    """Items about a crisis that were answered with more than 0."""
    answers = visit.answers
    if not answers:
        return set()
    pack = alerts.load(visit.tx, visit.site.rule_pack)
    items = crisis_items(pack, spec_of(visit.instrument))
    return {code for code in items if code in answers and answers[code].value}


def _show(visit: Visit) -> None:
    if visit.response is not None:
        of_outcome(visit, outcome_for(visit.tx, visit.survey, visit.response))
