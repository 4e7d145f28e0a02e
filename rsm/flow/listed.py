"""One site's part of the provider's list, held against our outbox: whose is each entry?

Known by the provider's id: its state is learnt. Said by a message that waits in our outbox: it was
handed over before a restore, and is settled as that. Said by nobody we know: it is kept, so that a
message that is only written later, with the same words to the same address, is not sent again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow.inbound import receive_status
from rsm.flow.senders import meant_by
from rsm.flow.stops import reach_another_way
from rsm.flow.undelivered import follow_up
from rsm.kernel.errors import RsmError, SendReason
from rsm.kernel.words import Channel
from rsm.messaging import history
from rsm.messaging import service as messaging
from rsm.messaging.gate import body_hash
from rsm.messaging.history import Entry
from rsm.messaging.holds import Tally
from rsm.messaging.model import Found, MessageState, MessageView, StatusReport, Verdict
from rsm.messaging.optouts import hash_of
from rsm.patients import service as patients
from rsm.sites import service as sites

Key = tuple[bytes, bytes]


def compare(db: Database, site_id: UUID, found: Sequence[Found], public_url: str) -> Tally:
    """Settle what the list proves, keep what is nobody's; returns what was found."""
    with db.begin(Scope.site(site_id)) as tx:
        known = history.states(tx, found)
        seen = history.read_before(tx, found)
        strangers = [
            history.entry_of(tx, site_id, each)
            for each in found
            if each.provider_id not in known and each.provider_id not in seen
        ]
    learnt = sum(
        _learn(db, site_id, each, *known[each.provider_id])
        for each in found
        if each.provider_id in known
    )
    strangers = _without_unsure(db, strangers)
    settled = _settle_queued(db, site_id, strangers, public_url) if strangers else set()
    unknown = [each for each in strangers if each.found.provider_id not in settled]
    for each in unknown:
        _keep(db, each)
    return Tally(len(found), len(unknown), recovered=learnt + len(settled))


def _learn(
    db: Database, site_id: UUID, entry: Found, message_id: UUID, state: MessageState
) -> bool:
    """A callback that never came; whether the list says more than we knew."""
    if state.is_final or entry.state.rank <= state.rank:
        return False
    report = StatusReport(entry.provider_id, entry.state, entry.error_code, entry.reason)
    return receive_status(db, report, site_id, message_id)


# --- messages of which we know that they may have gone out ----------------------------------------


def _without_unsure(db: Database, entries: Sequence[Entry]) -> list[Entry]:
    """Those that are no message whose outcome is unknown; such a message learns of it."""
    taken: set[UUID] = set()
    rest = []
    for entry in entries:
        message_id = _unsure(db, entry, taken)
        if message_id is None:
            rest.append(entry)
        else:
            taken.add(message_id)
    return rest


def _unsure(db: Database, entry: Entry, taken: set[UUID]) -> UUID | None:
    """The message that this entry is; what is `sending` is left to be reconciled in its turn."""
    with db.begin(Scope.site(entry.site_id)) as tx:
        for due in history.maybe_sent(tx, entry.body_hash):
            message = _locked(tx, due.message_id) if due.message_id not in taken else None
            if message is not None and envelopes.address(tx, message).to == entry.found.to:
                break
        else:
            return None
    if message.state is MessageState.UNCONFIRMED:
        _learn(db, entry.site_id, entry.found, message.id, message.state)
    return message.id


# --- messages that wait in the outbox and went out before the restore -----------------------------


def _settle_queued(
    db: Database, site_id: UUID, entries: Sequence[Entry], public_url: str
) -> set[str]:
    """Settle each that an entry proves to have gone out; returns those entries' ids."""
    wanted = {entry.to_hash for entry in entries}
    outbox = _read_outbox(db, site_id, wanted, public_url)
    settled = set()
    for entry in entries:
        waiting = outbox[entry.key]
        if waiting and _settle(db, waiting.pop(0), entry):
            settled.add(entry.found.provider_id)
    return settled


