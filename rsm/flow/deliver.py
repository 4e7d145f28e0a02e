"""Delivery: claim (transaction) → send (no transaction) → record (transaction).

The only place, with `reconcile`, that lets the network be called. Messages of one site are claimed
together, about as many as are handed over in half a second, and sent many at once (`sending`).
One that breaks holds up no other: what fails together is tried apart. Patients get each message
at most once, staff at least once (decision 4).
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import admission, conversation, holds, sending, sent, sent_before
from rsm.flow import envelope as envelopes
from rsm.flow.admission import Admitted
from rsm.flow.asked_texts import CannotBeAsked
from rsm.flow.envelope import Envelope
from rsm.flow.sent import Outcome
from rsm.flow.undelivered import follow_up
from rsm.kernel import faults
from rsm.kernel.errors import Invalid
from rsm.messaging import batches
from rsm.messaging import service as messaging
from rsm.messaging.batches import BatchSize
from rsm.messaging.gate import GateReason, Go
from rsm.messaging.model import Accepted, Due, Lane, MessageState, MessageView, Outgoing
from rsm.messaging.ports import Sender

log = logging.getLogger(__name__)

MOST_BROKEN = 5  # attempts at a row that we cannot even make into a text
_BATCHES_AHEAD = 10  # looked up together: sites with something due take turns within them


_Leaving = tuple[Envelope, Outgoing]


@dataclass(frozen=True)
class DeliveryConfig:
    """How delivery goes about it; `public_url` is the base of links and callbacks.

    The lease must be more than twice the sender's time-out, so that no two workers can be within
    the same call (P2). `batch` of one site are claimed together, and up to `most` where the lane's
    size is known; `abreast` of them are with the provider at once. Without `threads` one is sent
    after another: for a provider in memory, so that a seed determines the order. `ticks` are the
    host's seconds: how much of a lease is left.
    """

    public_url: str
    lease: timedelta = timedelta(seconds=30)
    batch: int = 50
    most: int = 250
    abreast: int = 50
    daily_cap: int = 6
    threads: bool = True
    ticks: Callable[[], float] = monotonic

    def batch_size(self) -> BatchSize:
        """For a lane that may wait: what its threads learn of the provider, kept by the caller."""
        return BatchSize(self.batch, self.most)


@dataclass(frozen=True)
class _Round:
    """With what a lane's thread goes about its round."""

    db: Database
    sender: Sender
    config: DeliveryConfig
    size: BatchSize


@dataclass(frozen=True)
class _Claimed:
    """What is to be sent now, and how many rows were dealt with in all."""

    leaving: Sequence[_Leaving]
    dealt_with: int
    at: datetime


def deliver_due(
    db: Database,
    sender: Sender,
    lanes: Sequence[Lane],
    config: DeliveryConfig,
    size: BatchSize | None = None,
) -> int:
    """Send what is due in these lanes; returns how many rows were dealt with, in this process.

    `size` is what was learned in earlier rounds; without one no batch is larger than the least.
    """
    with db.begin(EVERYWHERE) as tx:
        wanted = _allowed(tx, lanes) if batches.any_due(tx, lanes) else []
        due = messaging.due(tx, wanted, config.batch * _BATCHES_AHEAD) if wanted else []
    size = size or BatchSize(config.batch, config.batch)
    this, parts = _Round(db, sender, config, size), _batches(due, lambda: size.at(tx.now))
    return sum(_deliver(this, part, stale=number > 0) for number, part in enumerate(parts))


def _allowed(tx: Tx, lanes: Sequence[Lane]) -> Sequence[Lane]:
    """While nobody knows what was sent already (a restore), staff's emergencies only."""
    if not holds.standing(tx):
        return lanes
    return [lane for lane in lanes if lane is Lane.EMERGENCY]


