"""Named leases: at most one holder at a time, given up by time rather than by hope."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.tables import Heartbeat, Lease
from rsm.db.work import Tx


def take(tx: Tx, name: str, holder: str, length: timedelta) -> bool:
    """Take or renew the lease `name`; False while somebody else holds it."""
    wanted = insert(Lease).values(name=name, holder=holder, until=tx.now + length)
    statement = wanted.on_conflict_do_update(
        index_elements=[Lease.name],
        set_={"holder": holder, "until": tx.now + length},
        where=or_(Lease.holder == holder, Lease.until <= tx.now),
    ).returning(Lease.name)
    return tx.session.execute(statement).first() is not None


def last_beat(tx: Tx) -> datetime | None:
    """When a worker last gave a sign of life."""
    return tx.session.scalar(select(func.max(Heartbeat.beat_at)))


def beat(tx: Tx, process: str, release: str) -> None:
    """Leave a sign of life of `process`."""
    alive = insert(Heartbeat).values(
        process=process, started_at=tx.now, beat_at=tx.now, release=release
    )
    tx.session.execute(
        alive.on_conflict_do_update(
            index_elements=[Heartbeat.process], set_={"beat_at": tx.now, "release": release}
        )
    )
