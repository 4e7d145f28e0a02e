"""Simulated months that a page asked for: played by a process of its own, beside the work.

The process has a database of its own, nothing of this installation's settings, and gives way to
everything else on the machine. A round only looks how far it is; nobody waits for it. It ends with
us, also when we are killed (`rsm.worker.foreseen`).
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rsm.db.work import EVERYWHERE, Database
from rsm.improvement import foresight
from rsm.improvement.foresight_model import LONGEST, ForesightView

_COMMAND = (sys.executable, "-m", "rsm.worker.foreseen", "simulate")
# All that it is told of our environment, where credentials and libpq's own settings stand as well.
_TOLD = re.compile(r"PATH|HOME|USER|LANG|LC_\w+|TZ|TZDIR|LD_LIBRARY_PATH|PYTHON\w+|VIRTUAL_ENV")
_PATIENCE = 20.0  # seconds between the asking and the killing
_GIVE_WAY = 10  # as `nice`
_BROKE = 1  # what the command ends with when a promise broke: the result tells of it
_SAID = 300  # characters of its last line

Start = Callable[[Sequence[str], Path], "subprocess.Popen[bytes]"]


def start(arguments: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    """`rsm simulate` with these arguments; what it says goes to a file in the folder."""
    own = {name: value for name, value in os.environ.items() if _TOLD.fullmatch(name)}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [*_COMMAND, *arguments],
            cwd=folder,
            env=own | {"TMPDIR": str(folder)},
            stdin=subprocess.PIPE,  # nothing is written: it closes when we end, however that is
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # a Ctrl-C meant for us is passed on by `close`, once
        )
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, _GIVE_WAY)
    return process


@dataclass
class _Played:
    """What is being played: since when, by which process, where its files lie."""

    question: ForesightView
    since: datetime
    process: "subprocess.Popen[bytes]"
    folder: Path


@dataclass
class Foreseeing:
    """One worker's hand in it: at most one simulation at a time."""

    db: Database
    start: Start = start
    _played: _Played | None = field(default=None, init=False)

    def look(self) -> int:
        """One round: begin the next, or see how far the present one is."""
        if self._played is None:
            self._begin()
        elif self._played.process.poll() is None:
            self._go_on(self._played)
        else:
            self._keep(self._played)
        return 0  # there is nothing to do at once: the clock looks again

    def close(self) -> None:
        """The worker stops: end the process, and leave the question to the next one."""
        if (played := self._played) is None:
            return
        self._end(played)
        with self.db.begin(EVERYWHERE) as tx:
            foresight.let_go(tx, played.question)

    def _begin(self) -> None:
        with self.db.begin(EVERYWHERE) as tx:
            question = foresight.claim(tx)
            now = tx.now
        if question is None:
            return
        folder = Path(tempfile.mkdtemp(prefix="rsm-foresight-"))
        try:
            folder.chmod(0o711)  # the database's own account passes through, when we are root
            process = self.start(_arguments(question, folder), folder)
        except OSError:  # a full disk: its lease ends, and whoever is next tries again
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._played = _Played(question, now, process, folder)

    def _go_on(self, played: _Played) -> None:
        with self.db.begin(EVERYWHERE) as tx:
            if tx.now - played.since < LONGEST:
                is_ours = foresight.renew(tx, played.question)
            else:
                is_ours = False
                foresight.fail(tx, played.question, f"not over after {LONGEST}: ask for less")
        if not is_ours:  # or we slept over our lease, and another worker plays it
            self._end(played)

    def _keep(self, played: _Played) -> None:
        result = played.folder / "result" / "result.json"
        with self.db.begin(EVERYWHERE) as tx:
            if played.process.returncode in {0, _BROKE} and result.exists():
                foresight.finish(tx, played.question, result.read_text(encoding="utf-8"))
            else:
                foresight.fail(tx, played.question, _why(played))
        self._end(played)

    def _end(self, played: _Played) -> None:
        played.process.terminate()
        try:
            played.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            played.process.kill()
            played.process.wait()
        if played.process.stdin is not None:
            played.process.stdin.close()
        shutil.rmtree(played.folder, ignore_errors=True)
        self._played = None


def _arguments(question: ForesightView, folder: Path) -> list[str]:
    """What the command is given. One site's seed is always the same: so are its people, and two
    answers of it can be compared."""
    wish = question.wish
    arguments = [
        *(wish.programme.value, "--patients", str(wish.patients), "--weeks", str(wish.weeks)),
        *("--minutes-per-alert", f"{wish.minutes_per_alert:g}", "--seed", question.site_id.hex),
        *("--out", str(folder / "result"), "--no-search"),
    ]
    for name, text in (("pack", wish.pack), ("roster", wish.roster)):
        if text is not None:
            file = folder / f"{name}.toml"
            file.write_text(text, encoding="utf-8")
            arguments += [f"--{name}", str(file)]
    return arguments


def _why(played: _Played) -> str:
    """Why there is no answer."""
    if played.process.returncode == -signal.SIGKILL:  # as a rule by a host that has none left
        return "its process was killed, probably for want of memory: ask for less"
    return _said(played.folder)


def _said(folder: Path) -> str:
    """The last thing that the process said."""
    lines = (folder / "said").read_text(encoding="utf-8", errors="replace").split("\n")
    said = [line.replace("\0", "").strip() for line in lines if line.strip("\0 \t\r")]
    return said[-1][-_SAID:] if said else "it ended without a word"