def _batches(due: Sequence[Due], most: Callable[[], int]) -> Iterator[Sequence[Due]]:
    """Of one site each, the sites in the order in which they have their turn."""
    by_site: dict[UUID, list[Due]] = {}
    for each in due:
        by_site.setdefault(each.site_id, []).append(each)
    while by_site:
        for site_id, rows in list(by_site.items()):
            count = most()
            by_site[site_id] = rows[count:]
            yield rows[:count]
        by_site = {site_id: rows for site_id, rows in by_site.items() if rows}


def _deliver(this: _Round, batch: Sequence[Due], *, stale: bool = False) -> int:
    """Messages of one site; returns how many were dealt with: others may be at some of them."""
    faults.point("deliver.before_claim")
    ends = this.config.ticks() + this.config.lease.total_seconds() / 2
    try:
        claimed = _claim(this.db, batch, this.config, stale=stale)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one row, the others go on
        if len(batch) > 1:
            return sum(_deliver(this, part, stale=True) for part in batches.apart(batch, error))
        return _set_back(this.db, batch[0], error)
    if claimed.leaving:
        faults.point("deliver.claimed")
        site_id = batch[0].site_id
        leaving = _still_wanted(this.db, site_id, claimed.leaving)
        outcomes = _send_all(this, [outgoing for _, outgoing in leaving], ends)
        faults.point("deliver.before_record")
        left = [envelope for envelope, _ in leaving]
        recorded_at = sent.record(this.db, site_id, list(zip(left, outcomes, strict=True)))
        faults.point("deliver.recorded")
        taken = sum(isinstance(each, Accepted) for each in outcomes)
        this.size.learn(taken, claimed.at, recorded_at)
    return claimed.dealt_with


# --- claim ---------------------------------------------------------------------------------------


def _claim(db: Database, batch: Sequence[Due], config: DeliveryConfig, *, stale: bool) -> _Claimed:
    """Ask the gate about each and claim what may leave: patients, alerts, messages, senders are
    held in this order. Of a batch that was looked up a while ago (`stale`) others have perhaps
    claimed some: nothing is held for those."""
    with db.begin(Scope.site(batch[0].site_id)) as tx:
        roots, free = envelopes.lock_all_roots(tx, batches.left(tx, batch) if stale else batch)
        messages = _in_turn(_unless_halted(tx, messaging.lock_all_due(tx, free)), batch)
        if not messages:
            return _Claimed((), 0, tx.now)
        found = envelopes.address_all(tx, messages, roots.patients)
        decided = admission.decide(tx, found, roots, config.daily_cap)
        _turn_away(tx, [each for each in decided if each[1].go is not Go.SEND])
        going = [each for each in decided if each[1].go is Go.SEND]
        placed = admission.take_places(tx, going)
        _turn_away(tx, [each for each in placed if each[1].go is not Go.SEND])
        going = [each for each in placed if each[1].go is Go.SEND]
        going = sent_before.still_to_send(tx, going, config.public_url)
        leaving = _start(tx, going, config)
        return _Claimed(leaving, len(messages), tx.now)


def _in_turn(messages: Sequence[MessageView], batch: Sequence[Due]) -> list[MessageView]:
    """As they were due: the earlier ones have the earlier places."""
    place = {due.message_id: number for number, due in enumerate(batch)}
    return sorted(messages, key=lambda message: place[message.id])


def _unless_halted(tx: Tx, messages: list[MessageView]) -> list[MessageView]:
    """Asked again under the locks: what was looked up before a hold began is not sent."""
    if not messages or not holds.standing(tx):
        return messages
    return [
        each for each in messages if each.lane is Lane.EMERGENCY and not envelopes.to_patient(each)
    ]