def _read_outbox(
    db: Database, site_id: UUID, wanted: set[bytes], public_url: str
) -> dict[Key, list[UUID]]:
    """The texts that would go to one of these addresses, made as if they were to be sent."""
    waiting: dict[Key, list[UUID]] = defaultdict(list)
    after = None
    while True:
        with db.begin(Scope.site(site_id)) as tx:
            batch = history.queued(tx, site_id, after)
            for message in batch:
                key = _key(tx, message, wanted, public_url)
                if key is not None:
                    waiting[key].append(message.id)
        if not batch:
            return waiting
        after = batch[-1].id


def _key(tx: Tx, message: MessageView, wanted: set[bytes], public_url: str) -> Key | None:
    """To whom it would say what; None for one that nobody got, or that cannot be made."""
    try:
        with tx.savepoint():
            envelope = envelopes.address(tx, message)
            to = hash_of(tx, envelope.to) if envelope.to else None
            if to is None or to not in wanted:
                return None
            return to, body_hash(envelopes.render(tx, envelope, public_url))
    except RsmError:  # delivery finds the same, and tells a person
        return None


def _settle(db: Database, message_id: UUID, entry: Entry) -> bool:
    with db.begin(Scope.site(entry.site_id)) as tx:
        message = _locked(tx, message_id)
        if message is None or message.state is not MessageState.QUEUED:
            return False
        history.settle_as_sent(tx, message, entry)
    _learn(db, entry.site_id, entry.found, message_id, MessageState.ACCEPTED)
    return True


def _locked(tx: Tx, message_id: UUID) -> MessageView | None:
    """The message, and before it what comes before it in the order of locks."""
    due = messaging.whereabouts(tx, message_id)
    if due is None:
        return None
    envelopes.lock_roots(tx, due, skip_locked=False)
    return messaging.lock(tx, message_id)


def _keep(db: Database, entry: Entry) -> None:
    with db.begin(Scope.site(entry.site_id)) as tx:
        history.keep(tx, entry, Verdict.UNKNOWN)
        if entry.found.reason is SendReason.OPTED_OUT:
            _mirror(tx, entry)


def _mirror(tx: Tx, entry: Entry) -> None:
    """A STOP that only the provider knows: on our ledger, and a person reaches her (P8)."""
    matches = patients.by_address(tx, entry.found.to)
    whose = sorted({each.patient_id for each in matches if each.site_id == entry.site_id})
    known = [patients.locked(tx, patient_id) for patient_id in whose]
    ours = sites.owner_of(tx, entry.found.sender)
    channels = meant_by(tx, ours) if ours is not None else (Channel.SMS,)
    stop_id = history.mirror_stop(tx, entry, channels)
    if stop_id is not None:
        for patient in known:
            reach_another_way(tx, entry.site_id, patient.id, stop_id, patient.is_test)


# --- messages of ours that the list does not know -------------------------------------------------

_CLOCKS = timedelta(minutes=5)  # the provider's clock is not ours


def missing(
    db: Database, site_id: UUID, listed: set[str], period: tuple[datetime, datetime]
) -> int:
    """Texts that the provider took and does not list: nobody can tell what became of them."""
    since, until = period
    with db.begin(Scope.site(site_id)) as tx:
        ours = history.without_last_word(tx, site_id, (since + _CLOCKS, until - _CLOCKS))
    gone = [message_id for provider_id, message_id in ours.items() if provider_id not in listed]
    return sum(_lose(db, site_id, message_id) for message_id in gone)


def _lose(db: Database, site_id: UUID, message_id: UUID) -> bool:
    with db.begin(Scope.site(site_id)) as tx:
        message = _locked(tx, message_id)
        if message is None or not history.record_unlisted(tx, message):
            return False
        follow_up(tx, envelopes.address(tx, message), "unconfirmed")
    return True
