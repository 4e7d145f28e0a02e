"""The opt-out ledger: the latest line for an address, channel, purpose and number of ours (P8).

It is ours and stands before any provider's: a text is not sent when it says stop, and what a
provider knows (its own keyword handling, a refusal because of an opt-out) is written into it.

A STOP for a wider purpose holds for the narrower ones, and a START for a wider one lifts theirs; a
START for a narrower one lifts nothing wider. A patient's STOP on one channel stops her others as
well, with lines of source `follows`, until she says START or a person has asked her.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optout_store as store
from rsm.messaging.ledger import OptAction, OptHistory, OptLine, OptPurpose, OptSource
from rsm.messaging.optout_store import Latest
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

# From the narrowest to the widest that covers it.
_COVERED_BY: Mapping[OptPurpose, tuple[OptPurpose, ...]] = {
    OptPurpose.ALL: (OptPurpose.ALL,),
    OptPurpose.SURVEYS: (OptPurpose.SURVEYS, OptPurpose.ALL),
    OptPurpose.REMINDERS: (OptPurpose.REMINDERS, OptPurpose.SURVEYS, OptPurpose.ALL),
}
_OF_MESSAGES: Mapping[str, OptPurpose] = {
    "survey_invite": OptPurpose.SURVEYS,
    "new_link": OptPurpose.SURVEYS,
    "survey_reminder": OptPurpose.REMINDERS,
    "survey_ask_first": OptPurpose.SURVEYS,
    "survey_who": OptPurpose.SURVEYS,
    "survey_ask": OptPurpose.SURVEYS,
    "survey_ask_remind": OptPurpose.REMINDERS,
    "proxy_invite": OptPurpose.SURVEYS,
    "proxy_reminder": OptPurpose.REMINDERS,
}
WRITTEN = (Channel.SMS, Channel.EMAIL, Channel.VOICE)  # channels by which we come of ourselves


@dataclass(frozen=True)
class Stop:
    """The STOP that stands; its id names what follows from it, once."""

    id: UUID
    purpose: OptPurpose
    source: str


def purpose_of(message_purpose: str) -> OptPurpose:
    """Which STOP a kind of message asks for: a reminder more than an answer to a text."""
    return _OF_MESSAGES.get(message_purpose, OptPurpose.ALL)


def hash_of(tx: Tx, address: str) -> bytes:
    """The keyed hash under which an address stands in the ledger, of patients and staff."""
    return patients.address_hash(tx, address)


# --- what stands ----------------------------------------------------------------------------------


def standing(
    tx: Tx,
    address_hash: bytes,
    sender: str,
    channel: Channel = Channel.SMS,
    purpose: OptPurpose = OptPurpose.ALL,
) -> Stop | None:
    """The STOP that stands between this address and this number of ours, the widest first."""
    return stop_among(store.latest(tx, [address_hash], sender, channel), purpose)


def is_stopped(
    tx: Tx,
    address_hash: bytes,
    sender: str,
    channel: Channel = Channel.SMS,
    purpose: OptPurpose = OptPurpose.ALL,
) -> bool:
    """Whether nothing of this purpose may be sent from `sender` to this address."""
    return standing(tx, address_hash, sender, channel, purpose) is not None


def stopped(
    tx: Tx,
    addresses: Iterable[str],
    sender: str,
    channel: Channel = Channel.SMS,
    purpose: OptPurpose = OptPurpose.ALL,
) -> frozenset[str]:
    """Those of these addresses to which nothing may be sent from `sender`: asked once for all."""
    hashes = {hash_of(tx, address): address for address in addresses}
    lines: dict[bytes, list[Latest]] = defaultdict(list)
    for each in store.latest(tx, hashes, sender, channel) if hashes else ():
        lines[each.address_hash].append(each)
    return frozenset(hashes[each] for each in lines if stop_among(lines[each], purpose))


def stop_among(latest: Sequence[Latest], purpose: OptPurpose) -> Stop | None:
    """The widest STOP that covers `purpose` among the newest lines of one address."""
    stops = [stop for each in reversed(_COVERED_BY[purpose]) if (stop := _stop(latest, each))]
    return stops[0] if stops else None


def _stop(latest: Sequence[Latest], purpose: OptPurpose) -> Stop | None:
    """The STOP for just this purpose, unless a later START for it or a wider one lifted it."""
    known = {line.purpose: line for line in latest}
    line = known.get(purpose)
    if line is None or line.action is not OptAction.STOP:
        return None
    wider = [known[each] for each in _COVERED_BY[purpose] if each in known]
    if any(each.action is OptAction.START and each.seq > line.seq for each in wider):
        return None
    return Stop(line.id, line.purpose, line.source)


def history(
    tx: Tx, patient_id: UUID, addresses: Iterable[str], limit: int = 50
) -> list[OptHistory]:
    """Every line about her or one of her addresses, the newest first."""
    return store.history(tx, patient_id, [hash_of(tx, each) for each in addresses], limit)


# --- what is added --------------------------------------------------------------------------------


def note(tx: Tx, line: OptLine) -> UUID | None:
    """Add a line; None when the ledger says the same already (START is where nothing stands).

    A patient's other channels follow. Of two callers at once only one adds it; both hold the
    patient, if there is one.
    """
    store.lock(tx, line.address_hash)
    if not _is_news(tx, line):
        return None
    line_id = store.add(tx, line)
    record(
        tx,
        f"texts.{line.action}",
        Subject("opt_event", line_id, line.patient_id),
        line.site_id,
        source=line.source,
        channel=line.channel,
        purpose=line.purpose,
    )
    if line.patient_id is not None and line.source != OptSource.FOLLOWS:
        follow(tx, line, line.patient_id)
    return line_id


def _is_news(tx: Tx, line: OptLine) -> bool:
    latest = store.latest(tx, [line.address_hash], line.sender, line.channel)
    if line.action is OptAction.STOP:
        return stop_among(latest, line.purpose) is None
    lifted = [each for each in OptPurpose if line.purpose in _COVERED_BY[each]]
    return any(_stop(latest, each) is not None for each in lifted)


def follow(tx: Tx, line: OptLine, patient_id: UUID) -> None:
    """What she said on one channel holds for her others, until a person has asked her.

    A START lifts only what followed: e-mails that she ended herself stay ended.
    """
    for channel in WRITTEN:
        address = patients.address(tx, patient_id, channel)
        sender = sites.sender(tx, line.site_id, Audience.PATIENT, channel)
        if channel is line.channel or address is None or sender is None:
            continue
        hashed = hash_of(tx, address)
        known = standing(tx, hashed, sender, channel, line.purpose)
        if line.action is OptAction.START and (known is None or known.source != OptSource.FOLLOWS):
            continue
        other = replace(
            line,
            address_hash=hashed,
            sender=sender,
            channel=channel,
            source=OptSource.FOLLOWS,
            patient_id=patient_id,
        )
        note(tx, other)


def carry_to(
    tx: Tx, patient: PatientFacts, by: tuple[Channel, str], moved: tuple[str, str]
) -> None:
    """She is written to at another address now, by this channel and number of ours: each STOP of
    the former one holds there as well. `moved` is the former and the present address."""
    channel, sender = by
    former, present = (hash_of(tx, each) for each in moved)
    latest = store.latest(tx, [former], sender, channel)
    for purpose in OptPurpose:
        if _stop(latest, purpose) is None:
            continue
        note(
            tx,
            OptLine(
                site_id=patient.site_id,
                address_hash=present,
                sender=sender,
                action=OptAction.STOP,
                source=OptSource.FOLLOWS,
                channel=channel,
                patient_id=patient.id,
                purpose=purpose,
            ),
        )


def carry_over(
    tx: Tx,
    former: str,
    present: str,
    channel: Channel = Channel.SMS,
    onto: Channel | None = None,
) -> int:
    """A site sends from another number now: every STOP to the former one stands for it as well.

    `onto`: for what the present one sends by this channel; without it by the same.
    """
    lines = [
        line
        for line in store.newest_lines(tx, former, channel)
        if line.action is OptAction.STOP
        and is_stopped(tx, line.address_hash, former, channel, line.purpose)
    ]
    # One that followed may still be lifted by a START, under the new number as well.
    moved = (replace(line, sender=present, channel=onto or channel) for line in lines)
    noted = [note(tx, replace(line, source=_carried(line))) for line in moved]
    return sum(line_id is not None for line_id in noted)


def _carried(line: OptLine) -> str:
    return line.source if line.source == OptSource.FOLLOWS else OptSource.NUMBER
