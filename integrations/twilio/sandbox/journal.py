"""The state file: one JSON object per line, appended, so that the phones survive a restart."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol


class Journal(Protocol):
    """Where changes are written down."""

    def write(self, entry: Mapping[str, object]) -> None:
        """Append one change."""
        ...


class NoJournal:
    """Forgets everything: the state lives as long as the process."""

    def write(self, entry: Mapping[str, object]) -> None:
        """Do nothing."""


class FileJournal:
    """Appends to a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, entry: Mapping[str, object]) -> None:
        """Append one change and hand it to the operating system."""
        self._file.write(_line(entry))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def replay(path: Path) -> Iterator[Mapping[str, object]]:
    """Every change in the file, in order. A line that a crash cut off is left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry


def rewrite(path: Path, entries: Iterable[Mapping[str, object]]) -> None:
    """Replace the file by these entries: whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    with fresh.open("w", encoding="utf-8") as file:
        file.writelines(_line(entry) for entry in entries)
    fresh.replace(path)


def _line(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, ensure_ascii=False) + "\n"
