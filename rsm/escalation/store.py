"""All SQL of escalation: where each alert stands on its ladder."""

from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Boolean, column, select, text, update
from sqlalchemy.dialects.postgresql import insert

from rsm.db import statements
from rsm.db.ready import Ready
from rsm.db.statements import Kept, by_id, table_of
from rsm.db.work import Tx
from rsm.escalation.model import Due
from rsm.escalation.states import EscalationState
from rsm.escalation.tables import Escalation

_HELD = Kept(Escalation, by_id(Escalation).with_for_update())


def put(tx: Tx, alert_id: UUID, site_id: UUID, values: dict[str, object]) -> None:
    """The alert's place on its ladder, new or in place of the one that it had."""
    row = {"alert_id": alert_id, "site_id": site_id, "since": tx.now, **values}
    _put(frozenset(row)).ask(tx.session, row)


@cache
def _put(names: frozenset[str]) -> Ready:
    new = insert(table_of(Escalation))
    given = {name: new.excluded[name] for name in sorted(names)}
    put = new.on_conflict_do_update(index_elements=[Escalation.alert_id], set_=given)
    return Ready(put, names)


def lock(tx: Tx, alert_id: UUID) -> Escalation | None:
    """Hold the row until the transaction ends; the alert's row is held before it."""
    return _HELD.first(tx, id=alert_id)


def many(tx: Tx, alert_ids: list[UUID]) -> dict[UUID, Escalation]:
    query = select(Escalation).where(Escalation.alert_id.in_(alert_ids))
    found = tx.session.scalars(query.execution_options(populate_existing=True))
    return {one.alert_id: one for one in found}


def change(tx: Tx, alert_id: UUID, **values: object) -> None:
    statements.change(tx, Escalation, alert_id, values)


def hurry(tx: Tx, alert_id: UUID) -> bool:
    """Make the next step due now, unless the last one is being repeated; True if it was later."""
    sooner = (
        update(Escalation)
        .where(
            Escalation.alert_id == alert_id,
            Escalation.state == EscalationState.CLIMBING,
            Escalation.lap == 0,
            Escalation.next_at > tx.now,
        )
        .values(next_at=tx.now)
        .returning(Escalation.alert_id)
    )
    return tx.session.execute(sooner).first() is not None


# After an outage there is more than one round can take: nobody's emergency waits for the others.
_DUE = text(
    """
    SELECT e.alert_id, e.site_id FROM escalation e JOIN alert a ON a.id = e.alert_id
    WHERE e.state <> 'done' AND e.next_at <= :at
    ORDER BY a.level <> 'emergency', e.next_at, e.alert_id LIMIT :limit
    """
)


def due(tx: Tx, at: datetime, limit: int) -> list[Due]:
    """Whose step, or whose loan's end, has come; emergencies first, then the longest due. Nothing
    is held."""
    rows = tx.session.execute(_DUE, {"at": at, "limit": limit})
    return [Due(alert_id, site_id) for alert_id, site_id in rows]


_ALONE = Ready(
    text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0)) AS ours").columns(
        column("ours", Boolean)
    ),
    frozenset({"key"}),
)
_MOMENT = text("SELECT pg_sleep(0.01)")
_MOMENTS = 30


def alone_with(tx: Tx, key: str) -> bool:
    """Whether nobody else is at this; held until the transaction ends.

    Waits for another, but only a moment (so that it has no place in the lock order).
    """
    for _ in range(_MOMENTS):
        if _ALONE.ask(tx.session, {"key": key})[0].ours:
            return True
        tx.session.execute(_MOMENT)
    return False
