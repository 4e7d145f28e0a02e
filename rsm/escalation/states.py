"""Where an alert stands on its ladder."""

from enum import StrEnum


class EscalationState(StrEnum):
    CLIMBING = "climbing"
    LOANED = "loaned"  # acknowledged: `next_at` is when the loan ends
    DONE = "done"
