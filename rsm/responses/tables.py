"""Answers as they were given; a response's `answers` are the sum of its events.

Of `answer_event` nothing is changed. What is old leaves for the archive, and its trail stays.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Document, Listing, Personal, words
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.responses.model import ResponseState


class Response(Personal, Base):
    """One report. At most one revision of a survey is final."""

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "revision"),
        Index(
            "uq_response_final",
            "occurrence_id",
            unique=True,
            postgresql_where=text("state='final'"),
        ),
        Index("ix_response_history", "patient_id", "submitted_at"),
        Index(
            "ix_response_site_submitted",
            "site_id",
            "submitted_at",
            postgresql_where=text("submitted_at IS NOT NULL"),
        ),
        Index("ix_response_judge", "judge_at", postgresql_where=text("judge_at IS NOT NULL")),
    )

    occurrence_id: Mapped[UUID] = mapped_column(ForeignKey("occurrence.id"))
    revision: Mapped[int]
    state: Mapped[ResponseState] = mapped_column(words(ResponseState))
    reporter: Mapped[Reporter] = mapped_column(words(Reporter))
    recorded_by: Mapped[UUID | None]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    language: Mapped[str]
    instrument: Mapped[Document]  # pin
    answers: Mapped[Document]  # item → {"status", "value"}; effective ones once final
    words_sealed: Mapped[bytes | None]
    started_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(server_default="false")
    quarantined_at: Mapped[datetime | None]  # "not me": kept, but out of history and figures
    is_test: Mapped[bool]
    relation: Mapped[Relation | None] = mapped_column(words(Relation))  # of a proxy who answered
    answered_on: Mapped[date | None]  # the date on the paper, where it was typed in later
    backfilled: Mapped[bool] = mapped_column(server_default="false")  # a baseline, given afterwards
    texts_sealed: Mapped[bytes | None]  # item → what was written there
    # A draft that nobody goes on with is judged as far as it is: when.
    judge_at: Mapped[datetime | None]


class AnswerEvent(Personal, Base):
    """One answer as it was saved, the earlier ones included."""

    __tablename__ = "answer_event"
    __table_args__ = (Index("ix_answer_event_response", "response_id", "seq"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    response_id: Mapped[UUID] = mapped_column(ForeignKey("response.id"))
    item: Mapped[str]
    status: Mapped[AnswerStatus] = mapped_column(words(AnswerStatus))
    value: Mapped[int | None]
    at: Mapped[datetime]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    reporter: Mapped[Reporter] = mapped_column(words(Reporter))
    recorded_by: Mapped[UUID | None]
    relation: Mapped[Relation | None] = mapped_column(words(Relation))
    picked: Mapped[Listing | None]
    text_sealed: Mapped[bytes | None]


class AnswerTrail(Personal, Base):
    """What is read of a report's events once they have left for the archive: one row for those
    that were given alike, packed. From `seq` on each column holds that of the events, in the order
    of `seq`; of words only that there were some. The database writes it as it lets events go.
    """

    __tablename__ = "answer_trail"

    response_id: Mapped[UUID] = mapped_column(ForeignKey("response.id"), index=True)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    reporter: Mapped[Reporter] = mapped_column(words(Reporter))
    recorded_by: Mapped[UUID | None]
    relation: Mapped[Relation | None] = mapped_column(words(Relation))
    seq: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    item: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[list[str]] = mapped_column(ARRAY(Text))
    value: Mapped[list[int | None]] = mapped_column(ARRAY(Integer))
    at: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
    picked: Mapped[list[Listing | None]] = mapped_column(ARRAY(JSONB))
    in_words: Mapped[list[bool]] = mapped_column(ARRAY(Boolean))
