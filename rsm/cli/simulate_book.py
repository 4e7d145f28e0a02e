"""What is kept of the runs of `rsm simulate`: rows, figures, stories, as far as each has come."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from rsm import __version__
from rsm.cli import simulate_folder as folders
from rsm.metrics import workload
from rsm.metrics.simulated import (
    FORMAT,
    Beside,
    BrokenPromise,
    Ordered,
    Result,
    RunResult,
    counted,
)
from rsm.metrics.workload_model import Minutes, Run
from rsm.simulate import figures
from rsm.simulate.months import Doors
from rsm.simulate.orders import Order
from rsm.simulate.progress import Progress
from rsm.simulate.simulation import Outcome

_KEEP_EVERY = 0.1  # of the way: so much is lost at most, whatever happens
_RUNNING = "it was still running when this was written"


@dataclass(frozen=True)
class Wanted:
    """What was asked for. `folder` None: nothing is written. `replayed`: a story, once more.
    `searches`: for the shortest story of what broke."""

    order: Order
    runs: int
    folder: Path | None
    minutes_per_alert: float
    roster: str
    own: tuple[str, ...]
    database_url: str | None
    keep: bool
    as_json: bool
    replayed: bool = False
    searches: bool = True

    @property
    def minutes(self) -> Minutes:
        per_call = self.order.programme.habits.calls.minutes_per_call
        return Minutes(per_alert=self.minutes_per_alert, per_call=per_call)

    def order_of(self, place: int) -> Order:
        """The order of this run: the first has the seed itself, the others one made of it."""
        seed = self.order.seed
        return self.order if place == 0 else replace(self.order, seed=f"{seed}-{place + 1}")


@dataclass
class Book:
    """The runs so far, with the rows that their figures are counted from."""

    wanted: Wanted
    runs: list[RunResult] = field(default_factory=list)
    rows: list[Run] = field(default_factory=list)
    stories: dict[str, str] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)

    def result(self) -> Result:
        asked, order = self.wanted, self.wanted.order
        return Result(
            format=FORMAT,
            made_by=f"rsm {__version__}",
            ordered=Ordered(
                programme=order.programme.key,
                title=order.programme.title,
                patients=order.patients,
                weeks=order.weeks,
                sites=order.sites,
                begin=order.begin,
                pack=self.uses.get("pack", ""),
                plan=self.uses.get("plan", ""),
                policy=self.uses.get("policy", ""),
                roster=asked.roster,
                own=asked.own,
                minutes_per_alert=asked.minutes_per_alert,
                minutes_per_call=asked.minutes.per_call,
            ),
            runs=tuple(self.runs),
            together=workload.figures(self._counted(), asked.minutes),
            published=tuple(
                Beside(
                    measure=one.measure.value,
                    published=one.published,
                    low=one.low,
                    high=one.high,
                    source=one.source,
                )
                for one in order.programme.expected
            ),
        )

    def _counted(self) -> list[Run]:
        seeds = {run.seed for run in counted(self.runs)}
        pairs = zip(self.runs, self.rows, strict=True)
        return [rows for run, rows in pairs if run.seed in seeds]

    def keep(self) -> None:
        """Write what there is, if it is to be written."""
        if self.wanted.folder is not None and self.runs:
            folders.write(self.wanted.folder, self.result(), self.stories)


@dataclass
class Running:
    """One run: what is known of it so far."""

    book: Book
    order: Order
    doors: Doors
    begun: float
    kept: Run | None = None

    def note(self, rows: Run, why: str, outcome: Outcome | None = None) -> None:
        """Enter the run into the book, in the place of what was entered of it before."""
        self.forget()
        found = workload.figures([rows], self.book.wanted.minutes)
        self.kept = rows
        self.book.rows.append(rows)
        self.book.runs.append(
            RunResult(
                seed=self.order.seed,
                head=outcome.head if outcome else "",
                ended_at=outcome.ended_at if outcome else figures.came_to(rows, self.order),
                whole=outcome.whole if outcome else False,
                note=why,
                elapsed_seconds=round(time.monotonic() - self.begun, 1),
                checked=dict(outcome.checked) if outcome else {},
                broken=_broken(outcome) if outcome else (),
                days=workload.days(rows, self.book.wanted.minutes),
                figures=found,
            )
        )

    def forget(self) -> None:
        if self.kept is not None:
            self.book.rows.pop()
            self.book.runs.pop()
            self.kept = None

    def keep_so_far(self, why: str) -> None:
        """What has passed by now; nothing, where nothing has."""
        rows = figures.read_so_far(self.doors, self.order.begins_at)
        if rows:
            self.book.uses.update(figures.uses(self.doors))
            self.note(rows, why)
            self.book.keep()


@dataclass
class Keeping:
    """Tells the bar, and keeps what has passed at each tenth of the way."""

    bar: Progress
    running: Running
    first_words: str
    _next: float = _KEEP_EVERY

    def at(self, share: float, words: str) -> None:
        self.bar.at(share, f"{self.first_words}{words}")
        if self._next <= share < 1:
            self._next = share + _KEEP_EVERY
            self.running.keep_so_far(_RUNNING)


def _broken(outcome: Outcome) -> tuple[BrokenPromise, ...]:
    told = {story.broken.key: f"{folders.STORIES}/{story.name}" for story in outcome.stories}
    return tuple(
        BrokenPromise(promise=one.promise, what=one.what, at=one.at, story=told.get(one.key, ""))
        for one in outcome.broken
    )
