"""Nothing is sent while our own record may not be whole: the lifeline, and who lifts a hold.

A worker beats before it sends anything, then every ten seconds (`rsm.messaging.lifeline`). What a
hold means for delivery stands in `rsm.flow.deliver`, what lifts it in `rsm.flow.history`.
"""

import logging

from rsm.db.work import NOWHERE, Database, Tx
from rsm.flow.ports import Keepsake
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.messaging import holds
from rsm.messaging.holds import Hold

log = logging.getLogger(__name__)

_LONGEST_REASON = 200


def standing(tx: Tx) -> bool:
    """Whether nothing may go to patients, and to staff only emergencies: asked at each claim."""
    return holds.standing(tx)


def beat(db: Database, keepsake: Keepsake) -> bool:
    """Count on in the database, then in the copy; True when sending is held.

    The copy comes after the commit: it may be behind the row, and is never before it.
    """
    kept = keepsake.read()
    with db.begin(NOWHERE) as tx:
        beat_now = holds.take_on(tx, kept)
        is_held = standing(tx)
    keepsake.keep(beat_now)
    if is_held:
        log.warning("sending is held", extra={"action": "sending.held"})
    return is_held


def lift(db: Database, reason: str) -> list[Hold]:
    """Lift every hold by hand; returns those that were lifted.

    Raises `Invalid` without a reason, `Conflict` when none stands.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= _LONGEST_REASON:
        raise Invalid(Problem("--reason", f"has to be 1 to {_LONGEST_REASON} characters"))
    with db.begin(NOWHERE) as tx:
        lifted = [each for each in holds.all_standing(tx) if holds.lift_by_hand(tx, each, reason)]
    if not lifted:
        raise Conflict("no hold stands")
    return lifted
