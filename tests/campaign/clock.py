"""One virtual clock for many processes: eight bytes in a shared file, and each worker's mark."""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SLOT = struct.Struct("<q")
_SLOTS = 16


class SharedClock:
    """Slot 0 is the time (microseconds); slot n is the time at which worker n had nothing to do.

    Eight aligned bytes are written at once, so no reader sees half of them.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SLOT.size * _SLOTS))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SLOT.size * _SLOTS)

    def now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._read(0))

    def set(self, instant: datetime) -> None:
        self._write(0, _micros(instant))

    def idle(self, worker: int, at: datetime) -> None:
        """Worker `worker` looked everywhere at `at`, and nothing was due."""
        self._write(worker, _micros(at))

    def busy(self, worker: int) -> None:
        """It was ended, or starts: nothing is known of it."""
        self._write(worker, 0)

    def is_idle(self, worker: int) -> bool:
        """Whether it had nothing to do at the present time."""
        return self._read(worker) == self._read(0)

    def _read(self, slot: int) -> int:
        (value,) = _SLOT.unpack_from(self._memory, slot * _SLOT.size)
        return int(value)

    def _write(self, slot: int, value: int) -> None:
        _SLOT.pack_into(self._memory, slot * _SLOT.size, value)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
