"""Thanks, whatever goes wrong in saying them: the answer is stored, and its page must not undo it.

What happens now is read, and the page is made, in a savepoint of the transaction that stores the
answer (P3). A fault there leaves a plain page: it is stored, and whom to call. Where the database
itself is lost the commit fails, and then nobody is thanked (`rsm.web.patient_faults`).
"""

import logging
from collections.abc import Callable

from starlette.responses import Response

from rsm.flow.outcome import Outcome, outcome_of
from rsm.web import patient_crisis, patient_doors, patient_help
from rsm.web import patient_views as views
from rsm.web.deps import html
from rsm.web.patient_visit import Visit
from rsm.web.texts import languages
from rsm.web.views.patient_aside import NoticeKind, NoticeView

_LOG = logging.getLogger(__name__)


def thanks(visit: Visit, outcome: Outcome | None = None) -> Response:
    """What happens with the answers, by the route that they took; else plain thanks."""

    def made() -> Response:
        told = outcome or outcome_of(visit.tx, visit.survey.id)
        if outcome is not None:
            patient_crisis.of_outcome(visit, outcome)
        else:
            patient_crisis.look_at(visit)
        view = patient_doors.without_hers(visit.link, views.done(visit, told))
        return visit.page("done", view)

    return or_plain(visit, made)


def finished(visit: Visit) -> Response:
    """It was sent before, by another browser perhaps: nothing of its answers."""
    return or_plain(
        visit,
        lambda: visit.page(
            "finished", views.finished(visit, outcome_of(visit.tx, visit.survey.id))
        ),
    )


def or_plain(visit: Visit, made: Callable[[], Response]) -> Response:
    """The page about an answer that is stored, else plain thanks."""
    try:
        with visit.tx.savepoint():
            return made()
    except Exception as error:  # noqa: BLE001  # the answer is stored: that is what the page says
        _failed(error)
        return _plain(visit)


def _plain(visit: Visit) -> Response:
    try:
        with visit.tx.savepoint():
            return visit.page("notice", NoticeView(visit.frame, NoticeKind.STORED))
    except Exception as error:  # noqa: BLE001  # the numbers are in the browser's cookie as well
        _failed(error)
        view = NoticeView(patient_help.frame_of(visit.request), NoticeKind.STORED)
        return html("patient/notice.html", view, languages()[0])


def _failed(error: Exception) -> None:
    _LOG.error("%s", type(error).__name__, extra={"action": "thanks.failed"})
