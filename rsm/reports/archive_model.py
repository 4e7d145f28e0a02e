"""The words of the archive: a month of a table at a site, the files of it, what a run came to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from uuid import UUID

from rsm.kernel.errors import Invalid
from rsm.metrics.decide import first_id
from rsm.reports.archive_policy import Shelved

SUFFIX = ".parquet"
Cells = dict[str, object]  # column → a value that Parquet has a type for


class Row(NamedTuple):
    """One row: its id as text, its values, and the line that a digest is made over."""

    id: str
    cells: Cells
    line: bytes


@dataclass(frozen=True)
class Month:
    """Rows of one table that one site wrote in one month (UTC)."""

    shelved: Shelved
    site_id: UUID
    first: date

    @property
    def table(self) -> str:
        return self.shelved.table

    @property
    def span(self) -> tuple[UUID, UUID]:
        """The ids that were made in it: from the one, to before the other."""
        return ids_from(self.first), ids_from(following(self.first))

    def __str__(self) -> str:
        return f"{self.site_id}/{self.table}/{self.first:%Y-%m}"


def file_name(site_id: UUID, table: str, month: str, part: int) -> str:
    """A file's path in the archive; `month` as 2024-03."""
    return f"{site_id}/{table}/{month}" + (f".{part}" if part > 1 else "") + SUFFIX


def month_of(row_id: UUID) -> date:
    """The first day of the month in which this id was made (`kernel.ids.new_id`)."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC).date().replace(day=1)


def following(first: date) -> date:
    """The first day of the next month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def ids_from(day: date) -> UUID:
    """The least id that can have been made on that day."""
    return first_id(datetime.combine(day, time(), UTC))


@dataclass(frozen=True)
class Content:
    """What a file holds: how many rows, a digest over them, and the hash of its bytes."""

    rows: int
    digest: str
    sha256: str


class Refused(Invalid):
    """Something is wrong with one month's files: nothing of it is let go; the others go on."""


@dataclass(frozen=True)
class Done:
    """One month: how many rows went to a file now, how many left the database, or why none."""

    month: Month
    stored: int = 0
    let_go: int = 0
    refused: str = ""


@dataclass(frozen=True)
class Told:
    """What the audit trail says of a file; `name` is its path in the archive."""

    id: UUID
    name: str
    rows: int
    sha256: str


@dataclass(frozen=True)
class Verified:
    """How many files were held against the audit trail, their rows, and what is wrong."""

    files: int
    rows: int
    faults: tuple[str, ...]
