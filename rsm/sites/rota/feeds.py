"""Secret addresses under which a calendar program reads duties: made, revoked, found by their hash.

The address is shown once; what is kept is its hash. Nothing of a patient is in a feed.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text, update

from rsm.db.work import Scope, Tx
from rsm.kernel.errors import NotFound
from rsm.kernel.localtime import zone_named
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.rota import reading
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.feed import Event, calendar, events
from rsm.sites.rota.service import names
from rsm.sites.rota.tables import CalendarFeed

PATH = "/calendar/"
_BEFORE, _AFTER = timedelta(days=7), timedelta(days=60)
_FIND = text("SELECT site_id, staff_id, feed_id FROM rsm_find_feed(:hash)")


@dataclass(frozen=True)
class FeedView:
    """One address, without its secret."""

    id: UUID
    only_own: bool
    created_at: datetime


def create(tx: Tx, site_id: UUID, staff_id: UUID, *, only_own: bool) -> str:
    """A new secret: the feed is read at `/calendar/{secret}.ics`. Shown this once."""
    secret = base64.urlsafe_b64encode(tx.ids.bytes(32)).decode().rstrip("=")
    feed = CalendarFeed(
        id=tx.new_id(),
        site_id=site_id,
        staff_id=staff_id,
        token_hash=_hash(secret),
        only_own=only_own,
        created_at=tx.now,
    )
    tx.session.add(feed)
    tx.session.flush()
    record(tx, "feed.created", Subject("calendar_feed", feed.id), site_id, staff=staff_id)
    return secret


def revoke(tx: Tx, site_id: UUID, staff_id: UUID, feed_id: UUID) -> None:
    """Her address opens nothing any more."""
    gone = tx.session.execute(
        update(CalendarFeed)
        .where(
            CalendarFeed.id == feed_id,
            CalendarFeed.site_id == site_id,
            CalendarFeed.staff_id == staff_id,
            CalendarFeed.revoked_at.is_(None),
        )
        .values(revoked_at=tx.now)
        .returning(CalendarFeed.id)
    )
    if gone.first() is None:
        raise NotFound("no such feed")
    record(tx, "feed.revoked", Subject("calendar_feed", feed_id), site_id, staff=staff_id)


def of(tx: Tx, site_id: UUID, staff_id: UUID) -> list[FeedView]:
    """Her addresses that open something, the oldest first."""
    query = select(CalendarFeed).where(
        CalendarFeed.site_id == site_id,
        CalendarFeed.staff_id == staff_id,
        CalendarFeed.revoked_at.is_(None),
    )
    return [
        FeedView(row.id, row.only_own, row.created_at)
        for row in tx.session.scalars(query.order_by(CalendarFeed.created_at, CalendarFeed.id))
    ]


def read(tx: Tx, secret: str) -> bytes:
    """The feed of this secret, in a transaction that sees no site yet. Changes nothing.

    `NotFound` for a secret that opens nothing, or of somebody who does not work there any more.
    """
    found = tx.session.execute(_FIND, {"hash": _hash(secret)}).first()
    if found is None:
        raise NotFound("no such calendar")
    tx.narrow(Scope.site(found.site_id))
    row = tx.session.get(CalendarFeed, found.feed_id)
    if row is None or not staff.works_at(tx, row.staff_id, row.site_id):
        raise NotFound("no such calendar")
    site = sites.get(tx, row.site_id)
    listed = _events(tx, row.site_id, row.staff_id if row.only_own else None)
    return calendar(f"{site.sender_name}: duty roster", listed, tx.now)


def _events(tx: Tx, site_id: UUID, only: UUID | None) -> list[Event]:
    site = sites.get(tx, site_id)
    zone, since, until = zone_named(site.zone), tx.now - _BEFORE, tx.now + _AFTER
    known = names(tx, site_id)
    found = [
        event
        for rota in reading.rotas(tx, site, since, until).values()
        for event in events(duty_periods(rota, since, until, zone), known, only)
    ]
    return sorted(found, key=lambda event: (event.since, event.summary, event.uid))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
