"""Closed lists of escalation: where an alert stands, and how its ladder keeps service hours."""

from enum import StrEnum


class EscalationState(StrEnum):
    CLIMBING = "climbing"
    LOANED = "loaned"  # acknowledged: `next_at` is when the loan ends
    DONE = "done"


class WaitIn(StrEnum):
    """Which minutes a step waits: all of them, or those within service hours."""

    CLOCK = "clock"
    SERVICE = "service"


class OutOfHours(StrEnum):
    """What becomes of an alert outside of service hours."""

    ON_CALL = "on_call"  # told as at any time
    HELD = "held"  # told when the next service hour begins, at the latest after the cap
