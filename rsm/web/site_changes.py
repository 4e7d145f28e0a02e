"""What changed since last month, in words: a change is one only where its interval says so. Pure.

A month is four whole weeks, beside the four before them. Of fourteen rates that stay as they are,
one in twenty would leave out nought by chance, each month anew: so the intervals that judge are
wider (Bonferroni), and what only its own 95 % interval says is called a hint.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rsm.metrics.statistics.intervals import CONFIDENCE, Interval, difference, wilson
from rsm.web.site_reading import Read
from rsm.web.site_words import Words, percent
from rsm.web.views.site import Listed

# What is compared, the most important first, and whether more of it is better.
COMPARED = (
    ("completed", 1),
    ("completed_delivered", 1),
    ("sent", 1),
    ("not_sent", -1),
    ("not_answered", -1),
    ("partial", -1),
    ("assisted", 0),
    ("weekly_adherence", 1),
    ("alerting", 0),
    ("closed_under_48h", 1),
    ("unanswered", -1),
    ("acted", 0),
    ("no_action", -1),
    ("repeats", -1),
)


FEWEST = 10  # in each month: of four patients nothing is said to have changed


@dataclass(frozen=True)
class Change:
    """A rate of this month beside the last one; `by` is the 95 % interval of the difference,
    `sure` the one that holds for all that are compared at once."""

    measure: str
    now: tuple[int, int]
    before: tuple[int, int]
    by: Interval
    sure: Interval
    better: int  # 1: more of it is better; -1: worse; 0: neither

    @property
    def points(self) -> float:
        """How much more, as a share; both have something to divide by."""
        return self.now[0] / self.now[1] - self.before[0] / self.before[1]

    @property
    def is_one(self) -> bool:
        """Whether it is more than chance, and of more than a few."""
        return 0.0 not in self.sure and self._is_enough

    @property
    def is_hint(self) -> bool:
        """Whether it would be one if nothing else had been compared."""
        return 0.0 not in self.by and self._is_enough and not self.is_one

    @property
    def _is_enough(self) -> bool:
        return min(self.now[1], self.before[1]) >= FEWEST

    @property
    def is_worse(self) -> bool:
        return self.is_one and self.points * self.better < 0

    @property
    def is_better(self) -> bool:
        return self.is_one and self.points * self.better > 0


def changes(now: Read, before: Read) -> list[Change]:
    """Every rate that both months have."""
    both = [
        (measure, now.rate(measure), before.rate(measure), better) for measure, better in COMPARED
    ]
    both = [each for each in both if each[1][1] and each[2][1]]
    sure = all_at_once(len(both))
    return [
        Change(measure, one, other, difference(one, other), difference(one, other, sure), better)
        for measure, one, other, better in both
    ]


def all_at_once(compared: int) -> float:
    """How sure each of so many intervals has to be, for 95 % of them all together."""
    return 1 - (1 - CONFIDENCE) / max(1, compared)


def alerts_changed(now: int, before: int) -> bool:
    """Whether one month has more alerts than the other beyond chance: of all alerts of both, half
    would be of this one (the conditional test of two counts)."""
    return 0.5 not in wilson(now, now + before) if now + before else False


def listed(
    found: Sequence[Change], alerts: tuple[int, int], words: Words, names: dict[str, str], days: str
) -> Listed:
    """As the page says it: what changed, then in one sentence what did not."""
    real = sorted((each for each in found if each.is_one), key=lambda each: not each.is_worse)
    lines = [_line(each, words, names) for each in real]
    now, before = alerts
    told = words("changed_alerts", now=now, before=before)
    if alerts_changed(now, before):
        lines.append(told)
    hints = [names[each.measure] for each in found if each.is_hint]
    if hints:
        lines.append(words("changed_hint", count=len(found), names="; ".join(hints)))
    same = [each for each in found if not each.is_one and not each.is_hint]
    if same:
        lines.append(words.counted("changed_same", len(same)))
    if (now or before) and not alerts_changed(now, before):
        lines.append(words("changed_chance", sentence=told))
    if not found:
        lines.append(words("changed_nothing"))
    count = len(real) + alerts_changed(now, before)
    heading = words.counted("changed", count) if count else words("changed_none")
    return Listed(heading, tuple(lines), words("changed_note", days=days))


def _line(change: Change, words: Words, names: dict[str, str]) -> str:
    low, high = sorted((abs(change.by.low), abs(change.by.high)))
    key = "changed_up" if change.points > 0 else "changed_down"
    judged = "signal_worse" if change.is_worse else "signal_better" if change.is_better else ""
    sentence = words(
        key,
        name=names[change.measure],
        now=percent(*change.now),
        before=percent(*change.before),
        points=round(100 * abs(change.points)),
        low=round(100 * low),
        high=round(100 * high),
    )
    return f"{sentence} {words(judged)}" if judged else sentence
