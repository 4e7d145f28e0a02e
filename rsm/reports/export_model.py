"""The words of an export: what is asked for, its tables and columns, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from rsm.metrics.model import Days

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)  # beyond them no clock of a zone goes
PROJECT_AT_MOST = 80  # characters
REASON_AT_MOST = 500


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class Shape(StrEnum):
    """Of the table `answers`: a row for each answer, or a row for each survey."""

    LONG = "long"
    WIDE = "wide"


class Dates(StrEnum):
    """How days are told: counted from each patient's enrolment, or as they stand in a calendar."""

    STUDY_DAY = "study_day"
    CALENDAR = "calendar"


class Way(StrEnum):
    PAGE = "page"
    COMMAND = "command"


@dataclass(frozen=True)
class Request:
    """What is to be exported. `project` names the recipient and decides the pseudonyms."""

    days: Days
    format: Format = Format.CSV
    shape: Shape = Shape.LONG
    dates: Dates = Dates.STUDY_DAY
    project: str = "default"
    identified: bool = False
    reason: str = field(default="", repr=False)
    with_tests: bool = False
    way: Way = Way.COMMAND


class Kind(StrEnum):
    """What a column holds. A day and an instant read as `Dates` says."""

    ID = "id"
    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"


# What stands in one cell; None: nothing.
Cell = str | int | float | bool | date | datetime | None
Row = tuple[Cell, ...]
# One row as it was read, by name of field.
Record = Mapping[str, object]


@dataclass(frozen=True)
class Code:
    """One value of a closed list, and what it means."""

    value: str | int
    label: str = ""


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds, and where that comes from.

    `of` names whose id it is (patient, survey, …). `field` is the record's, the name unless it
    differs. An `identified` column is left out unless the export is.
    """

    name: str
    kind: Kind
    words: str
    codes: tuple[Code, ...] = ()
    unit: str = ""
    of: str = ""
    field: str = ""
    source: str = ""
    missing: str = ""
    identified: bool = False

    @property
    def key(self) -> str:
        return self.field or self.name


@dataclass(frozen=True)
class Table:
    """One table: what a row is, what its rows are known by, and its columns in order."""

    name: str
    words: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class File:
    """One file that was written: how many rows (None: no table), bytes, and its SHA-256."""

    name: str
    bytes: int
    hash: str
    rows: int | None = None


@dataclass(frozen=True)
class Export:
    """What came of a request. `hash` is that of the list of all files with theirs."""

    request: Request
    made_at: datetime
    counts: Mapping[str, int]
    files: tuple[File, ...]
    hash: str


@dataclass(frozen=True)
class Run:
    """One export on record, without its reason."""

    id: UUID
    made_at: datetime
    made_by: UUID | None
    way: Way
    project: str
    days: Days
    format: Format
    shape: Shape
    dates: Dates
    identified: bool
    with_tests: bool
    counts: Mapping[str, int]
    hash: str
