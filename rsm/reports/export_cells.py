"""From a record to a row: pseudonyms, days counted from enrolment, and what each column is called.

A pseudonym is a keyed hash of the id for one site and one project: the same in every export for the
project, another for any other, and nobody without the key ring gets back to the id. It is stable
under rotation, since what it is made with is wrapped by the ring and does not change.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.vault import Vault
from rsm.reports.export_model import Cell, Column, Dates, Kind, Record, Row, Table

_PSEUDONYM_BYTES = 10  # 80 bits: a billion ids, and the chance that two meet is one in a million


class Type(StrEnum):
    """The types of a Frictionless Table Schema that our columns have."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


@dataclass(frozen=True)
class Field:
    """A column as it is written: its name in the file and the type of its values."""

    name: str
    type: Type
    column: Column


@dataclass(frozen=True)
class Naming:
    """Who is called what. With `identified`, ids stand as they are."""

    vault: Vault = field(repr=False)
    site_id: UUID
    project: str
    identified: bool = False

    def of(self, what: str, id_: UUID) -> str:
        if self.identified:
            return str(id_)
        purpose = f"export:{self.site_id}:{project_key(self.project)}"
        digest = self.vault.lookup(purpose, f"{what}:{id_}")[:_PSEUDONYM_BYTES]
        return base64.b32encode(digest).decode().lower()


def project_key(project: str) -> str:
    """Two spellings of one project are one."""
    return " ".join(project.casefold().split())


@dataclass(frozen=True)
class Count:
    """How a patient's days are told: from `origin`, the date of her enrolment on her own clock.

    `dates` is the export's; without an origin nothing can be counted.
    """

    dates: Dates
    origin: date | None = None
    zone: str = "UTC"

    @classmethod
    def since(cls, dates: Dates, enrolled_at: datetime | None, zone: str) -> "Count":
        origin = local_of(enrolled_at, zone_named(zone)).date() if enrolled_at else None
        return cls(dates, origin, zone)

    def day(self, day: date) -> Cell:
        if self.dates is Dates.CALENDAR:
            return day
        return (day - self.origin).days if self.origin is not None else None

    def instant(self, at: datetime) -> Cell:
        if self.dates is Dates.CALENDAR:
            return at.astimezone(UTC).replace(microsecond=0)
        return self.day(local_of(at, zone_named(self.zone)).date()) if self.origin else None


def fields(table: Table, dates: Dates, *, identified: bool = True) -> tuple[Field, ...]:
    """The columns as this export has them."""
    return tuple(
        Field(_name(column, dates), _type(column.kind, dates), column)
        for column in table.columns
        if identified or not column.identified
    )


_ENDS = {
    (Kind.DAY, Dates.STUDY_DAY): "_day",
    (Kind.INSTANT, Dates.STUDY_DAY): "_day",
    (Kind.DAY, Dates.CALENDAR): "_on",
    (Kind.INSTANT, Dates.CALENDAR): "_at",
}
_TYPES = {
    Kind.INTEGER: Type.INTEGER,
    Kind.NUMBER: Type.NUMBER,
    Kind.BOOLEAN: Type.BOOLEAN,
}


def _name(column: Column, dates: Dates) -> str:
    return column.name + _ENDS.get((column.kind, dates), "")


def _type(kind: Kind, dates: Dates) -> Type:
    if kind in {Kind.DAY, Kind.INSTANT}:
        if dates is Dates.STUDY_DAY:
            return Type.INTEGER
        return Type.DATE if kind is Kind.DAY else Type.DATETIME
    return _TYPES.get(kind, Type.STRING)


def row(columns: Iterable[Field], record: Record, naming: Naming, count: Count) -> Row:
    """The cells of one record, in the order of the columns."""
    return tuple(_cell(each.column, record.get(each.column.key), naming, count) for each in columns)


def _cell(column: Column, value: object, naming: Naming, count: Count) -> Cell:
    """What the record has, as the column writes it; an empty text is nothing."""
    if value is None:
        return None
    match column.kind, value:
        case Kind.ID, UUID():
            return naming.of(column.of, value)
        case Kind.DAY, date():
            return count.day(value)
        case Kind.INSTANT, datetime():
            return count.instant(value)
        case _:
            return _plain(column, value)


def _plain(column: Column, value: object) -> Cell:
    match column.kind, value:
        case Kind.INTEGER, int() | float() | Decimal():
            return int(value)
        case Kind.NUMBER, int() | float() | Decimal():
            return float(value)
        case Kind.BOOLEAN, bool():
            return value
        case ((Kind.TEXT | Kind.CODE), _):
            return _text(value) or None
        case _:
            raise TypeError(f"{column.name} cannot hold a {type(value).__name__}")


def _text(value: object) -> str:
    """Several are one text: a cell holds one thing."""
    if isinstance(value, list | tuple):
        return ";".join(str(each) for each in value)
    return value.value if isinstance(value, StrEnum) else str(value)
