"""Whom a step tells, by name: the next one of an alert, and each of a ladder beforehand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import people
from rsm.escalation.model import (
    SAFETY_CONTACT,
    ByRole,
    ByTeam,
    OnDuty,
    Person,
    PolicyStep,
    SafetyContact,
    Standing,
    Who,
)
from rsm.escalation.published import load
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Channel
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


@dataclass(frozen=True)
class Spot:
    """A team of a site, as an alert that was routed there would ask; None: the whole site."""

    site_id: UUID
    team_id: UUID | None


@dataclass(frozen=True)
class Named:
    """Somebody whom a reference means now, and by which channels she can be told."""

    name: str
    channels: frozenset[Channel]

    def is_told(self, who: Who, step: PolicyStep) -> bool:
        """Whether this step reaches her; the safety contact is told by any means."""
        return bool(self.channels if who == SAFETY_CONTACT else self.channels & set(step.how))


def people_now(tx: Tx, spot: Spot, wanted: Iterable[Who]) -> Mapping[Who, tuple[Named, ...]]:
    """Who each of these references is at this moment, reachable or not."""
    found = people.look_up(tx, spot, dict.fromkeys(wanted))
    known = staff.many(tx, {one.id for some in found.values() for one in some})
    names = {one: view.name for one, view in known.items()}
    names[spot.site_id] = sites.get(tx, spot.site_id).safety_contact_name
    return {
        who: tuple(Named(names[one.id], one.channels) for one in some if one.id in names)
        for who, some in found.items()
    }


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
