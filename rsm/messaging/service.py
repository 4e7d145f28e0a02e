"""The outbox: what others want sent, and the states that delivery takes it through.

Writing a row is all that a room ever does to send something; `rsm.flow.deliver` does the rest.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging import batch_store, conversations, event_store, store, texts
from rsm.messaging.batch_store import Claim, Taken
from rsm.messaging.decide import StatusChange, apply_status, backoff
from rsm.messaging.gate import body_hash
from rsm.messaging.model import Accepted, Draft, Due, Lane, MessageState, MessageView, StatusReport
from rsm.messaging.tables import Message
from rsm.security.audit import Event, Subject, record, record_all
from rsm.sites import service as sites

# Lanes whose workers are woken at commit; the others come with the next tick.
_WOKEN = {Lane.EMERGENCY, Lane.STAFF, Lane.REPLY}
_EVERY_LANE = tuple(Lane)


def enqueue(tx: Tx, draft: Draft) -> UUID | None:
    """Write a message into the outbox; None when its business key stands already (P2)."""
    message_id = store.add(tx, draft)
    if message_id is not None and draft.lane in _WOKEN:
        tx.wake(draft.lane)
    return message_id


def cancel_for_alert(tx: Tx, alert_id: UUID, reason: str) -> int:
    """Cancel what staff would still be told about this alert (P5); returns how many."""
    return _cancelled(tx, store.cancel_of_alert(tx, alert_id, reason), reason)


def cancel_to_safety_contact(tx: Tx, alert_id: UUID, reason: str) -> int:
    """Cancel what the site's safety contact would still be told about this alert."""
    to_contact = (Message.alert_id == alert_id, Message.staff_id.is_(None))
    return _cancelled(tx, store.cancel(tx, reason, *to_contact), reason)


def cancel_for_patient(tx: Tx, patient_id: UUID, reason: str) -> int:
    """Cancel what was not handed over yet to this patient; her survey by text ends."""
    conversations.end_with(tx, patient_id)
    return _cancelled(tx, store.cancel(tx, reason, Message.patient_id == patient_id), reason)


def cancel_for_occurrence(tx: Tx, occurrence_id: UUID, reason: str) -> int:
    """Cancel invitations and reminders of a survey that is over; asked by text it ends as well."""
    return _cancelled(tx, conversations.end_with_texts(tx, occurrence_id, reason), reason)


def cancel_for_staff(tx: Tx, staff_id: UUID, reason: str) -> int:
    """Cancel what is queued to a member of staff."""
    return _cancelled(tx, store.cancel(tx, reason, Message.staff_id == staff_id), reason)


def _cancelled(tx: Tx, gone: Sequence[Due], reason: str) -> int:
    """In the trail as every other end of a message is."""
    for each in gone:
        subject = Subject("message", each.message_id, each.patient_id)
        record(tx, "message.cancelled", subject, each.site_id, reason=reason)
    return len(gone)


# --- claiming: what is due, and what becomes of it before the provider is called ---------------


def due(tx: Tx, lanes: Sequence[Lane], limit: int) -> list[Due]:
    """Messages to send now, sites in turn. Nothing is held yet: `lock_due` does that."""
    return store.due(tx, MessageState.QUEUED, sites.ids(tx), lanes, limit)


def lock_due(tx: Tx, message_id: UUID) -> MessageView | None:
    """Hold a message that is still to be sent; None when another worker has it or it is not due."""
    return store.lock_due(tx, message_id, MessageState.QUEUED)


def lock_all_due(tx: Tx, message_ids: Collection[UUID]) -> list[MessageView]:
    """As `lock_due`, for many: those of which nobody else is at work."""
    return batch_store.lock_due(tx, message_ids) if message_ids else []


def start_sending(
    tx: Tx, ready: Sequence[tuple[MessageView, str, str]], lease: timedelta
) -> list[MessageView]:
    """Claim messages, each with its sender and its body: from the commit on they are never sent
    again, only reconciled (P2)."""
    claims = [
        Claim(
            id=message.id,
            claim=tx.new_id(),
            body_hash=body_hash(body),
            sender=sender,
            segments=_segments(message, body),
            text_version=message.text_version,
        )
        for message, sender, body in ready
    ]
    batch_store.claim(tx, claims, tx.now + lease)
    return [
        replace(
            message,
            state=MessageState.SENDING,
            claim=claim.claim,
            claimed_at=tx.now,
            attempts=message.attempts + 1,
            body_hash=claim.body_hash,
            sender=claim.sender,
        )
        for (message, _, _), claim in zip(ready, claims, strict=True)
    ]


def _segments(message: MessageView, body: str) -> int | None:
    """How many parts a text is cut into, each of which is paid; an e-mail has none."""
    return texts.segments(body).parts if message.channel is Channel.SMS else None


def hold(tx: Tx, held: Sequence[tuple[MessageView, datetime, str]]) -> None:
    """Leave them queued until then, and say why; that is no attempt (quiet hours)."""
    if held:
        batch_store.hold(tx, [(message.id, until, reason) for message, until, reason in held])


def settle(tx: Tx, message: MessageView, state: MessageState, reason: str) -> None:
    """End a message that we hold and that never was handed over, or that nobody can tell of."""
    store.change(tx, message.id, state=state, reason=reason, next_at=None, settled_at=tx.now)
    _note(tx, message, state, reason)


def set_back(tx: Tx, message: MessageView, reason: str) -> None:
    """A claim that broke on our side before anything was sent: one more attempt, later."""
    wait = backoff(message.attempts + 1, jitter(tx))
    store.change(
        tx, message.id, attempts=message.attempts + 1, next_at=tx.now + wait, reason=reason
    )


