"""LISTEN: what another process has just committed for an urgent lane wakes it at once.

Only a short cut: a wake that is lost costs at most a second, since the scheduler wakes as well.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread

import psycopg
from sqlalchemy.engine import URL

from rsm.db.work import PROBES

LOG = logging.getLogger(__name__)
_LOOK_UP_SECONDS = 1.0  # how long a stop may have to wait
_RETRY_SECONDS = (1, 2, 5, 15)


class Wakes:
    """A thread with a connection of its own (a pooled one would be given to others)."""

    def __init__(self, url: URL, wake: Callable[[str | None], None], stop: Event) -> None:
        probed = url.update_query_dict({name: str(value) for name, value in PROBES.items()})
        self._url = probed.set(drivername="postgresql").render_as_string(hide_password=False)
        self._wake = wake
        self._stop = stop
        self._thread = Thread(target=self._run, name="wakes", daemon=True)
        self.listening = Event()  # set once the server has heard LISTEN

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait until the connection is closed; `stop` must be set before."""
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._listen()
                failures = 0
            except psycopg.Error as error:
                self._note(error)
                wait = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
                failures = 0 if self.listening.is_set() else failures + 1
                self.listening.clear()
                self._stop.wait(wait)

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("LISTEN rsm_wake")
            self.listening.set()
            self._wake(None)  # something may have been said while nobody listened
            while not self._stop.is_set():
                for note in connection.notifies(timeout=_LOOK_UP_SECONDS):
                    self._wake(note.payload)

    def _note(self, error: psycopg.Error) -> None:
        LOG.warning("%s", type(error).__name__, extra={"action": "wakes.lost"})
