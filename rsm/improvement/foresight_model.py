"""Before go-live: "with so many patients, our rules and our roster, what would a week be like?" """

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MOST_PATIENTS = 500
MOST_WEEKS = 26
# One process plays some ten weeks of a patient in a second: a quarter of an hour at the most.
MOST_PATIENT_WEEKS = 6_000
A_SECOND = 8  # patient-weeks, on a busy machine: what the page promises
LEASE = timedelta(minutes=2)
LONGEST = timedelta(minutes=45)
ATTEMPTS = 3


class Programme(StrEnum):
    """Whose habits the invented people have (`rsm simulate`)."""

    DEMO = "demo"
    ESYM = "esym"
    PRO_TECT = "pro-tect"
    STAR = "star"


class ForesightState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self in {ForesightState.QUEUED, ForesightState.RUNNING}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to know. `pack`, `roster`: TOML of the site's own, or the programme's."""

    programme: Programme
    patients: int
    weeks: int
    minutes_per_alert: float
    pack: str | None = None
    roster: str | None = None

    @property
    def patient_weeks(self) -> int:
        return self.patients * self.weeks


@dataclass(frozen=True)
class ForesightView:
    """One question and, once it is done, its answer (`result`: the JSON of `metrics.simulated`).

    `attempt` and `begun_at` say who plays it: a worker that lost its lease has earlier ones.
    """

    id: UUID
    site_id: UUID
    wish: Wish
    state: ForesightState
    asked_at: datetime
    ended_at: datetime | None
    result: str | None
    problem: str | None
    attempt: int = 0
    begun_at: datetime | None = None
