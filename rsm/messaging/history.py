"""The provider's list beside our record: what is whose, and what must not be sent again (P2).

After a restore from backup our record lacks what was sent since. Ids are made from keys, so that
the same message has the same words again: an entry of the list that said them to the same address
is that message, whether it stands in the outbox already or is written only later.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging import listed_store, store
from rsm.messaging.decide import ReadingKind, read_text
from rsm.messaging.gate import body_hash
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.model import Due, Found, IncomingText, MessageState, MessageView, Verdict
from rsm.messaging.optouts import hash_of, note
from rsm.messaging.tables import Message
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

# What was lost is made again within minutes of the restore, at the latest when the quiet hours of a
# long week-end are over. After that the same words are a new message (an answer to HELP).
STILL_OURS = timedelta(days=5)
_BATCH = 1000


@dataclass(frozen=True)
class Entry:
    """One entry of the provider's list of a site's sender, ready to be compared."""

    site_id: UUID
    found: Found
    to_hash: bytes = field(repr=False)
    body_hash: bytes = field(repr=False)

    @property
    def key(self) -> tuple[bytes, bytes]:
        """To whom it said what."""
        return self.to_hash, self.body_hash


def entry_of(tx: Tx, site_id: UUID, found: Found) -> Entry:
    """The entry with its hashes."""
    return Entry(site_id, found, hash_of(tx, found.to), body_hash(found.body))


def states(tx: Tx, found: Sequence[Found]) -> dict[str, tuple[UUID, MessageState]]:
    """Our messages among these entries, by the provider's id."""
    known: dict[str, tuple[UUID, MessageState]] = {}
    for some in _batches([each.provider_id for each in found]):
        known |= listed_store.states(tx, some)
    return known


def read_before(tx: Tx, found: Sequence[Found]) -> set[str]:
    """The provider's ids of those entries that were looked at before."""
    seen: set[str] = set()
    for some in _batches([each.provider_id for each in found]):
        seen |= listed_store.listed(tx, some)
    return seen


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def keep(tx: Tx, entry: Entry, verdict: Verdict, message_id: UUID | None = None) -> bool:
    """Keep an entry of the list; False when we have it."""
    found = entry.found
    return listed_store.add_listed(
        tx,
        {
            "site_id": entry.site_id,
            "provider_id": found.provider_id,
            "sender": found.sender,
            "to_hash": entry.to_hash,
            "body_hash": entry.body_hash,
            "sent_at": found.created_at,
            "verdict": verdict,
            "message_id": message_id,
        },
    )


def mirror_stop(tx: Tx, entry: Entry, channels: Sequence[Channel] = (Channel.SMS,)) -> UUID | None:
    """The list says that this person has stopped us: our ledger follows, for these channels.

    None if it knew of the first, or if she has said START since.
    """
    found = entry.found
    conversation = entry.to_hash, found.sender, found.created_at
    if listed_store.has_later(tx, conversation, ReadingKind.START):
        return None
    line = OptLine(
        site_id=entry.site_id,
        address_hash=entry.to_hash,
        sender=found.sender,
        action=OptAction.STOP,
        source=OptSource.PROVIDER,
    )
    first, *_ = [note(tx, replace(line, channel=channel)) for channel in channels]
    return first


def queued(tx: Tx, site_id: UUID, after: UUID | None, limit: int = 200) -> list[MessageView]:
    """A site's texts to patients that are still to be sent, in the order of their ids."""
    return listed_store.queued(tx, site_id, after, limit)


def maybe_sent(tx: Tx, digest: bytes) -> list[Due]:
    """Messages with these words of which we do not know whether the provider took them."""
    return listed_store.unlisted_yet(tx, digest)


# --- what the list proves ------------------------------------------------------------------------


def may_have_sent(tx: Tx) -> bool:
    """Whether any entry is nobody's yet: without one, nothing was `already_sent`."""
    return listed_store.has_unknown(tx, tx.now - STILL_OURS)


def already_sent(tx: Tx, to_hash: bytes, digest: bytes) -> str | None:
    """The provider's id of an entry that said the same to the same address, and is nobody's yet.

    To be asked before a message to a patient is claimed: with an id it is not sent, but
    `taken_as_sent`. The entry is held until the end of the transaction.
    """
    return listed_store.lock_unknown(tx, to_hash, digest, tx.now - STILL_OURS)


def taken_as_sent(tx: Tx, message: MessageView, provider_id: str, body: str) -> None:
    """This message went out before the restore, under that id: it is not sent again."""
    at, sender = listed_store.take(tx, provider_id, message.id)
    _hand_over(tx, message, at, provider_id=provider_id, sender=sender, body_hash=body_hash(body))


def settle_as_sent(tx: Tx, message: MessageView, entry: Entry) -> None:
    """A message that we hold in the outbox is this entry: it was handed over then."""
    keep(tx, entry, Verdict.OURS, message.id)
    found = entry.found
    _hand_over(
        tx,
        message,
        found.created_at,
        provider_id=found.provider_id,
        sender=found.sender,
        body_hash=entry.body_hash,
    )


def _hand_over(tx: Tx, message: MessageView, at: datetime, **values: object) -> None:
    """As if the provider had taken it then."""
    keeps = timedelta(days=sites.get(tx, message.site_id).provider_keeps_days)
    store.change(
        tx,
        message.id,
        state=MessageState.ACCEPTED,
        reason=None,
        next_at=None,
        claim=None,
        claimed_at=at,
        handed_over_at=at,
        redact_at=at + keeps,
        **values,
    )
    subject = Subject("message", message.id, message.patient_id)
    record(tx, "message.recovered", subject, message.site_id, purpose=message.purpose)


def without_last_word(tx: Tx, site_id: UUID, period: tuple[datetime, datetime]) -> dict[str, UUID]:
    """Texts that the provider took in this period and said nothing final of, by its id."""
    return listed_store.handed_over(tx, site_id, *period)


def record_unlisted(tx: Tx, message: MessageView) -> bool:
    """The provider's list does not know it: nobody can tell what became of it."""
    open_states = Message.state.in_((MessageState.ACCEPTED, MessageState.SENT))
    values: dict[str, object] = {"state": MessageState.UNCONFIRMED, "reason": "unlisted"}
    if not store.change_if(tx, message.id, open_states, settled_at=tx.now, **values):
        return False
    subject = Subject("message", message.id, message.patient_id)
    record(tx, "message.unconfirmed", subject, message.site_id, reason="unlisted")
    return True


# --- texts that came in --------------------------------------------------------------------------


def unknown_texts(tx: Tx, texts: Sequence[IncomingText]) -> list[IncomingText]:
    """Those that we were never told of, in the same order."""
    known: set[str] = set()
    for some in _batches([each.provider_id for each in texts]):
        known |= listed_store.known_texts(tx, texts[0].provider, some)
    return [each for each in texts if each.provider_id not in known]


_TAKEN_BACK_BY = {ReadingKind.STOP: ReadingKind.START, ReadingKind.START: ReadingKind.STOP}


def is_overtaken(tx: Tx, text: IncomingText) -> bool:
    """Whether it is a STOP that a START has taken back since, or the reverse."""
    reading = _TAKEN_BACK_BY.get(read_text(text.body).kind)
    if reading is None:
        return False
    at = text.received_at or tx.now
    return listed_store.has_later(tx, (hash_of(tx, text.sender), text.to, at), reading)
