"""Bodies are deleted at the provider when the site's time for them is over (P10).

Asked message by message, in both directions. What the provider refuses for good is not asked again;
what it cannot do now (a message that is still on its way, a fault) is asked later, for a month.
A provider that does not answer at all is left alone until the next round.
"""

import logging

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.errors import Rejected, SendError, SendReason
from rsm.messaging import redaction
from rsm.messaging.ports import Redactor
from rsm.messaging.redaction import Due

log = logging.getLogger(__name__)

_BATCH = 100
# Not of this message, but of all: each of the others would have to wait for the same answer.
_OF_ALL = frozenset(
    {
        SendReason.NETWORK,
        SendReason.TIMEOUT,
        SendReason.RATE_LIMITED,
        SendReason.CREDENTIALS,
    }
)


def redact_due(db: Database, redactor: Redactor) -> int:
    """Delete what is due; returns how many were done with, for good or not to be asked again."""
    with db.begin(EVERYWHERE) as tx:
        due = redaction.due(tx, _BATCH)
    settled = 0
    for one in due:
        error = _ask(redactor, one)
        settled += _record(db, one, error)
        if error is not None and error.reason in _OF_ALL:
            break
    return settled


def _ask(redactor: Redactor, due: Due) -> SendError | None:
    try:
        redactor.redact(due.provider_id)
    except SendError as error:
        _log(due, error)
        return error
    return None


def _record(db: Database, due: Due, error: SendError | None) -> bool:
    with db.begin(Scope.site(due.site_id)) as tx:
        if error is None:
            redaction.done(tx, due)
            return True
        if isinstance(error, Rejected):
            redaction.give_up(tx, due)
            return True
        return redaction.put_off(tx, due)


def _log(due: Due, error: SendError) -> None:
    facts = {"action": "body.not_deleted", "row": due.id, "reason": str(error.reason)}
    log.warning("a body was not deleted", extra=facts)
