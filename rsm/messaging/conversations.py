"""Surveys by text: one at a time between a phone and a number of ours, what it waits for, its end.

Callers hold the patient's row. The words themselves are never kept here: which question was asked,
and how often.
"""

from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.messaging import conversation_store as store
from rsm.messaging.conversation_tables import Conversation
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    Ended,
    NewConversation,
)
from rsm.messaging.model import Due
from rsm.security.audit import Subject, record

MOST_TRIES = 5  # to finish one; then it is set aside until a person has looked why
_TO_READ = timedelta(seconds=2)
open_at = store.open_at
open_about = store.open_about
closed_at = store.closed_at


def begin(tx: Tx, new: NewConversation) -> ConversationView | None:
    """Begin one; None while another stands between this phone and this number of ours."""
    begun = store.add(tx, new)
    if begun is not None:
        _record(tx, "conversation.begun", begun)
    return begun


def asked(
    tx: Tx,
    conversation: ConversationView,
    stage: ConversationStage,
    item: str | None,
    *,
    again: bool = False,
) -> ConversationView:
    """We write: what it waits for now, and which of our texts about this survey this is."""
    return store.change(
        tx,
        conversation.id,
        stage=stage,
        item=item,
        turn=conversation.turn + 1,
        repeats=conversation.repeats + 1 if again else 0,
        asked_at=tx.now,
    )


def end(tx: Tx, conversation: ConversationView, outcome: ConversationEnd) -> None:
    """It is over, for this reason."""
    for each in store.end(tx, outcome, Conversation.id == conversation.id):
        _record(tx, "conversation.ended", each, outcome=outcome)


def end_about(tx: Tx, occurrence_id: UUID, reason: str) -> None:
    """The survey is answered another way, or `closed`: nothing more is asked about it by text."""
    outcome = _ended_by(reason)
    for each in store.end(tx, outcome, Conversation.occurrence_id == occurrence_id):
        _record(tx, "conversation.ended", each, outcome=outcome)


def end_with_texts(tx: Tx, occurrence_id: UUID, reason: str) -> list[Due]:
    """The same, and what is queued about the survey is cancelled (returned)."""
    outcome = _ended_by(reason)
    ended, cancelled = store.end_with_texts(tx, occurrence_id, outcome, reason)
    for each in ended:
        _record(tx, "conversation.ended", each, outcome=outcome)
    return cancelled


def _ended_by(reason: str) -> ConversationEnd:
    return ConversationEnd.CLOSED if reason == "closed" else ConversationEnd.OTHER_DOOR


def end_with(tx: Tx, patient_id: UUID) -> None:
    """Nothing more goes to this patient."""
    for each in store.end(tx, ConversationEnd.STOPPED, Conversation.patient_id == patient_id):
        _record(tx, "conversation.ended", each, outcome=ConversationEnd.STOPPED)


def silent_in_words(tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Asked for her own words before then, not replied, and not set aside: occurrence, patient,
    site."""
    return store.silent_in_words(tx, before, limit, MOST_TRIES)


def set_back(tx: Tx, conversation: ConversationView, wait: timedelta) -> int:
    """One that waits for words could not be finished: again after `wait`, each time doubled.

    Returns how often that has happened. Its clock is `asked_at`, its tries are its `repeats`: in
    that stage nothing is asked again.
    """
    tries = conversation.repeats + 1
    again = tx.now + wait * (2 ** (tries - 1)) - wait
    store.change(tx, conversation.id, asked_at=again, repeats=tries)
    return tries


def release(tx: Tx, patient_id: UUID) -> None:
    """Finish again what was set aside of hers: its cause was mended."""
    store.release(tx, patient_id, MOST_TRIES)


def known(tx: Tx, conversation: ConversationView) -> ConversationView:
    """Whoever replies has said who it is: it begins with that."""
    return store.change(tx, conversation.id, started_at=tx.now)


def came_before_the_question(tx: Tx, standing: ConversationView, at: datetime) -> bool:
    """Whether a reply of then cannot be to the question that stands: it had not left, or had only
    just left, so that nobody can have read it."""
    left = store.left_at(tx, key_of(standing.occurrence_id, standing.turn))
    return left is None or at < left or left < at < left + _TO_READ


def taken_late(tx: Tx, conversation: ConversationView) -> None:
    """Its question was answered after the closing: no other text is an answer to it."""
    store.change(tx, conversation.id, item=None)


def key_of(occurrence_id: UUID, turn: int) -> str:
    """Which of our texts about a survey this is, for ever (P2)."""
    return f"survey:{occurrence_id}:ask:{turn}"


def _record(tx: Tx, action: str, conversation: ConversationView | Ended, **facts: object) -> None:
    subject = Subject("conversation", conversation.id, conversation.patient_id)
    survey = conversation.occurrence_id
    record(tx, action, subject, conversation.site_id, occurrence=survey, **facts)
