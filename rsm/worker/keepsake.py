"""The lifeline's last beat in a small file of RSM_DATA_DIR: see `rsm.messaging.lifeline`.

Several workers may share the directory: the highest count wins. A file that cannot be read counts
as none, since whoever cannot read it must not stop alerts; it is said aloud.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rsm.kernel.clock import as_utc
from rsm.messaging.lifeline import Beat

log = logging.getLogger(__name__)

_NAME = "lifeline.json"


class LifelineFile:
    """Implements `rsm.flow.ports.Keepsake`."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _NAME

    def read(self) -> Beat | None:
        """The highest beat that was kept; None when there is none, or none that can be read."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            at = as_utc(datetime.fromisoformat(told["at"]))
            return Beat(int(told["counter"]), at, str(told["server"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            _say("lifeline.unreadable", error)
            return None

    def keep(self, beat: Beat) -> None:
        """Replace the file, whole or not at all, unless it holds a higher count."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._alone():
                kept = self.read()
                if kept is None or kept.counter < beat.counter:
                    self._write(beat)
        except OSError as error:
            _say("lifeline.not_kept", error)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._path.with_name(_NAME + ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, beat: Beat) -> None:
        told = {"counter": beat.counter, "at": beat.at.isoformat(), "server": beat.server}
        fresh = self._path.with_name(_NAME + ".new")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _say(action: str, error: Exception) -> None:
    log.error("%s", type(error).__name__, extra={"action": action})
