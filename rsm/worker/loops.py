"""Threads that sleep until they are woken, then work until nothing is left; and their guard."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from rsm.metrics.exporter import Board

LOG = logging.getLogger(__name__)
_ROUNDS = 50  # at most so many in a row: then the others get their turn


class Guard:
    """Runs one round of a job: an error is counted and logged by its type, and stops nothing."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def once(self, job: str, work: Callable[[], int]) -> int:
        """How many rows were worked; 0 after an error."""
        self._board.job_begun(job)
        try:
            worked = work()
        except Exception as error:  # noqa: BLE001 - the rows are still due: the next round has them
            self._note(job, error)
            return 0
        self._board.job_done(job)
        return worked

    def until_dry(self, job: str, work: Callable[[], int], stop: Event) -> None:
        """Round after round, while there is something left to do."""
        for _ in range(_ROUNDS):
            if stop.is_set() or self.once(job, work) == 0:
                return

    def _note(self, job: str, error: Exception) -> None:
        self._board.job_failed(job)
        LOG.error("%s: %s", job, type(error).__name__, extra={"action": "job.failed", "job": job})


class Loop:
    """One thread of one lane. `wake` may be called from anywhere, and never blocks."""

    def __init__(self, name: str, work: Callable[[], int], guard: Guard, stop: Event) -> None:
        self._name = name
        self._work = work
        self._guard = guard
        self._stop = stop
        self._woken = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    def join(self) -> None:
        """Wait until the round in hand is done; `stop` must be set before."""
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._woken.wait()
            self._woken.clear()
            self._guard.until_dry(self._name, self._work, self._stop)
