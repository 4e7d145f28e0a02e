"""The archive's folder: one Parquet file for a site's month of a table, there whole or not at all.

`<site>/<table>/2024-03.parquet`; what came to light later is `2024-03.2.parquet`, and so on. Sites
are called by their ids; for accounts of this process alone to read.
"""

import errno
import hashlib
import heapq
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from rsm.kernel.errors import Invalid, Problem
from rsm.reports import archive_parquet as parquet
from rsm.reports.archive_compare import Filed
from rsm.reports.archive_model import SUFFIX, Content, Month, Refused, Row, file_name
from rsm.reports.archive_rows import Digest

if TYPE_CHECKING:
    import pyarrow as pa

_PART = re.compile(r"(\d{4}-\d{2})(?:\.(\d+))?\.parquet")
_UNFINISHED = ".part"
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP}  # of a disk that gives a file one name
# Of what is no such file, pyarrow says so by errors of all these kinds.
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, NotImplementedError)


@dataclass(frozen=True)
class Archive:
    """A folder that is there and can be written to (`usable`)."""

    folder: Path

    def path(self, month: Month, part: int) -> Path:
        return self.folder / file_name(month.site_id, month.table, f"{month.first:%Y-%m}", part)

    def parts(self, month: Month) -> dict[int, Path]:
        """The files of this month that are there, by number."""
        folder = self.path(month, 1).parent
        found = {path: _PART.fullmatch(path.name) for path in folder.glob(f"*{SUFFIX}")}
        same = f"{month.first:%Y-%m}"
        numbered = {
            int(match[2] or 1): path for path, match in found.items() if match and match[1] == same
        }
        return dict(sorted(numbered.items()))

    def all(self) -> set[str]:
        """Every file of the archive, as it is named in it."""
        return {self.name(path) for path in self.folder.glob(f"*/*/*{SUFFIX}")}

    def name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def filed(self, parts: Mapping[int, Path], noted: Mapping[int, Content]) -> Iterator[Filed]:
        """The rows of all these files, in the order of their ids."""
        each = [self._rows(path, number in noted) for number, path in parts.items()]
        return heapq.merge(*each, key=lambda filed: filed.row.id)

    def _rows(self, path: Path, noted: bool) -> Iterator[Filed]:
        name = self.name(path)
        with refusing(name):
            for row in parquet.read(path):
                yield Filed(row, name, noted)

    def ids(self, path: Path) -> Iterator[UUID]:
        """The ids of the rows of one file."""
        with refusing(self.name(path)):
            yield from parquet.ids(path)

    def content(self, path: Path) -> Content:
        """What is in a file, read from its beginning to its end."""
        with refusing(self.name(path)):
            return content(path)

    def hash(self, path: Path) -> str:
        """The hash of a file's bytes."""
        with refusing(self.name(path)):
            return sha256(path)

    def write(self, path: Path, schema: "pa.Schema", rows: Iterable[Row]) -> Content:
        """Write, read back and compare; from then on the file is there. Raises `Invalid` when it
        cannot be written, `Refused` when there is one already."""
        try:
            _make_folder(path.parent)
            with _unfinished(path) as unfinished:
                there = _write(unfinished, schema, rows, self.name(path))
                _give_name(unfinished, path, self.name(path))
            _sync(path.parent)
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        return there


def archive_in(folder: Path) -> Archive:
    """The archive in this folder, to be read. Raises `Invalid` when there is no folder."""
    place = folder.resolve()
    if not place.is_dir():
        mend = "make it first: a disk that is not mounted is no archive"
        raise Invalid(Problem(str(folder), "is no folder", mend))
    return Archive(place)


def usable(folder: Path, data_dir: Path) -> Archive:
    """The archive in this folder, to be written to. Raises `Invalid` for a place that is none."""
    archive, own = archive_in(folder), data_dir.resolve()
    place = archive.folder
    if place == own or own in place.parents:
        mend = "choose another disk: what is lost with the database is no archive"
        raise Invalid(Problem(str(folder), "is in RSM_DATA_DIR", mend))
    probe = place / f".{os.getpid()}{_UNFINISHED}"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from None
    return archive


def content(path: Path) -> Content:
    """As `Archive.content`, of any file."""
    digest = Digest()
    for _ in digest.over(parquet.read(path)):
        pass
    return Content(digest.rows, digest.hex, sha256(path))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """A file that cannot be read stops its month, and no other."""
    try:
        yield
    except _UNREADABLE as error:
        what = f"cannot be read: {type(error).__name__}"
        raise Refused(Problem(name, what, "nothing of this month was deleted")) from None


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A file beside it, of this run alone, for so long. What killed runs had begun is removed."""
    hidden = f".{path.name}"
    for left in path.parent.glob(f"{hidden}*{_UNFINISHED}"):
        left.unlink(missing_ok=True)
    opened, name = tempfile.mkstemp(_UNFINISHED, f"{hidden}.", path.parent)
    os.close(opened)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _give_name(unfinished: Path, path: Path, name: str) -> None:
    """Nothing that has the name already is overwritten, whoever wrote it meanwhile."""
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise _taken(name) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise _taken(name) from None
        unfinished.rename(path)


def _taken(name: str) -> Refused:
    what = "is there already: somebody wrote it meanwhile"
    return Refused(Problem(name, what, "nothing of this month was deleted: run it again"))


def _write(path: Path, schema: "pa.Schema", rows: Iterable[Row], name: str) -> Content:
    written = Digest()
    with path.open("wb") as file:
        path.chmod(0o600)
        parquet.write(file, schema, written.over(rows))
        file.flush()
        os.fsync(file.fileno())
    with refusing(name):
        there = content(path)
    if (there.rows, there.digest) != (written.rows, written.hex):
        what = "what was read back is not what was written"
        raise Refused(Problem(name, what, "nothing of this month was deleted: check the disk"))
    return there


def _make_folder(folder: Path) -> None:
    for each in (folder.parent, folder):
        if not each.is_dir():
            each.mkdir(mode=0o700)
            _sync(each.parent)


def _sync(folder: Path) -> None:
    """A name is on the disk only when its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _unwritable(folder: Path, error: OSError) -> Invalid:
    what = f"cannot be written to: {error.strerror or type(error).__name__}"
    return Invalid(Problem(str(folder), what, "what is not in a whole file was not deleted"))
