"""Two results of simulated months side by side: what differs, and whether chance may have done it.

Runs with the same seed have the same people, who meet other rules or another roster: what counts
is whether each of them moves to the same side. Of n such runs chance alone does that in 2 of 2^n.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rsm.metrics.simulated import Ordered, Result
from rsm.metrics.workload_model import HOURS, Figures
from rsm.web.replay_charts import hour_bars
from rsm.web.simulated_words import alerts, minutes, number, percent, share_of
from rsm.web.views.simulated import Picture, ReportView, Table
from rsm.web.views.site import Fact

ENOUGH = 5  # runs: chance alone moves all of them to one side in 1 of 16
_DAYS = 100
_SIZE = ("patients", "weeks", "sites", "begin", "programme")
_LIMITS = (
    "With the same seeds, people and their luck are the same: only what was changed differs.",
    "A pack that misses something harms nobody here: the people are invented.",
    "What a pack would miss, ask of real answers: `rsm rules replay`.",
)
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Compared:
    """One figure of both: `differs` in words, and what speaks for or against chance."""

    name: str
    before: float | None
    after: float | None
    shown: Callable[[float | None], str]
    runs: tuple[float, ...]  # after minus before, of each seed that both have

    @property
    def differs(self) -> str:
        if self.before is None or self.after is None:
            return self.shown(None)
        gap = self.after - self.before
        size = self.shown(abs(gap)).replace(" %", " points")
        if self.shown(abs(gap)) == self.shown(0.0):
            return "none"
        return f"{'+' if gap > 0 else _MINUS}{size}"

    @property
    def _sides(self) -> tuple[int, int]:
        """In how many runs it is higher, and in how many lower."""
        return sum(gap > 0 for gap in self.runs), sum(gap < 0 for gap in self.runs)

    @property
    def turns(self) -> bool:
        """Whether it is higher in some runs and lower, or the same, in others."""
        return max(self._sides) < len(self.runs)

    @property
    def chance(self) -> str:
        count = len(self.runs)
        if count < 2:
            return f"{count or 'no'} run in common: chance cannot be told apart"
        up, down = self._sides
        if not up + down:
            return f"the same in all {count} runs"
        if self.turns:
            return f"may be chance: higher in {up}, lower in {down} of {count} runs"
        side = "higher" if up else "lower"
        if count < ENOUGH:
            return f"{side} in all {count} runs: too few to exclude chance"
        return f"{side} in all {count} runs: chance does that in 1 of {2 ** (count - 1)}"


def compared(before: Result, after: Result) -> list[Compared]:
    """Every figure that is compared."""
    return [_one(name, of, shown, (before, after)) for name, of, shown in _FIGURES]


def _one(
    name: str,
    of: Callable[[Figures], float | None],
    shown: Callable[[float | None], str],
    both: tuple[Result, Result],
) -> Compared:
    one, other = both
    return Compared(
        name=name,
        before=of(one.together),
        after=of(other.together),
        shown=shown,
        runs=tuple(_gaps(one, other, of)) if same_people(one.ordered, other.ordered) else (),
    )


def _gaps(one: Result, other: Result, of: Callable[[Figures], float | None]) -> Iterator[float]:
    theirs = {run.seed: of(run.figures) for run in other.runs}
    for run in one.runs:
        ours, its = of(run.figures), theirs.get(run.seed)
        if ours is not None and its is not None:
            yield its - ours


def same_people(one: Ordered, other: Ordered) -> bool:
    """Whether the same seed means the same people in both."""
    return all(getattr(one, name) == getattr(other, name) for name in _SIZE)


def _shown(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else number(value)


def _wait(key: str, ninth: bool = False) -> Callable[[Figures], float | None]:
    def of(found: Figures) -> float | None:
        wait = found.acknowledge[key]
        return wait.p90 if ninth else wait.median

    return of


_FIGURES: Sequence[tuple[str, Callable[[Figures], float | None], Callable[[float | None], str]]] = (
    ("Alerts on a usual day", lambda one: one.load.per_day.median, _shown),
    ("Alerts, nine days in ten", lambda one: one.load.per_day.p90, _shown),
    ("Alerts on the busiest day", lambda one: one.load.per_day.highest, _shown),
    ("Opened out of hours", lambda one: one.load.out_of_hours.share, percent),
    ("Nurse hours a week", lambda one: one.load.nurse_hours_per_week, _shown),
    ("Hours of calls a week", lambda one: one.load.call_hours_per_week, _shown),
    ("Half taken within", _wait("all"), minutes),
    ("Nine of ten taken within", _wait("all", ninth=True), minutes),
    ("Half of the urgent taken within", _wait("urgent"), minutes),
    ("Times somebody is told, an alert", lambda one: one.traffic.told_per_alert, _shown),
    ("Surveys completed", lambda one: share_of(one, "weekly_completion"), percent),
    ("Reports that alert", lambda one: share_of(one, "alerting_surveys"), percent),
    ("Patients with an alert", lambda one: share_of(one, "patients_alerted"), percent),
)


# --- as a page -------------------------------------------------------------------------------


def compared_view(before: Result, after: Result) -> ReportView:
    """The page of a comparison."""
    rows = compared(before, after)
    return ReportView(
        title="Two simulations side by side",
        heading=heading(rows),
        lead=f"First: {_what(before.ordered)}. Second: {_what(after.ordered)}.",
        alarms=(),
        cautions=tuple(warnings(before, after)),
        facts=tuple(
            Fact(row.name, row.shown(row.after), f"first {row.shown(row.before)}")
            for row in rows[:4]
        ),
        pictures=(_by_hour(before.together, after.together),),
        tables=(_table(rows),),
        limits=_LIMITS,
        made_by=after.made_by,
    )


def heading(rows: Sequence[Compared]) -> str:
    """What becomes of the load."""
    usual = rows[0]
    first, second = (alerts(each or 0.0) for each in (usual.before, usual.after))
    less = number(usual.before or 0.0)
    if usual.differs == "none":
        return f"A usual day has {first} with either."
    return f"A usual day has {second} with the second, {less} with the first."


def _what(asked: Ordered) -> str:
    own = f" ({', '.join(asked.own)})" if asked.own else ""
    return (
        f"{asked.programme}, {asked.patients} patients, {asked.weeks} weeks, rules {asked.pack},"
        f" escalation {asked.policy}, roster {asked.roster}{own}"
    )


def warnings(before: Result, after: Result) -> Iterator[str]:
    """What stands in the way of comparing."""
    if not same_people(before.ordered, after.ordered):
        yield "The two differ in size, begin or programme: what differs is due to that as well."
    if before.ordered.minutes_per_alert != after.ordered.minutes_per_alert:
        yield "They count an alert with other minutes: hours of work differ by that as well."
    if not (before.whole and after.whole):
        yield "One of them is partial: it ended before its time."
    common = {run.seed for run in before.runs} & {run.seed for run in after.runs}
    if len(common) < ENOUGH:
        yield (
            f"{len(common)} run{'' if len(common) == 1 else 's'} with the same seed in both: too"
            f" few to tell a difference from chance. Simulate both with --runs {ENOUGH} or more."
        )


def _table(rows: Sequence[Compared]) -> Table:
    return Table(
        name="compared",
        caption=_caption(rows),
        note="Second less first.",
        head=("Figure", "First", "Second", "Difference", "Chance"),
        rows=tuple(
            (row.name, row.shown(row.before), row.shown(row.after), row.differs, row.chance)
            for row in rows
        ),
    )


def _caption(rows: Sequence[Compared]) -> str:
    """How much of it is hardly chance."""
    if max(len(row.runs) for row in rows) < ENOUGH:
        return "Too few runs to tell what is chance"
    sure = sum(len(row.runs) >= ENOUGH and not row.turns for row in rows)
    return f"{sure} of {len(rows)} figures move to the same side in every run"


def _by_hour(before: Figures, after: Figures) -> Picture:
    was, would = ([round(_DAYS * count) for count in one.load.by_hour] for one in (before, after))
    gap = abs(sum(would) - sum(was)) / _DAYS
    return Picture(
        name="alerts_by_hour",
        caption=f"{number(gap)} alerts a day {'more' if sum(would) >= sum(was) else 'fewer'}",
        counted=f"Alerts in {_DAYS} days by the hour in which they open; solid: second",
        svg=hour_bars(was, would, "alerts_by_hour"),
        head=("Hour", "First", "Second"),
        rows=tuple((f"{hour}:00", str(was[hour]), str(would[hour])) for hour in range(HOURS)),
    )
