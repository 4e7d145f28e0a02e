"""What the auditor heals: each row in a transaction of its own, looked at again under its locks.

What fails here is found again in a minute; no row keeps the others from healing.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import ReviewKind, ReviewReason
from rsm.db.work import Database, Scope
from rsm.escalation import service as escalation
from rsm.flow import idle, own_words, tell
from rsm.flow import judge as judging
from rsm.metrics import judged, promises
from rsm.metrics.judged import Overlooked
from rsm.metrics.promises import BadAlert
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.sites import service as sites

LOG = logging.getLogger(__name__)
_QUIETED = ReviewReason(ReviewKind.ERROR, "quiet", "a finding was kept quiet that may not be")


def alert(db: Database, bad: BadAlert) -> None:
    """Give an alert its next step back, or take the one that nobody took; where somebody has it,
    what comes next is the end of her loan."""
    with _guarded("alert", bad.id), db.begin(Scope.site(bad.site_id)) as tx:
        if bad.patient_id is not None and not patients.lock(tx, bad.patient_id, skip_locked=True):
            return
        if bad.has_step:
            escalation.take_step(tx, bad.id)
            return
        held = alerts.lock(tx, bad.id, skip_locked=True)
        if held is None or not promises.has_no_step(tx, bad.id):
            return
        if not escalation.align(tx, held):
            escalation.start(tx, held, sites.get(tx, bad.site_id))


def judge(db: Database, bad: Overlooked) -> None:
    """Judge a report that nobody judged: what follows from it follows now (P3, P6)."""
    with _guarded("response", bad.id), db.begin(Scope.site(bad.site_id)) as tx:
        patient = patients.lock(tx, bad.patient_id, skip_locked=True)
        if patient is None or not judged.unjudged(tx, bad.id):
            return
        report = responses.view(tx, bad.id)
        own_words.judge_words(tx, report, judging.judge_or_review(tx, report, patient))


def judge_idle(db: Database, bad: Overlooked) -> None:
    """Judge a draft that was left half-way, as far as it is answered."""
    idle.judge_one(db, bad.id, bad.patient_id, bad.site_id)


def ask(db: Database, bad: Overlooked) -> None:
    """A finding of this report was kept quiet against the rules: a person looks (P6, P15)."""
    with _guarded("response", bad.id), db.begin(Scope.site(bad.site_id)) as tx:
        if patients.lock(tx, bad.patient_id, skip_locked=True) and judged.swallowed(tx, bad.id):
            tell.ask_a_person(tx, responses.view(tx, bad.id), [_QUIETED])


@contextmanager
def _guarded(what: str, row: UUID) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - one row must not keep the others from healing
        _log(what, row, error)


def _log(what: str, row: UUID, error: Exception) -> None:
    extra = {"action": "audit.heal_failed", what: str(row)}
    LOG.error("%s", type(error).__name__, extra=extra)
