"""One site's months. Sites share nothing but the database, so that each may have its own process.

Every site has its own clock, its own source of ids and its own door: the same seed gives the same
rows and the same audit chain, whatever the others do meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow.publish import Package
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import Ids
from rsm.kernel.vault import Vault
from rsm.kernel.words import SYSTEM, Actor
from rsm.security import audit
from rsm.simulate import call_scene, clinic, habits, run
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.people import Months, Person
from rsm.simulate.post import PastText, Post
from rsm.simulate.progress import Progress
from rsm.simulate.rules_scene import RulesScene
from rsm.simulate.run import Cast
from rsm.simulate.scene import Scene
from rsm.simulate.world import World

SEED = "demo"
# What is left open at the end was opened within this; what came before climbs by the quiet policy.
_LAST = timedelta(minutes=65)


@dataclass(frozen=True)
class Doors:
    """The database's doors of web and worker, both on `clock`, drawing from `ids`."""

    web: Database
    worker: Database
    clock: VirtualClock
    ids: Ids = field(repr=False)


@dataclass(frozen=True)
class Part:
    """The months of one site; `staged` if a visitor is to find every kind of work there."""

    site: BuiltSite
    pins: Package
    people: tuple[Person, ...]
    begin: datetime
    end: datetime
    public_url: str
    staged: bool

    @property
    def seed(self) -> str:
        """Where the site's ids come from."""
        return f"months:{self.site.blueprint.tag}"


Play = Callable[[Sequence[Part], Progress], Sequence[Sequence[PastText]]]


class SiteDoor(Database):
    """The worker's door of one site: where the worker looks everywhere, it sees this site alone."""

    def __init__(
        self, engine: Engine, ids: Ids, vault: Vault, clock: VirtualClock, site_id: UUID
    ) -> None:
        super().__init__(engine, ids, vault, clock)
        self._site = Scope.site(site_id)

    @contextmanager
    def begin(self, scope: Scope, actor: Actor = SYSTEM) -> Iterator[Tx]:
        """As of any door, but for the scope."""
        with super().begin(self._site if scope.everywhere else scope, actor) as tx:
            yield tx


def play(doors: Doors, part: Part, progress: Progress) -> tuple[PastText, ...]:
    """Let this site's months pass; returns what was texted. `doors.clock` stands at the begin."""
    site, book = part.site, habits.shipped()
    months = Months(part.begin.date(), (part.end.date() - part.begin.date()).days)
    listed = call_scene.arrange(part.people, months, site, part.end) if part.staged else None
    cast = Cast([site], {site.blueprint.tag: part.people})
    if listed is not None:
        cast = Cast([site], {site.blueprint.tag: listed.people}, listed.last_days)
    post = Post(doors.clock, doors.ids, cast.unreachable)
    vault = doors.worker.vault
    worker = SiteDoor(doors.worker.engine, doors.ids, vault, doors.clock, site.site_id)
    world = World(doors.web, worker, doors.clock, post, part.public_url, SEED)
    patients = run.enter(world, cast, book, months, part.end)
    if listed is not None:
        scene = Scene(world, patients, site, part.end)
        scene.stage()
        RulesScene(scene).stage()
        listed.stage(world, patients, site)
    shipped = part.end - _LAST
    world.agenda.add(shipped, lambda: clinic.tell_as_shipped(doors.web, site, part.pins))
    run.run_until(world, part.end, progress)
    return tuple(post.texts)


def seal_all(db: Database) -> None:
    """Chain the months' audit trail, batch after batch."""
    while True:
        with db.begin(EVERYWHERE) as tx:
            if not audit.seal(tx):
                return
