"""Whom a visitor of the demo finds on the call list: a few who have not answered, for good reason.

Who they are and when they are asked is arranged; that they come onto the list, and what a call
changes, comes from the flow, whatever the weekday on which the demo is started.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial

from rsm.flow import calls
from rsm.flow.calls import CallMade
from rsm.kernel.errors import RsmError
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.kernel.words import Channel
from rsm.patients.model import CallOutcome, PatientStatus
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.patients import LastDays, Patients
from rsm.simulate.people import Months, Person
from rsm.simulate.world import World
from rsm.tasks import service as tasks

_AT_MOST = 4
_SHARE = 4  # at a small site: one of so many
_CALLED_BEFORE = timedelta(minutes=80)
_DESK = time(9), time(17)
_BY_DAY = time(8), time(20)
_LATER = timedelta(hours=3)
# The shipped plan puts her on the list after three days on the wall, whatever the clocks did.
_LISTED_AFTER = timedelta(hours=72)
_BEFORE_THE_CALL = timedelta(minutes=90)
_LAST_DAYS = timedelta(days=6, hours=12)  # no survey that began before is open at the end


@dataclass(frozen=True)
class CallScene:
    """The site's people, some of whom are asked on another weekday than they were drawn for:
    `silent` are those, the one who needs an interpreter first."""

    people: tuple[Person, ...]
    silent: tuple[str, ...]
    calls_at: datetime
    end: datetime

    @property
    def last_days(self) -> LastDays:
        return LastDays(self.end - _LAST_DAYS, frozenset(self.silent))

    def stage(self, world: World, patients: Patients, site: BuiltSite) -> None:
        """Of those on the list one has a voicemail, and one has asked to be called when the visitor
        comes; the others have not been called yet."""
        caller = _Caller(world, patients, site, self.end)
        outcomes = (CallOutcome.VOICEMAIL, CallOutcome.REACHED)
        for place, (seed, outcome) in enumerate(zip(self.silent[1:], outcomes, strict=False)):
            at = self.calls_at + place * timedelta(minutes=10)
            world.agenda.add(at, partial(caller.call, seed, outcome))


def arrange(people: Sequence[Person], months: Months, site: BuiltSite, end: datetime) -> CallScene:
    """Choose who stays silent in the last days, and give each the weekday that makes her due."""
    calls_at = _desk_hour_before(end - _CALLED_BEFORE, site.blueprint.zone)
    by = calls_at - _LISTED_AFTER - _BEFORE_THE_CALL
    chosen = _choose([one for one in people if _is_plain(one, months, by)], len(people))
    moved = {one.seed: _asked_by(one, by, site.blueprint.zone) for one in chosen}
    everybody = tuple(moved.get(one.seed, one) for one in people)
    return CallScene(everybody, tuple(one.seed for one in chosen), calls_at, end)


def _desk_hour_before(at: datetime, zone: str) -> datetime:
    """`at`, or the end of the last desk hours before it; whoever is on duty calls on any day."""
    opens, closes = _DESK
    here = zone_named(zone)
    local = local_of(at, here)
    if opens <= local.time() < closes:
        return at
    day = local.date() if local.time() >= closes else local.date() - timedelta(days=1)
    return start_instant(datetime.combine(day, closes), here)


def _is_plain(one: Person, months: Months, by: datetime) -> bool:
    """She takes part by text to the end, answers for herself, and nothing else happens to her."""
    fate, entry = one.fate, one.entry
    eventful = fate.proxy or fate.unreachable or fate.wrong_number or fate.texts is not None
    goes = fate.stops is not None or fate.leaves is not None or fate.pauses is not None
    enrolled = entry.status is PatientStatus.ENROLLED and entry.channel is Channel.SMS
    begun = months.first + timedelta(days=fate.enrols + 2) < by.date() - timedelta(days=2)
    return enrolled and begun and one.phone is not None and not (eventful or goes)


def _choose(plain: Sequence[Person], patients: int) -> list[Person]:
    """One who needs an interpreter, one from another zone if there is one, then the last ones:
    the first belong to other scenes."""
    last_first = list(reversed(plain))
    interpreted = [one for one in last_first if one.entry.interpreter][:1]
    elsewhere = [one for one in last_first if one.entry.zone and one not in interpreted][:1]
    others = [one for one in last_first if one.entry.language == "en" and one.entry.zone is None]
    ranked = [*interpreted, *elsewhere, *(one for one in others if one not in interpreted)]
    return ranked[: min(_AT_MOST, patients // _SHARE)]


def _asked_by(one: Person, by: datetime, site_zone: str) -> Person:
    """The same person with the weekday on which her last survey begins just before `by`."""
    zone = zone_named(one.entry.zone or site_zone)
    day = local_of(by, zone).date()
    if start_instant(datetime.combine(day, one.entry.local_time), zone) > by:
        day -= timedelta(days=1)
    return replace(one, entry=one.entry.model_copy(update={"weekday": day.weekday()}))


@dataclass(frozen=True)
class _Caller:
    """The site's coordinator at the telephone, before the visitor comes."""

    world: World
    patients: Patients
    site: BuiltSite
    end: datetime

    def call(self, seed: str, outcome: CallOutcome) -> None:
        who = self.site.who("coordinator").staff_id
        try:
            with self.world.as_staff(self.site.site_id, who) as tx:
                for task in tasks.open_tasks(tx, self.site.site_id, calls.ON_LIST):
                    if task.patient_id and self.patients.known[task.patient_id].seed == seed:
                        later = self._next_try(outcome)
                        calls.record_call(tx, task.id, CallMade(outcome, next_try=later))
        except RsmError:
            return  # she is not asked any more: one call less

    def _next_try(self, outcome: CallOutcome) -> datetime:
        """Chosen by the caller, since a visitor may come at a weekend: whoever was reached is to
        be called when the visitor comes, the other later; neither in the night."""
        at = self.end + (_LATER if outcome is CallOutcome.VOICEMAIL else timedelta())
        opens, closes = _BY_DAY
        zone = zone_named(self.site.blueprint.zone)
        local = local_of(at, zone)
        if opens <= local.time() < closes:
            return at
        day = local.date() + timedelta(days=1 if local.time() >= closes else 0)
        return start_instant(datetime.combine(day, _DESK[0]), zone)
