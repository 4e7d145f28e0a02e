"""Holds on sending: nothing goes out to patients before the provider's record has been read.

Raised when our own record may not be whole (`lifeline`); lifted with the reading that made it whole
again, in one transaction, or by a person who says why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.base import Document
from rsm.db.leases import last_beat
from rsm.db.work import Tx
from rsm.messaging import hold_store
from rsm.messaging.decide import backoff
from rsm.messaging.lifeline import MARGIN, Beat, Doubt, doubt, next_beat, whole_until
from rsm.messaging.service import jitter
from rsm.messaging.tables import SendingHold
from rsm.security.audit import Subject, record

RESTORE = "restore"
# Workers beat every ten seconds. A database in which nobody has done so was perhaps restored just
# now: nothing leaves it before somebody has looked at its lifeline.
LONGEST_UNLOOKED = timedelta(minutes=2)
# A database that knows of no beat and no worker at all: as long as a backup is ever of use.
FURTHEST_BACK = timedelta(days=30)


@dataclass(frozen=True)
class Hold:
    """One hold. From `covers_from` on our own record may lack what was sent and what came in."""

    id: UUID
    reason: str
    since: datetime
    covers_from: datetime
    lifted_at: datetime | None
    findings: Document

    @property
    def attempts(self) -> int:
        """How often the provider's record could not be read."""
        return int(str(self.findings.get("attempts", 0)))

    @property
    def next_at(self) -> datetime | None:
        """When it is to be read again; None: now."""
        return self._told_at("next_at")

    @property
    def restored_at(self) -> datetime | None:
        """When the database was found to be another; None: nobody knows that it is."""
        return self._told_at("restored_at")

    @property
    def raised(self) -> str:
        """Names the latest of its raisings: whoever began to read before it has not read enough."""
        return str(self.findings.get("raised", ""))

    def _told_at(self, name: str) -> datetime | None:
        told = self.findings.get(name)
        return datetime.fromisoformat(str(told)) if told else None


@dataclass(frozen=True)
class Tally:
    """What one reading of the provider's list found beside our record."""

    listed: int = 0
    unknown: int = 0  # in the list, and not of our making as far as we know
    missing: int = 0  # of our making, and not in the list
    recovered: int = 0  # learnt from the list: texts that came in, states, messages handed over

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.listed + other.listed,
            self.unknown + other.unknown,
            self.missing + other.missing,
            self.recovered + other.recovered,
        )


def take_on(tx: Tx, kept: Beat | None) -> Beat:
    """Count on, and raise a hold first when our record may not be whole; `kept` is the copy.

    The row is held meanwhile, so that of two workers that start at once only one is in doubt.
    """
    server = hold_store.server(tx)
    row: Beat | None
    row, made = hold_store.lock_lifeline(tx, next_beat(kept, None, server, tx.now))
    row = None if made else row
    why = doubt(kept, row, server, tx.now)
    if why is not None:
        whole = whole_until(kept, row, last_beat(tx)) or tx.now - FURTHEST_BACK
        raise_hold(tx, why, min(whole, tx.now - MARGIN))
    beat = next_beat(kept, row, server, tx.now)
    hold_store.write_beat(tx, beat)
    return beat


def has_beat(tx: Tx) -> bool:
    """Whether any worker of a release that counts has worked on this database."""
    return hold_store.has_beat(tx)


def raise_hold(tx: Tx, why: Doubt, covers_from: datetime) -> None:
    """Hold all sending back; one that stands already is widened, and read again at once."""
    findings: Document = {"why": why.value, "raised": str(tx.new_id())}
    if why.is_restore:
        findings["restored_at"] = tx.now.isoformat()
    hold_id = hold_store.add_hold(tx, RESTORE, covers_from, findings)
    if hold_id is not None:
        record(tx, "sending.held", Subject("hold", hold_id), why=why, covers_from=covers_from)


def standing(tx: Tx) -> bool:
    """Whether nothing may go out to patients, and to staff only emergencies."""
    return hold_store.standing(tx, tx.now - LONGEST_UNLOOKED)


def all_standing(tx: Tx) -> list[Hold]:
    """The holds that stand."""
    return [_hold(row) for row in hold_store.holds(tx, standing_only=True)]


def latest(tx: Tx) -> list[Hold]:
    """The latest holds, those that were lifted too, newest first."""
    return [_hold(row) for row in hold_store.holds(tx, standing_only=False)]


def restores(tx: Tx, lifted_since: datetime) -> list[Hold]:
    """Holds lifted since then that were raised because the database surely was another."""
    return [
        each
        for each in latest(tx)
        if each.lifted_at is not None and each.lifted_at >= lifted_since and each.restored_at
    ]


def due(tx: Tx) -> Hold | None:
    """The hold for which the provider's record is to be read now."""
    standing = all_standing(tx)
    return next((h for h in standing if h.next_at is None or h.next_at <= tx.now), None)


def put_off(tx: Tx, hold: Hold, reason: str) -> None:
    """The record could not be read: later again."""
    again = tx.now + backoff(hold.attempts + 1, jitter(tx))
    findings: Document = {
        "attempts": hold.attempts + 1,
        "next_at": again.isoformat(),
        "failed": reason,
    }
    hold_store.note_findings(tx, hold.id, findings)


def lift_after(tx: Tx, hold: Hold, until: datetime, tally: Tally) -> bool:
    """All was read and stored up to `until`; False when the hold was raised again meanwhile."""
    if not hold_store.lift(tx, hold.id, hold.raised, vars(tally)):
        return False
    note_reading(tx, RESTORE, (hold.covers_from, until), tally)
    record(tx, "sending.freed", Subject("hold", hold.id), by="reading", **vars(tally))
    return True


def lift_by_hand(tx: Tx, hold: Hold, reason: str) -> bool:
    """A person answers for it; False when it does not stand any more, or was raised again."""
    if not hold_store.lift(tx, hold.id, hold.raised, {"lifted_by": "command", "because": reason}):
        return False
    record(tx, "sending.freed", Subject("hold", hold.id), by="command")
    return True


def note_reading(tx: Tx, kind: str, period: tuple[datetime, datetime], tally: Tally) -> None:
    """Write down that the provider's list of this period was read."""
    since, until = period
    values: dict[str, object] = {"kind": kind, "covers_from": since, "covers_until": until}
    hold_store.add_reconciliation(tx, values | vars(tally))


def read_until(tx: Tx, kind: str) -> tuple[datetime, datetime] | None:
    """Up to when the list was read in this way, and when that was done."""
    last = hold_store.last_reconciliation(tx, kind)
    return (last.covers_until, last.done_at) if last else None


def _hold(row: SendingHold) -> Hold:
    return Hold(**{name: getattr(row, name) for name in Hold.__dataclass_fields__})