def _start(tx: Tx, going: Sequence[Admitted], config: DeliveryConfig) -> list[_Leaving]:
    """Render first: an error in here must never come after the claim (lesson 7)."""
    if not going:
        return []
    found = [envelope for envelope, _ in going]
    bodies = envelopes.render_all(tx, found, config.public_url)
    letters = {each.message.id: envelopes.letter(tx, each, config.public_url) for each in found}
    ready = [
        (each.message, each.sender or "", body) for each, body in zip(found, bodies, strict=True)
    ]
    claimed = messaging.start_sending(tx, ready, config.lease)
    leaving = []
    for (envelope, admitted), message, body in zip(going, claimed, bodies, strict=True):
        outgoing = Outgoing(
            id=message.id,
            channel=message.channel,
            to=envelope.to or "",
            sender=envelope.sender or "",
            body=body,
            callback_url=f"{config.public_url}/hooks/twilio/status/{message.site_id}/{message.id}",
            valid_seconds=envelopes.valid_seconds(admitted.best_before, tx.now),
            service=envelope.service,
            letter=letters[message.id],
            spoken=envelopes.call(message, body, config.public_url),
        )
        leaving.append((envelope.of(message), outgoing))
    return leaving


def _turn_away(tx: Tx, decided: Sequence[Admitted]) -> None:
    """Not now, or not any more."""
    held = []
    for envelope, admitted in decided:
        message, reason = envelope.message, str(admitted.reason)
        if admitted.until is not None:
            held.append((message, admitted.until, reason))
        elif admitted.go is Go.CANCEL:
            messaging.settle(tx, message, MessageState.CANCELLED, reason)
        else:
            messaging.settle(tx, message, MessageState.SUPPRESSED, reason)
            follow_up(tx, envelope, reason)
    messaging.hold(tx, held)


def _set_back(db: Database, due: Due, error: Exception) -> bool:
    """In a transaction of its own; False when even that broke: then it is still due."""
    _log_broken(due, "message.broken", error)
    try:
        with db.begin(Scope.site(due.site_id)) as tx:
            _later_or_aside(tx, due, error)
    except Exception as worse:  # noqa: BLE001 - the next round has it again
        _log_broken(due, "message.not_set_back", worse)
        return False
    return True


def _later_or_aside(tx: Tx, due: Due, error: Exception) -> None:
    """Try later, or set the row aside and tell a person, without what may be what is broken; a
    question that cannot be asked by text goes by the link."""
    if not envelopes.lock_roots(tx, due, skip_locked=False):
        return
    message = messaging.lock_due(tx, due.message_id)
    if message is None:
        return
    asks = conversation.is_of_one(message)
    for_good = asks and isinstance(error, Invalid)
    if not for_good and message.attempts + 1 < MOST_BROKEN:
        messaging.set_back(tx, message, GateReason.BROKEN)
        return
    messaging.settle(tx, message, MessageState.FAILED, GateReason.BROKEN)
    by_link = asks and conversation.cannot_be_asked(tx, message)
    if by_link and isinstance(error, CannotBeAsked):
        return
    follow_up(tx, envelopes.unaddressed(tx, message), GateReason.BROKEN)


def _log_broken(due: Due, action: str, error: Exception) -> None:
    """The type only: its words may hold a number."""
    facts = {"message_id": due.message_id, "error": type(error).__name__}
    log.error("a message could not be claimed", extra={"action": action, **facts})


# --- send ----------------------------------------------------------------------------------------


def _still_wanted(db: Database, site_id: UUID, leaving: Sequence[_Leaving]) -> Sequence[_Leaving]:
    """Looked at once more, at the last moment: whoever has finished meanwhile is not asked."""
    asking = admission.asking([envelope.message for envelope, _ in leaving])
    if not asking:
        return leaving
    try:
        with db.begin(Scope.site(site_id)) as tx:
            over = admission.finished(tx, asking)
            for message in over.values():
                messaging.withdraw(tx, message, GateReason.SURVEY_OVER)
    except SQLAlchemyError as error:  # they were let through under the locks, a moment ago
        log.warning("%s", type(error).__name__, extra={"action": "message.not_looked_again"})
        return leaving
    return [each for each in leaving if each[0].message.id not in over]


def _send_all(this: _Round, messages: Sequence[Outgoing], ends: float) -> list[Outcome]:
    """`ends`: by then each call must have begun, in ticks."""
    config = this.config
    if not config.threads:
        return sending.one_by_one(this.sender, messages)
    return sending.abreast(this.sender, messages, config.abreast, lambda: config.ticks() < ends)
