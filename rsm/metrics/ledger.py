"""The ledger of contacts: every attempt to reach a patient, planned to delivered, one row each.

The view `contact_attempt` joins messages on every channel and calls by staff. What figures mean by
sent, delivered or never asked is said here once, for every query; row-level security holds for
whoever asks.
"""

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    column,
    exists,
    or_,
    table,
)

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


def attempted(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the survey has an attempt such as this."""
    return exists().where(_C.occurrence_id == Occurrence.id, *which)


def kept_back() -> ColumnElement[bool]:
    """A text was written and none left, nor did anybody speak to her: she was never asked."""
    return attempted(_WRITTEN) & ~attempted(or_(SENT, SPOKEN_TO))
