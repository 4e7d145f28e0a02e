"""What happens next with an alert, for the page: whom the next step tells, by name."""

from collections.abc import Sequence
from typing import assert_never

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import people
from rsm.escalation.model import ByRole, ByTeam, OnDuty, Person, SafetyContact, Standing, Who
from rsm.escalation.published import load
from rsm.kernel.errors import RsmError
from rsm.security import staff
from rsm.sites import service as sites


def next_names(tx: Tx, alert: AlertView, standing: Standing) -> list[str]:
    """Whom the next step would tell now; their references where it would reach nobody."""
    step = _next_step(tx, alert, standing)
    found = people.look_up(tx, alert, step)
    ids = [one.id for who in step for one in found.get(who, ()) if one.channels]
    safety = sites.get(tx, alert.site_id).safety_contact_name
    known = staff.many(tx, ids)
    names = [known[one].name if one in known else f"safety contact, {safety}" for one in ids]
    return list(dict.fromkeys(names)) or [reference(who) for who in step]


def _next_step(tx: Tx, alert: AlertView, standing: Standing) -> Sequence[Who]:
    try:
        steps = load(tx, standing.policy).ladder(alert.level).steps
    except RsmError:  # the step itself then takes the built-in ladder
        return ()
    return steps[min(standing.step, len(steps) - 1)].who


def reference(who: Who) -> str:
    """A reference of a policy in words."""
    match who:
        case OnDuty():
            return "whoever is on duty" if who.rank == 1 else f"number {who.rank} on duty"
        case ByRole():
            return f"the {who.role.value}"
        case ByTeam():
            return f"the team {who.team}" if who.team else "the team"
        case Person():
            return who.email
        case SafetyContact():
            return "the safety contact"
        case _:
            assert_never(who)
