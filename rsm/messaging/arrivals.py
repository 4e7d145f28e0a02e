"""Whether anything of a survey came through to its patient: never delivered is not "no answer"."""

from collections.abc import Collection
from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import store


def arrived(tx: Tx, occurrence_ids: Collection[UUID]) -> set[UUID]:
    """The surveys of which a message was taken by a carrier, and is not known to be lost."""
    return store.arrived(tx, occurrence_ids) if occurrence_ids else set()
