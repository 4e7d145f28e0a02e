"""Tables as CSV (RFC 4180, UTF-8), and read again.

A text that a spreadsheet would take for a formula gets an apostrophe in front, and so does one that
begins with an apostrophe: whoever takes one away from each text that has one has what was there.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import MappingProxyType

from rsm.reports.export_cells import Field, Type
from rsm.reports.export_model import Cell, Row

GUARD = "'"
_MISTAKEN = ("=", "+", "-", "@", "\t", "\r", "\n", GUARD)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"


def write(path: Path, fields: Sequence[Field], rows: Iterable[Row]) -> int:
    """Write a table row by row; returns how many rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\r\n")
        lines.writerow([guarded(each.name) for each in fields])
        for row in rows:
            lines.writerow([_written(cell) for cell in row])
            count += 1
    return count


def read(path: Path, fields: Sequence[Field]) -> Iterator[Row]:
    """The rows as they were before they were written."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines)
        for line in lines:
            yield tuple(_read(each.type, text) for each, text in zip(fields, line, strict=True))


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return GUARD + text if text.startswith(_MISTAKEN) else text


def _written(cell: Cell) -> str:
    if isinstance(cell, str):
        return guarded(cell)
    if isinstance(cell, datetime):
        return cell.strftime(_INSTANT)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


def _read(kind: Type, text: str) -> Cell:
    return _READ[kind](text) if text else None


_READ: Mapping[Type, Callable[[str], Cell]] = MappingProxyType(
    {
        Type.STRING: lambda text: text.removeprefix(GUARD),
        Type.INTEGER: int,
        Type.NUMBER: float,
        Type.BOOLEAN: lambda text: text == "true",
        Type.DATE: date.fromisoformat,
        Type.DATETIME: lambda text: datetime.strptime(text, _INSTANT).replace(tzinfo=UTC),
    }
)
