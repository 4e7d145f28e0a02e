"""Discrete events under a virtual clock: the world sleeps until something is due, or somebody acts.

What is due is asked of the database, and worked off by the flow functions that the worker runs;
what people do goes through the flow functions that pages and callbacks call.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from rsm.db.work import EVERYWHERE
from rsm.flow import conversation_end, escalate, idle, inbound, outbound, pauses, reconcile
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.kernel.words import Channel
from rsm.messaging.model import Lane
from rsm.metrics.due import Timer, next_due
from rsm.simulate import callees
from rsm.simulate.callees import Callee
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.coordinators import Coordinator
from rsm.simulate.habits import Habits
from rsm.simulate.nurses import Nurses
from rsm.simulate.patients import Home, LastDays, Patients
from rsm.simulate.people import Months, Person, person
from rsm.simulate.post import PastCall
from rsm.simulate.progress import Progress
from rsm.simulate.sheets import fill_in
from rsm.simulate.world import World

_ROUNDS_AT_ONCE = 200
Work = Callable[[], object]


def _always() -> bool:
    return True


class Stuck(RuntimeError):
    """A timer stays due although its work was done: a defect, and not of the simulation."""


@dataclass(frozen=True)
class Cast:
    """Who plays: the sites, and each site's patients."""

    sites: Sequence[BuiltSite]
    people: Mapping[str, Sequence[Person]]  # by the site's tag
    last_days: LastDays | None = None

    @property
    def unreachable(self) -> frozenset[str]:
        everybody = [one for people in self.people.values() for one in people]
        return frozenset(
            one.phone for one in everybody if one.fate.unreachable and one.phone is not None
        )


def cast(
    sites: Sequence[BuiltSite], patients: int, seed: str, habits: Habits, months: Months
) -> Cast:
    """`patients` people, shared out among the sites."""
    people: dict[str, list[Person]] = {}
    share, entered = 0.0, 0
    for place, site in enumerate(sites, start=1):
        plan = site.blueprint
        share += plan.share
        until = patients if place == len(sites) else min(patients, round(patients * share))
        people[plan.tag] = [
            person(seed, plan.place, number, habits, months) for number in range(until - entered)
        ]
        entered = until
    return Cast(sites, people)


def enter(world: World, cast: Cast, habits: Habits, months: Months, end: datetime) -> Patients:
    """Everybody enters and plans her months; nothing has happened yet."""
    patients = Patients(world, habits.patients, months, cast.last_days)
    for site in cast.sites:
        Nurses(site, patients, habits.staff, end)
        Coordinator(site, patients, habits.calls, end)
        home = Home(site.site_id, site.who("coordinator").staff_id, site.sender)
        for place, one in enumerate(cast.people[site.blueprint.tag]):
            patients.meet(home, one, place)
            if one.entry.channel is Channel.VOICE and one.phone is not None:
                chances = habits.patients.call_nobody, habits.patients.call_machine
                callee = Callee(one, *chances, fill_in)
                world.lines[one.phone] = partial(_rings, world, callee, cast.last_days)
    return patients


def _rings(world: World, callee: Callee, last: LastDays | None, call: PastCall) -> None:
    silent = last is not None and call.at >= last.since and callee.person.seed in last.silent
    callees.rings(world, callee, call, silent=silent)


def run_until(
    world: World, end: datetime, progress: Progress, goes_on: Callable[[], bool] = _always
) -> bool:
    """Go from event to event until `end`, and stand there.

    Asked after each event, whoever watches may end it there: then False.
    """
    begin = world.now
    while True:
        worked = _work_off(world)
        if not goes_on():
            return False
        due, planned = worked, world.agenda.next_at
        at = min((each for each in (due, planned) if each is not None), default=end)
        if at > end:
            world.clock.set(end)
            progress.at(1.0, "done")
            return True
        world.clock.set(max(at, world.now))
        share = (world.now - begin) / (end - begin)
        progress.at(min(share, 0.99), f"{world.now:%d %B %Y}")
        while (deed := world.agenda.take(world.now)) is not None:
            deed()


def _work_off(world: World) -> datetime | None:
    """Do what is due now; returns when something will be due next."""
    work = _work(world)
    for _ in range(_ROUNDS_AT_ONCE):
        with world.worker.begin(EVERYWHERE) as tx:
            due = next_due(tx)
        late = [timer for timer, at in due.items() if at <= world.now]
        if not late:
            return min(due.values(), default=None)
        for timer in late:
            work[timer]()
        world.read_phones()
    raise Stuck(f"at {world.now.isoformat()} still due: {', '.join(late)}")


def _work(world: World) -> Mapping[Timer, Work]:
    """The worker's jobs, by what they work off."""
    db, config = world.worker, DeliveryConfig(world.public_url, threads=False)
    return {
        Timer.PLAN: lambda: outbound.open_due(db),
        Timer.SURVEY: lambda: outbound.advance_due(db),
        Timer.MESSAGE: lambda: deliver_due(db, world.post, tuple(Lane), config),
        Timer.UNSURE: lambda: reconcile.reconcile_due(db, world.post, config),
        Timer.INBOUND: lambda: inbound.handle_due(db),
        Timer.ALERT: lambda: escalate.escalate_due(db),
        Timer.TASK: lambda: escalate.overdue_due(db),
        Timer.PAUSE: lambda: pauses.pauses_due(db),
        Timer.IDLE: lambda: conversation_end.finish_silent(db) + idle.judge_due(db),
    }
