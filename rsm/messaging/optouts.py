"""The opt-out ledger: for an address and one of our numbers, the latest line decides (P8).

It is ours and stands before any provider's: a text is not sent when it says stop, and what a
provider knows (its own keyword handling, a refusal because of an opt-out) is written into it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging import inbox_store
from rsm.messaging.model import OptAction, OptLine
from rsm.patients import service as patients
from rsm.security.audit import Subject, record


@dataclass(frozen=True)
class Stop:
    """The STOP that stands; its id names what follows from it, once."""

    id: UUID


def hash_of(tx: Tx, address: str) -> bytes:
    """The keyed hash under which an E.164 address stands in the ledger, of patients and staff."""
    return patients.address_hash(tx, address)


def standing(
    tx: Tx, address_hash: bytes, sender: str, channel: Channel = Channel.SMS
) -> Stop | None:
    """The STOP that stands between this address and this number of ours, if there is one."""
    latest = inbox_store.latest_opt(tx, address_hash, sender, channel)
    return Stop(latest[0]) if latest and latest[1] is OptAction.STOP else None


def is_stopped(tx: Tx, address_hash: bytes, sender: str, channel: Channel = Channel.SMS) -> bool:
    """Whether nothing may be sent from `sender` to this address."""
    return standing(tx, address_hash, sender, channel) is not None


def stopped(
    tx: Tx, addresses: Iterable[str], sender: str, channel: Channel = Channel.SMS
) -> frozenset[str]:
    """Those of these addresses to which nothing may be sent from `sender`: asked once for all."""
    hashes = {hash_of(tx, address): address for address in addresses}
    found = inbox_store.stopped(tx, hashes, sender, channel) if hashes else frozenset()
    return frozenset(hashes[each] for each in found)


def note(tx: Tx, line: OptLine) -> UUID | None:
    """Add a line; None when the ledger says the same already (START is where nothing stands)."""
    latest = inbox_store.latest_opt(tx, line.address_hash, line.sender, line.channel)
    if (latest[1] if latest else OptAction.START) is line.action:
        return None
    line_id = inbox_store.add_opt(tx, line)
    subject = Subject("opt_event", line_id, line.patient_id)
    record(tx, f"texts.{line.action}", subject, line.site_id, source=line.source)
    return line_id


def carry_over(tx: Tx, former: str, present: str, channel: Channel = Channel.SMS) -> int:
    """A site sends from another number now: every STOP to the former one stands for it as well."""
    lines = [
        line
        for line in inbox_store.latest_opts(tx, former, channel)
        if line.action is OptAction.STOP
    ]
    noted = [note(tx, replace(line, sender=present, source="number")) for line in lines]
    return sum(line_id is not None for line_id in noted)
