"""Nothing goes to patients before this process has looked whether the database was restored."""

from collections.abc import Callable

from rsm.messaging.model import Lane

LIFELINE = "lifeline"
LIFELINE_SECONDS = 10
_TO_STAFF = frozenset({Lane.EMERGENCY, Lane.STAFF})  # told at least once, whatever else fails


class Lifeline:
    """The worker's look at the lifeline (`rsm.flow.holds.beat`), and whether it has had one."""

    def __init__(self, beat: Callable[[], object]) -> None:
        self._beat = beat
        self._has_looked = False

    def look(self) -> int:
        """One beat; from the first that succeeds on, every lane may ask for what is due."""
        self._beat()
        self._has_looked = True
        return 0

    def allows(self, lane: Lane) -> bool:
        """Whether this lane may ask for what is due; a hold is asked about at each claim."""
        return self._has_looked or lane in _TO_STAFF
