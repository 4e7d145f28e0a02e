"""Surveys that are asked and answered by text: the state of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Personal, words
from rsm.messaging.incoming import ConversationEnd, ConversationStage


class Conversation(Personal, Base):
    """A survey that is asked and answered by text: one at a time between a phone and a sender."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index(
            "uq_conversation_open",
            "phone_hash",
            "sender",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
        Index("ix_conversation_occurrence", "occurrence_id"),
        Index("ix_conversation_asked", "asked_at", postgresql_where=sql("ended_at IS NULL")),
    )

    occurrence_id: Mapped[UUID] = mapped_column(ForeignKey("occurrence.id"))
    phone_hash: Mapped[bytes]
    sender: Mapped[str]  # our number
    language: Mapped[str]
    stage: Mapped[ConversationStage] = mapped_column(words(ConversationStage))
    item: Mapped[str | None]  # the code that was asked last
    turn: Mapped[int] = mapped_column(server_default="0")  # texts of ours so far, for their keys
    repeats: Mapped[int] = mapped_column(server_default="0")  # of the question that stands
    started_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[ConversationEnd | None] = mapped_column(words(ConversationEnd))
    is_test: Mapped[bool]
