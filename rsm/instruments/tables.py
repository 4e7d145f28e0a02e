"""Instruments: published versions as they were, whose they are, what was retired; drafts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Published, Sited, words
from rsm.kernel.words import Channel


class InstrumentVersion(Published, Base):
    """One immutable version; `body` is the TOML it was made from."""

    __tablename__ = "instrument_version"


class InstrumentOwner(Base):
    """The site that first published something under this key; never changed."""

    __tablename__ = "instrument_owner"

    key: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    since: Mapped[datetime]


class InstrumentRetired(Base):
    """A published version that is given to nobody anew. Whoever has it keeps it."""

    __tablename__ = "instrument_retired"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    retired_at: Mapped[datetime]
    retired_by: Mapped[UUID | None]
    reason: Mapped[str]


class InstrumentDraft(Sited, Base):
    """A site's draft: always a TOML text, right or wrong, however it was written."""

    __tablename__ = "instrument_draft"
    __table_args__ = (
        Index(
            "ix_instrument_draft_open",
            "site_id",
            postgresql_where=text("discarded_at IS NULL AND published_at IS NULL"),
        ),
    )

    key: Mapped[str]  # as the text has it; empty while it cannot be read
    body: Mapped[str]
    revision: Mapped[int]  # counts its changes: an editor hands back the one that she had
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    updated_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    discarded_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]


class InstrumentDraftEditor(Base):
    """Somebody who wrote on a draft: none of them can be the one who has read it."""

    __tablename__ = "instrument_draft_editor"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("instrument_draft.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))


class InstrumentPilot(Sited, Base):
    """A draft answered once by somebody who is no patient: how long it took, what was unclear.

    What was answered is not kept. `hash` is the content that was answered.
    """

    __tablename__ = "instrument_pilot"

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("instrument_draft.id"), index=True)
    hash: Mapped[str]
    language: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    begun_by: Mapped[UUID] = mapped_column(ForeignKey("staff_account.id"))
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))  # None: reader
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    unclear: Mapped[str] = mapped_column(server_default="")
