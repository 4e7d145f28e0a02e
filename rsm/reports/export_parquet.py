"""Tables as Parquet: typed, in row groups, the dictionary in the metadata of the schema."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rsm.reports.export_cells import Field, Type
from rsm.reports.export_model import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 10_000  # rows: what is in memory at once
_DICTIONARY = b"rsm.dictionary"


def write(path: Path, fields: Sequence[Field], rows: Iterable[Row], dictionary: str) -> int:
    """Write a table, a row group at a time; returns how many rows. `dictionary` is JSON."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(fields).with_metadata({_DICTIONARY: dictionary.encode()})
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as file:
        for group in _groups(rows):
            columns = [
                pa.array(cells, kind) for cells, kind in zip(group, schema.types, strict=True)
            ]
            file.write_table(pa.table(columns, schema=schema), row_group_size=ROW_GROUP)
            count += len(group[0])
    return count


def read(path: Path) -> Iterator[Row]:
    """The rows as they were before they were written."""
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    for batch in file.iter_batches():
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def dictionary(path: Path) -> str:
    """What the file says of its own columns, as JSON."""
    from pyarrow import parquet

    metadata: Mapping[bytes, bytes] = parquet.read_schema(path).metadata
    return metadata[_DICTIONARY].decode()


def _groups(rows: Iterable[Row]) -> Iterator[list[tuple[object, ...]]]:
    """Columns of so many rows."""
    left = iter(rows)
    while group := list(islice(left, ROW_GROUP)):
        yield list(zip(*group, strict=True))


def _schema(fields: Sequence[Field]) -> "pa.Schema":
    import pyarrow as pa

    kinds = {
        Type.STRING: pa.string(),
        Type.INTEGER: pa.int64(),
        Type.NUMBER: pa.float64(),
        Type.BOOLEAN: pa.bool_(),
        Type.DATE: pa.date32(),
        Type.DATETIME: pa.timestamp("ms", tz="UTC"),
    }
    return pa.schema(
        [
            pa.field(each.name, kinds[each.type], metadata={"description": each.column.words})
            for each in fields
        ]
    )
