"""A row as the archive has it: plain values by column, and one line that says the same for ever.

What is sealed stays sealed: bytes go as they are stored, so that whoever destroys a patient's key
has closed the archive's copy as well.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from uuid import UUID

from rsm.reports.archive_model import Cells, Row

_ID = "id"


def row_of(values: Mapping[str, object]) -> Row:
    """A row from the database, or from a file."""
    cells = {name: _cell(value) for name, value in values.items()}
    return Row(str(cells[_ID]), cells, _line(cells))


def _cell(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return _compact(value) if isinstance(value, (dict, list)) else value


def _line(cells: Cells) -> bytes:
    """Without what is NULL: a column that a later release adds changes no line."""
    told = {name: _told(cell) for name, cell in cells.items() if cell is not None}
    return _compact(told).encode()


def _told(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="microseconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return cell.hex() if isinstance(cell, bytes) else cell


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Digest:
    """A hash over rows in the order of their ids, and how many they are."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, counted and hashed as they pass."""
        for row in rows:
            self._hash.update(row.line + b"\n")
            self.rows += 1
            yield row

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()
