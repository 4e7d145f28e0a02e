"""View models of what stands beside an alert: what was kept quiet, what was alike before."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.words import Level
from rsm.web.views.alerts import OtherReport


@dataclass(frozen=True)
class Held:
    """A finding that was not told anew: what it says, and why nobody was told.

    `before` is what earlier reports said of the same symptom, the newest first.
    """

    level: Level
    sentence: str
    why: str
    at: datetime
    before: tuple[OtherReport, ...] = ()


@dataclass(frozen=True)
class Similar:
    """An earlier alert: when it was opened, what it was about, how it ended."""

    url: str
    at: datetime
    level: Level
    about: str
    outcome: str
    note: str = ""