def written_since(tx: Tx, business_keys: Collection[str], since: datetime) -> list[str]:
    """Those of these keys under which a message was written since then: for limits on answers."""
    return store.written_since(tx, business_keys, since)


def jitter(tx: Tx) -> float:
    """A fraction from 0 to 1, drawn from the transaction's source of ids."""
    return tx.ids.bytes(1)[0] / 255


# --- recording: what the provider said, if the claim still counts -------------------------------


def record_accepted(tx: Tx, taken: Sequence[tuple[MessageView, Accepted]]) -> set[UUID]:
    """The provider took them; returns those whose claim still counted.

    A worker whose claim was lost only adds the provider's id. They are of one site.
    """
    rows = [
        Taken(message.id, message.claim, accepted.provider_id, accepted.state)
        for message, accepted in taken
        if message.claim is not None
    ]
    if not rows:
        return set()
    kept = batch_store.accept(tx, rows, _redact_at(tx, taken[0][0].site_id))
    record_all(tx, [_event(one, said.state, None) for one, said in taken if one.id in kept])
    return kept


def _redact_at(tx: Tx, site_id: UUID) -> datetime:
    """When the provider is asked to forget what it was given now."""
    return tx.now + timedelta(days=sites.get(tx, site_id).provider_keeps_days)


def record_failed(tx: Tx, message: MessageView, reason: str) -> bool:
    """The provider will never take it; False when the claim was lost."""
    return _end_claim(tx, message, MessageState.FAILED, reason)


def withdraw(tx: Tx, message: MessageView, reason: str) -> bool:
    """Claimed, and not wanted any more before the provider was called; False without the claim."""
    return _end_claim(tx, message, MessageState.CANCELLED, reason)


def record_deferred(tx: Tx, message: MessageView, until: datetime, reason: str) -> bool:
    """It surely was not taken: queued again; False when the claim was lost."""
    return _settle_claim(
        tx, message, state=MessageState.QUEUED, reason=reason, next_at=until, claim=None
    )


def _end_claim(tx: Tx, message: MessageView, state: MessageState, reason: str) -> bool:
    kept = _settle_claim(tx, message, state=state, reason=reason, settled_at=tx.now)
    if kept:
        _note(tx, message, state, reason)
    return kept


def _settle_claim(tx: Tx, message: MessageView, **values: object) -> bool:
    if message.claim is None:
        return False
    return store.change_claimed(tx, message.id, message.claim, **{"next_at": None} | values)


# --- reconciling: rows that were left `sending` ---------------------------------------------------


def unsure(tx: Tx, limit: int) -> list[Due]:
    """Messages that were handed over, or not: their lease is over and nobody has recorded it."""
    return store.due(tx, MessageState.SENDING, sites.ids(tx), _EVERY_LANE, limit)


def lock_unsure(tx: Tx, message_id: UUID, until: datetime) -> MessageView | None:
    """Hold one of them and keep other reconcilers away until then."""
    message = store.lock_due(tx, message_id, MessageState.SENDING)
    if message is not None:
        store.change(tx, message.id, next_at=until)
    return message


def look_again(tx: Tx, message: MessageView, at: datetime) -> None:
    """Nothing is known yet: look at the provider's list once more then."""
    if message.claim is not None:
        store.change_claimed(tx, message.id, message.claim, next_at=at)


def record_unconfirmed(tx: Tx, message: MessageView) -> bool:
    """We shall never know. To a patient it is not sent again (P2)."""
    return _end_claim(tx, message, MessageState.UNCONFIRMED, "unconfirmed")


def strangers(tx: Tx, provider_ids: Collection[str]) -> set[str]:
    """Those of the provider's ids that are no other message's of ours, and until the end are held:
    of two that look for the same text the second sees what the first has taken."""
    return set(provider_ids) - store.known_provider_ids(tx, provider_ids)


# --- callbacks ------------------------------------------------------------------------------------


def whereabouts(tx: Tx, message_id: UUID) -> Due | None:
    """Where a message belongs; None when there is none in this scope."""
    return store.peek(tx, message_id)


def silent(tx: Tx, since: datetime, until: datetime, limit: int) -> list[Due]:
    """Messages handed over in this span of which nothing final was heard: callbacks get lost."""
    return store.silent(tx, since, until, limit)


def lock(tx: Tx, message_id: UUID) -> MessageView | None:
    return store.lock(tx, message_id)


def apply_report(tx: Tx, message: MessageView, report: StatusReport) -> StatusChange | None:
    """Keep a provider's report and derive the state by rank; None when it changes nothing.

    A report that overtakes our own record settles a row that is still `sending`.
    """
    if report.state is None:
        return None
    event_store.add(tx, message, report)
    change = apply_status(message.state, report.state)
    if not change.changed:
        return None
    reason = report.reason.value if report.reason else report.error_code
    values: dict[str, object] = {
        "state": change.state,
        "reason": reason,
        "next_at": None,
        "provider_id": message.provider_id or report.provider_id,
    }
    if message.provider_id is None:
        values |= {"handed_over_at": tx.now, "redact_at": _redact_at(tx, message.site_id)}
    if change.state.is_final:
        values["settled_at"] = tx.now
    if change.state is MessageState.DELIVERED:
        values["delivered_at"] = tx.now
    store.change(tx, message.id, **values)
    _note(tx, message, change.state, reason)
    return change


def _note(tx: Tx, message: MessageView, state: MessageState, reason: str | None) -> None:
    record_all(tx, [_event(message, state, reason)])


def _event(message: MessageView, state: MessageState, reason: str | None) -> Event:
    facts = {
        "purpose": message.purpose,
        "reason": reason,
        "staff": message.staff_id,
        "attempts": message.attempts,
    }
    subject = Subject("message", message.id, message.patient_id)
    return Event(f"message.{state}", subject, message.site_id, facts)
