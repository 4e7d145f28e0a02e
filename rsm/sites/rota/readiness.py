"""Who is on duty, now or in the day to come, and could not be told of an alert. Pure.

People on duty whom nothing could reach were passed over in silence elsewhere (lessons 23): here a
manager hears of it while there is time to mend it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import Channel
from rsm.sites.rota.model import OnDuty, Period

AHEAD = timedelta(hours=24)


class UnreadyReason(StrEnum):
    """Why somebody on duty would not hear of an alert."""

    NOT_HERE = "not_here"  # has no account at this site (any more), or it is disabled
    NO_CONTACT = "no_contact"  # neither number nor address
    UNVERIFIED = "unverified"
    UNREACHABLE = "unreachable"  # what we sent there lately did not arrive
    OPTED_OUT = "opted_out"  # said STOP to the site's sender


@dataclass(frozen=True)
class ContactPoint:
    """One number or address of a person, and what we know of it."""

    channel: Channel
    verified: bool
    reachable: bool
    opted_out: bool


@dataclass(frozen=True)
class ContactState:
    """All by which a person can be told of an alert."""

    points: tuple[ContactPoint, ...] = ()
    disabled: bool = False


@dataclass(frozen=True)
class Unready:
    """Somebody who is on duty from `since` until `until`, and would not hear of an alert."""

    staff_id: UUID
    rank: int
    since: datetime
    until: datetime
    reasons: tuple[UnreadyReason, ...]


def unready(
    periods: Iterable[Period], contacts: Mapping[UUID, ContactState], now: datetime
) -> list[Unready]:
    """Those on duty now or within a day whom nothing reaches, each once, who begins first first.

    One number or address that is verified, reachable and not opted out is enough. Whoever is
    absent from `contacts` does not work here.
    """
    return [
        Unready(duty.staff_id, duty.rank, duty.since, duty.until, reasons)
        for duty in _first_duties(periods, now)
        if (reasons := _reasons(contacts.get(duty.staff_id)))
    ]


def _first_duties(periods: Iterable[Period], now: datetime) -> list[OnDuty]:
    first: dict[UUID, OnDuty] = {}
    for period in sorted(periods, key=lambda each: each.since):
        if period.until > now and period.since < now + AHEAD:
            for duty in period.people:
                first.setdefault(duty.staff_id, duty)
    return sorted(first.values(), key=lambda duty: (duty.since, duty.rank, duty.staff_id))


def _reasons(state: ContactState | None) -> tuple[UnreadyReason, ...]:
    """None for somebody who can be told by one way at least; else what stands in any way."""
    if state is None or state.disabled:
        return (UnreadyReason.NOT_HERE,)
    if not state.points:
        return (UnreadyReason.NO_CONTACT,)
    flaws = [set(_flaws(point)) for point in state.points]
    if not all(flaws):
        return ()
    found = set().union(*flaws)
    return tuple(reason for reason in UnreadyReason if reason in found)


def _flaws(point: ContactPoint) -> Iterator[UnreadyReason]:
    if not point.verified:
        yield UnreadyReason.UNVERIFIED
    if not point.reachable:
        yield UnreadyReason.UNREACHABLE
    if point.opted_out:
        yield UnreadyReason.OPTED_OUT
