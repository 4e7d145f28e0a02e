"""Small simulations for tests: a site or two, one after the other, in a database of the test's."""

from collections.abc import Sequence
from datetime import date

from rsm.simulate import simulation
from rsm.simulate.habits import CourseHabits
from rsm.simulate.orders import Order
from rsm.simulate.programme import Programme, programme
from rsm.simulate.progress import Progress, Silent
from rsm.simulate.simulation import Outcome, Play, SitePart, SiteResult, Stop
from tests.flow.test_flow_simulate import doors

BEGIN = date(2026, 10, 12)  # a Monday; the clocks go back on 1 November


def order(
    patients: int = 4, weeks: int = 2, seed: str = "test", habits: Programme | None = None
) -> Order:
    """A small one."""
    return Order(
        programme=habits or programme("demo"),
        seed=seed,
        patients=patients,
        weeks=weeks,
        sites=1,
        begin=BEGIN,
        public_url="http://127.0.0.1:8000",
    )


def play_all(owner_url: str) -> Play:
    """Sites one after the other, in this process."""

    def play(parts: Sequence[SitePart], progress: Progress, stop: Stop) -> list[SiteResult]:
        played = []
        for part in parts:
            with doors(owner_url, part.order.begins_at, part.seed) as opened:
                played.append(simulation.play_site(opened, part, progress, stop))
        return played

    return play


def simulate(owner_url: str, wanted: Order, stop: Stop = lambda: False) -> Outcome:
    """Let it pass."""
    with doors(owner_url, wanted.begins_at, wanted.seed) as opened:
        return simulation.simulate(opened, wanted, play_all(owner_url), Silent(), stop)


def eager(**changed: float) -> Programme:
    """Everybody is enrolled within days, asked by text with a link, and answers."""
    plain = programme("demo")
    never = dict.fromkeys(
        ("proxy", "stops", "wrong_number", "texts", "unreachable", "declined", "not_asked_yet",
         "leaves", "pauses", "by_email", "by_text", "by_call", "forgets"), 0.0,
    )  # fmt: skip
    courses = {name: value for name, value in changed.items() if name in CourseHabits.model_fields}
    own = {name: value for name, value in changed.items() if name not in courses}
    patients = plain.patients.model_copy(update={**never, "enrolled_over_days": 1, **own})
    course = plain.courses.model_copy(update=courses)
    return plain.model_copy(update={"patients": patients, "courses": course})
