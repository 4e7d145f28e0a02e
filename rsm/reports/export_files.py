"""Files that are there whole, or not at all: a folder or one .zip, made beside and then renamed."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rsm.kernel.errors import Invalid, Problem
from rsm.reports.export_model import File

SUMS = "SHA256SUMS"
_WHERE = "--out"


@dataclass(frozen=True)
class Staging:
    """Where an export is made: `folder` is nobody's business until `publish`."""

    folder: Path
    out: Path

    def file(self, name: str, rows: int | None = None) -> File:
        """What was written under that name."""
        path = self.folder / name
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return File(name, path.stat().st_size, digest, rows)

    def seal(self, files: list[File]) -> str:
        """Write the list of all files with their hashes (`sha256sum -c`); its own hash."""
        lines = "".join(f"{each.hash}  {each.name}\n" for each in files)
        (self.folder / SUMS).write_text(lines, encoding="utf-8")
        return hashlib.sha256(lines.encode()).hexdigest()

    def publish(self, at: datetime) -> None:
        """From now on it is there. One .zip, where the name asks for one."""
        if not is_zip(self.out):
            self.folder.rename(self.out)
            return
        packed = self.folder / self.out.name
        _pack(self.folder, packed, at)
        packed.chmod(0o600)
        packed.rename(self.out)


def is_zip(out: Path) -> bool:
    return out.suffix.lower() == ".zip"


@contextmanager
def staged(out: Path) -> Iterator[Staging]:
    """A folder beside `out` to write to; whatever ends the block, nothing half is left.

    Raises `Invalid` when there is something already, or nothing can be written there.
    """
    folder = out.with_name(f".{out.name}.part")
    _begin(out, folder)
    try:
        yield Staging(folder, out)
    except OSError as error:
        raise Invalid(Problem(_WHERE, f"could not be written: {error.strerror}")) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _begin(out: Path, folder: Path) -> None:
    if out.exists() and (is_zip(out) or not out.is_dir() or any(out.iterdir())):
        raise Invalid(Problem(_WHERE, f"`{out.name}` is there already", "choose another name"))
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        what = f"another export to `{out.name}` is under way, or was killed"
        raise Invalid(Problem(_WHERE, what, f"wait, or remove `{folder.name}`")) from None
    except OSError as error:
        what = f"nothing can be written to `{out.parent}`: {error.strerror}"
        raise Invalid(Problem(_WHERE, what, "choose a folder that is there and yours")) from None


def _pack(folder: Path, packed: Path, at: datetime) -> None:
    """Each file as it goes in goes out of the folder: the disk holds it once."""
    names = sorted(path.name for path in folder.iterdir())
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)
            (folder / name).unlink()
