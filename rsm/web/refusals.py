"""Calls that were refused, in the trail: one line a minute at most, with how many there were.

Anybody can send forged calls without end; the trail is kept for years, and each of its lines is
chained. Those after the last line stand in the log until there is another.
"""

import logging
from collections import Counter
from threading import Lock
from time import monotonic

from rsm.db.work import NOWHERE, Database
from rsm.security.audit import Subject, record

LOG = logging.getLogger(__name__)
_SECONDS = 60.0


class Refusals:
    """What this process has refused and not written down yet, by provider."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = Lock()
        self._count: Counter[str] = Counter()
        self._next: dict[str, float] = {}

    def note(self, provider: str) -> None:
        """One more call whose signature does not fit."""
        LOG.warning("a call with a wrong signature", extra={"action": "hook.refused"})
        count = self._due(provider)
        if count:
            with self._db.begin(NOWHERE) as tx:
                record(tx, "hook.refused", Subject("hook"), provider=provider, count=count)

    def _due(self, provider: str) -> int:
        """How many are to be written down now."""
        with self._lock:
            self._count[provider] += 1
            if monotonic() < self._next.get(provider, 0.0):
                return 0
            self._next[provider] = monotonic() + _SECONDS
            return self._count.pop(provider)
