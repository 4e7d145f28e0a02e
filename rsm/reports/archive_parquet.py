"""A table's rows as Parquet: a column for a column, what has no type there as text."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Double,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.types import Enum

from rsm.reports.archive_model import Row
from rsm.reports.archive_rows import row_of

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 10_000  # rows: what is in memory at once


def schema_of(table: Table) -> "pa.Schema":
    """The Parquet schema of a table. Raises `TypeError` for a type that the archive does not know:
    the policy names tables, and a test goes through them."""
    import pyarrow as pa

    kinds = (
        (Boolean, pa.bool_()),
        (Integer, pa.int64()),  # all widths
        ((Float, Double), pa.float64()),
        (DateTime, pa.timestamp("us", tz="UTC")),
        (Date, pa.date32()),
        (LargeBinary, pa.binary()),
        ((Uuid, Enum, Text, JSON), pa.string()),
    )
    fields = []
    for column in table.columns:
        kind = next((kind for types, kind in kinds if isinstance(column.type, types)), None)
        if kind is None:
            raise TypeError(f"{column}: the archive has no {column.type!r}")
        fields.append(pa.field(column.name, kind))
    return pa.schema(fields, metadata={b"rsm.table": table.name.encode()})


def write(file: BinaryIO, schema: "pa.Schema", rows: Iterable[Row]) -> None:
    """Write rows, a group at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    left = iter(rows)
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := [row.cells for row in islice(left, _GROUP)]:
            writer.write_table(pa.Table.from_pylist(group, schema=schema), row_group_size=_GROUP)


def read(path: Path) -> Iterator[Row]:
    """The rows as they were before they were written."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_GROUP):
            yield from map(row_of, batch.to_pylist())


def ids(path: Path) -> Iterator[UUID]:
    """The ids of the rows alone, in the same order."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_GROUP, columns=["id"]):
            yield from map(UUID, batch.column(0).to_pylist())
