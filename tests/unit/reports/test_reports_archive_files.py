"""A file of the archive is there whole or not at all, and says what was written to it."""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Date, DateTime, Double, Integer, LargeBinary, Table
from sqlalchemy.types import JSON, Enum, Uuid

from rsm.bootstrap import metadata
from rsm.kernel.errors import Invalid
from rsm.reports import archive_files, archive_parquet
from rsm.reports.archive_files import Archive, usable
from rsm.reports.archive_model import Content, Month, Refused, Row
from rsm.reports.archive_policy import SHELVED
from rsm.reports.archive_rows import row_of

SITE = UUID(int=7)
AT = datetime(2024, 3, 4, 12, 30, 15, 123456, tzinfo=UTC)
MONTH = Month(SHELVED[0], SITE, date(2024, 3, 1))


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    (tmp_path / "archive").mkdir()
    return usable(tmp_path / "archive", tmp_path / "data")


def table_of(name: str) -> Table:
    return metadata().tables[name]


def filled(table: Table, number: int) -> Row:
    """A row with something in every column; every other one has nothing where that may be."""
    values: dict[str, object] = {}
    for column in table.c:
        empty = column.nullable and number % 2
        values[column.name] = None if empty else value_of(column.type, number)
    return row_of(values | {"id": UUID(int=number)})


def value_of(kind: object, number: int) -> object:
    plain: list[tuple[type[object], object]] = [
        (Enum, "done"),
        (Uuid, UUID(int=number)),
        (JSON, {"b": number, "a": [1, None]}),
        (LargeBinary, bytes([number, 0, 255])),
        (DateTime, AT),
        (Date, AT.date()),
        (Boolean, True),
        (Integer, number),
        (Double, 0.1 + number),
    ]
    return next((value for type_, value in plain if isinstance(kind, type_)), f"text {number} ü")


def write(archive: Archive, rows: list[Row], table: str = "delivery_event", part: int = 1) -> Path:
    path = archive.path(MONTH, part)
    archive.write(path, archive_parquet.schema_of(table_of(table)), iter(rows))
    return path


@pytest.mark.parametrize("table", [each.table for each in SHELVED])
def test_what_is_read_is_what_was_written(archive: Archive, table: str) -> None:
    rows = [filled(table_of(table), number) for number in range(1, 9)]
    path = write(archive, rows, table)
    assert list(archive_parquet.read(path)) == rows
    assert archive.content(path).rows == 8
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_large_month_is_written_and_read_in_groups(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_parquet, "_GROUP", 3)
    rows = [filled(table_of("delivery_event"), number) for number in range(1, 9)]
    assert list(archive_parquet.read(write(archive, rows))) == rows


def test_the_parts_of_a_month_are_told_from_others(archive: Archive) -> None:
    rows = [filled(table_of("delivery_event"), 1)]
    paths = {part: write(archive, rows, part=part) for part in (2, 10, 1)}
    for name in ("2024-04.parquet", "notes.txt", ".2024-03.3.parquet.part", "2024-03.x.parquet"):
        (paths[1].parent / name).touch()
    assert archive.parts(MONTH) == paths
    assert list(archive.parts(MONTH)) == [1, 2, 10]


def full(*_anything: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_nothing_and_is_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Invalid, match="cannot be written to: No space left on device"):
        write(archive, [filled(table_of("delivery_event"), 1)])
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_what_cannot_be_read_back_as_it_was_written_is_not_there(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_files, "content", lambda _path: Content(1, "otherwise", "hash"))
    with pytest.raises(Refused, match="what was read back is not what was written"):
        write(archive, [filled(table_of("delivery_event"), 1)])
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


def test_a_fault_on_the_way_leaves_nothing(archive: Archive) -> None:
    def broken() -> Iterator[Row]:
        yield filled(table_of("delivery_event"), 1)
        raise ValueError("the database has gone")

    path = archive.path(MONTH, 1)
    with pytest.raises(ValueError, match="the database has gone"):
        archive.write(path, archive_parquet.schema_of(table_of("delivery_event")), broken())
    assert [path for path in archive.folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("without_links", [False, True])
def test_a_file_that_somebody_wrote_meanwhile_is_not_overwritten(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, without_links: bool
) -> None:
    def none(*_paths: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if without_links:
        monkeypatch.setattr(os, "link", none)
    path = write(archive, [filled(table_of("delivery_event"), 1)])
    first = path.read_bytes()
    with pytest.raises(Refused, match="is there already"):
        write(archive, [filled(table_of("delivery_event"), 2)])
    assert path.read_bytes() == first
    assert [each for each in archive.folder.rglob("*") if each.is_file()] == [path]


def test_two_runs_write_to_files_of_their_own(archive: Archive) -> None:
    """One that lost its lock goes on writing while the next one begins."""

    def rows() -> Iterator[Row]:
        write(archive, [filled(table_of("delivery_event"), 2)])
        yield filled(table_of("delivery_event"), 1)

    path = archive.path(MONTH, 1)
    with pytest.raises(Invalid):
        archive.write(path, archive_parquet.schema_of(table_of("delivery_event")), rows())
    assert list(archive_parquet.read(path)) == [filled(table_of("delivery_event"), 2)]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no Parquet at all" * 100])
def test_a_file_that_is_none_is_refused_by_its_name(archive: Archive, content: bytes) -> None:
    path = write(archive, [filled(table_of("delivery_event"), 1)])
    path.write_bytes(content)
    with pytest.raises(Refused, match=r"delivery_event/2024-03\.parquet: cannot be read"):
        archive.content(path)
    with pytest.raises(Refused, match="cannot be read"):
        list(archive.filed(archive.parts(MONTH), {}))


# --- which folder -------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="a disk that is not mounted is no archive"):
        usable(tmp_path / "gone", tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inside", ["", "archive"])
def test_a_folder_beside_the_database_is_none(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / "data" / inside
    folder.mkdir(parents=True)
    with pytest.raises(Invalid, match="is in RSM_DATA_DIR"):
        usable(folder, tmp_path / "data")


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_anything: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(Invalid, match="Read-only file system"):
        usable(tmp_path, tmp_path / "data")
