"""Retired versions: given to nobody anew; running surveys, plans and answers keep them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.instruments import owners, service
from rsm.instruments.owners import Publisher
from rsm.instruments.tables import InstrumentRetired
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import ActorKind, Pin
from rsm.security.audit import Subject, record

LONGEST_REASON = 500


@dataclass(frozen=True)
class Retired:
    """What was retired, when, by whom, and why."""

    pin: Pin
    at: datetime
    by: UUID | None
    reason: str


def retire(tx: Tx, pin: Pin, reason: str, by: Publisher) -> Retired:
    """Give this version to nobody anew, for ever.

    Raises `NotFound` for what was never published, `NotAllowed` for what is another's, `Invalid`
    without a reason, `Conflict` when it was retired before.
    """
    service.load(tx, pin)
    owners.require(tx, pin.key, by)
    said = " ".join(reason.replace("\x00", " ").split())
    if not 0 < len(said) <= LONGEST_REASON:
        what = "is missing" if not said else f"has {len(said)} characters"
        mend = f"say in at most {LONGEST_REASON} characters why nobody is to get it any more"
        raise Invalid(Problem("reason", what, mend))
    who = tx.actor.id if tx.actor.kind is ActorKind.STAFF else None
    row = {"hash": pin.hash, "retired_at": tx.now, "retired_by": who, "reason": said}
    new = insert(InstrumentRetired).values(key=pin.key, version=pin.version, **row)
    kept = new.on_conflict_do_nothing().returning(InstrumentRetired.key)
    if tx.session.execute(kept).first() is None:
        raise Conflict(f"{pin.key} {pin.version} was retired before")
    record(tx, "instrument.retired", Subject("instrument"), None, **pin.document)
    return Retired(pin, tx.now, who, said)


def all_retired(tx: Tx) -> dict[Pin, Retired]:
    """Every version that was retired."""
    rows = tx.session.scalars(select(InstrumentRetired))
    found = (
        Retired(Pin(row.key, row.version, row.hash), row.retired_at, row.retired_by, row.reason)
        for row in rows
    )
    return {each.pin: each for each in found}


def problems(tx: Tx, pins: Iterable[Pin], where: str = "instrument") -> list[Problem]:
    """A problem for each of these that may not be given to anybody anew."""
    gone = all_retired(tx)
    return [
        Problem(where, f"{pin.key} {pin.version} is retired: {gone[pin].reason}", "choose another")
        for pin in pins
        if pin in gone
    ]
