"""A programme's months at any number of sites, with every promise watched on the way.

Sites share nothing but the database, so that each may have its own process; the demo's months are
the same engine with a visitor's scene at the end (`rsm.simulate.demo`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import EVERYWHERE, Tx
from rsm.flow.audit import heads_hash
from rsm.flow.publish import Package
from rsm.simulate import orders, premises, run
from rsm.simulate.carrier import Carrier
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.months import Doors, SiteDoor, seal_all
from rsm.simulate.patients import Patients
from rsm.simulate.people import Months, Person
from rsm.simulate.post import Post
from rsm.simulate.progress import Progress
from rsm.simulate.promises import Broken, check_across
from rsm.simulate.run import Cast
from rsm.simulate.story import Story, until
from rsm.simulate.story_lines import lines
from rsm.simulate.watch import Watch
from rsm.simulate.world import World

Stop = Callable[[], bool]
Order = orders.Order
_STORIES = 10  # of a site; the breaks themselves are all told
_GOES_ON = timedelta(days=30)  # nobody leaves anything lying because the simulation ends


@dataclass(frozen=True)
class SitePart:
    """The months of one site, for a process of its own (everything in it can be pickled)."""

    site: BuiltSite
    pins: Package
    people: tuple[Person, ...]
    order: Order

    @property
    def seed(self) -> str:
        """Where the site's ids come from."""
        return f"{self.order.seed}:{self.site.blueprint.tag}"


@dataclass(frozen=True)
class SiteResult:
    """How far one site came. `checked` counts, by promise, how often it was looked at."""

    ended_at: datetime
    whole: bool
    broken: tuple[Broken, ...]
    checked: Mapping[str, int]
    stories: tuple[Story, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What the months came to. `head` is of all audit chains; `whole` is False after a stop;
    `people` are the seeds of everybody at each site."""

    ended_at: datetime
    whole: bool
    broken: tuple[Broken, ...]
    checked: Mapping[str, int]
    head: str
    stories: tuple[Story, ...] = ()
    people: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)


# Lets each site's months pass, side by side or one after the other: it comes to the same.
Play = Callable[[Sequence[SitePart], Progress, Stop], Sequence[SiteResult]]


def check_order(order: Order) -> None:
    """Raises `Invalid` with whatever makes the order impossible; nothing is started."""
    premises.check(order)


def simulate(doors: Doors, order: Order, play: Play, progress: Progress, stop: Stop) -> Outcome:
    """Build the clinic, let its months pass, seal the trail, judge everything once more.

    `doors` stand at `order.begins_at` and draw from `SeededIds(order.seed)`. Raises `Invalid`
    before anything is started.
    """
    check_order(order)
    progress.at(0.0, "sites, staff, rosters")
    built, pins = premises.build(doors.web, order)
    played = parts(order, built, pins)
    results = play(played, progress, stop)
    ended_at = min(result.ended_at for result in results)
    doors.clock.set(max(result.ended_at for result in results))
    seal_all(doors.worker)
    with doors.worker.begin(EVERYWHERE) as tx:
        last, head = check_across(tx), heads_hash(tx)
        told = [Story(one, until(order, one.at), lines(tx, one)) for one in last.broken[:_STORIES]]
    found = {one.key: one for result in results for one in result.broken}
    checked = Counter(last.checked)
    for result in results:
        checked.update(result.checked)  # a sum would leave out what was held against nothing
    return Outcome(
        ended_at=ended_at,
        whole=all(result.whole for result in results),
        broken=(*found.values(), *last.broken),
        checked=dict(sorted(checked.items())),
        head=head,
        stories=(*(story for result in results for story in result.stories), *told),
        people={one.site.site_id: tuple(each.seed for each in one.people) for one in played},
    )


def parts(order: Order, built: Sequence[BuiltSite], pins: Package) -> list[SitePart]:
    """What is to pass at each site."""
    months = Months(order.begin, order.weeks * 7)
    cast = run.cast(built, order.patients, order.seed, order.programme.habits, months)
    found = []
    for site in built:
        people = cast.people[site.blueprint.tag]
        wanted = [one for one in people if order.only is None or one.seed in order.only]
        found.append(SitePart(site, pins, tuple(wanted), order))
    return found


def play_site(doors: Doors, part: SitePart, progress: Progress, stop: Stop) -> SiteResult:
    """Let this site's months pass, until `stop` says so. `doors.clock` stands at the begin."""
    order, site = part.order, part.site
    cast = Cast([site], {site.blueprint.tag: part.people})
    carrier = Carrier(
        Post(doors.clock, doors.ids, cast.unreachable), order.programme.carrier, part.seed
    )
    ids, vault = doors.ids, doors.worker.vault
    worker = SiteDoor(doors.worker.engine, ids, vault, doors.clock, site.site_id)
    world = World(doors.web, worker, doors.clock, carrier, order.public_url, order.seed)
    carrier.serve(world)
    months = Months(order.begin, order.weeks * 7)
    patients = run.enter(world, cast, order.programme.habits, months, order.ends_at + _GOES_ON)
    stories: list[Story] = []

    def tell(tx: Tx, one: Broken) -> None:
        if len(stories) < _STORIES:
            stories.append(_story(tx, one, part, patients))

    watch = Watch(world, site.site_id, order, stop, tell)
    whole = run.run_until(world, order.ends_at, progress, watch.look)
    watch.look_at_all()
    return SiteResult(world.now, whole, watch.broken, watch.checked, tuple(stories))


def _story(tx: Tx, broken: Broken, part: SitePart, patients: Patients) -> Story:
    """With her alone if it is somebody's, else with everybody at the site."""
    hers = patients.known.get(broken.patient_id) if broken.patient_id else None
    people = [hers] if hers is not None else part.people
    order = replace(until(part.order, broken.at), only=frozenset(one.seed for one in people))
    return Story(broken, order, lines(tx, broken))
