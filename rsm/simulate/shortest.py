"""The shortest story: the same break with as few people as it takes.

First her alone, then the people of her site by halves: each try is a simulation of its own, so that
there are few.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rsm.simulate.orders import Order
from rsm.simulate.simulation import Outcome
from rsm.simulate.story import Story, until

_TRIES = 8


def _always() -> bool:
    return True


def shortest(
    story: Story,
    people: Sequence[str],
    again: Callable[[Order], Outcome],
    goes_on: Callable[[], bool] = _always,
) -> Story:
    """The story with the fewest people found, with everybody where no fewer were.

    `people` are the seeds of her site; `again` plays an order in a fresh database; `goes_on` is
    asked before each try.
    """
    left = _Left(again, goes_on, story)
    if len(story.people) == 1 and left.breaks_with(story.people):
        return left.best
    left.best = replace(story, order=replace(story.order, only=frozenset(people)))
    kept = list(people)
    while len(kept) > 1 and left.tries:
        half = len(kept) // 2
        halves = (kept[:half], kept[half:])
        found = next((each for each in halves if left.breaks_with(each)), None)
        if found is None:
            break
        kept = list(found)
    return left.best


class _Left:
    """How many tries are left, and the best so far."""

    def __init__(
        self, again: Callable[[Order], Outcome], goes_on: Callable[[], bool], story: Story
    ) -> None:
        self._again = again
        self._goes_on = goes_on
        self.best = story
        self.tries = _TRIES

    def breaks_with(self, people: Sequence[str]) -> bool:
        """Whether the same promise breaks in the same way with these people alone."""
        if not self.tries or not self._goes_on():
            return False
        self.tries -= 1
        broken = self.best.broken
        order = replace(until(self.best.order, broken.at), only=frozenset(people))
        same = [
            story
            for story in self._again(order).stories
            if (story.broken.promise, story.broken.what) == (broken.promise, broken.what)
        ]
        if same:
            self.best = replace(same[0], order=replace(same[0].order, only=frozenset(people)))
        return bool(same)
