"""Bodies are deleted at the provider when the site's time for them is over (P10).

Asked message by message, in both directions. What the provider refuses for good is not asked again;
what it cannot do now (a message that is still on its way, a fault) is asked later.
"""

import logging

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.errors import Rejected, SendError
from rsm.messaging import redaction
from rsm.messaging.ports import Redactor
from rsm.messaging.redaction import Due

log = logging.getLogger(__name__)

_BATCH = 100


def redact_due(db: Database, redactor: Redactor) -> int:
    """Delete what is due; returns how many were done with, for good or not to be asked again."""
    with db.begin(EVERYWHERE) as tx:
        due = redaction.due(tx, _BATCH)
    return sum(_redact(db, redactor, one) for one in due)


def _redact(db: Database, redactor: Redactor, due: Due) -> bool:
    try:
        redactor.redact(due.provider_id)
    except Rejected as error:
        _log(due, error)
        with db.begin(Scope.site(due.site_id)) as tx:
            redaction.give_up(tx, due)
        return True
    except SendError as error:
        _log(due, error)
        with db.begin(Scope.site(due.site_id)) as tx:
            redaction.put_off(tx, due)
        return False
    with db.begin(Scope.site(due.site_id)) as tx:
        redaction.done(tx, due)
    return True


def _log(due: Due, error: SendError) -> None:
    facts = {"action": "body.not_deleted", "row": due.id, "reason": str(error.reason)}
    log.warning("a body was not deleted", extra=facts)
