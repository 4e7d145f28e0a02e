"""View models of a site's exports (`staff/exports.html`)."""

from dataclasses import dataclass
from typing import Literal

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class ExportValues:
    """The form as typed. `options` are those that are ticked."""

    first: str = ""
    last: str = ""
    format: str = "csv"
    shape: str = "long"
    dates: str = "study_day"
    project: str = ""
    reason: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunLine:
    """One export on record, in words. `rows` by table."""

    when: str
    who: str
    what: str
    project: str
    hash: str
    rows: tuple[tuple[str, int], ...]
    named: bool = False


@dataclass(frozen=True)
class CountLine:
    """One count of participation; `whole` is empty where it is no part."""

    words: str
    part: str
    whole: str
    means: str


@dataclass(frozen=True)
class ExportsView:
    """The form (posts `ExportValues` to `action`), what was exported, who took part.

    `may_identify`: whether names are offered. `csv` leads to the counts as a file.
    """

    frame: StaffFrame
    action: str
    csv: str
    values: ExportValues
    formats: tuple[Choice, ...]
    shapes: tuple[Choice, ...]
    dates: tuple[Choice, ...]
    options: tuple[Choice, ...]
    may_identify: bool
    runs: tuple[RunLine, ...]
    counts: tuple[CountLine, ...]
    counted_from: str
    counted_to: str
    problems: tuple[Problem, ...] = ()

    def problem_of(
        self, name: Literal["from", "to", "project", "reason", "format", "shape", "dates"]
    ) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)
