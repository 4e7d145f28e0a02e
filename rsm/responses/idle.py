"""The door to drafts that nobody goes on with: half an hour after the last answer they are judged.

The timer is the row's own (`judge_at`): set with each answer, taken away once it was judged, or the
report is final. Callers of `due` and `done` hold the patient's row.
"""

from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.responses import store
from rsm.responses.model import ResponseView

IDLE_AFTER = timedelta(minutes=30)


def waiting(tx: Tx, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Drafts whose time has come: report, patient, site. A peek without locks."""
    return store.idle(tx, limit)


def due(tx: Tx, response_id: UUID) -> ResponseView | None:
    """The draft as it stands, unless somebody went on with it, sent it, or it was judged."""
    return store.idle_one(tx, response_id)


def done(tx: Tx, response_id: UUID) -> None:
    """It was judged as far as it is answered; the next answer sets the timer again."""
    store.change(tx, response_id, {"judge_at": None})
