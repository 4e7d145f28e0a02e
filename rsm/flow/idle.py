"""A survey that was begun and left: half an hour later it is judged as far as it is answered.

Whoever breaks off with a severe answer may be the one who cannot go on. The draft stays a draft:
going on sets the timer again, sending judges the whole, and what is told adds to the alert of the
same survey, so nothing is told twice and nothing worse is swallowed (P15). All in one transaction
under the patient's row: a worker that dies leaves the timer as it was, and of two the second finds
nothing to do (P16).
"""

import logging
from uuid import UUID

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import judge, own_words, saying
from rsm.kernel.faults import point
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import idle
from rsm.responses import service as responses

_LOG = logging.getLogger(__name__)
_AT_ONCE = 200


def judge_due(db: Database, limit: int = _AT_ONCE) -> int:
    """Judge every draft whose time has come; returns how many were."""
    with db.begin(EVERYWHERE) as tx:
        waiting = idle.waiting(tx, limit)
    return sum(judge_one(db, *each) for each in waiting)


def judge_one(db: Database, response_id: UUID, patient_id: UUID, site_id: UUID) -> int:
    """Judge one of them, if it is still due; 0 when it is not, or she is busy answering."""
    try:
        with db.begin(Scope.site(site_id)) as tx:
            patient = patients.lock(tx, patient_id, skip_locked=True)
            return _judge(tx, response_id, patient) if patient is not None else 0
    except Exception as error:  # noqa: BLE001  # one row that fails never stops the others
        extra = {"action": "idle.failed", "row": str(response_id)}
        _LOG.warning("%s", type(error).__name__, extra=extra)
        return _left_or_later(db, response_id, site_id, error)


def _judge(tx: Tx, response_id: UUID, patient: PatientFacts) -> int:
    draft = idle.due(tx, response_id)
    if draft is None:
        return 0
    point("idle.claimed")
    judged = judge.judge_idle(tx, draft, patient)
    own_words.judge_words(tx, draft, judged)
    saying.to_whoever_left(tx, draft, judged)
    idle.done(tx, draft.id)
    point("idle.before_commit")
    return 1


def _left_or_later(db: Database, response_id: UUID, site_id: UUID, error: Exception) -> int:
    """To a person; where even that fails, its timer stays and the others are judged."""
    try:
        return _left_to_a_person(db, response_id, site_id, error)
    except Exception as worse:  # noqa: BLE001  # the next round has it again
        extra = {"action": "idle.not_left", "row": str(response_id)}
        _LOG.error("%s", type(worse).__name__, extra=extra)
        return 0


def _left_to_a_person(db: Database, response_id: UUID, site_id: UUID, error: Exception) -> int:
    """It cannot be judged: somebody looks (P6), and it does not stand in the way of the others."""
    with db.begin(Scope.site(site_id)) as tx:
        patients.locked(tx, responses.view(tx, response_id).patient_id)
        draft = idle.due(tx, response_id)
        if draft is None:
            return 0
        judge.review(tx, draft, error)
        idle.done(tx, draft.id)
    return 1
