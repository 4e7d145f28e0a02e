"""What is exported and read again is the same, whatever stands in the cells."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.reports import export_csv, export_parquet
from rsm.reports.export_cells import Field, Type
from rsm.reports.export_model import Column, Kind, Row

COLUMNS = tuple(Field(kind.value, kind, Column(kind.value, Kind.TEXT, "")) for kind in Type)
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
_CELLS = {
    Type.STRING: _TEXT | st.sampled_from(["=1+1", "+1", "-1", "@a", "'", "''=", "\t", 'a\r\nb,"']),
    Type.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Type.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    Type.BOOLEAN: st.booleans(),
    Type.DATE: st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    Type.DATETIME: st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(microsecond=0, tzinfo=UTC)
    ),
}
ROWS = st.lists(st.tuples(*(st.none() | _CELLS[each.type] for each in COLUMNS)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(ROWS)
def test_csv_gives_back_what_was_written(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        assert export_csv.write(path, COLUMNS, iter(rows)) == len(rows)
        assert list(export_csv.read(path, COLUMNS)) == rows


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_parquet_gives_back_what_was_written(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        assert export_parquet.write(path, COLUMNS, iter(rows), "{}") == len(rows)
        assert list(export_parquet.read(path)) == rows


@given(_TEXT)
def test_no_text_is_taken_for_a_formula(text: str) -> None:
    assert export_csv.guarded(text)[0] not in "=+-@\t\r\n"
