"""Where a patient's plan stands: what its dates hang on, what comes next, what it waits for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from rsm.db.work import Tx
from rsm.kernel.localtime import local_of, start_instant, zone_data_version, zone_named
from rsm.patients import treatment
from rsm.schedules import published
from rsm.schedules.decide import opening_days, windows_from
from rsm.schedules.model import Anchors, Assign, AssignmentView, Slot, Window
from rsm.schedules.plans import Plan
from rsm.schedules.rhythms import awaited

# A change of a date works a waiting plan out anew at once; this is the net below it.
LOOK_AGAIN = timedelta(days=1)
_OPENED_LATE = timedelta(days=2)  # a window may lie a day before its instant, as skipped days do


@dataclass(frozen=True)
class Planned:
    """A plan with what its dates hang on, for one patient."""

    plan: Plan
    anchors: Anchors

    def windows(self, first: str | date) -> Iterator[Window]:
        """From the window of that key, or local date, on."""
        start = date.fromisoformat(first) if isinstance(first, str) else first
        return windows_from(self.plan, self.anchors, start)

    def windows_opening(self, since: datetime) -> Iterator[Window]:
        """Those that open at `since` or later."""
        start = local_of(since, self.anchors.slot.zone).date() - _OPENED_LATE
        return (window for window in self.windows(start) if window.opens_at >= since)

    def unopened_since(self, former: AssignmentView | None, now: datetime) -> datetime:
        """From when on nothing was opened: from now, or from the beginning of the day of the window
        to come, where that has begun. So a change never loses a window whose hour has passed on
        her new clock, or that no worker has opened yet (P1)."""
        if former is None or not former.next_key:
            return now
        return min(now, self.begins(former.next_key))

    def begins(self, key: str) -> datetime:
        """When that local date begins for her."""
        midnight = datetime.combine(date.fromisoformat(key), time())
        return start_instant(midnight, self.anchors.slot.zone)

    def due(self, active: AssignmentView) -> Iterator[Window]:
        """From the one that its timer names on; after waiting, from the last look on."""
        if active.next_key:
            return self.windows(active.next_key)
        if active.next_at is None:
            return iter(())
        return self.windows_opening(active.next_at - LOOK_AGAIN)

    def waits_for(self, now: datetime) -> frozenset[str]:
        """What may bring windows after those that are known (`rhythms.awaited`)."""
        return awaited(self.plan, self.anchors, local_of(now, self.anchors.slot.zone).date())


def planned(tx: Tx, following: Assign | AssignmentView) -> Planned:
    """Raises `NotFound` for a plan that was never published, `Invalid` for an unknown zone."""
    plan, patient = published.load(tx, following.plan), following.patient_id
    cycles = treatment.cycles(tx, [patient]) if plan.is_cyclic else {}
    events = treatment.events(tx, [patient]) if plan.is_eventful else {}
    slot = Slot(zone_named(following.zone), following.weekday, following.local_time)
    return Planned(
        plan,
        Anchors(
            slot=slot,
            starts_on=following.starts_on,
            ends_on=following.ends_on,
            cycles=cycles.get(patient, ()),
            events=events.get(patient, {}),
        ),
    )


def passed(tx: Tx, active: AssignmentView, first: date) -> frozenset[str]:
    """The keys of its windows from that local date to the one that its timer names.

    After its timer was set last, nothing that its dates hang on has changed: each change is a row
    of its own (`service.recompute`).
    """
    found = planned(tx, active)
    last = (
        active.next_key
        or local_of(tx.now - 2 * LOOK_AGAIN, found.anchors.slot.zone).date().isoformat()
    )
    days = opening_days(found.plan, found.anchors, first)
    return frozenset(takewhile(lambda key: key < last, (day.isoformat() for day in days)))


def timer(window: Window | None, now: datetime) -> dict[str, object]:
    """What a row holds of the window to come; without one it is looked at again."""
    return {
        "next_key": window.key if window else "",
        "next_at": window.opens_at if window else now + LOOK_AGAIN,
        "zone_data": zone_data_version(),
    }
