"""The provider's record beside ours: after a restore before anything is sent, and once a day.

First the texts that came in and that we do not know: STOPs and answers take hold as if they came
now. Then what went out (`rsm.flow.listed`). What could not be read to its end leaves the hold as it
stands; the hold is lifted in the transaction that writes down what the reading found.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db import leases
from rsm.db.work import EVERYWHERE, NOWHERE, Database, Tx
from rsm.flow import listed
from rsm.flow.inbound import keep_for_a_person, receive_text
from rsm.kernel import faults
from rsm.kernel.errors import SendError
from rsm.kernel.words import Channel
from rsm.messaging import history, holds
from rsm.messaging.holds import Hold, Tally
from rsm.messaging.lifeline import Doubt
from rsm.messaging.model import Found, IncomingText
from rsm.messaging.ports import History, Received
from rsm.sites import service as sites
from rsm.sites.model import Address

log = logging.getLogger(__name__)

DAILY = "daily"
_LEASE = timedelta(minutes=5)  # a second reading at the same time does no harm, but costs
_EVERY = timedelta(hours=23)  # not a day: the clocks of two workers do not tick together
_SETTLED = timedelta(hours=2)  # what is younger is still on its way
_OVERLAP = timedelta(hours=2)
_FURTHEST = timedelta(days=8)
# Somebody else sends, or a restore was not noticed: then how far back is not known either.
_UNNOTICED = timedelta(days=7)

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Source:
    """The provider's record, and the address that our links begin with."""

    history: History
    received: Received
    public_url: str


# --- after a restore ------------------------------------------------------------------------------


def reconcile_hold(db: Database, source: Source) -> int:
    """Read back what our record may lack, if sending is held for it; 1 when the hold is lifted."""
    with db.begin(EVERYWHERE) as tx:
        hold, holder = holds.due(tx), str(tx.new_id())
        if hold is None or not leases.take(tx, holds.RESTORE, holder, _LEASE):
            return 0
        period = (hold.covers_from, tx.now)
    try:
        tally, _ = _read(db, source, period)
    except SendError as error:
        _log_unread(error)
        with db.begin(EVERYWHERE) as tx:
            holds.put_off(tx, hold, error.reason)
            leases.take(tx, holds.RESTORE, holder, timedelta())
        return 0
    faults.point("history.read")
    return _lift(db, hold, holder, period[1], tally)


def _lift(db: Database, hold: Hold, holder: str, until: datetime, tally: Tally) -> int:
    with db.begin(EVERYWHERE) as tx:
        leases.take(tx, holds.RESTORE, holder, timedelta())
        return int(holds.lift_after(tx, hold, until, tally))


def _log_unread(error: SendError) -> None:
    facts = {"action": "history.unread", "reason": str(error.reason), "detail": error.detail}
    log.warning("the provider's record could not be read", extra=facts)


# --- once a day -----------------------------------------------------------------------------------


def reconcile_day(db: Database, source: Source) -> int:
    """Hold the provider's list of the last day against our record, once a day in all.

    What the list has and we have not sent holds all sending: perhaps a restore was not noticed.
    A list that cannot be read is read later; nothing waits for it.
    """
    with db.begin(EVERYWHERE) as tx:
        period, holder = _day(tx), str(tx.new_id())
        if period is None or not leases.take(tx, DAILY, holder, _LEASE):
            return 0
    try:
        tally, ids = _read(db, source, period)
    except SendError as error:
        _log_unread(error)  # the lease says when the next try is
        return 0
    lost = sum(listed.missing(db, site_id, known, period) for site_id, known in ids.items())
    with db.begin(EVERYWHERE) as tx:
        holds.note_reading(tx, DAILY, period, tally + Tally(missing=lost))
        if tally.unknown:
            holds.raise_hold(tx, Doubt.UNKNOWN_SENT, period[0] - _UNNOTICED)
        leases.take(tx, DAILY, holder, timedelta())
    return 1


def begin_now(db: Database) -> bool:
    """Take the list as read up to now, in a database that no worker has counted in.

    For the demo alone: an earlier release called the texts of its months otherwise in the sandbox
    than in the database, so that each of them would be taken for somebody else's.
    """
    with db.begin(EVERYWHERE) as tx:
        if holds.has_beat(tx) or holds.read_until(tx, DAILY):
            return False
        holds.note_reading(tx, DAILY, (tx.now, tx.now + _OVERLAP), Tally())
    return True


def _day(tx: Tx) -> Period | None:
    """The period that is to be read now; None when it was read, or a restore is being settled."""
    if holds.all_standing(tx):
        return None
    until = tx.now - _SETTLED
    last = holds.read_until(tx, DAILY)
    if last is None:
        return until - timedelta(days=1), until
    read_to, done_at = last
    if done_at > tx.now - _EVERY:
        return None
    return max(read_to - _OVERLAP, until - _FURTHEST), until


# --- reading --------------------------------------------------------------------------------------


def _read(db: Database, source: Source, period: Period) -> tuple[Tally, dict[UUID, set[str]]]:
    """All that was found, and by site the provider's ids; `SendError` unless all could be read."""
    with db.begin(NOWHERE) as tx:
        senders = sites.every_sender(tx, Channel.SMS)
        calling = sites.every_sender(tx, Channel.VOICE)  # takes a STOP to its calls
    ours = (*senders, *calling)
    recovered = sum(_recover(db, source.received.texts(each, *period)) for each in ours)
    by_site = _sent(source.history, senders, period)
    tally = Tally(recovered=recovered)
    for site_id, found in by_site.items():
        tally += listed.compare(db, site_id, found, source.public_url)
    return tally, {
        site_id: {each.provider_id for each in found} for site_id, found in by_site.items()
    }


def _sent(
    record: History, senders: Mapping[str, Address], period: Period
) -> dict[UUID, list[Found]]:
    by_site: dict[UUID, list[Found]] = {}
    for sender, whose in senders.items():
        by_site.setdefault(whose.site_id, []).extend(record.sent(sender, *period))
    return by_site


def _recover(db: Database, texts: Sequence[IncomingText]) -> int:
    """Handle the texts to one number that we were never told of, in the order of their coming."""
    with db.begin(EVERYWHERE) as tx:
        fresh = history.unknown_texts(tx, texts)
    return sum(_handle(db, text) for text in fresh)


def _handle(db: Database, text: IncomingText) -> bool:
    with db.begin(EVERYWHERE) as tx:
        is_overtaken = history.is_overtaken(tx, text)
    return keep_for_a_person(db, text) if is_overtaken else receive_text(db, text)
