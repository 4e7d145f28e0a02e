"""The declarative base and the column types that rooms share."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import JSON, DateTime, Enum, ForeignKey, LargeBinary, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from rsm.kernel.words import Pin

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

# What a JSON column holds: plain data, never identifying text.
Document = dict[str, object]
Listing = list[object]


class Base(DeclarativeBase):
    """Every table of every room. Instants are `timestamptz`, text is `text`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[object, object]] = {
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(),
        bytes: LargeBinary(),
        Document: JSON().with_variant(JSONB(), "postgresql"),
        Listing: JSON().with_variant(JSONB(), "postgresql"),
    }


def words(kind: type[StrEnum]) -> Enum:
    """A column of one enum's words: text with a CHECK, so that a new word needs a migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        values_callable=lambda enum: [word.value for word in enum],
        name=kind.__name__.lower(),
        length=40,
    )


class Identified:
    """A table whose rows have a time-ordered id of our own making."""

    id: Mapped[UUID] = mapped_column(primary_key=True)


class Sited(Identified):
    """A table whose rows belong to one site: row-level security hides them from all others."""

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))


class Personal(Sited):
    """A table whose rows belong to one patient of one site."""

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)


class Timed:
    """A row that is its own timer (decision 3): due when `next_at` has come."""

    next_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    quarantined_at: Mapped[datetime | None]


class Published:
    """An immutable published version of something: rule pack, policy, instrument (P11)."""

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str]
    body: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]

    @property
    def pin(self) -> Pin:
        return Pin(self.key, self.version, self.hash)
