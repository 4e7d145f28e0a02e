"""A process of ours that dies by kill -9 at a named point: `python -m tests.killer POINT N web`.

It is the program of a hospital (`rsm web`, `rsm worker`) with one hook: at the Nth coming to POINT
it kills itself, as a power cut would. The code under test reads nothing of this.
"""

import os
import signal
import sys
import threading

from rsm.cli import main
from rsm.kernel import faults


def arm(point: str, coming: int) -> None:
    """Die at the `coming`-th time that any thread comes to `point`."""
    left = [coming]
    lock = threading.Lock()

    def hook(name: str) -> None:
        if name != point:
            return
        with lock:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    faults.install(hook)


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
