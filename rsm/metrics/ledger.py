"""The ledger of contacts: every attempt to reach a patient, planned to delivered, one row each.

The view `contact_attempt` joins messages on every channel and calls by staff. What figures mean by
sent, delivered or never asked is said here once, for every query; row-level security holds for
whoever asks.
"""

from sqlalchemy import (
    Boolean,
    DateTime,
    Text,
    Uuid,
    and_,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.sql.selectable import LateralFromClause

from rsm.kernel.words import Channel
from rsm.messaging.model import MessageState
from rsm.schedules.tables import Occurrence

ATTEMPT = table(
    "contact_attempt",
    column("id", Uuid()),
    column("site_id", Uuid()),
    column("patient_id", Uuid()),
    column("occurrence_id", Uuid()),
    column("channel", Text()),  # "staff": a call by a person
    column("purpose", Text()),
    column("planned_at", DateTime(timezone=True)),
    column("tried_at", DateTime(timezone=True)),
    column("handed_over_at", DateTime(timezone=True)),
    column("delivered_at", DateTime(timezone=True)),  # of a call: she was reached
    column("state", Text()),
    column("is_test", Boolean()),
)
_C = ATTEMPT.c
_WRITTEN = _C.channel != Channel.STAFF.value

# A provider took it.
SENT = and_(_WRITTEN, _C.handed_over_at.is_not(None))
# A provider says that it arrived.
DELIVERED = and_(_WRITTEN, _C.state == MessageState.DELIVERED.value)
# A person spoke to her.
SPOKEN_TO = and_(~_WRITTEN, _C.delivered_at.is_not(None))


def attempts() -> LateralFromClause:
    """What was tried for a survey, beside its row: `sent`, `delivered`, and `kept_back` where a
    text was written and none left, nor did anybody speak to her: she was never asked."""
    written, reached = func.bool_or(_WRITTEN), func.bool_or(or_(SENT, SPOKEN_TO))
    tried = select(
        func.coalesce(func.bool_or(SENT), False).label("sent"),
        func.coalesce(func.bool_or(DELIVERED), False).label("delivered"),
        func.coalesce(and_(written, ~reached), False).label("kept_back"),
    )
    return tried.where(_C.occurrence_id == Occurrence.id).lateral("attempts")
