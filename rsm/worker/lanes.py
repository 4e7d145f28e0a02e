"""One round of a lane of the outbox: emergencies first."""

from collections.abc import Callable

from rsm.messaging.model import Lane


def lane_round(lane: Lane, deliver: Callable[[Lane], int]) -> int:
    """Send what is due in the lane; returns how many messages were dealt with.

    Whoever tells staff takes the emergencies that are due before: so no text to them leaves while
    an emergency's waits, and those have another thread when theirs waits for the provider.
    """
    urgent = deliver(Lane.EMERGENCY) if lane is Lane.STAFF else 0
    return urgent + deliver(lane)
