"""What simulated months came to, as they are kept (`result.json`) and shown.

Figures of several runs (the same order, other seeds) stand one by one and together: how far apart
the runs lie is how much of a difference may be chance.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from pydantic import ValidationError

from rsm.kernel.documents import Strict
from rsm.kernel.errors import Invalid, Problem
from rsm.metrics.workload_model import Day, Figures

FORMAT = 1
FILE = "result.json"


class Ordered(Strict):
    """What was simulated. `pack`, `plan`, `policy`: key and version; `own`: files of one's own."""

    programme: str
    title: str
    patients: int
    weeks: int
    sites: int
    begin: date
    pack: str
    plan: str
    policy: str
    roster: str
    own: tuple[str, ...]
    minutes_per_alert: float
    minutes_per_call: float


class BrokenPromise(Strict):
    """One promise that broke: `story` is the file that tells how and plays it again."""

    promise: str
    what: str
    at: datetime
    story: str


class RunResult(Strict):
    """One run. Not `whole`: it ended before its time, and `note` says why."""

    seed: str
    head: str
    ended_at: datetime
    whole: bool
    note: str
    elapsed_seconds: float
    checked: Mapping[str, int]
    broken: tuple[BrokenPromise, ...]
    days: tuple[Day, ...]
    figures: Figures


def counted(runs: Sequence[RunResult]) -> Sequence[RunResult]:
    """The runs that figures are of: those that are whole, if there are any."""
    return [run for run in runs if run.whole] or runs


class Beside(Strict):
    """A figure that was published, and the bounds within which the simulated one should lie."""

    measure: str
    published: float
    low: float
    high: float
    source: str


class Result(Strict):
    """A result folder's content; `together` is of the runs that are `counted`."""

    format: int
    made_by: str
    ordered: Ordered
    runs: tuple[RunResult, ...]
    together: Figures
    published: tuple[Beside, ...]

    @property
    def whole(self) -> bool:
        """Whether every run came to its end."""
        return all(run.whole for run in self.runs)

    @property
    def broken(self) -> tuple[BrokenPromise, ...]:
        """Of all runs."""
        return tuple(one for run in self.runs for one in run.broken)

    def apart(self, of: Callable[[Figures], float | None]) -> tuple[float, float] | None:
        """The lowest and the highest run's figure; None where a run has none, or there is one."""
        found = [of(run.figures) for run in counted(self.runs)]
        known = [value for value in found if value is not None]
        if len(known) < 2 or len(known) < len(found):
            return None
        return min(known), max(known)


def read_result(folder: Path) -> Result:
    """The result in this folder. Raises `Invalid` when there is none that this release reads."""
    file = folder / FILE
    try:
        return Result.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = "name a folder that `rsm simulate --out` wrote"
        raise Invalid(Problem(str(folder), f"has no {FILE}", mend)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Problem(str(file), f"cannot be read: {error}")) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        mend = "simulate it again with this release"
        raise Invalid(Problem(f"{file}: {place}", str(first["msg"]), mend)) from None
