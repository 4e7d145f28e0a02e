"""Rounds: somebody of a site does the same at the same hours of every working day."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.simulate.world import Deed, World
from rsm.sites.model import WEEKDAYS

_SERVICE_DAYS = WEEKDAYS[:5]
_MINUTE = 7  # past the hour: she has had her coffee


def make_rounds(world: World, zone: str, hours: Sequence[int], deed: Deed) -> None:
    """From now on `deed` is done at these hours, on the clock of `zone`."""

    def makes_one() -> None:
        make_rounds(world, zone, hours, deed)
        deed()

    world.agenda.add(_next_round(world.now, zone, hours), makes_one)


def _next_round(now: datetime, zone: str, hours: Sequence[int]) -> datetime:
    here = zone_named(zone)
    today = local_of(now, here).date()
    days = (today + timedelta(days=ahead) for ahead in range(8))
    working = (day for day in days if WEEKDAYS[day.weekday()] in _SERVICE_DAYS)
    rounds = (
        start_instant(datetime.combine(day, time(hour, _MINUTE)), here)
        for day in working
        for hour in hours
    )
    return next(at for at in rounds if at > now)
