"""A process of ours with a fault in it: `python -m tests.campaign.doomed HOW… -- COMMAND…`.

die FILE           kill -9 itself at the first of the points that FILE names; it is taken out
wait POINT N FILE  at the Nth coming, make FILE and go on when it is gone (30 s at most)
"""

import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path

from rsm.cli import main as cli
from rsm.kernel import faults

LOG = "CAMPAIGN_LOG"  # where it says what it does, where nobody has seen to that
_LONGEST = 30.0


def die_at(file: Path) -> None:
    """Die once at each point of the list, whichever process comes there first."""

    def hook(name: str) -> None:
        with file.open("r+") as points:
            fcntl.flock(points, fcntl.LOCK_EX)
            left = points.read().split()
            if name in left:
                left.remove(name)
                points.seek(0)
                points.truncate()
                points.write("\n".join(left))
                points.flush()
                os.kill(os.getpid(), signal.SIGKILL)

    faults.install(hook)


def wait_at(point: str, coming: int, file: Path) -> None:
    """Stand still at the point until whoever watches takes the file away."""
    left = [coming]
    lock = threading.Lock()

    def hook(name: str) -> None:
        if name != point:
            return
        with lock:
            left[0] -= 1
            is_mine = left[0] == 0
        if is_mine:
            file.touch()
            deadline = time.monotonic() + _LONGEST
            while file.exists() and time.monotonic() < deadline:
                time.sleep(0.05)

    faults.install(hook)


def main(arguments: list[str]) -> int:
    if LOG in os.environ:
        log = os.open(os.environ[LOG], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
    place = arguments.index("--")
    how, command = arguments[:place], arguments[place + 1 :]
    if how[0] == "die":
        die_at(Path(how[1]))
    else:
        wait_at(how[1], int(how[2]), Path(how[3]))
    return cli(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
