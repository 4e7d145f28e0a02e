"""The ladder of last resort, built in: for when the site's own policy cannot be used (P4, P6).

Whoever is on duty is told at once, then the safety contact, every 15 minutes, until somebody
takes the alert. It needs no row, no file and no agreement; it cannot be edited.
"""

from datetime import timedelta
from functools import cache

from rsm.escalation.model import (
    SAFETY_CONTACT,
    FirstStep,
    Ladder,
    Ladders,
    OnDuty,
    Policy,
    PolicyStep,
)
from rsm.kernel.words import Channel, Pin

KEY = "built-in-safety"
_EVERY_MINUTES = 15
EVERY = timedelta(minutes=_EVERY_MINUTES)
_EVERYBODY_ON_DUTY = tuple(OnDuty(kind="on_duty", rank=rank) for rank in range(1, 10))


@cache
def policy() -> Policy:
    """The built-in policy: the same ladder for every level."""
    told_at_once = PolicyStep(
        who=_EVERYBODY_ON_DUTY, how=(Channel.SMS,), wait_minutes=_EVERY_MINUTES
    )
    then = PolicyStep(
        who=(SAFETY_CONTACT, *_EVERYBODY_ON_DUTY),
        how=(Channel.SMS, Channel.VOICE),
        wait_minutes=_EVERY_MINUTES,
    )
    ladder = Ladder(
        target_minutes=60,
        first_step=FirstStep.AT_ONCE,
        ack_loan_minutes=120,
        text_ack_loan_minutes=15,
        steps=(told_at_once, then),
    )
    return Policy(
        key=KEY,
        version="1.1.0",
        title="Built in: on duty, then the safety contact, every 15 minutes",
        author="RSM project",
        levels=Ladders(emergency=ladder, urgent=ladder, soon=ladder, info=ladder),
    )


def is_built_in(pin: Pin) -> bool:
    """Whether a row was put on the built-in ladder."""
    return pin.key == KEY


def last_step() -> int:
    """The place of the safety contact."""
    return len(policy().levels.urgent.steps) - 1
