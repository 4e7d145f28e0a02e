"""The stories of a run's broken promises: each kind played again with as few people as it takes.

Each try is a simulation of its own, in a database of its own, so there is an end to it: some kinds
of break, as much time as the run itself took, and Ctrl-C.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from rsm.cli.demo_sites import doors, simulated_side_by_side
from rsm.cli.simulate_scratch import Scratch
from rsm.cli.site_processes import DatabaseLost, ProcessEnded
from rsm.simulate import simulation
from rsm.simulate.orders import Order
from rsm.simulate.progress import Silent
from rsm.simulate.shortest import shortest
from rsm.simulate.simulation import Outcome, Stop
from rsm.simulate.story import Story

_KINDS = 3  # of breaks, in the order in which they were seen
_AT_LEAST = 120.0  # seconds: so long a short run may be looked into

Again = Callable[[Order], Outcome]


def shorter(server: Scratch, outcome: Outcome, took: float, stop: Stop) -> dict[str, Story]:
    """Every story by its file's name, the first of each kind as short as could be found.

    `took` is how many seconds the run did.
    """
    told = {story.name: story for story in outcome.stories}
    if not told or stop():
        return told
    until = time.monotonic() + max(took, _AT_LEAST)

    def ended() -> bool:
        return stop() or time.monotonic() > until

    def again(order: Order) -> Outcome:
        return _played(replace(server, keep=False), order, ended)

    print("Looking for the shortest story; Ctrl-C leaves it as it is.", file=sys.stderr)
    for name, story in _first_of_each(outcome.stories):
        try:
            told[name] = shortest(story, _people(outcome, story), again, lambda: not ended())
        except (DatabaseLost, ProcessEnded, DBAPIError) as error:
            print(f"It could not be looked for: {type(error).__name__}", file=sys.stderr)
            break
    return told


def _played(server: Scratch, order: Order, stop: Stop) -> Outcome:
    with (
        server.database() as addresses,
        doors(addresses, server.keys, order.begins_at, order.seed) as opened,
    ):
        play = simulated_side_by_side(addresses, server.keys)
        return simulation.simulate(opened, order, play, Silent(), stop)


def _first_of_each(stories: Sequence[Story]) -> Iterator[tuple[str, Story]]:
    kinds: set[tuple[str, str]] = set()
    for story in stories:
        kind = (story.broken.promise, story.broken.what)
        if kind not in kinds and len(kinds) < _KINDS:
            kinds.add(kind)
            yield story.name, story


def _people(outcome: Outcome, story: Story) -> Sequence[str]:
    """Who lived at the site that it is about; everybody, where it is about none."""
    everybody = [seed for seeds in outcome.people.values() for seed in seeds]
    return outcome.people.get(story.broken.site_id, everybody)
