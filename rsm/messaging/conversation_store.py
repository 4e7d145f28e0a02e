"""All SQL of the surveys by text."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Select,
    Update,
    bindparam,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from rsm.db.ready import Ready
from rsm.db.statements import table_of
from rsm.db.work import Tx
from rsm.messaging.conversation_tables import Conversation
from rsm.messaging.incoming import (
    ConversationEnd,
    ConversationStage,
    ConversationView,
    Ended,
    NewConversation,
)
from rsm.messaging.model import Due, MessageState
from rsm.messaging.store import cancelling
from rsm.messaging.tables import Message

_NAMES = tuple(ConversationView.__dataclass_fields__)
_COLUMNS = tuple(getattr(Conversation, name) for name in _NAMES)
_LEFT = (
    MessageState.SENDING,
    MessageState.ACCEPTED,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.UNCONFIRMED,
)
_IS_OPEN = Conversation.ended_at.is_(None)
_IN_WORDS = (_IS_OPEN, Conversation.stage == ConversationStage.WORDS)


def add(tx: Tx, new: NewConversation) -> ConversationView | None:
    """A new one; None while another stands between this phone and this number of ours."""
    values = {name: getattr(new, name) for name in NewConversation.__dataclass_fields__}
    turns = select(func.coalesce(func.max(Conversation.turn), 0)).where(
        Conversation.occurrence_id == new.occurrence_id
    )
    wanted = insert(Conversation).values(
        id=tx.new_id(),
        **values,
        turn=tx.session.scalar(turns),
        repeats=0,
        started_at=tx.now,
    )
    once = wanted.on_conflict_do_nothing(
        index_elements=[Conversation.phone_hash, Conversation.sender], index_where=_IS_OPEN
    )
    row = tx.session.execute(once.returning(*_COLUMNS)).first()
    return _view(row) if row is not None else None


def open_at(tx: Tx, phone_hash: bytes, site_id: UUID) -> ConversationView | None:
    """The one that is open with this phone, held; the site may have changed its number since."""
    return _newest(tx, _IS_OPEN, Conversation.phone_hash == phone_hash, _of(site_id))


def open_about(tx: Tx, occurrence_id: UUID) -> ConversationView | None:
    """The one that is open about this survey, held."""
    return _newest(tx, _IS_OPEN, Conversation.occurrence_id == occurrence_id)


def closed_at(tx: Tx, phone_hash: bytes, site_id: UUID, since: datetime) -> ConversationView | None:
    """The newest with this phone, if its window closed on a question, not before `since`."""
    newest = _newest(tx, Conversation.phone_hash == phone_hash, _of(site_id))
    if newest is None or newest.ended_at is None or newest.ended_at < since:
        return None
    return newest if newest.outcome is ConversationEnd.CLOSED else None


def change(tx: Tx, conversation_id: UUID, **values: object) -> ConversationView:
    changed = update(Conversation).where(Conversation.id == conversation_id).values(**values)
    return _view(tx.session.execute(changed.returning(*_COLUMNS)).one())


def end(tx: Tx, outcome: ConversationEnd, which: ColumnElement[bool]) -> list[ConversationView]:
    """End those that are open; returns them."""
    ended = _ending(which).returning(*_COLUMNS)
    given = {"how": outcome, "at": tx.now}
    views = (_view(row) for row in tx.session.execute(ended, given))
    return sorted(views, key=lambda each: each.id)


def _ending(which: ColumnElement[bool]) -> Update:
    at = bindparam("at", type_=DateTime(timezone=True))
    ending = update(table_of(Conversation)).where(_IS_OPEN, which)
    return ending.values(ended_at=at, outcome=bindparam("how"))


_ENDED = _ending(Conversation.occurrence_id == bindparam("survey")).returning(
    Conversation.id, Conversation.site_id, Conversation.patient_id
)
_CANCELLED = cancelling(Message.occurrence_id == bindparam("survey"))


def _gone(gone: CTE, *, is_text: bool) -> Select[bool, UUID, UUID, UUID]:
    return select(literal(is_text).label("is_text"), gone.c.id, gone.c.site_id, gone.c.patient_id)


_OVER = Ready(
    union_all(
        _gone(_ENDED.cte("ended"), is_text=False), _gone(_CANCELLED.cte("cancelled"), is_text=True)
    ),
    frozenset({"survey", "how", "why", "at"}),
)


def end_with_texts(
    tx: Tx, occurrence_id: UUID, outcome: ConversationEnd, reason: str
) -> tuple[list[Ended], list[Due]]:
    """A survey is over: the conversation about it ends, and what is queued about it is cancelled,
    in one way to the server. Both are returned, in the order of their ids."""
    given = {"survey": occurrence_id, "how": outcome, "why": reason, "at": tx.now}
    ended: list[Ended] = []
    cancelled: list[Due] = []
    for is_text, id_, site_id, patient_id in sorted(_OVER.ask(tx.session, given)):
        if is_text:
            cancelled.append(Due(id_, site_id, patient_id, None))
        else:
            ended.append(Ended(id_, site_id, patient_id, occurrence_id))
    return ended, cancelled


def silent_in_words(
    tx: Tx, before: datetime, limit: int, tries: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Asked for her own words before then, and not replied: occurrence, patient, site; without
    those that were tried so often."""
    query = select(Conversation.occurrence_id, Conversation.patient_id, Conversation.site_id).where(
        *_IN_WORDS, Conversation.asked_at <= before, Conversation.repeats < tries
    )
    rows = tx.session.execute(query.order_by(Conversation.asked_at).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


def release(tx: Tx, patient_id: UUID, tries: int) -> None:
    """Try again what was tried so often."""
    aside = (*_IN_WORDS, Conversation.patient_id == patient_id, Conversation.repeats >= tries)
    tx.session.execute(update(Conversation).where(*aside).values(repeats=0))


def left_at(tx: Tx, business_key: str) -> datetime | None:
    """When the text of this key left us, or may have; None while it has not."""
    m = Message
    query = select(func.coalesce(m.handed_over_at, m.claimed_at)).where(
        m.business_key == business_key, m.state.in_(_LEFT)
    )
    return tx.session.scalar(query)


def _of(site_id: UUID) -> ColumnElement[bool]:
    return Conversation.site_id == site_id


def _newest(tx: Tx, *which: ColumnElement[bool]) -> ConversationView | None:
    query = select(*_COLUMNS).where(*which).order_by(Conversation.started_at.desc())
    row = tx.session.execute(query.limit(1).with_for_update()).first()
    return _view(row) if row is not None else None


def _view(row: object) -> ConversationView:
    return ConversationView(**{name: getattr(row, name) for name in _NAMES})
