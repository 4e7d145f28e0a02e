"""Answers that come after the window closed: kept, marked late, judged again (lesson 67).

One way for the doors at which a question stands while the clock moves on: a text, a call.
"""

from rsm.db.work import Tx
from rsm.flow import answer
from rsm.kernel.answers import Answers
from rsm.kernel.errors import Conflict, Expired, Invalid
from rsm.kernel.words import Reporter
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules.model import OccurrenceView


def keep(tx: Tx, survey: OccurrenceView, answers: Answers, by: Author) -> bool:
    """Keep these answers of the patient's: a late report, or a revision of hers.

    False where they cannot be: a report has one voice (decision 11), or the survey was cancelled.
    """
    report = responses.of_occurrence(tx, survey.id)
    if report is not None and report.reporter is Reporter.PROXY:
        return False
    try:
        with tx.savepoint():
            if report is not None and report.is_final:
                answer.correct(tx, report.id, answers, by)
            else:
                answer.enter(tx, survey.id, answers, "", by)
    except (Conflict, Expired, Invalid):
        return False
    return True
