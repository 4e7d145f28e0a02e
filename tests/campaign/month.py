"""A simulated month against the provider at its worst, while workers are killed at random.

Two real workers and a real web process run at the time of a shared clock, over a real database and
the Twilio-compatible sandbox, whose own log is the judge of what was sent.
"""

import heapq
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, Row, text

from integrations.twilio.faults import CallbackFault, CreateFault, Weather
from rsm.db.work import Database
from tests.campaign.clock import SharedClock
from tests.campaign.residents import Resident, answer, answers_after, draw, move_in
from tests.clinic import PATIENT_SENDER, Clinic
from tests.forked import Forked
from tests.processes import Installation

BEGINS = datetime(2026, 10, 12, 5, tzinfo=UTC)  # a Monday; the clocks go back on 1 November
_PATIENCE = 300.0
WORST = Weather(
    seed="storm",
    create={
        CreateFault.TOO_MANY: 0.05,
        CreateFault.SERVER_ERROR: 0.05,
        CreateFault.UNAVAILABLE: 0.02,
        CreateFault.DROP_BEFORE_ACCEPT: 0.02,
        CreateFault.DROP_AFTER_ACCEPT: 0.03,
        CreateFault.TIMEOUT_AFTER_ACCEPT: 0.0005,
    },
    callbacks={
        CallbackFault.LOST: 0.05,
        CallbackFault.DOUBLE: 0.15,
        CallbackFault.REORDER: 0.15,
        CallbackFault.LATE: 0.1,
    },
)
_NEXT = """
SELECT min(due) FROM (
  SELECT min(next_at) AS due FROM message WHERE state IN ('queued', 'sending')
  UNION ALL SELECT min(next_at) FROM plan_assignment WHERE active
  UNION ALL SELECT min(next_at) FROM occurrence WHERE state IN ('scheduled', 'open', 'started')
  UNION ALL SELECT min(next_at) FROM pause WHERE ended_at IS NULL
) AS timers
"""


@dataclass(frozen=True)
class Size:
    """How long, how many, how often somebody is killed; `step` is how finely time moves.

    `minutes` bounds the real time: a slow machine ends earlier, and is judged all the same.
    """

    patients: int
    days: int
    kills: int
    step: timedelta = timedelta(minutes=15)
    workers: int = 2
    seed: int = 1
    minutes: float = 10


@dataclass
class Worker:
    """One worker process, which may die and come again."""

    number: int
    process: Forked


@dataclass
class Month:
    """The campaign. `run` lives through it; what is left is in the database and the sandbox."""

    clinic: Clinic
    house: Installation
    owner: Engine
    db: Database  # at the shared clock
    clock: SharedClock
    clock_file: Path
    size: Size
    residents: dict[UUID, Resident] = field(default_factory=dict)
    killed: int = 0
    answered: int = 0
    lived: timedelta = timedelta()

    def __post_init__(self) -> None:
        self._random = random.Random(self.size.seed)  # which worker dies when
        self._workers: list[Worker] = []
        self._agenda: list[tuple[datetime, int, UUID, UUID]] = []
        self._order = count()
        self._seen = BEGINS

    def run(self) -> None:
        """Move in, live through the days, then let everything come to rest in good weather."""
        self._at(BEGINS)
        for number in range(self.size.patients):
            one = move_in(self.db, self.clinic.site, number, BEGINS.date() - timedelta(days=2))
            self.residents[one.id] = one
        self.house.fork(["tests.campaign.process", "web", str(self.clock_file)])
        self.house.await_web()
        self._workers = [self._start(number) for number in range(1, self.size.workers + 1)]
        self.house.sandbox.control.weather(WORST)
        ends = BEGINS + timedelta(days=self.size.days)
        deadline = time.monotonic() + self.size.minutes * 60
        while self.clock.now() < ends and time.monotonic() < deadline:
            self._at(self._next())
            self._live(ends)
            self._perhaps_kill(ends)
            self._wait()
        self.lived = min(self.clock.now(), ends) - BEGINS
        self._calm_down()

    # --- time ---------------------------------------------------------------------------------

    def _at(self, now: datetime) -> None:
        self.house.sandbox.control.set_clock(now)
        self.clock.set(now)

    def _next(self) -> datetime:
        """The next time at which something is due, no finer than the step."""
        now = self.clock.now()
        with self.owner.connect() as connection:
            due = connection.execute(text(_NEXT)).scalar_one()
        earliest = [each for each in (due, self._agenda[0][0] if self._agenda else None) if each]
        return max(now + self.size.step, min(earliest, default=now + timedelta(days=1)))

    def _calm_down(self) -> None:
        control = self.house.sandbox.control
        control.clear_faults()
        control.flush_callbacks()
        for _ in range(6):
            self._at(self.clock.now() + timedelta(minutes=20))
            self._wait()
        for worker in self._workers:
            worker.process.kill()
            worker.process.wait()

    # --- people -------------------------------------------------------------------------------

    def _live(self, ends: datetime) -> None:
        """New surveys are noted, those whose time has come are answered, some say STOP."""
        for survey, patient, opens_at in self._opened():
            wait = answers_after(survey)
            resident = self.residents[patient]
            if wait is not None:
                heapq.heappush(self._agenda, (opens_at + wait, next(self._order), survey, patient))
            if resident.stops and draw("this time", survey) < 0.5:
                self.house.sandbox.control.text(resident.phone, "Stop.", PATIENT_SENDER)
        while self._agenda and self._agenda[0][0] <= self.clock.now():
            at, _, survey, patient = heapq.heappop(self._agenda)
            self.answered += answer(self.db, self.clinic.site, patient, survey, at)
        if self._random.random() < 0.2:
            self.house.sandbox.control.flush_callbacks()

    def _opened(self) -> Sequence[Row[UUID, UUID, datetime]]:
        query = "SELECT id, patient_id, opens_at FROM occurrence WHERE opens_at > :seen ORDER BY id"
        with self.owner.connect() as connection:
            found = connection.execute(text(query), {"seen": self._seen}).all()
        self._seen = max((row[2] for row in found), default=self._seen)
        return found

    # --- processes ----------------------------------------------------------------------------

    def _start(self, number: int) -> Worker:
        self.clock.busy(number)
        command = ["tests.campaign.process", "worker", str(self.clock_file), str(number)]
        return Worker(number, self.house.fork(command))

    def _perhaps_kill(self, ends: datetime) -> None:
        """So often that all deaths have been died at the end, each a moment after time moved."""
        left = max((ends - self.clock.now()) / (ends - BEGINS), 0.0)
        due = round(self.size.kills * (1 - left))
        while self.killed < due:
            time.sleep(self._random.random() * 0.4)
            victim = self._random.choice(self._workers)
            victim.process.send_signal(signal.SIGKILL)
            victim.process.wait()
            victim.process = self._start(victim.number).process
            self.killed += 1

    def _wait(self) -> None:
        """Until every worker has looked everywhere at this very time, and found nothing due."""
        deadline = time.monotonic() + _PATIENCE
        while not all(self.clock.is_idle(worker.number) for worker in self._workers):
            for worker in self._workers:
                if worker.process.poll() is not None:
                    raise RuntimeError(f"worker {worker.number} ended by itself")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the workers do not come to rest at {self.clock.now()}")
            time.sleep(0.01)
