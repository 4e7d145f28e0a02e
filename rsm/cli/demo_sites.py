"""The demo's months, and a simulation's, with a process for each site (`site_processes`)."""

from collections.abc import Mapping, Sequence
from functools import partial

from rsm.bootstrap import Addresses
from rsm.cli import site_processes
from rsm.cli.site_processes import Job, doors
from rsm.simulate import months
from rsm.simulate.months import Doors, Part, Play
from rsm.simulate.post import PastText
from rsm.simulate.progress import Progress
from rsm.simulate.simulation import Play as PlayAll
from rsm.simulate.simulation import SitePart, SiteResult, Stop, play_site

__all__ = ["doors", "side_by_side", "simulated_side_by_side"]


def side_by_side(addresses: Addresses, keys: Mapping[str, bytes]) -> Play:
    """Let each site's months of the demo pass in a process of its own, all at once."""

    def play(parts: Sequence[Part], progress: Progress) -> list[tuple[PastText, ...]]:
        jobs = [
            Job(
                addresses=addresses,
                keys=keys,
                name=part.site.blueprint.name,
                size=len(part.people),
                begin=part.begin,
                seed=part.seed,
                work=partial(_demo, part),
            )
            for part in parts
        ]
        return site_processes.side_by_side(jobs, progress, lambda: False)

    return play


def _demo(part: Part, opened: Doors, progress: Progress, _stop: Stop) -> tuple[PastText, ...]:
    return months.play(opened, part, progress)


def simulated_side_by_side(addresses: Addresses, keys: Mapping[str, bytes]) -> PlayAll:
    """The same for a simulation: it can be stopped, and every promise is watched."""

    def play(parts: Sequence[SitePart], progress: Progress, stop: Stop) -> list[SiteResult]:
        jobs = [
            Job(
                addresses=addresses,
                keys=keys,
                name=part.site.blueprint.name,
                size=len(part.people),
                begin=part.order.begins_at,
                seed=part.seed,
                work=partial(_simulated, part),
            )
            for part in parts
        ]
        return site_processes.side_by_side(jobs, progress, stop)

    return play


def _simulated(part: SitePart, opened: Doors, progress: Progress, stop: Stop) -> SiteResult:
    return play_site(opened, part, progress, stop)
