"""Which lanes of the outbox a lane's threads look into: emergencies first."""

from collections.abc import Sequence

from rsm.messaging.model import Lane


def looked_into(lane: Lane) -> Sequence[Lane]:
    """Whoever tells staff takes the emergencies that are due before.

    So no text to them leaves while an emergency's waits, and an emergency has another thread where
    that of its own lane waits for the provider.
    """
    return (Lane.EMERGENCY, Lane.STAFF) if lane is Lane.STAFF else (lane,)
