"""Closed lists of escalation: where an alert stands, and how its ladder keeps service hours."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from rsm.kernel.words import Role


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


def _works(role: Role) -> Role:
    if role is Role.LEAD:
        raise ValueError("the lead of a collaborative is told of no alert")
    return role


WorkingRole = Annotated[Role, AfterValidator(_works)]  # of whoever works at a site
